"""Requests in Converse: what is sent, what is told as lost, and what is refused."""

import json
from typing import Any

import pytest

from dragoman.dialects import bedrock_converse
from dragoman.dialects.bedrock_converse import Quirks
from dragoman.errors import ConfigurationError, UnsupportedParameterError
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

SCHEMA: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "tide",
        "schema": {"type": "object", "properties": {"m": {"type": "number", "minimum": 0}}},
    },
}
MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}


def refused(**fields: Any) -> str | None:
    """The field for which a request is refused."""
    with pytest.raises(UnsupportedParameterError) as error:
        sent(**fields)
    return error.value.param


@pytest.mark.parametrize("stream", [False, True])
def test_the_model_is_one_segment_of_the_path(stream: bool) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"

    told = sent(arn, stream=stream)

    kind = "converse-stream" if stream else "converse"
    named = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc"
    assert told.path == f"/model/{named}/{kind}"
    assert "stream" not in told.body
    accepted = "application/vnd.amazon.eventstream" if stream else "application/json"
    assert told.headers["accept"] == accepted


def test_a_model_behind_a_profile_is_known_by_its_base_model() -> None:
    assert sent("profile", temperature=0.5, reasoning_effort="low").losses
    told = sent("profile", base_model=CLAUDE, reasoning_effort="low")

    assert told.body["additionalModelRequestFields"]["thinking"]["type"] == "enabled"


def test_a_family_that_there_is_not_is_a_mistake_of_the_operator() -> None:
    with pytest.raises(ConfigurationError, match="expected one of") as wrong:
        sent("harbour", quirks=Quirks(families={"harbour": "boat"}))

    assert wrong.value.param == "quirks.families"


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


def test_tools_are_specs_without_empty_descriptions() -> None:
    told = sent(tools=[function("f", description=""), function("g", description="G")])

    empty = {"json": {"type": "object", "properties": {}}}
    assert told.body["toolConfig"] == {
        "tools": [
            {"toolSpec": {"name": "f", "inputSchema": empty}},
            {"toolSpec": {"name": "g", "description": "G", "inputSchema": empty}},
        ]
    }


def test_calls_of_the_conversation_bring_their_tools() -> None:
    told = conversation(user("x"), called("a", name="old"), result("a"))

    (tool,) = told.body["toolConfig"]["tools"]
    assert tool["toolSpec"]["name"] == "old"


def test_without_a_tool_to_call_calls_and_results_are_told_as_text() -> None:
    told = conversation(
        user("x"),
        called("a", arguments='{"n":1}'),
        result("a"),
        tools=[function("f")],
        tool_choice="none",
    )

    assert "toolConfig" not in told.body
    assert told.body["messages"][1]["content"] == [{"text": '[tool call f({"n":1})]'}]
    assert told.body["messages"][2]["content"] == [{"text": "[tool result 5 m]"}]
    assert told.losses == ["emulated /tool_choice"]


NAMED = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("model", "choice", "written"),
    [
        (CLAUDE, "auto", None),
        (CLAUDE, "required", {"any": {}}),
        (NOVA, NAMED, {"tool": {"name": "f"}}),
        (MISTRAL, "required", {"any": {}}),
        (MISTRAL, NAMED, {"any": {}}),
    ],
)
def test_a_tool_is_forced_where_the_model_can_be(model: str, choice: Any, written: Any) -> None:
    told = sent(model, tools=[function("f")], tool_choice=choice)

    assert told.body["toolConfig"].get("toolChoice") == written


def test_a_tool_that_cannot_be_forced_is_refused_or_told_in_words() -> None:
    tools = [function("f"), function("g")]

    assert refused(model=LLAMA, tools=tools, tool_choice="required") == "tool_choice"
    assert refused(model=MISTRAL, tools=tools, tool_choice=NAMED) == "tool_choice"
    told = sent(LLAMA, quirks=Quirks(emulate_forced_tools=True), tools=tools, tool_choice=NAMED)
    assert told.body["system"] == [{"text": "Answer only by calling the tool `f`."}]
    assert told.losses == ["emulated /tool_choice"]


def test_one_call_at_a_time_is_a_matter_of_claudes() -> None:
    asked: Any = {"tools": [function("f")], "parallel_tool_calls": False}

    told = sent(**asked, tool_choice="required")
    other = sent(NOVA, **asked)

    choice = {"type": "any", "disable_parallel_tool_use": True}
    assert told.body["additionalModelRequestFields"] == {"tool_choice": choice}
    assert "toolChoice" not in told.body["toolConfig"]
    assert other.losses == ["dropped /parallel_tool_calls"]


def test_a_schema_is_sent_as_text() -> None:
    told = sent(response_format=SCHEMA)

    format = told.body["outputConfig"]["textFormat"]
    described = format["structure"]["jsonSchema"]
    assert format["type"] == "json_schema"
    assert described["name"] == "tide"
    assert json.loads(described["schema"])["additionalProperties"] is False
    assert told.losses == ["emulated /response_format/json_schema/schema/properties/m/minimum"]


def test_a_schema_is_a_tool_for_models_that_know_none() -> None:
    told = sent(NOVA, response_format=SCHEMA)

    (tool,) = told.body["toolConfig"]["tools"]
    assert tool["toolSpec"]["name"] == "dragoman_json_answer"
    assert told.body["toolConfig"]["toolChoice"] == {"tool": {"name": "dragoman_json_answer"}}
    assert "emulated /response_format" in told.losses


def test_a_schema_beside_tools_leaves_the_model_the_choice_between_them() -> None:
    asked: Any = {"tools": [function("f")], "response_format": SCHEMA}

    told = sent(NOVA, **asked)

    assert told.body["toolConfig"]["toolChoice"] == {"any": {}}
    assert refused(model=NOVA, **asked, tool_choice="required") == "response_format"
    assert refused(model=LLAMA, response_format=SCHEMA) == "response_format"


@pytest.mark.parametrize(
    ("model", "effort", "fields"),
    [
        ("us.anthropic.claude-sonnet-4-6", "high", {"effort": "high"}),
        ("openai.gpt-oss-120b-1:0", "max", {"reasoning_effort": "high"}),
        ("qwen.qwen3-32b-v1:0", "low", {"reasoning_config": "low"}),
        (NOVA, "low", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
    ],
)
def test_each_model_is_told_in_its_own_field_how_hard_to_think(
    model: str, effort: str, fields: dict[str, Any]
) -> None:
    told = sent(model, reasoning_effort=effort).body["additionalModelRequestFields"]

    assert {**told, **told.get("output_config", {})}.items() >= fields.items()


def test_a_budget_raises_the_bound_and_rules_out_sampling() -> None:
    told = sent(reasoning_effort="low", max_tokens=100, temperature=0.5)

    thinking = {"type": "enabled", "budget_tokens": 2048}
    assert told.body["additionalModelRequestFields"] == {"thinking": thinking}
    assert told.body["inferenceConfig"] == {"maxTokens": 2148}
    assert told.losses == [
        "clamped /max_tokens",
        "emulated /reasoning_effort",
        "dropped /temperature",
    ]


def test_claudes_answers_are_always_bounded_and_those_of_others_by_bedrock() -> None:
    assert sent().body["inferenceConfig"] == {"maxTokens": 21_333}
    assert sent(stream=True).body["inferenceConfig"] == {"maxTokens": 64_000}
    assert "inferenceConfig" not in sent(NOVA).body


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (CLAUDE, {"top_k": 5}),
        (NOVA, {"inferenceConfig": {"topK": 5}}),
        (LLAMA, None),
    ],
)
def test_top_k_goes_where_the_model_has_it(model: str, fields: Any) -> None:
    told = sent(model, top_k=5)

    assert told.body.get("additionalModelRequestFields") == fields
    assert told.losses == ([] if fields else ["dropped /top_k"])


def test_what_is_filed_has_bedrocks_characters() -> None:
    told = sent(metadata={"team": "Brest", "mood": "schön", "": "x"})

    assert told.body["requestMetadata"] == {"team": "Brest"}
    assert told.losses == ["dropped /metadata/mood", "dropped /metadata/"]
    assert "requestMetadata" not in sent(metadata={}).body


def test_tiers_that_bedrock_has_are_asked_for() -> None:
    assert sent(service_tier="flex").body["serviceTier"] == {"type": "flex"}
    assert sent(service_tier="auto").losses == ["dropped /service_tier"]


def test_bedrocks_own_fields_go_along() -> None:
    guard = {"guardrailIdentifier": "g", "guardrailVersion": "1"}

    told = sent(guardrailConfig=guard, additionalModelRequestFields={"top_k": 3}, top_k=5)

    assert told.body["guardrailConfig"] == guard
    assert told.body["additionalModelRequestFields"] == {"top_k": 3}
    assert told.losses == ["dropped /top_k"]


def test_stops_that_say_nothing_are_left_out() -> None:
    told = sent(stop=["", "END", "\n"])

    assert told.body["inferenceConfig"]["stopSequences"] == ["END"]
    assert told.losses == ["dropped /stop/0", "dropped /stop/2"]
    assert sent(NOVA, stop="\n").body["inferenceConfig"] == {"stopSequences": ["\n"]}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"response_format": {"type": "regex"}}, "response_format"),
    ],
)
def test_what_changes_the_meaning_is_refused(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields) == param


def test_a_loss_is_refused_where_none_may_be() -> None:
    with pytest.raises(UnsupportedParameterError) as error:
        sent(on_loss="refuse", seed=1)

    assert error.value.param == "seed"


def test_what_is_not_there_yet_refuses_by_name() -> None:
    functions: list[Any] = [
        lambda: bedrock_converse.decode_request(b"{}"),
        lambda: bedrock_converse.stream_encoder(include_usage=True),
        lambda: bedrock_converse.encode_error(ConfigurationError("x")),
        lambda: bedrock_converse.encode_models_request(),
        lambda: bedrock_converse.decode_models(b"{}"),
    ]

    for function_ in functions:
        with pytest.raises(ConfigurationError, match=r"bedrock-converse|models"):
            function_()
