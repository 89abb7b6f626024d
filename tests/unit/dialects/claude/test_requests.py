"""What becomes of a request for Claude, matter by matter; by field, `coverage.toml` says it."""

import base64
from typing import Any

import pytest

from dragoman.dialects import anthropic_messages
from dragoman.dialects.anthropic_messages import Quirks
from dragoman.dialects.claude import FAMILIES, family_of
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import ConfigurationError, UnsupportedParameterError
from tests.unit.dialects.claude.sending import (
    ASKED,
    NEWEST,
    call,
    called,
    function,
    part,
    result,
    sent,
)
from tests.unit.dialects.targets import CLAUDE_MODELS

PNG = "iVBORw0KGgo="
JPEG = "/9j/4AAQ"


# Whom is asked.


def test_every_family_is_found_by_the_names_that_hosts_give_its_models() -> None:
    assert {name: family_of(model).name for name, model in CLAUDE_MODELS.items()} == {
        family.name: family.name for family in FAMILIES
    }


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("anthropic.claude-v2:1", "claude-3"),
        ("claude-instant-1.2", "claude-3"),
        ("eu.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-3-7"),
        ("claude-haiku-4.5@20251001", "claude-4-5"),
        ("claude-mythos-5", "fable-5"),
        ("claude-sonnet-9", "opus-5-5"),
        ("harbour", "opus-5-5"),
    ],
)
def test_a_name_nobody_has_met_is_taken_for_one_of_the_newest(model: str, family: str) -> None:
    assert family_of(model).name == family


def test_a_family_can_be_named_for_a_model_of_ones_own() -> None:
    quirks = Quirks(families={"harbour": "sonnet-4"})

    assert sent("Harbour", quirks=quirks, temperature=0.5).body["temperature"] == 0.5
    assert sent("x", base_model="claude-sonnet-4", temperature=0.5).body["temperature"] == 0.5
    with pytest.raises(ConfigurationError, match=r"expected one of claude-3, .*; got 'sonnet'"):
        sent("harbour", quirks=Quirks(families={"harbour": "sonnet"}))


# Effort.


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "level"),
    [
        (NEWEST, None, None, None),
        (NEWEST, "high", {"type": "adaptive", "display": "summarized"}, "high"),
        ("claude-opus-4-6", "xhigh", {"type": "adaptive", "display": "summarized"}, "max"),
        ("claude-sonnet-5", "none", {"type": "disabled"}, None),
        ("claude-sonnet-5-5", "none", {"type": "between_tools"}, None),
        (NEWEST, "none", {"type": "adaptive", "display": "summarized"}, "low"),
        ("claude-sonnet-4-5", "high", {"type": "enabled", "budget_tokens": 16384}, None),
        ("claude-sonnet-4-5", "none", {"type": "disabled"}, None),
        ("claude-3-opus", "high", None, None),
    ],
)
def test_effort_is_asked_for_as_the_family_takes_it(
    model: str, effort: str | None, thinking: Any, level: str | None
) -> None:
    body = sent(model, reasoning_effort=effort).body

    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == level


@pytest.mark.parametrize(
    ("bound", "sent_bound", "budget"),
    [(20_000, 20_000, 10_000), (500, 10_500, 10_000), (62_000, 62_000, 10_000)],
)
def test_a_budget_leaves_room_for_the_answer(bound: int, sent_bound: int, budget: int) -> None:
    body = sent("claude-sonnet-4-5", reasoning_effort="medium", max_tokens=bound).body

    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (sent_bound, budget)


def test_a_budget_stays_below_what_the_model_can_say() -> None:
    body = sent("claude-opus-4", reasoning_effort="max", max_tokens=32_000).body

    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (32_000, 31_999)
    assert sent("claude-opus-4", reasoning_effort="low", max_tokens=1).body["max_tokens"] == 2049


def test_without_its_thinking_a_called_tool_is_answered_without_thinking() -> None:
    talk = [*ASKED, called("a"), result("a")]

    body, losses, _ = sent("claude-sonnet-4-5", messages=talk, reasoning_effort="low")
    assert "thinking" not in body
    assert losses == ["dropped /reasoning_effort"]


def test_what_the_caller_says_in_anthropics_words_comes_first() -> None:
    own = {"type": "enabled", "budget_tokens": 2000}

    body, losses, headers = sent(
        "claude-sonnet-4-5",
        thinking=own,
        reasoning_effort="high",
        output_config={"task_budget": {"total": 9}},
        betas=["task-budgets"],
        container={"id": "c"},
        cache_control={"type": "ephemeral"},
    )
    assert body["thinking"] == own
    assert body["output_config"] == {"task_budget": {"total": 9}}
    assert (body["container"], body["cache_control"]) == ({"id": "c"}, {"type": "ephemeral"})
    assert headers["anthropic-beta"] == "task-budgets"
    assert losses == ["dropped /reasoning_effort"]


# Parameters.


@pytest.mark.parametrize(
    ("model", "fields", "left", "losses"),
    [
        ("claude-sonnet-4", {"temperature": 1.5, "top_p": 0.5}, {"temperature": 1, "top_p": 0.5},
         ["clamped /temperature"]),
        ("claude-sonnet-4-5", {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5},
         ["dropped /top_p"]),
        ("claude-sonnet-4-5", {"top_p": 0.5}, {"top_p": 0.5}, []),
        (NEWEST, {"temperature": 1, "top_p": 1}, {}, []),
        (NEWEST, {"temperature": 0, "top_k": 5}, {},
         ["dropped /temperature", "dropped /top_k"]),
    ],
)  # fmt: skip
def test_sampling_is_what_the_family_takes(
    model: str, fields: dict[str, Any], left: dict[str, Any], losses: list[str]
) -> None:
    told = sent(model, **fields)

    assert {k: told.body[k] for k in ("temperature", "top_p", "top_k") if k in told.body} == left
    assert told.losses == losses


def test_the_newer_version_takes_no_sampling_from_anyone() -> None:
    told = sent("claude-sonnet-4", quirks=Quirks(version="2026-10-21"), temperature=0.5)

    assert told.losses == ["dropped /temperature"]
    assert told.headers["anthropic-version"] == "2026-10-21"


@pytest.mark.parametrize(
    ("model", "fields", "bound"),
    [
        (NEWEST, {}, 21_333),
        (NEWEST, {"stream": True}, 128_000),
        ("claude-3-opus", {}, 4096),
        ("claude-3-opus", {"max_tokens": 9000}, 4096),
        (NEWEST, {"max_tokens": 5, "max_completion_tokens": 6}, 6),
    ],
)
def test_an_answer_is_always_bounded(model: str, fields: dict[str, Any], bound: int) -> None:
    assert sent(model, **fields).body["max_tokens"] == bound


def test_stops_of_blanks_alone_are_left_out() -> None:
    assert sent(stop=["END", "\n"]).body["stop_sequences"] == ["END"]
    assert sent(stop=["END", "\n"]).losses == ["dropped /stop/1"]
    assert "stop_sequences" not in sent(stop=" ").body


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_tiers_that_anthropic_has_not_are_left_out(tier: str) -> None:
    assert sent(service_tier=tier).losses == ["dropped /service_tier"]


def test_who_asks_is_told_once() -> None:
    told = sent(safety_identifier="a", user="b")

    assert told.body["metadata"] == {"user_id": "a"}
    assert told.losses == ["dropped /user"]


@pytest.mark.parametrize(
    "fields",
    [{"n": 2}, {"logprobs": True}, {"modalities": ["text", "audio"]}, {"tool_choice": "required"}],
)
def test_what_changes_the_meaning_is_refused_by_name(fields: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError) as refused:
        sent(**fields, tools=[function("f")])

    assert [refused.value.param] == list(fields)


def test_every_loss_is_refused_where_none_may_be() -> None:
    with pytest.raises(UnsupportedParameterError, match="/seed would be dropped"):
        sent(seed=3, on_loss="refuse")


# Tools.


def test_a_choice_between_schemas_is_merged() -> None:
    parameters = {
        "anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}}],
        "required": ["a"],
    }

    told = sent(tools=[function("f", parameters=parameters)])
    assert told.body["tools"][0]["input_schema"] == {
        "type": "object",
        "properties": {"a": {}, "b": {}},
    }
    assert told.losses == ["emulated /tools/0/function/parameters/anyOf"]


def test_a_strict_tool_keeps_to_what_anthropic_knows() -> None:
    parameters = {"type": "object", "properties": {"a": {"oneOf": [{"type": "string"}]}}}

    told = sent(tools=[function("f", parameters=parameters, strict=True)])
    assert told.body["tools"] == [
        {
            "name": "f",
            "input_schema": {
                "type": "object",
                "properties": {"a": {"anyOf": [{"type": "string"}]}},
                "additionalProperties": False,
            },
            "strict": True,
        }
    ]
    assert told.losses == ["emulated /tools/0/function/parameters/properties/a/oneOf"]


def test_only_allowed_tools_are_offered() -> None:
    allowed = {"mode": "required", "tools": [function("g")]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}

    told = sent("claude-opus-5", tools=[function("f"), function("g")], tool_choice=choice)
    assert [tool["name"] for tool in told.body["tools"]] == ["g"]
    assert told.body["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (None, {"type": "auto", "disable_parallel_tool_use": True}),
        ("required", {"type": "any", "disable_parallel_tool_use": True}),
        ("none", {"type": "none"}),
    ],
)
def test_calls_one_at_a_time(choice: str | None, told: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "parallel_tool_calls": False,
        "tools": [function("f")],
        "tool_choice": choice,
    }

    assert sent("claude-opus-5", **fields).body["tool_choice"] == told
    assert "tool_choice" not in sent(parallel_tool_calls=False).body


def test_thinking_by_budget_gives_way_to_a_forced_tool() -> None:
    told = sent(
        "claude-sonnet-4-5",
        tools=[function("f")],
        tool_choice="required",
        reasoning_effort="low",
        temperature=0.5,
    )

    assert "thinking" not in told.body
    assert told.body["temperature"] == 0.5
    assert "dropped /reasoning_effort" in told.losses


def test_tools_that_only_the_conversation_knows_are_stood_in_for() -> None:
    told = sent(
        "claude-opus-5", messages=[*ASKED, called("a"), result("a")], tool_choice="required"
    )

    assert told.body["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert "tool_choice" not in told.body
    assert told.losses == ["dropped /tool_choice"]


def test_anthropics_own_tools_go_along() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}

    assert sent(tools=[search]).body["tools"] == [search]
    assert sent(tools=[{"type": "computer_use_preview"}]).losses == ["dropped /tools/0"]


def test_functions_of_old_become_tools_and_their_calls_find_their_results() -> None:
    talk = [
        *ASKED,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "5 m"},
    ]

    body = sent("claude-opus-5", messages=talk, functions=[{"name": "f"}]).body
    (block,), (answer,) = body["messages"][1]["content"], body["messages"][2]["content"]
    assert block["id"] == answer["tool_use_id"]


@pytest.mark.parametrize(
    ("tools", "choice"),
    [
        ([], {"type": "tool", "name": "dragoman_json_answer"}),
        ([function("f")], {"type": "any"}),
    ],
)
def test_older_models_give_a_structured_answer_by_calling_a_tool(
    tools: list[Any], choice: dict[str, Any]
) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}

    body = sent("claude-3-opus", response_format=wanted, tools=tools).body
    assert body["tool_choice"] == choice
    assert body["tools"][-1]["name"] == "dragoman_json_answer"
    with pytest.raises(UnsupportedParameterError, match="response_format"):
        sent(
            "claude-3-opus",
            response_format=wanted,
            tools=[function("f")],
            tool_choice="required",
        )


# Parts.


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://x.example/y", {"type": "url", "url": "https://x.example/y"}),
        (f"data:image/png;base64,{PNG}", {"media_type": "image/png", "data": PNG}),
        (f"data:image/jpg;base64,{JPEG}", {"media_type": "image/jpeg", "data": JPEG}),
        (f"data:image/jpeg;base64,{PNG}", {"media_type": "image/png", "data": PNG}),
    ],
)
def test_images_are_sent_under_the_type_that_they_have(url: str, source: dict[str, Any]) -> None:
    block = part(type="image_url", image_url={"url": url})

    assert block["source"] == {"type": "base64", **source}


@pytest.mark.parametrize("url", ["data:image/bmp;base64,Qk0=", "file:///etc/passwd", "data:,x"])
def test_other_images_are_refused(url: str) -> None:
    with pytest.raises(
        UnsupportedParameterError, match=r"messages\[0\].content\[0\].image_url.url"
    ):
        part(type="image_url", image_url={"url": url})


def test_documents_are_sent_as_what_they_are() -> None:
    pdf, text = "data:application/pdf;base64,JVBERg==", base64.b64encode("Häfen".encode()).decode()

    assert part(type="file", file={"file_data": pdf, "filename": "a.pdf"}) == {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
        "title": "a.pdf",
    }
    assert part(type="file", file={"file_data": f"data:text/csv;base64,{text}"})["source"] == {
        "type": "text",
        "media_type": "text/plain",
        "data": "Häfen",
    }
    for wrong in ("data:application/zip;base64,UEs=", "data:text/plain;base64,/w==", "JVBERg=="):
        with pytest.raises(UnsupportedParameterError, match="file_data"):
            part(type="file", file={"file_data": wrong})


def test_invalid_arguments_are_told_and_sent_as_a_text() -> None:
    answer = {"role": "assistant", "content": None, "tool_calls": [call("a", "{oops")]}

    told = sent(messages=[*ASKED, answer, result("a")])
    assert told.body["messages"][1]["content"][0]["input"] == {"_raw": "{oops"}
    assert told.losses == ["emulated /messages/1/tool_calls/0/function/arguments"]


def test_a_null_that_only_claude_knows_is_told_as_lost() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"cache_control":null}'

    encoded = anthropic_messages.encode_request(decode_request(body), model="claude-opus-4-8")

    assert [(loss.kind, loss.pointer) for loss in encoded.losses] == [("dropped", "/cache_control")]
