"""Campaign 19, on the gateway's side: callers who are slow or do nothing, and one who is not.

Callers trickle a head or a body, connect and are silent, fall silent behind an answer, or take
nothing of a long one. Each is cut by its deadline, and the one who is not slow is answered as if
they were not there. At full size the deadlines are the gateway's own; here they are a tenth.
"""

import asyncio
import json
import mmap
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from dragoman.transport.handling import GUARDS, Guards
from tests.campaigns.figures import Figure, judged, spread
from tests.campaigns.hurried import TENFOLD
from tests.gateway_process import COMMAND, GatewayProcess, serving
from tests.gateways import HI, ByModel
from tests.upstream import STREAM, Script, event

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prlimit and /proc")

ROOT: Final = Path(__file__).parents[2]

HURRIED: Final = (sys.executable, "-m", "tests.campaigns.hurried", "serve")

ADDRESSES: Final = 8
"""Loopback addresses that callers come from: the connections of each are bounded."""

BYTES: Final = 5
"""That whoever trickles sends in the time of its deadline, besides the first."""

READERS: Final = 0.01
"""The share of those who take nothing, five at least: megabytes wait for each, in the system."""

KIB: Final = 1024

ENOUGH: Final = 0.4
"""Of the shortest deadline: by then everybody is there, and nobody has been cut."""

LONG: Final[dict[str, Script]] = {"long": [STREAM, *[event("word " * 10_000)] * 600]}

QUESTION: Final = json.dumps({"model": "sim/hello", "messages": HI}).encode()
JSON: Final = b"Host: localhost\r\nContent-Type: application/json\r\n"
POST: Final = b"POST /v1/chat/completions HTTP/1.1\r\n" + JSON
ASKED: Final = POST + b"Content-Length: %d\r\n\r\n" % len(QUESTION) + QUESTION

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Place:
    """A gateway that listens, and what is behind it."""

    gateway: GatewayProcess
    upstream: ByModel


@dataclass
class Counted:
    """What came of a campaign."""

    late: dict[str, list[float]] = field(default_factory=dict)
    """By how many seconds each caller was cut after its deadline, by what it did."""

    flaws: list[str] = field(default_factory=list)
    normal: list[float] = field(default_factory=list)
    """How long the answers to the normal caller took."""

    held_bytes: float = 0.0
    """What is resident for each connection."""
    reader_bytes: float = 0.0
    """The same for those who take nothing of an answer."""


async def trickled(streams: Streams, first: bytes, seconds: float) -> tuple[bytes, float]:
    """What somebody is told who sends so slowly, and the seconds until then."""
    reader, writer = streams
    begun = time.monotonic()
    writer.write(first)
    told = asyncio.ensure_future(reader.read())
    with suppress(ConnectionError):
        while not told.done():
            await asyncio.wait([told], timeout=seconds / BYTES)
            writer.write(b"x")
    return await told, time.monotonic() - begun


async def slow_head(streams: Streams, guards: Guards) -> float:
    told, seconds = await trickled(streams, b"GET /x HTTP/1.1\r\nX-A: ", guards.head_seconds)
    assert told.startswith(b"HTTP/1.1 408 "), told
    return seconds - guards.head_seconds


async def slow_body(streams: Streams, guards: Guards) -> float:
    first = POST + b"Content-Length: 8000\r\n\r\n{"
    told, seconds = await trickled(streams, first, guards.body_grace_seconds)
    assert told.startswith(b"HTTP/1.1 408 "), told
    earned = (BYTES + 1) / guards.body_bytes_per_second
    return seconds - guards.body_grace_seconds - earned


async def silent(streams: Streams, guards: Guards) -> float:
    begun = time.monotonic()
    assert await streams[0].read() == b""
    return time.monotonic() - begun - guards.head_seconds


async def idle(streams: Streams, guards: Guards) -> float:
    reader, writer = streams
    writer.write(ASKED)
    await answered(reader)
    begun = time.monotonic()
    assert await reader.read() == b""
    return time.monotonic() - begun - guards.idle_seconds


SLOW: Final[dict[str, Callable[[Streams, Guards], Awaitable[float]]]] = {
    "a slow head": slow_head,
    "a slow body": slow_body,
    "silence": silent,
    "idling": idle,
}


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The body of a whole answer, which has to be a good one."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return await reader.readexactly(size)


async def takes_nothing(place: Place, number: int, guards: Guards) -> float:
    """Its system takes as little as it can, too; when it is cut, the upstream's account says.

    It would not notice itself: what the gateway's system still has for it comes before the end.
    """
    name = f"reader {number}."
    fields = {"model": "lab/long", "messages": HI, "stream": True, "user": name}
    body = json.dumps(fields).encode()
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
        wire.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(wire, ("127.0.0.1", place.gateway.port))
        await loop.sock_sendall(wire, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert (await loop.sock_recv(wire, 12)) == b"HTTP/1.1 200"
        (seen,) = (one for one in place.upstream.requests if name.encode() in one.body)
        begun, sent = time.monotonic(), 0
        while seen.socket.closed is None:
            if seen.billed > sent:  # the systems in between take some more for a while
                begun, sent = time.monotonic(), seen.billed
            await asyncio.sleep(0.02)
        return seen.socket.closed - begun - guards.stall_seconds


async def normal(port: int, over: asyncio.Event, counted: Counted) -> None:
    """Somebody who asks on a new connection each time, until it is over."""
    while not over.is_set():
        begun = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ASKED)
            await answered(reader)
            writer.close()
            counted.normal.append(time.monotonic() - begun)
        except (AssertionError, OSError, EOFError) as flaw:
            counted.flaws.append(f"a normal caller: {flaw!r}")
        await asyncio.sleep(0.05)


def resident(gateway: GatewayProcess) -> int:
    told = Path(f"/proc/{gateway.process.pid}/statm").read_text("ascii")
    return int(told.split()[1]) * mmap.PAGESIZE


async def played(place: Place, size: int, guards: Guards) -> Counted:
    gateway, counted, over = place.gateway, Counted(), asyncio.Event()
    readers = max(5, int(size * READERS))
    kinds = [list(SLOW)[number % len(SLOW)] for number in range(size - readers)]

    async def kept(kind: str, cut: Awaitable[float]) -> None:
        try:
            counted.late.setdefault(kind, []).append(await cut)
        except (AssertionError, OSError, EOFError) as flaw:
            counted.flaws.append(f"{kind}: {flaw!r}")

    async def slow(kind: str, number: int) -> float:
        source = (f"127.0.0.{2 + number % ADDRESSES}", 0)
        streams = await asyncio.open_connection("127.0.0.1", gateway.port, local_addr=source)
        try:
            return await SLOW[kind](streams, guards)
        finally:
            streams[1].close()

    asking = asyncio.create_task(normal(gateway.port, over, counted))
    await asyncio.sleep(0.5)  # warms up
    before = resident(gateway)
    async with asyncio.TaskGroup() as group:
        for number, kind in enumerate(kinds):
            group.create_task(kept(kind, slow(kind, number)))
        await asyncio.sleep(ENOUGH * guards.head_seconds)
        held = resident(gateway)
        for number in range(readers):
            group.create_task(kept("taking nothing", takes_nothing(place, number, guards)))
        await asyncio.sleep(ENOUGH * guards.head_seconds)
        counted.reader_bytes = (resident(gateway) - held) / readers
    counted.held_bytes = (held - before) / len(kinds)
    over.set()
    await asking
    return counted


@contextmanager
def placed(command: Sequence[str]) -> Iterator[Place]:
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environ = {"PYTHONPATH": os.pathsep.join(paths)}
    with TemporaryDirectory() as folder, ByModel(LONG) as upstream:
        settings = f'[providers.lab]\nbase_url = "{upstream.url}/v1"\n'
        with serving(Path(folder), settings, environ, command=command) as gateway:
            yield Place(gateway, upstream)


def test_slow_callers_are_cut_and_the_others_do_not_notice() -> None:
    with placed(HURRIED) as place:
        counted = asyncio.run(played(place, 100, TENFOLD))

    assert counted.flaws == []
    assert sum(map(len, counted.late.values())) == 100
    assert min(late for kind in counted.late.values() for late in kind) > -0.2
    assert max(late for kind in counted.late.values() for late in kind) < 20
    assert counted.held_bytes < 4 * 32 * KIB
    assert len(counted.normal) > 20


def figures(size: int) -> list[Figure]:
    def measure() -> tuple[str, bool]:
        with placed(COMMAND) as place:
            counted = asyncio.run(played(place, size, GUARDS))
        late = {kind: max(seconds) for kind, seconds in counted.late.items()}
        told = ", ".join(f"{kind} {seconds * 1000:.0f} ms" for kind, seconds in late.items())
        measured = (
            f"{len(counted.normal)} normal callers answered ({spread(counted.normal)});"
            f" cut late by at most: {told}; {counted.held_bytes / KIB:.1f} KiB a connection"
            f" ({counted.reader_bytes / KIB:.0f} KiB for one who takes nothing)"
        )
        whole = len(late) == len(SLOW) + 1 and not counted.flaws
        small = counted.held_bytes <= 32 * KIB
        flaws = "; ".join(["", *counted.flaws[:3]])
        return f"{measured}{flaws}", whole and small and max(late.values()) <= 1

    return [
        judged(
            "19",
            done=f"{size} callers of `serve` at once who are slow: {', '.join(SLOW)}, taking"
            " nothing of an answer; and normal ones meanwhile",
            wanted="each cut within 1 s of its deadline; the normal ones all answered; at most"
            " 32 KiB for each connection that is held",
            measure=measure,
        )
    ]
