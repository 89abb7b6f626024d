"""Requests that OpenAI would not take: the simulator takes them neither."""

from typing import Any

import pytest

from dragoman.errors import BadRequestError
from tests.simulated import asked, chunks, user


def refusal(*messages: dict[str, Any], **fields: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        chunks(asked("echo", *messages, **fields))
    return caught.value


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("n", 0, "1 to 128"),
        ("n", 129, "1 to 128"),
        ("temperature", -0.1, "0 to 2"),
        ("temperature", 2.1, "0 to 2"),
        ("top_p", -0.1, "0 to 1"),
        ("top_p", 1.1, "0 to 1"),
        ("presence_penalty", -2.1, "-2 to 2"),
        ("presence_penalty", 2.1, "-2 to 2"),
        ("frequency_penalty", -2.1, "-2 to 2"),
        ("frequency_penalty", 2.1, "-2 to 2"),
        ("max_tokens", 0, "1 or more"),
        ("max_completion_tokens", -1, "1 or more"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(
    field: str, value: float, expected: str
) -> None:
    error = refusal(**{field: value})

    assert error.message == f"{field}: expected {expected}; got {value}"
    assert (error.status_code, error.param) == (400, field)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1, "temperature": 0, "top_p": 0, "presence_penalty": -2, "frequency_penalty": -2},
        {"n": 128, "temperature": 2, "top_p": 1, "presence_penalty": 2, "frequency_penalty": 2},
        {"logprobs": True, "top_logprobs": 0, "max_tokens": 1},
        {"logprobs": True, "top_logprobs": 20, "stop": ["a", "b", "c", "d"]},
        {"stream": True, "stream_options": {"include_usage": True}, "modalities": ["text"]},
    ],
)
def test_the_ends_of_the_ranges_are_taken(fields: dict[str, Any]) -> None:
    assert chunks(asked("echo", **fields))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"n": 0}, "integer_below_min_value"),
        ({"n": 129}, "integer_above_max_value"),
        ({"top_p": -1.5}, "decimal_below_min_value"),
        ({"top_p": 1.5}, "decimal_above_max_value"),
        ({"stop": []}, "empty_array"),
        ({"stop": list("abcde")}, "array_above_max_length"),
    ],
)
def test_refusals_have_the_codes_of_openai(fields: dict[str, Any], code: str) -> None:
    assert refusal(**fields).code == code


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "0 to 20"),
        ({"logprobs": True, "top_logprobs": -1}, "top_logprobs", "0 to 20"),
        ({"top_logprobs": 3}, "top_logprobs", "logprobs to be true"),
        ({"logprobs": False, "top_logprobs": 0}, "top_logprobs", "logprobs to be true"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "stream to be true"),
        ({"stop": list("abcde")}, "stop", "at most 4 texts; got 5"),
        ({"stop": []}, "stop", "at least one text; got none"),
        ({"stop": ""}, "stop", "no empty text"),
        ({"stop": ["a", ""]}, "stop", "no empty text"),
        ({"modalities": ["text", "audio"]}, "modalities", "got 'audio'"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    fields: dict[str, Any], param: str, says: str
) -> None:
    error = refusal(**fields)

    assert error.param == param
    assert says in error.message


def calling(*ids: str) -> dict[str, Any]:
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": id, "type": "function", "function": function} for id in ids]
    return {"role": "assistant", "tool_calls": calls}


def result(id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "done"}


@pytest.mark.parametrize(
    "messages",
    [
        [calling("a", "b"), result("b"), result("a")],
        [user("go"), calling("a"), result("a"), calling("b"), result("b"), user("thanks")],
        [calling("a"), result("a"), calling("a"), result("a")],
    ],
)
def test_tool_results_answer_the_calls_before_them(messages: list[dict[str, Any]]) -> None:
    assert chunks(asked("echo", *messages))


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([result("a")], "messages[0].tool_call_id"),
        ([user("go"), calling("a"), result("b")], "messages[2].tool_call_id"),
        ([calling("a"), result("a"), user("go"), result("a")], "messages[3].tool_call_id"),
        ([calling("a"), result("a"), calling("b"), result("a")], "messages[3].tool_call_id"),
    ],
)
def test_a_result_that_answers_no_call_is_refused(
    messages: list[dict[str, Any]], param: str
) -> None:
    assert refusal(*messages).param == param


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([calling("a")], "messages[0].tool_calls"),
        ([user("go"), calling("a", "b"), result("a")], "messages[1].tool_calls"),
        ([user("go"), calling("a"), user("well?"), result("a")], "messages[1].tool_calls"),
        ([calling("a"), calling("b"), result("b")], "messages[0].tool_calls"),
    ],
)
def test_a_call_that_is_left_unanswered_is_refused(
    messages: list[dict[str, Any]], param: str
) -> None:
    error = refusal(*messages)

    assert error.param == param
    assert "tool messages responding to each tool_call_id" in error.message


def test_a_refusal_never_repeats_the_prompt() -> None:
    assert "secret" not in refusal(user("secret"), calling("a")).message
