"""Conversations in Converse: turns, results, ids, reasoning, parts and cache points."""

from typing import Any

import pytest

from dragoman.errors import UnsupportedParameterError
from tests.unit.dialects.bedrock.sending import (
    CLAUDE,
    LLAMA,
    MISTRAL,
    NOVA,
    called,
    conversation,
    file,
    function,
    part,
    result,
    sent,
    user,
)

MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}


def refused(**fields: Any) -> str | None:
    """The field for which a request is refused."""
    with pytest.raises(UnsupportedParameterError) as error:
        sent(**fields)
    return error.value.param


def test_results_are_gathered_in_front_of_what_the_user_says() -> None:
    told = conversation(
        user("x"), called("a", "b"), result("a"), user("So?"), result("b", "7 m")
    ).body["messages"]

    assert [message["role"] for message in told] == ["user", "assistant", "user"]
    assert told[2]["content"] == [
        {"toolResult": {"toolUseId": "a", "content": [{"text": "5 m"}]}},
        {"toolResult": {"toolUseId": "b", "content": [{"text": "7 m"}]}},
        {"text": "So?"},
    ]


def test_a_call_without_a_result_gets_one_and_a_result_without_a_call_is_text() -> None:
    told = conversation(user("x"), called("a"), user("y"), result("z"))

    assert told.body["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "a", "content": [{"text": "No result"}], "status": "error"}},
        {"text": "y"},
        {"text": "5 m"},
    ]
    assert told.losses == ["emulated /messages/3"]


def test_a_result_that_failed_says_so_and_one_that_says_nothing_is_not_empty() -> None:
    told = conversation(
        user("x"), called("a", "b"), result("a", "Error: no", is_error=True), result("b", "")
    )

    results = [block["toolResult"] for block in told.body["messages"][2]["content"]]
    assert results == [
        {"toolUseId": "a", "content": [{"text": "no"}], "status": "error"},
        {"toolUseId": "b", "content": [{"text": "(empty)"}]},
    ]
    assert told.losses == []


def test_a_conversation_begins_with_the_user_and_no_text_is_blank() -> None:
    told = conversation(
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "content": "Hello \n"},
        {"role": "user", "content": "  "},
    )

    assert told.body["system"] == [{"text": "Be brief."}]
    assert told.body["messages"] == [
        {"role": "user", "content": [{"text": "."}]},
        {"role": "assistant", "content": [{"text": "Hello"}]},
    ]
    assert told.losses == ["dropped /messages/2/content"]


def test_later_instructions_are_what_the_user_says() -> None:
    told = conversation(user("x"), {"role": "developer", "content": "Be brief."})

    assert told.body["messages"][0]["content"][1] == {"text": "<system>Be brief.</system>"}
    assert told.losses == ["emulated /messages/1/role"]


def test_a_longer_conversation_begins_with_the_same_messages() -> None:
    short = [user("x"), called("a"), result("a"), user("y")]
    longer = [*short, {"role": "assistant", "content": "z"}, user("w")]

    before = conversation(*short).body["messages"]
    after = conversation(*longer).body["messages"]

    assert after[: len(before)] == before


@pytest.mark.parametrize("model", [CLAUDE, MISTRAL])
def test_ids_are_sent_as_they_are_allowed_and_alike_in_both_places(model: str) -> None:
    odd = "call.é:" + "x" * 80

    told = conversation(user("x"), called(odd), result(odd), model=model).body["messages"]

    id = told[1]["content"][0]["toolUse"]["toolUseId"]
    assert id == told[2]["content"][0]["toolResult"]["toolUseId"]
    assert len(id) == (9 if model == MISTRAL else 64)
    assert id.replace("_", "").replace("-", "").isalnum()
    assert id.isascii()


@pytest.mark.parametrize(
    ("model", "id"),
    [
        ("moonshot.kimi-k2-thinking", "functions.f:0"),
        (MISTRAL, "tooluse_daIKOZu4g4GrvIIv9wdqy4"),
        (MISTRAL, "a1B2c3D4e"),
        (NOVA, "call_1-a"),
    ],
)
def test_ids_that_are_allowed_stay_as_they_are(model: str, id: str) -> None:
    told = conversation(user("x"), called(id), model=model).body["messages"][1]["content"]

    assert told[0]["toolUse"]["toolUseId"] == id


def test_long_ids_that_begin_alike_stay_apart() -> None:
    ids = ["x" * 70 + end for end in "ab"]

    told = conversation(user("x"), called(*ids)).body["messages"][1]["content"]

    assert len({block["toolUse"]["toolUseId"] for block in told}) == 2


def test_claudes_signed_reasoning_goes_back_to_claude_alone() -> None:
    detail = {"type": "reasoning.text", "text": "Hm.", "signature": "Sg=="}
    answer = {
        "role": "assistant",
        "content": "Noon.",
        "reasoning_content": "Hm.",
        "reasoning_details": [{**detail, "format": "anthropic-claude-v1", "index": 0}],
    }

    told = conversation(user("x"), answer, user("y"))
    foreign = conversation(user("x"), answer, user("y"), model=NOVA)

    thought = {"reasoningText": {"text": "Hm.", "signature": "Sg=="}}
    assert told.body["messages"][1]["content"][0] == {"reasoningContent": thought}
    assert told.losses == []
    assert foreign.body["messages"][1]["content"] == [{"text": "Noon."}]
    assert foreign.losses == [
        "dropped /messages/1/reasoning_details/0",
        "dropped /messages/1/reasoning_content",
    ]


def test_blocks_of_an_answer_go_back_while_they_say_the_same() -> None:
    blocks = [
        {"text": "So: "},
        {"citationsContent": {"content": [{"text": "noon."}], "citations": []}},
    ]
    native = {"format": "bedrock-converse-v1", "content": blocks}

    same = conversation(
        user("x"), {"role": "assistant", "content": "So: noon.", "native_content": native}
    )
    other = conversation(
        user("x"), {"role": "assistant", "content": "Midnight.", "native_content": native}
    )

    assert same.body["messages"][1]["content"] == blocks
    assert same.losses == []
    assert other.losses == ["dropped /messages/1/native_content"]


def test_images_are_sent_by_their_bytes_or_from_s3() -> None:
    (jpeg,) = part(type="image_url", image_url={"url": "data:image/jpg;base64,/9j/4AA="})
    (stored,) = part(type="image_url", image_url={"url": "s3://harbour/tide.webp"})

    assert jpeg == {"image": {"format": "jpeg", "source": {"bytes": "/9j/4AA="}}}
    assert stored["image"] == {
        "format": "webp",
        "source": {"s3Location": {"uri": "s3://harbour/tide.webp"}},
    }


@pytest.mark.parametrize("url", ["https://x.example/x.png", "data:image/tiff;base64,eA==", "x"])
def test_images_that_bedrock_cannot_have_are_refused(url: str) -> None:
    images = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]

    assert refused(messages=images) == "messages[0].content[0].image_url.url"


def test_documents_have_plain_names_of_their_own_and_a_text_beside() -> None:
    told = conversation(
        {"role": "user", "content": [file("tides (2026).v2.pdf"), file("tides (2026)-v2.pdf")]},
        {"role": "user", "content": [file("notes.md", "text/markdown"), file("", "text/x-log")]},
    )

    blocks = told.body["messages"][0]["content"]
    named = [(b["document"]["name"], b["document"]["format"]) for b in blocks if "document" in b]
    assert named == [
        ("tides (2026)-v2", "pdf"),
        ("tides (2026)-v2 2", "pdf"),
        ("notes", "md"),
        ("document", "txt"),
    ]
    assert [block for block in blocks if "text" in block] == [{"text": "."}, {"text": "."}]
    assert told.losses == [
        "renamed /messages/0/content/0/file/filename",
        "renamed /messages/0/content/1/file/filename",
    ]


def test_bedrocks_own_parts_go_along() -> None:
    video = {"format": "mp4", "source": {"bytes": "AAAA"}}

    assert part(type="video", video=video) == [{"video": video}]


def test_cache_points_stand_behind_what_they_mark_and_four_are_the_most() -> None:
    text = {"type": "text", "text": "x", "cache_control": MARK}
    told = conversation(
        {"role": "system", "content": [text]},
        {"role": "user", "content": [text, {"type": "text", "text": "y"}]},
        called("a"),
        result("a", [{**text, "cache_control": {**MARK, "ttl": "1h"}}]),
        user("z", cache_control=MARK),
        tools=[{**function("f"), "cache_control": MARK}],
    )

    assert told.losses == [
        "dropped /tools/0/cache_control",
        "clamped /messages/3/content/0/cache_control/ttl",
    ]
    assert len(told.body["toolConfig"]["tools"]) == 1
    assert told.body["system"] == [{"text": "x"}, POINT]
    assert told.body["messages"][0]["content"] == [{"text": "x"}, POINT, {"text": "y"}]
    assert told.body["messages"][2]["content"][1:] == [POINT, {"text": "z"}, POINT]


def test_a_cache_point_stays_behind_its_result() -> None:
    told = conversation(
        user("x"), called("a", "b"), result("a", cache_control=MARK), user("y"), result("b")
    ).body["messages"][2]["content"]

    assert [next(iter(block)) for block in told] == [
        "toolResult",
        "cachePoint",
        "toolResult",
        "text",
    ]


def test_models_that_keep_no_prefix_are_sent_no_cache_points() -> None:
    told = conversation(user("x", cache_control=MARK), model=LLAMA)

    assert told.body["messages"][0]["content"] == [{"text": "x"}]
    assert told.losses == ["dropped /messages/0/cache_control"]
