"""A hundred callers who are slow, or do nothing at all, and one who is not.

Twenty each trickle a head, trickle a body, connect and are silent, fall silent behind an answer,
and take nothing of a long one. The deadlines are those of `Guards` shortened tenfold, the long
ones more; all of the hundred are cut by them, and the one is answered as if they were not there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from dragoman.transport.handling import Guards, Reply, Served
from dragoman.transport.serving import serve
from tests.served import echo

GUARDS: Final = Guards(
    head_seconds=1.0,
    body_grace_seconds=1.0,
    body_bytes_per_second=500.0,
    idle_seconds=2.0,
    stall_seconds=2.0,
    linger_seconds=0.2,
)

TWENTY: Final = 20

BETWEEN_BYTES: Final = 0.05

PATIENCE_SECONDS: Final = 40

GET: Final = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def trickle(streams: Streams, first: bytes, rest: bytes) -> bytes:
    """What is told to whoever sends so slowly."""
    reader, writer = streams
    writer.write(first)
    told = asyncio.ensure_future(reader.read())
    with suppress(ConnectionError):
        for at in range(len(rest)):
            if told.done():
                break
            writer.write(rest[at : at + 1])
            await asyncio.sleep(BETWEEN_BYTES)
    return await told


async def slow_head(streams: Streams) -> None:
    told = await trickle(streams, b"GET /x HTTP/1.1\r\n", b"X-A: 1\r\n" * 100)

    assert told.startswith(b"HTTP/1.1 408 ")


async def slow_body(streams: Streams) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 800\r\n\r\n"
    told = await trickle(streams, head, b"x" * 800)

    assert told.startswith(b"HTTP/1.1 408 ")


async def silent(streams: Streams) -> None:
    assert await streams[0].read() == b""


async def idle(streams: Streams) -> None:
    streams[1].write(GET)
    told = await streams[0].read()

    assert told.endswith(b"GET /x ")


async def takes_nothing(streams: Streams) -> None:
    """Its buffers are full long before the end."""
    reader, writer = streams
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # all transports of streams do
    writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(3 * GUARDS.stall_seconds)
    writer.transport.resume_reading()  # type: ignore[attr-defined]
    with suppress(ConnectionError):
        assert len(await reader.read()) < LONG


SLOW: Final[list[Callable[[Streams], Awaitable[None]]]] = [
    slow_head,
    slow_body,
    silent,
    idle,
    takes_nothing,
]

LONG: Final = 20_000_000


async def handler(request: Served) -> Reply:
    if request.path == "/long":
        return Reply(status=200, headers={}, body=bytes(LONG))
    return await echo(request)


async def answered(port: int, over: asyncio.Event) -> int:
    """How many requests of a normal caller were answered until it was over."""
    number = 0
    while not over.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        assert (await reader.readuntil(b"GET /x ")).startswith(b"HTTP/1.1 200 ")
        writer.close()
        number += 1
        await asyncio.sleep(BETWEEN_BYTES)
    return number


async def campaign() -> int:
    server = await serve(handler, host="127.0.0.1", port=0, guards=GUARDS)
    over = asyncio.Event()

    async def slow(calls: Callable[[Streams], Awaitable[None]]) -> None:
        streams = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            await calls(streams)
        finally:
            streams[1].close()

    normal = asyncio.create_task(answered(server.port, over))
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        for calls in SLOW * TWENTY:
            group.create_task(slow(calls))
    assert server.connections <= 1
    over.set()
    number = await normal
    await server.close(grace_seconds=0)
    return number


def test_slow_callers_are_cut_and_nobody_else_notices() -> None:
    assert asyncio.run(campaign()) > 0
