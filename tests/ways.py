"""Four ways to carry a client's requests: our transports and those over httpx2, each in two kinds.

A test that takes a `Way` is about what whoever uses a client sees, whatever carries its requests.
Asynchronous clients are asked from a loop in a thread of its own, so that one body fits both kinds.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final, NamedTuple

import httpx2

from docs.examples.httpx2_transport import AsyncHttpx2Transport, Httpx2Transport
from dragoman import AsyncClient, Client, Timeout
from dragoman.errors import Error
from dragoman.transport import AsyncAnswer, AsyncTransport, Request, Transport
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.blocking import BlockingTransport
from tests.background import Background

SAID: Final[Any] = {"role": "user", "content": "Capital of Norway?"}

PATIENT: Final = Timeout()


class Heard(NamedTuple):
    """The rest of a stream, and how it failed where it did."""

    text: str
    finish_reasons: list[str]
    error: Error | None


class Fetched(NamedTuple):
    """An answer as the transport gave it."""

    status: int
    headers: Mapping[str, str]
    ended_by_close: bool
    body: bytes


class Asker(ABC):
    """A client and its transport, for as long as a test lasts."""

    @abstractmethod
    def create(self, **fields: Any) -> Any:
        """What `client.chat.completions.create` gives; no retries unless they are asked for."""

    @abstractmethod
    def first(self, stream: Any) -> str:
        """The first text that comes; the chunk with the role stands before it."""

    @abstractmethod
    def rest(self, stream: Any) -> Heard:
        """All that still comes."""

    @abstractmethod
    def close(self, stream: Any) -> None: ...

    @abstractmethod
    def fetch(self, request: Request, *, timeout: Timeout = PATIENT, limit: int = 10**6) -> Fetched:
        """An answer, asked of the transport alone."""


def asked(fields: dict[str, Any]) -> dict[str, Any]:
    return {"model": "openai/gpt-4o", "messages": [SAID], "max_retries": 0, **fields}


def text_of(chunk: Any) -> str:
    return "".join(choice.delta.content or "" for choice in chunk.choices)


def heard(chunks: list[Any], error: Error | None) -> Heard:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    text = "".join(map(text_of, chunks))
    return Heard(text, [c.finish_reason for c in choices if c.finish_reason], error)


class Blocking(Asker):
    def __init__(self, transport: Transport, url: str) -> None:
        self._transport = transport
        self._client = Client(base_url=f"{url}/v1", api_key="sk-canary", transport=transport)

    def create(self, **fields: Any) -> Any:
        return self._client.chat.completions.create(**asked(fields))

    def first(self, stream: Any) -> str:
        return next(text for text in map(text_of, stream) if text)

    def rest(self, stream: Any) -> Heard:
        chunks: list[Any] = []
        try:
            chunks.extend(stream)
        except Error as error:
            return heard(chunks, error)
        return heard(chunks, None)

    def close(self, stream: Any) -> None:
        stream.close()

    def fetch(self, request: Request, *, timeout: Timeout = PATIENT, limit: int = 10**6) -> Fetched:
        answer = self._transport.send(request, timeout=timeout)
        return Fetched(answer.status, answer.headers, answer.ended_by_close, answer.read(limit))


class OnALoop(Asker):
    def __init__(self, transport: AsyncTransport, url: str, background: Background) -> None:
        self._run = background.run
        self._transport = transport
        self._client = AsyncClient(base_url=f"{url}/v1", api_key="sk-canary", transport=transport)

    def create(self, **fields: Any) -> Any:
        return self._run(self._client.chat.completions.create(**asked(fields)))

    def first(self, stream: Any) -> str:
        async def first() -> str:
            while not (text := text_of(await anext(stream))):
                pass
            return text

        return self._run(first())

    def rest(self, stream: Any) -> Heard:
        async def rest() -> Heard:
            chunks: list[Any] = []
            try:
                async for chunk in stream:
                    chunks.append(chunk)
            except Error as error:
                return heard(chunks, error)
            return heard(chunks, None)

        return self._run(rest())

    def close(self, stream: Any) -> None:
        async def close() -> None:
            stream.close()

        self._run(close())

    def cancelled(self, *, once: Callable[[], bool], **fields: Any) -> None:
        """Asks, and cancels the asking task once this is so."""

        async def cancelled() -> None:
            task = asyncio.create_task(self._client.chat.completions.create(**asked(fields)))
            while not once():
                await asyncio.sleep(0.01)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        self._run(cancelled())

    def fetch(self, request: Request, *, timeout: Timeout = PATIENT, limit: int = 10**6) -> Fetched:
        async def fetched() -> Fetched:
            answer: AsyncAnswer = await self._transport.send(request, timeout=timeout)
            body = await answer.read(limit)
            return Fetched(answer.status, answer.headers, answer.ended_by_close, body)

        return self._run(fetched())


Way = Callable[..., AbstractContextManager[Asker]]
"""Gives an `Asker` inside `with way(url, limit=…)`; `limit` is in connections."""


@contextmanager
def ours(url: str, *, limit: int = 10) -> Iterator[Asker]:
    transport = BlockingTransport(limit_per_host=limit)
    yield Blocking(transport, url)
    transport.close()


@contextmanager
def over_httpx2(url: str, *, limit: int = 10) -> Iterator[Asker]:
    with httpx2.HTTPTransport(limits=httpx2.Limits(max_connections=limit)) as http:
        yield Blocking(Httpx2Transport(http), url)


@contextmanager
def ours_on_a_loop(url: str, *, limit: int = 10) -> Iterator[OnALoop]:
    with Background() as background:
        transport = AsyncioTransport(limit_per_host=limit)
        yield OnALoop(transport, url, background)
        transport.close()


@contextmanager
def over_httpx2_on_a_loop(url: str, *, limit: int = 10) -> Iterator[OnALoop]:
    http = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=limit))
    with Background() as background:
        yield OnALoop(AsyncHttpx2Transport(http), url, background)
        background.run(http.aclose())


WAYS: Final[Mapping[str, Way]] = {
    "ours": ours,
    "over httpx2": over_httpx2,
    "ours, on a loop": ours_on_a_loop,
    "over httpx2, on a loop": over_httpx2_on_a_loop,
}
