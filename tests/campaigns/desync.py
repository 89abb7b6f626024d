"""Pairs of requests through a proxy: an attack, and a bystander's request behind it.

The proxy shares its connections to our server between callers. So whatever the two read
differently would surface: as a request that the proxy never made, as an answer that somebody else
gets, or as a bystander who gets none. `run(pairs, seed)` looks for that, and raises an
`AssertionError` that names the pair.
"""

import asyncio
import re
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Final

from dragoman.transport.handling import Guards, Reply, Served
from dragoman.transport.serving import serve
from tests.campaigns.figures import Figure
from tests.fronts import FRONTS, program
from tests.http_cases import bytes_of, cases_of
from tests.smuggling import attack

LANES: Final = 16
"""Attackers at once, since most of their time is waiting, each with a bystander."""

FIRST_SECONDS: Final = 0.03
"""How long an attack is waited for: half of them are never answered."""

NEXT_SECONDS: Final = 0.005
"""How long another answer of the same attack is."""

PATIENCE_SECONDS: Final = 10

PATIENT: Final = Guards(head_seconds=60, body_grace_seconds=60)
"""Gives no answer just because time has passed, as long as the campaign waits for one."""

FILLER: Final = b"\r\n\r\n" + b"x" * 300_000
"""Ends any head, and is longer than any body that an attack promises: a chunk of `3abc0` is one."""

LINGER_FOR_NO_TIME: Final = struct.pack("ii", 1, 0)

STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
SAID: Final = re.compile(rb"x-said: (\S+)\r\n")

KNOWN_LIMIT: Final = 4096
"""Bytes of a known case that is still worth mutating."""


@dataclass
class Witness:
    """A handler that says what it was asked, and notes what no proxy has asked for."""

    proxied: bool
    heard: list[Served] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)

    async def __call__(self, request: Served) -> Reply:
        self.heard.append(request)
        given = request.headers.get("x-front-id", "")
        if self.proxied and (not given or given in self._ids):
            self.flaws.append(f"{request!r} came with the id {given!r}")
        self._ids.add(given)
        headers = {"x-said": request.target, "x-read": request.body[:64].hex()}
        return Reply(status=200, headers=headers, body=b"ok")


class Bystander:
    """A second caller, whose connection to the proxy is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, number: int) -> None:
        """Raises where the answer is not the one to this request."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = b"v%d" % number if number % 2 else b""
        head = b"%b /v%d HTTP/1.1\r\nHost: b.example\r\n" % (b"POST" if body else b"GET", number)
        framing = b"Content-Length: %d\r\n" % len(body) if body else b""
        writer.write(head + framing + b"\r\n" + body)
        told = b""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not told.endswith(b"\r\n\r\nok") and (piece := await reader.read(65536)):
                    told += piece
        wanted = b"x-said: /v%d\r\nx-read: %b\r\n" % (number, body.hex().encode())
        if STATUS.findall(told) != [b"200"] or wanted not in told:
            raise AssertionError(f"the bystander got {told!r}")

    async def leave(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            await asyncio.sleep(0)


async def told_to(port: int, data: bytes, bystander: Bystander, number: int) -> bytes:
    """All that this attack is told; before it is over or behind it, the bystander asks.

    Raises where nothing is told, though nothing is left that either side could wait for: then each
    waits for the other.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    wire: socket.socket = writer.get_extra_info("socket")
    # Else a million of them would use up the ports.
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
    try:
        writer.write(data)
        told, over = await heard(reader, FIRST_SECONDS)
        if not told and not over:
            writer.write(FILLER)
            told, over = await heard(reader, PATIENCE_SECONDS)
            if not told and not over:
                raise AssertionError("nobody answers")
        if number % 2:
            await bystander.ask(number)
    finally:
        writer.transport.abort()
    if not number % 2:
        await bystander.ask(number)
    return told


async def heard(reader: asyncio.StreamReader, seconds: float) -> tuple[bytes, bool]:
    """What comes in this time, or soon after what came before; and whether it ended."""
    told = b""
    try:
        while True:
            async with asyncio.timeout(NEXT_SECONDS if told else seconds):
                piece = await reader.read(65536)
            if not piece:
                return told, True
            told += piece
    except TimeoutError:
        return told, False
    except ConnectionError:
        return told, True


def judge(data: bytes, told: bytes) -> None:
    """Raises where these are not answers to those requests, in their order."""
    if b"500" in STATUS.findall(told):
        raise AssertionError(f"got {told!r}")
    at = 0
    for target in SAID.findall(told):
        found = data.find(target, at)
        if found < 0:
            raise AssertionError(f"got an answer to {target!r}, which it did not ask for")
        at = found + len(target)


def known_requests() -> list[bytes]:
    """The cases' requests, where they are here: `/x` is what they ask for."""
    every = [bytes_of(case) for case in cases_of("request")]
    return [data for data in every if len(data) <= KNOWN_LIMIT]


async def played(front: str, numbers: Iterator[int], seed: int) -> None:
    known = known_requests()
    witness = Witness(proxied=front != "none")
    server = await serve(witness, host="127.0.0.1", port=0, guards=PATIENT)

    async def lane(port: int) -> None:
        bystander = Bystander(port)
        for number in numbers:
            data = attack(seed, number, known)
            try:
                judge(data, await told_to(port, data, bystander, number))
                assert not witness.flaws, witness.flaws
            except AssertionError as flaw:
                raise AssertionError(
                    f"{front}, seed {seed}, pair {number} (or one of the last {LANES}): {flaw}\n"
                    f"attack: {data!r}"
                ) from None
            witness.heard.clear()
        await bystander.leave()

    try:
        behind = nullcontext(server.port) if front == "none" else FRONTS[front](server.port)
        with behind as port:
            async with asyncio.TaskGroup() as group:
                for _ in range(LANES):
                    group.create_task(lane(port))
    finally:
        await server.close(grace_seconds=0)


def run(pairs: int, seed: int, fronts: Sequence[str] = ("none", *FRONTS)) -> None:
    """So many pairs through each of these fronts, those that are on this machine."""
    for front in fronts:
        if front == "none" or program(front) is not None:
            try:
                asyncio.run(played(front, iter(range(pairs)), seed))
            except* AssertionError as flaws:
                raise flaws.exceptions[0] from None


def campaign(count: int, seed: int) -> list[Figure]:
    """So many pairs in all, shared between the fronts that are on this machine."""
    fronts = [front for front in FRONTS if program(front) is not None]
    return [judged(front, count // len(fronts), seed) for front in fronts]


def judged(front: str, pairs: int, seed: int) -> Figure:
    try:
        run(pairs, seed, [front])
    except AssertionError as flaw:
        measured, met = str(flaw), False
    else:
        measured, met = "0 desync", True
    return Figure(
        campaign="34",
        done=f"{pairs} pairs of a mutated request and a bystander's behind it, through {front}",
        wanted="each answer goes to whoever asked, and nothing is heard that nobody sent",
        measured=measured,
        met=met,
        seed=seed,
    )
