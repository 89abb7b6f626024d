"""A TCP relay that does to the bytes what networks do to them: a direction each, by offset or seed.

    with Relay(port, to_caller=Faults(at=100, then="reset")) as relay:
        ...  # somebody connects to relay.port, as if it were `port`

It knows nothing of what it carries. Back-pressure, FIN and RST pass through as they come.
"""

import asyncio
import random
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self

from tests.background import Background

LINGER_FOR_NO_TIME: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

READ_BYTES: Final = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What happens to one direction of each connection."""

    delay_seconds: float = 0.0
    """Before each piece goes on."""

    drip_bytes: int | None = None
    """A piece is at most so long; with a delay, that is a drip."""

    at: int | None = None
    """After so many bytes …"""

    then: Literal["cut", "reset", "half-close", "black-hole"] = "cut"
    """… both sockets are closed or reset; or this direction ends for its receiver, and the other
    goes on; or nothing of this direction, its end included, arrives any more."""

    corrupt: float = 0.0
    """The share of bytes of which one bit is turned."""

    seed: int = 0
    """Decides which; the same for every connection, however the bytes are cut."""


NO_FAULTS: Final = Faults()


class Relay:
    """Listens inside `with`, and connects each caller to `port`."""

    def __init__(
        self, port: int, *, to_upstream: Faults = NO_FAULTS, to_caller: Faults = NO_FAULTS
    ) -> None:
        self.port = 0
        self.carried = {"to_upstream": 0, "to_caller": 0}
        """Bytes that have gone on, in all."""
        self._upstream = port
        self._faults = {"to_upstream": to_upstream, "to_caller": to_caller}
        self._background = Background()
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._background.__enter__()
        self._server = self._background.run(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._background.run(self._close())
        self._background.__exit__(kind, error, trace)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._relay, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.close()
            self._writers.discard(writer)
            return
        self._writers.add(onward)
        try:
            await asyncio.gather(
                self._carry("to_upstream", reader, onward), self._carry("to_caller", there, writer)
            )
        except BrokenError as broken:
            end(writer, reset=broken.reset)
            end(onward, reset=broken.reset)
        finally:
            for one in (writer, onward):
                one.close()
                self._writers.discard(one)

    async def _carry(
        self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        faults = self._faults[way]
        noise = Noise(faults)
        left = faults.at
        try:
            while left != 0:
                piece = await source.read(min(left or READ_BYTES, faults.drip_bytes or READ_BYTES))
                if not piece:
                    sink.write_eof()
                    return
                if faults.delay_seconds:
                    await asyncio.sleep(faults.delay_seconds)
                sink.write(noise.on(piece))
                await sink.drain()
                self.carried[way] += len(piece)
                left = None if left is None else left - len(piece)
            await self._fail(faults, source, sink)
        except OSError:
            raise BrokenError(reset=True) from None

    async def _fail(
        self, faults: Faults, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        match faults.then:
            case "cut" | "reset":
                raise BrokenError(reset=faults.then == "reset")
            case "half-close":
                sink.write_eof()
        while await source.read(READ_BYTES):
            pass
        if faults.then == "black-hole":
            await asyncio.get_running_loop().create_future()


class BrokenError(Exception):
    """Both sides are to be closed."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("broken")
        self.reset = reset


def end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if not reset:
        writer.close()
        return
    wire: socket.socket | None = writer.get_extra_info("socket")
    if wire is not None and wire.fileno() >= 0:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
    writer.transport.abort()


class Noise:
    """Turns a bit here and there, at places that depend on nothing but the seed."""

    def __init__(self, faults: Faults) -> None:
        self._places = places(faults.corrupt, random.Random(faults.seed))
        self._next = next(self._places, None)
        self._offset = 0

    def on(self, piece: bytes) -> bytes:
        noisy = bytearray(piece)
        while self._next is not None and self._next[0] < self._offset + len(piece):
            at, bit = self._next
            noisy[at - self._offset] ^= 1 << bit
            self._next = next(self._places)
        self._offset += len(piece)
        return bytes(noisy)


def places(share: float, chance: random.Random) -> Iterator[tuple[int, int]]:
    """Offsets, rising, and the bit to turn at each."""
    at = -1
    while share > 0:
        at += 1 + int(chance.expovariate(share))
        yield at, chance.randrange(8)
