"""What type checkers say about the public names; checked by mypy, never run."""

from collections.abc import Iterator, Mapping
from typing import assert_type

import dragoman
from dragoman.client.raw import RawResponse
from dragoman.client.streamed import AsyncStream, Stream
from dragoman.dialects.dialect import Encoded
from dragoman.models import shared

Chunk = shared.CreateChatCompletionStreamResponse


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
