"""Gemini's dialect over whatever the hub's types allow."""

import json
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects import gemini
from dragoman.errors import UnsupportedParameterError
from dragoman.models import shared
from tests.gemini import MADE
from tests.strategies import requests, responses
from tests.unit.dialects.targets import GEMINI_MODELS

models = st.sampled_from(sorted(GEMINI_MODELS.values()))


@given(request=requests, model=models)
def test_every_request_is_written_or_refused_by_name(
    request: shared.CreateChatCompletionRequest, model: str
) -> None:
    before = msgspec.json.encode(request)

    refusal, encoded = None, None
    try:
        encoded = gemini.encode_request(request, model=model)
    except UnsupportedParameterError as error:
        refusal = error

    assert msgspec.json.encode(request) == before
    if encoded is None:
        assert refusal is not None
        assert refusal.param
        return
    told = json.loads(encoded.body)["contents"]
    assert all(content["parts"] for content in told)
    assert all(one["role"] != other["role"] for one, other in pairwise(told))
    assert all(loss.pointer.startswith("/") and loss.reason for loss in encoded.losses)


@given(request=requests, model=models)
def test_what_was_read_and_written_is_read_and_written_alike_ever_after(
    request: shared.CreateChatCompletionRequest, model: str
) -> None:
    def again(body: bytes) -> bytes:
        return gemini.encode_request(gemini.decode_request(body, model=model), model=model).body

    try:
        once = gemini.encode_request(request, model=model).body
        if not json.loads(once)["contents"]:
            return  # a conversation of empty texts
        twice = again(once)
    except UnsupportedParameterError:
        return

    assert json.loads(again(twice)) == json.loads(twice)
    assert texts(twice) == texts(once)


def texts(body: bytes) -> list[str]:
    """What each says in turn."""
    contents = json.loads(body)["contents"]
    return ["".join(part.get("text", "") for part in content["parts"]) for content in contents]


@given(response=responses)
def test_an_answer_of_ours_told_to_a_caller_of_gemini_says_the_same(
    response: shared.CreateChatCompletionResponse,
) -> None:
    told = json.loads(gemini.encode_response(response))

    for choice, candidate in zip(response.choices, told["candidates"], strict=True):
        parts = candidate.get("content", {}).get("parts", [])
        names = [part["functionCall"]["name"] for part in parts if "functionCall" in part]
        text = "".join(p["text"] for p in parts if "text" in p and not p.get("thought"))
        calls = choice.message.tool_calls or ()
        assert text == (choice.message.content or "") + (choice.message.refusal or "")
        assert names == [
            call.custom.name
            if isinstance(call, shared.ChatCompletionMessageCustomToolCall)
            else call.function.name
            for call in calls
        ]
    if response.usage is not None:
        counted = told["usageMetadata"]
        assert counted["totalTokenCount"] == sum(
            counted.get(key, 0)
            for key in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
        )


@given(response=responses, size=st.integers(1, 50))
def test_an_answer_of_ours_is_read_back_whole_and_streamed_alike(
    response: shared.CreateChatCompletionResponse, size: int
) -> None:
    body = gemini.encode_response(response)
    event = b"data: " + body + b"\n\n"

    decoder = gemini.stream_decoder(made=MADE)
    pieces = [event[at : at + size] for at in range(0, len(event), size)]
    chunks = [chunk for piece in pieces for chunk in decoder.receive(piece)]
    whole = gemini.stream_decoder(made=MADE)
    whole.hear_whole(body)

    assert [*chunks, *decoder.finish()] == whole.finish()


@pytest.mark.parametrize("model", sorted(GEMINI_MODELS.values()))
@given(pointer=st.sampled_from(["/x_new", "/messages/0/x_new", "/tools/0/function/x_new"]))
def test_a_key_that_nobody_knows_is_told_as_lost(model: str, pointer: str) -> None:
    request = shared.CreateChatCompletionRequest(
        model="m",
        messages=[shared.ChatCompletionRequestUserMessage(content="hi")],
        tools=[shared.ChatCompletionTool(function=shared.FunctionObject(name="f"))],
        extra=shared.Extra({pointer: 1}),
    )

    losses = gemini.encode_request(request, model=model).losses

    assert [loss.pointer for loss in losses] == [pointer]
