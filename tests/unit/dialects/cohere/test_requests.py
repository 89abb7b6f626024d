"""What Cohere is sent, where a row of the coverage table says too little."""

from typing import Any

import pytest

from dragoman.dialects import cohere_v2
from dragoman.errors import ConfigurationError, UnsupportedParameterError
from dragoman.models import shared
from tests.unit.dialects.cohere.sending import ASKED, call, function, sent, user

REASONING = "command-a-reasoning-08-2025"
F, G = function("f"), function("g")


@pytest.mark.parametrize(("top_p", "p"), [(0, 0.01), (0.01, 0.01), (0.5, 0.5), (1, 0.99)])
def test_p_stays_inside_its_range(top_p: float, p: float) -> None:
    body, losses = sent(top_p=top_p)

    assert body["p"] == p
    assert losses == ([] if top_p == p else ["clamped /top_p"])


@pytest.mark.parametrize(("given", "told"), [(-0.5, 0), (0.5, 0.5), (2, 1)])
def test_penalties_stay_inside_their_range(given: float, told: float) -> None:
    body, losses = sent(frequency_penalty=given, presence_penalty=given)

    assert (body["frequency_penalty"], body["presence_penalty"]) == (told, told)
    assert len(losses) == (0 if given == told else 2)


@pytest.mark.parametrize(
    ("effort", "thinking"),
    [
        ("none", {"type": "disabled"}),
        ("minimal", {"type": "enabled", "token_budget": 512}),
        ("high", {"type": "enabled", "token_budget": 16_384}),
        ("max", {"type": "enabled"}),
    ],
)
def test_effort_is_a_budget_where_the_model_reasons(effort: str, thinking: dict[str, Any]) -> None:
    assert sent(REASONING, reasoning_effort=effort).body["thinking"] == thinking
    assert "thinking" not in sent(reasoning_effort=effort).body


def test_what_the_caller_says_of_thinking_in_coheres_words_counts() -> None:
    own = {"type": "enabled", "token_budget": 7}

    body, losses = sent(REASONING, thinking=own, reasoning_effort="low")

    assert body["thinking"] == own
    assert losses == ["dropped /reasoning_effort"]


@pytest.mark.parametrize(
    ("choice", "offered", "told"),
    [
        ("auto", ["f", "g"], None),
        ("required", ["f", "g"], "REQUIRED"),
        ("none", ["f", "g"], "NONE"),
        ({"type": "function", "function": {"name": "g"}}, ["g"], "REQUIRED"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [F]}},
            ["f"],
            None,
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [F]}},
            ["f"],
            "REQUIRED",
        ),
    ],
)
def test_a_choice_is_a_word_and_the_tools_that_are_offered(
    choice: Any, offered: list[str], told: str | None
) -> None:
    body = sent(tools=[F, G], tool_choice=choice).body

    assert [tool["function"]["name"] for tool in body["tools"]] == offered
    assert body.get("tool_choice") == told


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_choice": "required"},
        {"tools": [F], "tool_choice": {"type": "function", "function": {"name": "x"}}},
        {"tools": [F], "tool_choice": {"type": "custom", "custom": {"name": "f"}}},
        {"functions": [{"name": "f"}], "function_call": {"name": "x"}},
    ],
)
def test_a_choice_of_a_tool_that_is_not_there_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError, match="expected a tool that is offered"):
        sent(**fields)


def test_deprecated_functions_are_tools_and_may_be_chosen() -> None:
    body, losses = sent(functions=[{"name": "f"}, {"name": "g"}], function_call={"name": "g"})

    assert [tool["function"]["name"] for tool in body["tools"]] == ["g"]
    assert body["tool_choice"] == "REQUIRED"
    assert losses == ["renamed /function_call", "dropped /functions/0", "renamed /functions/1"]


def test_tools_are_strict_together_or_not_at_all() -> None:
    strict = function("s", strict=True)

    assert sent(tools=[strict, strict]).body["strict_tools"] is True
    body, losses = sent(tools=[F, strict])
    assert "strict_tools" not in body
    assert losses == ["dropped /tools/1/function/strict"]


def test_a_custom_tool_is_a_function_of_one_text() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}
    tool = {"type": "custom", "custom": {"name": "f", "description": "A.", "format": grammar}}

    body, losses = sent(tools=[tool], tool_choice={"type": "custom", "custom": {"name": "f"}})

    assert body["tools"][0]["function"]["parameters"]["required"] == ["input"]
    assert body["tools"][0]["function"]["description"] == (
        "A.\n`input` follows this grammar (regex): a+"
    )
    assert losses == [
        "emulated /tool_choice",
        "emulated /tools/0",
        "emulated /tools/0/custom/format",
    ]


@pytest.mark.parametrize("beside", [{"tools": [F]}, {"documents": ["x"]}])
def test_json_beside_tools_or_documents_is_left_out_and_a_schema_refused(
    beside: dict[str, Any],
) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x"}}

    body, losses = sent(response_format={"type": "json_object"}, **beside)

    assert "response_format" not in body
    assert losses == ["dropped /response_format"]
    with pytest.raises(UnsupportedParameterError, match="response_format"):
        sent(response_format=schema, **beside)


def test_a_schema_keeps_its_own_title_and_description() -> None:
    schema = {"type": "object", "title": "Own", "description": "Own."}
    wanted = {"name": "x", "description": "Not.", "schema": schema}

    body = sent(response_format={"type": "json_schema", "json_schema": wanted}).body

    assert body["response_format"] == {"type": "json_object", "json_schema": schema}


def test_log_probabilities_come_as_coheres_own() -> None:
    assert sent(logprobs=True).losses == ["renamed /logprobs"]
    assert sent(logprobs=False).losses == []


def answered(**fields: Any) -> tuple[dict[str, Any], list[str]]:
    """What an earlier answer with these fields is sent as."""
    body, losses = sent(messages=[*ASKED, {"role": "assistant", **fields}])
    told: dict[str, Any] = body["messages"][1]
    return told, losses


def test_what_was_said_before_calls_is_their_plan() -> None:
    told, losses = answered(
        content=[{"type": "text", "text": "I will look."}], tool_calls=[call("a")]
    )

    assert told == {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [call("a")]}
    assert losses == []


def test_reasoning_is_the_plan_of_calls_that_have_no_other() -> None:
    plan, losses = answered(reasoning_content="Hm.", tool_calls=[call("a")])
    beside, lost = answered(content="Look.", reasoning_content="Hm.", tool_calls=[call("a")])
    alone, gone = answered(content="Noon.", reasoning="Hm.")

    assert (plan["tool_plan"], losses) == ("Hm.", [])
    assert (beside["tool_plan"], lost) == ("Look.", ["dropped /messages/1/reasoning_content"])
    assert (alone, gone) == (
        {"role": "assistant", "content": "Noon."},
        ["dropped /messages/1/reasoning"],
    )


@pytest.mark.parametrize(("given", "told"), [("", "{}"), (" ", "{}"), ("{", "{"), ("5", "5")])
def test_arguments_go_as_they_are_and_none_are_an_empty_object(given: str, told: str) -> None:
    message, losses = answered(tool_calls=[call("a", given)])

    assert message["tool_calls"][0]["function"]["arguments"] == told
    assert losses == []


def test_a_call_of_a_custom_tool_has_its_text_as_input() -> None:
    custom = {"id": "a", "type": "custom", "custom": {"name": "f", "input": 'say "hi"'}}

    message, losses = answered(tool_calls=[custom])

    assert message["tool_calls"] == [call("a", '{"input":"say \\"hi\\""}')]
    assert losses == ["emulated /messages/1/tool_calls/0"]


def test_the_result_of_a_deprecated_function_answers_its_call() -> None:
    called = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
    result = {"role": "function", "name": "f", "content": "5 m"}

    told = sent(messages=[*ASKED, called, result, called, result]).body["messages"]

    ids = [message["tool_calls"][0]["id"] for message in told if "tool_calls" in message]
    assert len(set(ids)) == 2
    assert [message.get("tool_call_id") for message in told if message["role"] == "tool"] == ids


def result(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "a", "content": list(parts)}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}


def test_texts_of_a_tool_are_one_text() -> None:
    messages = [*ASKED, result(text("5 m"), text("at noon"))]

    assert sent(messages=messages).body["messages"][1]["content"] == "5 m\nat noon"


def test_images_of_tools_follow_all_results_in_a_user_message() -> None:
    messages = [*ASKED, result(text("Chart:"), IMAGE), result(IMAGE), *ASKED, result(IMAGE)]

    body, losses = sent(messages=messages)

    told = body["messages"]
    assert [m["role"] for m in told] == ["user", "tool", "tool", "user", "user", "tool", "user"]
    assert (told[3]["content"], told[6]["content"]) == ([IMAGE, IMAGE], [IMAGE])
    assert told[1]["content"].startswith("Chart:\nThe images")
    assert losses == [
        f"emulated /messages/{place}" for place in ("1/content/1", "2/content/0", "4/content/0")
    ]


@pytest.mark.parametrize("content", ["", [], [text("")]])
def test_a_user_who_says_nothing_is_refused(content: Any) -> None:
    with pytest.raises(UnsupportedParameterError, match=r"messages\[0\].content"):
        sent(messages=[{"role": "user", "content": content}])


def test_a_text_file_is_sent_as_text_and_any_other_refused() -> None:
    def file(data: str) -> dict[str, Any]:
        return user({"type": "file", "file": {"file_data": data}})

    body, losses = sent(messages=[file("data:text/plain;base64,SGk=")])

    assert body["messages"][0]["content"] == [text("Hi")]
    assert losses == ["emulated /messages/0/content/0"]
    for data in ("data:application/pdf;base64,SGk=", "data:text/plain;base64,/w==", "SGk="):
        with pytest.raises(UnsupportedParameterError, match=r"messages\[0\].content\[0\]"):
            sent(messages=[file(data)])


def test_an_image_is_looked_at_as_closely_as_cohere_can() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x", "detail": "original"}}

    body, losses = sent(messages=[user(image)])

    assert body["messages"][0]["content"][0]["image_url"]["detail"] == "high"
    assert losses == ["clamped /messages/0/content/0/image_url/detail"]


def test_a_loss_is_refused_where_the_target_says_so() -> None:
    with pytest.raises(UnsupportedParameterError, match="would be clamped"):
        sent(top_p=1, on_loss="refuse")


def test_a_family_that_is_none_is_a_mistake_of_the_settings() -> None:
    quirks = cohere_v2.Quirks(families={"m": "thinking"})
    profile = cohere_v2.Profile(quirks=quirks)

    with pytest.raises(ConfigurationError, match="expected one of reasoning, plain"):
        cohere_v2.encode_request(asked(), model="M", profile=profile)


def asked() -> shared.CreateChatCompletionRequest:
    return shared.CreateChatCompletionRequest(
        model="m", messages=[shared.ChatCompletionRequestUserMessage(content="Hi")]
    )
