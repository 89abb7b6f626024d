"""Answers that are told as they come, to whoever answers many at a time.

An `AsyncAnswer` is asked for each piece, which costs a future and a turn of the loop for each. A
`Hearer` is called instead, from within the read that brought the piece.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from dragoman.errors import Error
from dragoman.transport.failures import ours
from dragoman.transport.protocol import AsyncAnswer, AsyncTransport, Request
from dragoman.transport.timeouts import Timeout


class Hearer(Protocol):
    """Who hears one answer: a head, pieces, an end; or, at any time, a failure and nothing more.

    What `AsyncTransport.send` and `AsyncAnswer` say of failures holds here.
    """

    def head(self, status: int, headers: Mapping[str, str], *, ended_by_close: bool) -> None:
        """As in `AsyncAnswer`."""

    def piece(self, data: bytes) -> None:
        """A piece of the body, never empty."""

    def end(self) -> None:
        """The message is complete, and its connection free again."""

    def failed(self, error: Error) -> None:
        """It could not be sent, or its answer is cut or unreadable."""


class Hearing(Protocol):
    """An attempt on its way to its `Hearer`."""

    def content_came(self) -> None:
        """As in `AsyncAnswer`."""

    def pause(self) -> None:
        """Bring nothing more, but for what has been read, until `resume`."""

    def resume(self) -> None: ...

    def close(self) -> None:
        """Let go of the connection at once; nothing is told any more."""


class Awaited:
    """The `Hearing` of any transport that gives its answers to be awaited."""

    def __init__(
        self, transport: AsyncTransport, request: Request, hearer: Hearer, *, timeout: Timeout
    ) -> None:
        self._hearer = hearer
        self._answer: AsyncAnswer | None = None
        self._going = asyncio.Event()
        self._going.set()
        self._closed = False
        self._task = asyncio.get_running_loop().create_task(self._hear(transport, request, timeout))

    async def _hear(self, transport: AsyncTransport, request: Request, timeout: Timeout) -> None:
        hearer = self._hearer
        try:
            answer = self._answer = await transport.send(request, timeout=timeout)
            hearer.head(answer.status, answer.headers, ended_by_close=answer.ended_by_close)
            async for piece in answer:
                hearer.piece(piece)
                await self._going.wait()
                if self._closed:
                    return
        except Exception as error:
            if not self._closed:
                begun = self._answer is not None
                hearer.failed(ours(error, "the provider", "started" if begun else "ambiguous"))
        else:
            hearer.end()
        finally:
            if self._answer is not None:
                self._answer.close()

    def content_came(self) -> None:
        if self._answer is not None:
            self._answer.content_came()

    def pause(self) -> None:
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    def close(self) -> None:
        self._closed = True
        self._going.set()
        with suppress(RuntimeError):  # the loop is closed, and the task with it
            if self._task is not asyncio.current_task():
                self._task.cancel()
        if self._answer is not None:
            self._answer.close()
