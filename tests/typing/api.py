"""What type checkers say about the public names; checked by mypy, never run."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_type

import dragoman
from dragoman.client.raw import RawResponse
from dragoman.client.streamed import AsyncStream, Stream
from dragoman.dialects.dialect import Encoded
from dragoman.models import params, shared

Chunk = shared.CreateChatCompletionStreamResponse


class Dumping:
    """A message of another library."""

    def model_dump(self, **options: Any) -> dict[str, Any]:
        return {"role": "user", "content": "Hi", **options}


def whole() -> None:
    response = dragoman.create(model="sim/hello", messages=[{"role": "user", "content": "Hi"}])

    assert_type(response, shared.CreateChatCompletionResponse)
    assert_type(response.choices, list[shared.CreateChatCompletionResponseChoices])
    assert_type(response.created, int)
    assert_type(response.id, str)
    assert_type(response.model, str)
    assert_type(response.usage, shared.CompletionUsage | None)
    assert_type(response.choices[0].message.content, str | None)
    assert_type(response.losses, tuple[shared.Loss, ...])


def streamed() -> None:
    stream = dragoman.create(model="sim/hello", messages=[], stream=True)

    assert_type(stream, Stream)
    for chunk in stream:
        assert_type(chunk, Chunk)
        assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(dragoman.fold(stream), shared.CreateChatCompletionResponse)


def translated() -> None:
    assert_type(dragoman.translate.request({}, "openai-chat"), Encoded)
    assert_type(
        dragoman.translate.response(b"", "openai-chat"), shared.CreateChatCompletionResponse
    )
    assert_type(dragoman.translate.stream([b""], "openai-chat"), Iterator[Chunk])


def by_client(client: dragoman.Client) -> None:
    completions = client.chat.completions

    assert_type(
        completions.create(model="sim/hello", messages=[]), shared.CreateChatCompletionResponse
    )
    assert_type(completions.create(model="sim/hello", messages=[], stream=True), Stream)
    assert_type(completions.stream(model="sim/hello", messages=[]), Stream)
    assert_type(client.models.list(provider="sim"), shared.ListModelsResponse)
    assert_type([model.id for model in client.models.list()], list[str])
    raw = completions.with_raw_response.create(model="sim/hello", messages=[])
    assert_type(raw, RawResponse[shared.CreateChatCompletionResponse])
    assert_type(raw.headers, Mapping[str, str])
    assert_type(raw.parse(), shared.CreateChatCompletionResponse)
    streamed = completions.with_raw_response.create(model="sim/hello", messages=[], stream=True)
    assert_type(streamed.parse(), Stream)
    assert_type(client.with_options(timeout=dragoman.Timeout(total=9)), dragoman.Client)


async def on_a_loop(client: dragoman.AsyncClient) -> None:
    completions = client.chat.completions

    assert_type(
        await completions.create(model="sim/hello", messages=[]),
        shared.CreateChatCompletionResponse,
    )
    assert_type(await client.models.list(), shared.ListModelsResponse)
    raw = await completions.with_raw_response.create(model="sim/hello", messages=[])
    assert_type(raw.parse(), shared.CreateChatCompletionResponse)
    stream = await completions.create(model="sim/hello", messages=[], stream=True)
    assert_type(stream, AsyncStream)
    async for chunk in stream:
        assert_type(chunk, Chunk)


def said_in_dicts(client: dragoman.Client) -> None:
    create = client.chat.completions.create
    earlier = create(model="sim/hello", messages=[]).choices[0].message
    hub = shared.ChatCompletionRequestUserMessage(content="Hi")
    user: params.ChatCompletionRequestUserMessage = {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?", "cache_control": {"type": "ephemeral"}},
            {"type": "image_url", "image_url": shared.ImageURL(url="https://example.com/a.png")},
        ],
    }
    mixed: list[params.ChatCompletionRequestMessage | shared.ChatCompletionRequestMessage] = [
        {"role": "system", "content": "Be brief."},
        user,
        hub,
        {"role": "assistant", "content": None, "tool_calls": earlier.tool_calls},
        {"role": "tool", "content": "4", "tool_call_id": "call_1"},
    ]
    parameters: Mapping[str, object] = {"type": "object", "properties": {}}

    create(model="sim/hello", messages=mixed)
    create(model="sim/hello", messages=(*mixed, earlier))
    create(model="sim/hello", messages=[user])
    create(model="sim/hello", messages=[hub])
    create(
        model="sim/hello",
        messages=[user],
        temperature=1,
        max_completion_tokens=None,
        stop=("a", "b"),
        reasoning_effort="low",
        response_format={"type": "json_object"},
        tool_choice={"type": "function", "function": {"name": "f"}},
        tools=[{"type": "function", "function": {"name": "f", "parameters": parameters}}],
        extra_body={"top_k": 4},
    )


def dumped(client: dragoman.Client, message: Dumping) -> None:
    client.chat.completions.create(model="sim/hello", messages=[message])


def said_wrongly(client: dragoman.Client) -> None:
    completions = client.chat.completions
    user: params.ChatCompletionRequestUserMessage = {
        "role": "user",
        "content": 5,  # type: ignore[typeddict-item] # no text, and no parts
    }
    detail: params.ImageURL = {
        "url": "https://example.com/a.png",
        "detial": "low",  # type: ignore[typeddict-unknown-key] # misspelt
    }
    tool: params.FunctionObject = {"strict": True}  # type: ignore[typeddict-item] # no name
    said = [user]

    completions.stream(model="sim/hello", messages=said, temperature="hot")  # type: ignore[arg-type]
    completions.stream(model="sim/hello", messages=said, temprature=1)  # type: ignore[call-arg]
    completions.create(model="sim/hello", messages=said, temperature="hot")  # type: ignore[call-overload]
    completions.create(model="sim/hello", messages=said, top_k=4)  # type: ignore[call-overload]
    completions.create(model="sim/hello", messages=["Hi"])  # type: ignore[list-item]
    completions.create(model="sim/hello", messages=[{"role": "usr", "content": ""}])  # type: ignore[list-item]
    dragoman.create(model="sim/hello", messages=said, n="2")  # type: ignore[call-overload]
    dragoman.stream(model="sim/hello", messages=said, tools=[detail, tool])  # type: ignore[list-item]
    completions.parse(
        model="sim/hello",
        messages=said,
        response_format=int,
        n="2",  # type: ignore[arg-type]
    )


async def said_wrongly_on_a_loop(client: dragoman.AsyncClient) -> None:
    completions = client.chat.completions
    user: params.ChatCompletionRequestUserMessage = {"role": "user", "content": "Hi"}

    await completions.create(model="sim/hello", messages=[user], temperature=0.5)
    await completions.create(model="sim/hello", messages=[user], n="2")  # type: ignore[call-overload]
    await completions.stream(model="sim/hello", messages=[user], n="2")  # type: ignore[arg-type]
