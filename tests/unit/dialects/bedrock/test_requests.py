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
    function,
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


def test_models_are_not_listed() -> None:
    functions: list[Any] = [
        lambda: bedrock_converse.encode_models_request(),
        lambda: bedrock_converse.decode_models(b"{}"),
    ]

    for function_ in functions:
        with pytest.raises(ConfigurationError, match="models"):
            function_()
