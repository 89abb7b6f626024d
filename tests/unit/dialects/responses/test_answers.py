"""What Responses says, whole and streamed, and what is heard of it."""

from collections.abc import Callable
from typing import Any

import pytest

from dragoman.dialects import openai_responses
from dragoman.errors import APIStatusError, RateLimitError, RemoteProtocolError
from tests.unit.dialects.responses.saying import (
    MADE,
    START,
    added,
    answered,
    argued,
    called,
    chunks,
    completed,
    done,
    event,
    folded,
    message,
    response,
    said,
    thought,
    whole,
)

Item = dict[str, Any]


def in_pieces(*output: Item, **fields: Any) -> Item:
    """A stream that tells its items at their ends only, as lenient servers do."""
    told = [done(index, **item) for index, item in enumerate(output)]
    return folded(START, *told, completed(*output, **fields))


def at_the_end(*output: Item, **fields: Any) -> Item:
    """A stream that tells its items with the last event only."""
    return folded(START, completed(*output, **fields))


each_way = pytest.mark.parametrize("told", [whole, in_pieces, at_the_end])
Told = Callable[..., Item]


@each_way
def test_reasoning_text_and_calls_are_told_however_they_come(told: Told) -> None:
    output = [thought("A", "B", encrypted_content="gAAA"), message("Hi"), called("call_1")]

    heard = told(*output)

    assert heard["id"] == "resp_1"
    assert heard["created"] == 1795404601
    assert heard["choices"][0]["finish_reason"] == "tool_calls"
    assert answered(heard)["content"] == "Hi"
    assert answered(heard)["reasoning_content"] == "A\n\nB"
    assert answered(heard)["tool_calls"][0]["id"] == "call_1"
    kinds = [(d["type"], d["id"], d["index"]) for d in answered(heard)["reasoning_details"]]
    assert kinds == [
        ("reasoning.summary", "rs_1", 0),
        ("reasoning.summary", "rs_1", 1),
        ("reasoning.encrypted", "rs_1", 2),
    ]
    assert "native_content" not in answered(heard)


@each_way
@pytest.mark.parametrize(
    "output",
    [
        [{"type": "web_search_call", "id": "ws_1", "status": "completed"}, message("Hi")],
        [message("One."), message("Two.")],
        [called("call_1", namespace="crm")],
        [called("call_1"), thought("Late.")],
    ],
)
def test_what_our_fields_cannot_say_is_kept_as_it_came(told: Told, output: list[Item]) -> None:
    native = answered(told(*output))["native_content"]

    assert native == {"format": "openai-responses-v1", "content": output}


@each_way
def test_of_an_answer_with_a_phase_the_phase_alone_is_kept(told: Told) -> None:
    heard = answered(told(thought("Look?"), message("Look.", phase="commentary"), called("call_1")))

    assert heard["content"] == "Look."
    assert heard["native_content"] == {
        "format": "openai-responses-phase-v1",
        "content": [{"phase": "commentary"}],
    }


def test_pieces_are_not_told_again_by_the_ends_of_their_items() -> None:
    summary = {"output_index": 0, "summary_index": 0}

    heard = folded(
        START,
        added(0, type="reasoning", id="rs_1", summary=[], encrypted_content="half"),
        event("response.reasoning_summary_text.delta", **summary, delta="A"),
        event("response.reasoning_summary_text.delta", **summary, delta="B"),
        done(0, **thought("AB", id="rs_other", encrypted_content="gAAA")),
        added(1, type="message", content=[]),
        said(1, "H"),
        said(1, "i"),
        event("response.output_text.done", output_index=1, content_index=0, text="Hi"),
        done(1, **message("Hi")),
        added(2, **called("call_1", "")),
        argued(2, '{"a"'),
        argued(2, ":1}"),
        event("response.function_call_arguments.done", output_index=2, arguments='{"a":1}'),
        done(2, **called("call_1", '{"a":1}')),
        completed(thought("AB"), message("Hi"), called("call_1", '{"a":1}')),
    )

    assert answered(heard)["content"] == "Hi"
    assert answered(heard)["reasoning_content"] == "AB"
    assert answered(heard)["tool_calls"][0]["function"]["arguments"] == '{"a":1}'
    details = answered(heard)["reasoning_details"]
    assert [(d.get("summary"), d.get("data"), d["id"]) for d in details] == [
        ("AB", None, "rs_1"),
        (None, "gAAA", "rs_1"),
    ]


def test_parallel_calls_are_told_apart_by_their_places() -> None:
    heard = chunks(
        START,
        added(0, **called("call_1", "", id="fc_1")),
        added(1, **called("call_2", "", id="fc_2")),
        argued(1, '{"b":'),
        argued(0, '{"a":'),
        argued(1, "2}"),
        argued(0, "1}"),
        completed(),
    )

    pieces = [call for c in heard for ch in c.choices for call in ch.delta.tool_calls or ()]
    told: dict[int, str] = {}
    for piece in pieces:
        told[piece.index] = told.get(piece.index, "") + piece.function.arguments
    assert told == {0: '{"a":1}', 1: '{"b":2}'}
    assert [piece.id for piece in pieces if piece.id] == ["call_1", "call_2"]


@each_way
def test_a_call_is_answered_by_its_call_id_and_never_by_that_of_the_item(told: Told) -> None:
    heard = told(called("call_1", id="fc_1"))

    assert answered(heard)["tool_calls"][0]["id"] == "call_1"
    assert answered(heard)["content"] is None


@each_way
def test_a_key_of_a_call_that_is_null_says_nothing(told: Told) -> None:
    assert "native_content" not in answered(told(called("call_1", namespace=None)))


@each_way
def test_a_custom_tool_is_called_with_text(told: Told) -> None:
    item = {"type": "custom_tool_call", "call_id": "call_1", "name": "sql", "input": "SELECT 1"}

    heard = told(item)

    assert answered(heard)["tool_calls"] == [
        {"id": "call_1", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
    ]


@each_way
def test_calls_that_xai_answers_itself_are_no_tool_calls(told: Told) -> None:
    own = {"type": "custom_tool_call", "call_id": "xs_call_1", "name": "x_user_search"}

    heard = told({**own, "input": "{}"}, message("Found."))

    assert heard["choices"][0]["finish_reason"] == "stop"
    assert "tool_calls" not in answered(heard)
    assert answered(heard)["native_content"]["content"][0]["name"] == "x_user_search"


@pytest.mark.parametrize(
    ("reason", "finish_reason", "native"),
    [
        ("max_output_tokens", "length", None),
        ("content_filter", "content_filter", None),
        ("a_new_one", "length", "a_new_one"),
    ],
)
def test_an_incomplete_answer_says_why(reason: str, finish_reason: str, native: str | None) -> None:
    cut: Item = {"status": "incomplete", "incomplete_details": {"reason": reason}}

    last = event("response.incomplete", response=response(**cut))

    for heard in (whole(message("Hal"), **cut), folded(START, said(0, "Hal"), last)):
        assert heard["choices"][0]["finish_reason"] == finish_reason
        assert heard["choices"][0].get("native_finish_reason") == native
        assert answered(heard)["content"] == "Hal"


def test_a_refusal_is_no_content() -> None:
    refusal = {"output_index": 0, "content_index": 0}
    item = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}

    streamed = folded(
        START,
        added(0, type="message", content=[]),
        event("response.refusal.delta", **refusal, delta="No"),
        event("response.refusal.delta", **refusal, delta="."),
        done(0, **item),
        completed(item),
    )

    assert (answered(streamed)["content"], answered(streamed)["refusal"]) == (None, "No.")
    assert answered(whole(item)) == answered(streamed)


@each_way
def test_citations_are_counted_over_the_whole_text(told: Told) -> None:
    page = {"type": "url_citation", "url": "https://a.example", "title": "A"}
    parts = [
        {"type": "output_text", "text": "Well. "},
        {
            "type": "output_text",
            "text": "High water at six.",
            "annotations": [
                {**page, "start_index": 0, "end_index": 10},
                {"type": "url_citation", "url": "https://b.example"},
            ],
        },
    ]

    heard = told({"type": "message", "content": parts})

    cited = [a["url_citation"] for a in answered(heard)["annotations"]]
    assert cited == [
        {"start_index": 6, "end_index": 16, "title": "A", "url": "https://a.example"},
        {"start_index": 6, "end_index": 24, "title": "", "url": "https://b.example"},
    ]


def test_a_citation_that_came_as_an_event_is_told_once() -> None:
    page = {"type": "url_citation", "url": "https://a.example", "start_index": 0, "end_index": 2}
    part = {"type": "output_text", "text": "Hi", "annotations": [page]}
    cited = {"output_index": 0, "content_index": 0, "annotation_index": 0, "annotation": page}

    heard = folded(
        START,
        added(0, type="message", content=[]),
        said(0, "Hi"),
        event("response.output_text.annotation.added", **cited),
        done(0, type="message", content=[part]),
        completed(),
    )

    assert len(answered(heard)["annotations"]) == 1


@each_way
def test_citations_of_files_stay_in_the_items(told: Told) -> None:
    cited = {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf", "index": 2}
    part = {"type": "output_text", "text": "Hi", "annotations": [cited]}

    heard = told({"type": "message", "content": [part]})

    assert "annotations" not in answered(heard)
    assert answered(heard)["native_content"]["content"][0]["content"] == [part]


def test_log_probabilities_of_a_stream_have_no_bytes() -> None:
    token = {"token": "Hi", "logprob": -0.5, "top_logprobs": [{"token": "Ho", "logprob": -2}]}

    heard = folded(START, said(0, "Hi", logprobs=[token]), completed())

    logprobs = heard["choices"][0]["logprobs"]["content"]
    assert logprobs == [
        {
            "token": "Hi",
            "logprob": -0.5,
            "bytes": None,
            "top_logprobs": [{"token": "Ho", "logprob": -2.0, "bytes": None}],
        }
    ]


@each_way
def test_usage_holds_what_was_cached_and_thought(told: Told) -> None:
    usage = {
        "input_tokens": 40,
        "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
        "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 12},
        "total_tokens": 65,
    }

    assert told(message("Hi"), usage=usage)["usage"] == {
        "prompt_tokens": 40,
        "completion_tokens": 25,
        "total_tokens": 65,
        "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 12},
    }


def test_reasoning_that_is_counted_beside_the_answer_is_counted_in() -> None:
    details = {"output_tokens_details": {"reasoning_tokens": 7}}
    usage = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 15, **details}

    told = whole(message("Hi"), usage=usage)["usage"]

    assert (told["completion_tokens"], told["total_tokens"]) == (12, 15)


@each_way
def test_the_tier_and_the_metadata_are_told(told: Told) -> None:
    heard = told(message("Hi"), service_tier="flex", metadata={"a": "b"})

    assert (heard["service_tier"], heard["metadata"]) == ("flex", {"a": "b"})


@each_way
def test_a_verdict_of_moderation_becomes_a_list_of_one(told: Told) -> None:
    verdict = {
        "type": "moderation_result",
        "model": "omni",
        "flagged": False,
        "categories": {"hate": False},
        "category_scores": {"hate": 0.1},
        "category_applied_input_types": {"hate": ["text"]},
    }

    heard = told(message("Hi"), moderation={"input": verdict, "output": verdict})

    side = heard["moderation"]["output"]
    assert (side["type"], side["model"]) == ("moderation_results", "omni")
    assert side["results"] == [verdict]


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled", "new"])
def test_an_answer_that_is_not_there_yet_is_none(status: str) -> None:
    with pytest.raises(RemoteProtocolError, match="status: expected completed or incomplete"):
        whole(message("Hal"), status=status)


def test_an_answer_that_was_cancelled_is_none() -> None:
    with pytest.raises(RemoteProtocolError, match="it was cancelled"):
        chunks(START, event("response.cancelled", response=response(status="cancelled")))


def test_an_event_before_the_start_is_the_providers_mistake() -> None:
    with pytest.raises(RemoteProtocolError, match="while EXPECTING_START"):
        chunks(said(0, "Hi"))


@pytest.mark.parametrize("kind", ["keepalive", "response.new", "response.content_part.added"])
def test_events_that_say_nothing_new_are_passed_over(kind: str) -> None:
    odd = event(kind, output_index="a", delta={"b": 1}, item=[], logprobs=7)

    assert answered(folded(odd, START, odd, said(0, "Hi"), odd, completed()))["content"] == "Hi"


def test_a_stream_without_its_last_event_is_cut() -> None:
    item = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}

    with pytest.raises(RemoteProtocolError) as cut:
        chunks(START, said(0, "Hi"), done(0, **item), b"data: [DONE]\n\n")

    assert cut.value.code == "stream_truncated"


def test_what_follows_the_end_is_not_read() -> None:
    heard = folded(START, said(0, "Hi"), completed(), b"data: [DONE]\n\n", said(0, "!"))

    assert answered(heard)["content"] == "Hi"


NESTED = event("error", error={"type": "tokens", "code": "rate_limit_exceeded", "message": "No."})
FLAT = event("error", code="rate_limit_exceeded", message="No.", param=None)
FAILED = event(
    "response.failed",
    response=response(
        status="failed", error={"code": "rate_limit_exceeded", "message": "No."}, usage=None
    ),
)


@pytest.mark.parametrize("pieces", [(NESTED, FAILED), (FLAT, FAILED), (FAILED,)])
def test_a_failure_is_told_once_whatever_its_shape(pieces: tuple[bytes, ...]) -> None:
    decoder = openai_responses.stream_decoder(made=MADE)

    decoder.receive(START + said(0, "Hi") + b"".join(pieces))

    assert isinstance(decoder.error, RateLimitError)
    assert (decoder.error.message, decoder.error.code) == ("No.", "rate_limit_exceeded")


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("server_error", 500, "server_error"),
        ("insufficient_quota", 429, "insufficient_quota"),
        ("bio_policy", 400, "content_filter"),
        ("image_content_policy_violation", 400, "content_filter"),
        ("image_too_large", 400, "image_too_large"),
        ("model_not_found", 404, "model_not_found"),
        ("never_seen", 500, "never_seen"),
        (None, 500, None),
    ],
)
def test_a_failed_answer_has_the_status_of_its_code(
    code: str | None, status: int, told: str | None
) -> None:
    with pytest.raises(APIStatusError) as failed:
        whole(status="failed", error={"code": code, "message": "No."})

    assert (failed.value.status_code, failed.value.code) == (status, told)


def test_a_failed_answer_that_does_not_say_why_is_a_failure_all_the_same() -> None:
    with pytest.raises(APIStatusError, match="answered 500 without a message"):
        whole(message("secret"), status="failed")


def test_a_body_that_is_no_answer_is_no_answer() -> None:
    for body in (b"{}", b'{"output":{}}', b"[]", b"<html>", b'{"output":[7]}', b'{"output":null}'):
        with pytest.raises(RemoteProtocolError):
            openai_responses.decode_response(body, made=MADE)
