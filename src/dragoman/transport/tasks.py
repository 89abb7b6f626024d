"""Handlers that are coroutines: each request is answered in a task of its own.

The task is cancelled as soon as the caller has gone. Pieces of an answer are asked for one at a
time, and only while the caller takes them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final, Protocol

from dragoman.transport.handling import (
    Caller,
    CutOffError,
    Handler,
    Reply,
    Served,
    StreamedReply,
)

TURN: Final = 32
"""Pieces after which the loop gets its turn, though the next may be there already."""

log: Final = logging.getLogger("dragoman.server")


class Wire(Caller, Protocol):
    """A caller at the other end of a socket of ours."""

    def fail(self) -> None: ...

    async def break_off(self) -> None: ...


class InTasks:
    """A listener that asks this handler."""

    def __init__(self, handler: Handler) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._handler = handler

    def __call__(self, request: Served, caller: Wire) -> "InTask":
        return InTask(self._handler, request, caller, self.tasks)


class InTask:
    """The answer to one request."""

    def __init__(
        self,
        handler: Handler,
        request: Served,
        caller: Wire,
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self._caller = caller
        self._loop = asyncio.get_running_loop()
        self._writable: asyncio.Future[None] | None = None
        self._task = self._loop.create_task(self._serve(handler, request))
        tasks.add(self._task)
        self._task.add_done_callback(tasks.discard)

    def writable(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def gone(self) -> None:
        self._task.cancel()

    async def _serve(self, handler: Handler, request: Served) -> None:
        try:
            await self._tell(request, await handler(request))
        except CutOffError as cut:
            if cut.reset:
                await self._caller.break_off()
            else:
                self._caller.cut()
        except Exception:
            log.exception("the handler of %r failed", request)
            self._caller.fail()

    async def _tell(self, request: Served, reply: Reply | StreamedReply) -> None:
        if isinstance(reply, Reply):
            self._caller.respond(reply)
            return
        try:
            self._caller.start(reply.status, reply.headers)
            if request.method != "HEAD":
                await self._pump(reply.pieces)
        finally:
            await closed(reply.pieces)
        self._caller.end()

    async def _pump(self, pieces: AsyncIterator[bytes]) -> None:
        drawn = 0
        async for piece in pieces:
            drawn += 1
            if not self._caller.write(piece):
                self._writable = self._loop.create_future()
                await self._writable
            elif not drawn % TURN:
                await asyncio.sleep(0)


async def closed(pieces: AsyncIterator[bytes]) -> None:
    """Let the pieces clean up, whatever else is going on."""
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
