"""The asynchronous client against llama.cpp: whole, streamed, left in the middle, and torn text.

The model's words are noise and often half a character, which the server sends as U+FFFD: what is
heard is compared with the bytes that came, read by `json` alone.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

import dragoman
from dragoman import AsyncClient
from dragoman.models import shared
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.protocol import BODY_LIMIT, AsyncAnswer, Request
from dragoman.transport.timeouts import Timeout
from tests.acceptance.test_create_llama import FORMAT, TOOL, lawful, lawful_chunks
from tests.llama import CALLING, MODEL

PATIENCE_SECONDS = 60
"""A guard against hanging."""

SEEDS = range(8)
"""Enough noise for torn characters to be in some of it."""


class Overheard:
    """HTTP as ever, whose bodies are kept as they came."""

    def __init__(self) -> None:
        self.bodies: list[bytearray] = []
        self._network = AsyncioTransport()

    async def send(self, request: Request, *, timeout: Timeout) -> AsyncAnswer:
        self.bodies.append(bytearray())
        return Answer(await self._network.send(request, timeout=timeout), self.bodies[-1])

    def close(self) -> None:
        self._network.close()


class Answer:
    """An answer whose pieces are kept."""

    def __init__(self, answer: AsyncAnswer, body: bytearray) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self.ended_by_close = answer.ended_by_close
        self.content_came = answer.content_came
        self._answer = answer
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer:
            self._body.extend(piece)
            yield piece

    async def read(self, limit: int = BODY_LIMIT) -> bytes:
        rest = await self._answer.read(limit)
        self._body.extend(rest)
        return rest

    def close(self) -> None:
        self._answer.close()


class Lab:
    """llama.cpp as a user of the asynchronous client would set it up."""

    def __init__(self, base_url: str) -> None:
        self.transport = Overheard()
        providers = {"lab": {"dialect": "openai-chat", "base_url": base_url}}
        self.client = AsyncClient(providers=providers, transport=self.transport)

    async def create(self, **fields: Any) -> Any:
        asked = {"max_tokens": 12, "temperature": 0, "seed": 1, **fields}
        asked.setdefault("messages", [{"role": "user", "content": "hi"}])
        return await self.client.chat.completions.create(model="lab/tiny", **asked)

    async def heard(self, **fields: Any) -> shared.CreateChatCompletionResponse:
        """The answer, whole or folded, lawful in either case."""
        answer = await self.create(**fields)
        if fields.get("stream"):
            answer = dragoman.fold(lawful_chunks([chunk async for chunk in answer]))
        return lawful(answer)


Asking = Callable[[Callable[[Lab], Awaitable[Any]]], Any]


@pytest.fixture
def asking(llama: str) -> Asking:
    """Does something with llama.cpp on an event loop."""

    def run(act: Callable[[Lab], Awaitable[Any]]) -> Any:
        async def acted() -> Any:
            lab = Lab(llama)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await act(lab)
            finally:
                lab.transport.close()
                await asyncio.sleep(0)

        return asyncio.run(acted())

    return run


def said(body: bytearray) -> str:
    """The text of an answer as it came, whole or in events."""
    if body.startswith(b"data: "):
        events = [event.removeprefix(b"data: ") for event in body.split(b"\n\n")]
        told = [json.loads(event) for event in events if event.startswith(b"{")]
        deltas = [choice["delta"] for event in told for choice in event["choices"]]
        return "".join(delta.get("content") or "" for delta in deltas)
    return str(json.loads(body)["choices"][0]["message"]["content"])


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_lawful(asking: Asking, stream: bool) -> None:
    response = asking(lambda lab: lab.heard(stream=stream))

    assert response.model == MODEL
    assert response.choices[0].finish_reason in ("stop", "length")


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_is_kept_to(asking: Asking, stream: bool) -> None:
    response = asking(lambda lab: lab.heard(response_format=FORMAT, max_tokens=64, stream=stream))

    (choice,) = response.choices
    assert choice.finish_reason == "stop"
    assert set(json.loads(choice.message.content)) == {"ok"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called(asking: Asking, stream: bool) -> None:
    tools = {"tools": [TOOL], "tool_choice": "required", **CALLING}
    response = asking(lambda lab: lab.heard(**tools, stream=stream))

    (choice,) = response.choices
    (call,) = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert (call.function.name, set(json.loads(call.function.arguments))) == ("f", {"ok"})


def test_answers_come_side_by_side(asking: Asking) -> None:
    async def several(lab: Lab) -> list[shared.CreateChatCompletionResponse]:
        return await asyncio.gather(*(lab.heard(stream=number % 2 == 1) for number in range(4)))

    texts = {response.choices[0].message.content for response in asking(several)}

    assert len(texts) == 1


def test_a_task_cancelled_in_the_middle_of_a_stream_leaves_room_for_the_next(
    asking: Asking,
) -> None:
    async def left(lab: Lab) -> list[int]:
        begun = asyncio.Event()

        async def listen() -> None:
            async for _ in await lab.create(stream=True, max_tokens=400):
                begun.set()

        heard = []
        for _ in range(4):  # twice as many as there are slots
            begun.clear()
            task = asyncio.create_task(listen())
            await begun.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):  # on a busy machine it may be over by now
                await task
            response = await lab.heard()
            assert response.usage is not None
            heard.append(response.usage.completion_tokens)
        return heard

    assert asking(left) == [12] * 4


def test_a_stream_closed_in_the_middle_leaves_room_for_the_next(asking: Asking) -> None:
    async def left(lab: Lab) -> str | None:
        async with await lab.create(stream=True, max_tokens=400) as stream:
            await anext(stream)
        assert [chunk async for chunk in stream] == []
        return (await lab.heard()).choices[0].finish_reason

    assert asking(left) == "length"


def test_a_request_cancelled_before_its_answer_leaves_room_for_the_next(asking: Asking) -> None:
    async def left(lab: Lab) -> str | None:
        task = asyncio.create_task(lab.create(max_tokens=400))
        while not lab.transport.bodies:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await lab.heard()).choices[0].finish_reason

    assert asking(left) == "length"


@pytest.mark.parametrize("stream", [False, True])
def test_of_torn_characters_nothing_is_lost_or_doubled(asking: Asking, stream: bool) -> None:
    async def noise(lab: Lab) -> list[tuple[str, str]]:
        pairs = []
        for seed in SEEDS:
            answer = await lab.create(stream=stream, seed=seed, temperature=1.5, max_tokens=40)
            if stream:
                answer = dragoman.fold([chunk async for chunk in answer])
            pairs.append((answer.choices[0].message.content, said(lab.transport.bodies[-1])))
        return pairs

    pairs = asking(noise)

    assert [heard for heard, _ in pairs] == [came for _, came in pairs]
    assert sum(heard.count("\ufffd") for heard, _ in pairs) > 20
