"""The schema as the tests use it: strict about integers, and asked by name."""

from typing import Any

import pytest

from tests import schema

ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1795404600,
    "model": "gpt-5.1",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
}


def test_an_answer_that_is_right_has_no_faults() -> None:
    assert schema.faults("CreateChatCompletionResponse", ANSWER) == []


@pytest.mark.parametrize("created", [1795404600.0, True, "1795404600"])
def test_a_whole_number_has_no_decimal_point(created: Any) -> None:
    (fault,) = schema.faults("CreateChatCompletionResponse", {**ANSWER, "created": created})

    assert fault.startswith("$.created: ")


def test_what_is_required_may_be_null_but_not_missing() -> None:
    choice = {key: value for key, value in ANSWER["choices"][0].items() if key != "logprobs"}

    (fault,) = schema.faults("CreateChatCompletionResponse", {**ANSWER, "choices": [choice]})

    assert fault == "$.choices[0]: 'logprobs' is a required property"
