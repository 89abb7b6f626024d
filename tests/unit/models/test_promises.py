"""What a caller may count on of every response and chunk that is handed out."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import dragoman
from dragoman import Client
from dragoman.dialects.openai_chat import decode_request
from dragoman.models import params, shared

HI: list[params.ChatCompletionRequestUserMessage] = [{"role": "user", "content": "Hi there"}]

COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda value: pickle.loads(pickle.dumps(value)),
    lambda value: value.__replace__(),
]


class Answer(msgspec.Struct):
    city: str


def whole() -> shared.CreateChatCompletionResponse:
    return dragoman.create(model="sim/echo", messages=HI)


def streamed() -> list[shared.CreateChatCompletionStreamResponse]:
    return list(dragoman.create(model="sim/echo", messages=HI, stream=True))


def test_a_response_has_its_fields_as_attributes() -> None:
    response = whole()
    (choice,) = response.choices

    assert (response.object, response.model) == ("chat.completion", "echo")
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert (choice.message.role, choice.message.content) == ("assistant", "Hi there")
    assert (choice.message.refusal, choice.message.tool_calls) == (None, None)


def test_a_response_as_a_dict_has_required_nulls_and_nothing_that_is_not_set() -> None:
    response = whole()
    assert response.usage is not None

    assert response.to_dict() == {
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "logprobs": None,
                "message": {"content": "Hi there", "refusal": None, "role": "assistant"},
            }
        ],
        "created": response.created,
        "id": response.id,
        "model": "echo",
        "object": "chat.completion",
        "usage": response.usage.to_dict(),
        "system_fingerprint": "sim-words",
    }


def test_a_chunk_as_a_dict_is_the_event_that_carried_it() -> None:
    first, *_ = streamed()

    assert first.to_dict()["object"] == "chat.completion.chunk"
    assert first.to_dict()["choices"] == [
        {"delta": {"content": "", "role": "assistant"}, "finish_reason": None, "index": 0}
    ]


def test_json_is_text_in_one_line_or_indented() -> None:
    response = whole()

    assert json.loads(response.to_json()) == response.to_dict()
    assert "\n" not in response.to_json()
    assert response.to_json(indent=2).startswith('{\n  "choices": [\n    {\n')
    assert json.loads(response.to_json(indent=2)) == response.to_dict()


def test_changing_the_dict_of_a_value_changes_nothing_else() -> None:
    request = decode_request(
        b'{"model": "m", "messages": [{"role": "user", "content": [{"type": "new", "a": [1]}]}],'
        b' "top_k": [4], "tools": [{"type": "function", "function": {"name": "f",'
        b' "parameters": {"type": "object"}}}]}'
    )
    told = request.to_dict()
    told["messages"][0]["content"][0]["a"].append(2)
    told["top_k"].append(5)
    told["tools"][0]["function"]["parameters"]["type"] = "array"

    assert request.to_dict() != told
    assert request.to_dict()["top_k"] == [4]
    assert request.to_dict()["messages"][0]["content"][0] == {"type": "new", "a": [1]}


def test_a_request_says_what_we_do_not_know_in_its_places() -> None:
    asked = {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "new", "a": 1}], "mood": "fine"}],
        "tools": [{"type": "web_search", "depth": 3}],
        "service_tier": "slow",
        "extra": 1,
    }
    request = decode_request(json.dumps(asked).encode())

    assert request.to_dict() == asked
    assert decode_request(request.to_json().encode()) == request
    assert request.messages[0].to_dict()["content"] == [{"type": "new", "a": 1}]


@pytest.mark.parametrize("copied", COPIES)
def test_copies_of_a_response_are_equal_and_keep_what_stands_beside_it(
    copied: Callable[[Any], Any],
) -> None:
    response = whole()
    twin = copied(response)

    assert twin == response
    assert twin is not response
    assert twin.meta == response.meta
    assert twin.meta.target == "sim/echo"
    assert twin.raw == response.raw


@pytest.mark.parametrize("copied", COPIES)
def test_copies_of_a_chunk_are_equal(copied: Callable[[Any], Any]) -> None:
    chunks = streamed()

    assert [copied(chunk) for chunk in chunks] == chunks


@pytest.mark.parametrize("copied", COPIES)
def test_copies_of_an_answer_of_a_type_keep_its_value(copied: Callable[[Any], Any]) -> None:
    with Client() as client:
        response = client.chat.completions.parse(
            model="sim/echo", messages=HI, response_format=Answer
        )
    twin = copied(response)

    assert twin.choices[0].message.parsed == Answer(city="")
    assert copied(response.choices[0].message).parsed == Answer(city="")
    assert "parsed" not in twin.to_json()


def test_a_deep_copy_shares_nothing_that_can_be_changed() -> None:
    response = whole()
    twin = copy.deepcopy(response)
    twin.choices.clear()

    assert len(response.choices) == 1


def test_equal_is_what_has_equal_fields() -> None:
    response = whole()

    assert response == response.with_meta(shared.Meta(target="other/model"))
    assert response != response.__replace__(id="other")


def test_answers_are_matched_by_their_structure() -> None:
    match whole():
        case shared.CreateChatCompletionResponse(
            choices=[
                shared.CreateChatCompletionResponseChoices(
                    finish_reason="stop",
                    message=shared.ChatCompletionResponseMessage(content=str(text)),
                )
            ]
        ):
            heard = text
    matched = [
        content
        for chunk in streamed()
        for choice in chunk.choices
        if (content := said(choice)) is not None
    ]

    assert heard == "".join(matched) == "Hi there"


def said(choice: shared.CreateChatCompletionStreamResponseChoices) -> str | None:
    match choice:
        case shared.CreateChatCompletionStreamResponseChoices(
            delta=shared.ChatCompletionStreamResponseDelta(content=str(text))
        ):
            return text
    return None
