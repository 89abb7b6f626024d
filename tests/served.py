"""Servers with small handlers, for tests that look at how they serve."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from dragoman.transport.handling import (
    Guards,
    Handler,
    Refusal,
    Reply,
    Served,
    StreamedReply,
    told_plainly,
)
from dragoman.transport.serving import Server, serve
from tests.background import Background
from tests.plain import Caller

SOON = 0.1
"""Seconds: deadlines that are meant to pass."""


@contextmanager
def serving(
    handler: Handler, *, guards: Guards | None = None, refusal: Refusal = told_plainly
) -> Iterator[tuple[Server, Background]]:
    """A server with this handler; at the end nothing of it may be left."""
    with Background() as background:
        server = background.run(
            serve(handler, host="127.0.0.1", port=0, guards=guards or Guards(), refusal=refusal)
        )
        try:
            yield server, background
        finally:
            background.run(server.close(grace_seconds=0))
        assert server.connections == 0
        assert not server.tasks
        assert not server.peers


@contextmanager
def called(
    handler: Handler, *, guards: Guards | None = None, refusal: Refusal = told_plainly
) -> Iterator[Caller]:
    with (
        serving(handler, guards=guards, refusal=refusal) as (server, _),
        Caller(server.port) as caller,
    ):
        yield caller


async def echo(request: Served) -> Reply:
    """Says what was asked: method, target and body."""
    said = f"{request.method} {request.target} ".encode() + request.body
    return Reply(status=200, headers={"x-a": "1"}, body=said)


def streaming(*pieces: bytes, error: Exception | None = None) -> Handler:
    async def told() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        if error is not None:
            raise error

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={"x-a": "1"}, pieces=told())

    return handler


class Waiting:
    """A handler that waits for ever, as a stream or before it answers."""

    def __init__(self, *, first: bytes | None = None) -> None:
        self.reached = threading.Event()
        self.cancelled = threading.Event()
        self._first = first

    async def __call__(self, request: Served) -> Reply | StreamedReply:
        if self._first is None:
            await self._wait()
        return StreamedReply(status=200, headers={}, pieces=self._pieces(self._first or b""))

    async def _pieces(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        await self._wait()

    async def _wait(self) -> None:
        self.reached.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.cancelled.set()


async def until_empty(server: Server) -> None:
    """Returns once nobody is connected any more."""
    while server.connections:
        await asyncio.sleep(SOON / 10)


def send_for_ever(caller: Caller, data: bytes = b"x") -> None:
    while True:
        caller.send(data)
