"""The main job against a real model server: one request, one answer, whatever was asked."""

import json
from typing import Any

import msgspec
import pytest

import dragoman
from dragoman.errors import APIStatusError, BadRequestError
from dragoman.models import shared
from tests.llama import CALLING, MODEL
from tests.schema import faults

SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


class Lab:
    """llama.cpp as a user would set it up."""

    def __init__(self, base_url: str) -> None:
        self.providers = {"lab": {"dialect": "openai-chat", "base_url": base_url}}

    def create(self, **fields: Any) -> Any:
        asked = {"max_tokens": 12, "temperature": 0, "seed": 1, **fields}
        asked.setdefault("messages", [{"role": "user", "content": "hi"}])
        return dragoman.create(model="lab/tiny", providers=self.providers, **asked)


@pytest.fixture
def lab(llama: str) -> Lab:
    return Lab(llama)


def lawful(response: shared.CreateChatCompletionResponse) -> shared.CreateChatCompletionResponse:
    """The same response, once it is seen to obey laws 1 and 5."""
    assert faults("CreateChatCompletionResponse", json.loads(msgspec.json.encode(response))) == []
    usage = response.usage
    if usage is not None:
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return response


def lawful_chunks(stream: Any) -> list[shared.CreateChatCompletionStreamResponse]:
    chunks = list(stream)
    for chunk in chunks:
        encoded = json.loads(msgspec.json.encode(chunk))
        assert faults("CreateChatCompletionStreamResponse", encoded) == []
    return chunks


def test_a_whole_answer_is_a_response_with_six_fields(lab: Lab) -> None:
    response = lawful(lab.create())

    assert response.object == "chat.completion"
    assert response.model == MODEL
    assert response.choices[0].finish_reason in ("stop", "length")
    assert response.usage is not None
    assert response.meta.target == "lab/tiny"
    assert response.raw is not None


def test_a_streamed_answer_folds_to_a_lawful_response(lab: Lab) -> None:
    chunks = lawful_chunks(lab.create(stream=True, stream_options={"include_usage": True}))

    response = lawful(dragoman.fold(chunks))
    assert response.usage is not None
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


def test_usage_that_was_not_asked_for_does_not_come(lab: Lab) -> None:
    chunks = lawful_chunks(lab.create(stream=True))

    assert all(b'"usage"' not in msgspec.json.encode(chunk) for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_schema_is_kept_to(lab: Lab, streamed: bool) -> None:
    answer = lab.create(response_format=FORMAT, max_tokens=64, stream=streamed)

    response = lawful(dragoman.fold(lawful_chunks(answer)) if streamed else answer)
    (choice,) = response.choices
    assert choice.finish_reason == "stop"
    assert set(json.loads(choice.message.content or "")) == {"ok"}


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_is_called(lab: Lab, streamed: bool) -> None:
    answer = lab.create(tools=[TOOL], tool_choice="required", stream=streamed, **CALLING)

    response = lawful(dragoman.fold(lawful_chunks(answer)) if streamed else answer)
    (choice,) = response.choices
    (call,) = choice.message.tool_calls or []
    assert choice.finish_reason == "tool_calls"
    assert isinstance(call, shared.ChatCompletionMessageToolCall)
    assert (call.function.name, set(json.loads(call.function.arguments))) == ("f", {"ok"})


def test_an_answer_goes_back_as_it_is(lab: Lab) -> None:
    asked = [{"role": "user", "content": "hi"}]
    called = lab.create(messages=asked, tools=[TOOL], tool_choice="required", **CALLING)
    message = called.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "yes"}

    response = lawful(lab.create(messages=[*asked, message, result]))
    assert response.choices[0].message.content is not None


def test_an_unknown_field_reaches_the_server(lab: Lab) -> None:
    response = lab.create(top_k=1, grammar='root ::= "yes"')

    assert response.choices[0].message.content == "yes"


def test_log_probabilities_come_in_the_form_of_the_schema(lab: Lab) -> None:
    response = lawful(lab.create(logprobs=True, top_logprobs=2, max_tokens=3))

    logprobs = response.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content
    assert len(logprobs.content[0].top_logprobs) == 2


def test_a_prompt_that_does_not_fit_is_said_in_openais_words(lab: Lab) -> None:
    with pytest.raises(BadRequestError) as raised:
        lab.create(messages=[{"role": "user", "content": "hello " * 400}])

    assert raised.value.code == "context_length_exceeded"
    assert not raised.value.retryable


def test_what_the_server_cannot_do_is_its_own_error(lab: Lab) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}

    with pytest.raises(APIStatusError) as raised:
        lab.create(messages=[{"role": "user", "content": [picture]}])
    assert raised.value.status_code >= 400
    assert raised.value.body


def test_a_stream_left_in_the_middle_lets_go(lab: Lab) -> None:
    with lab.create(stream=True, max_tokens=400) as stream:
        next(stream)

    assert list(stream) == []
    lawful(lab.create())
