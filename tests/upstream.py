"""An upstream that obeys a script for each request, and keeps its own account.

    with Upstream([STREAM, *events(3), half(event("x")), Act.RESET]) as upstream:
        ...  # somebody asks upstream.url
    assert upstream.billed == 3

Its account is the judge of whoever asked: every request it saw, every token it billed (those that
it sent, whether or not anybody read them), and when each socket closed, and by whom. It shares
nothing with the code it judges, and knows no more of HTTP than where a request ends.
"""

import asyncio
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias

from tests.background import PATIENCE_SECONDS, Background

LINGER_FOR_NO_TIME: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


@dataclass(frozen=True)
class Send:
    """These bytes, which are billed once they are sent."""

    data: bytes
    tokens: int = 0


@dataclass(frozen=True)
class Pause:
    seconds: float


class Act(Enum):
    CLOSE = auto()
    """Closes the connection, with FIN, once all has left."""

    RESET = auto()
    """Breaks the connection off, with RST, once all has left."""

    STALL = auto()
    """Is silent until the caller has gone."""


Step: TypeAlias = Send | Pause | Act
Script: TypeAlias = Sequence[Step]


# What scripts are made of


STREAM: Final = Send(
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def chunk(data: bytes, *, tokens: int = 0) -> Send:
    """A piece of a body in chunks."""
    return Send(b"%x\r\n%b\r\n" % (len(data), data), tokens)


def event(text: str | None, *, tokens: int = 1) -> Send:
    """An event that says this; None ends the answer with `stop`."""
    delta, reason = ({"content": text}, None) if text is not None else ({}, "stop")
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    told = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    data = json.dumps({**told, "choices": [choice]}).encode()
    return chunk(b"data: %b\n\n" % data, tokens=tokens)


def events(number: int) -> list[Send]:
    """So many events of a word each."""
    return [event(f"word{index} ") for index in range(number)]


END: Final = (
    event(None, tokens=0),
    chunk(b"data: [DONE]\n\n"),
    Send(b"0\r\n\r\n"),
)
"""The proper end of a stream."""


def half(step: Send) -> Send:
    """Its first half, which nobody pays for."""
    return Send(step.data[: len(step.data) // 2])


def whole(body: object, *, status: int = 200, tokens: int = 0, **headers: str) -> Send:
    """A whole answer; what is no bytes is told as JSON. `_` in a header's name stands for `-`."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", **headers, "content-length": str(len(data))}
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()]
    return Send(f"HTTP/1.1 {status} \r\n{''.join(lines)}\r\n".encode() + data, tokens)


# The account


@dataclass
class Socket:
    """A connection, from its accept to its end; times are monotonic."""

    opened: float
    closed: float | None = None
    by: Literal["caller", "upstream"] | None = None


@dataclass
class Seen:
    """A request, and what came of it."""

    socket: Socket
    at: float
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    billed: int = 0
    finished: bool = field(default=False)
    """Its script was played to its end."""


class Upstream:
    """Listens inside `with`. Each request gets the next script; behind the last, a 500."""

    def __init__(self, *scripts: Script) -> None:
        self.sockets: list[Socket] = []
        self.requests: list[Seen] = []
        self._scripts = list(scripts)
        self._changed = threading.Condition()
        self._background = Background()
        self._connections: set[Connection] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def billed(self) -> int:
        """All tokens billed so far."""
        return sum(seen.billed for seen in self.requests)

    @property
    def open(self) -> int:
        """The sockets that are open now; none, too, as long as nobody has come."""
        return sum(one.closed is None for one in self.sockets)

    @property
    def closed(self) -> int:
        """The sockets that came and went: what to wait for, where `open` might be early."""
        return sum(one.closed is not None for one in self.sockets)

    def until(self, claim: Callable[["Upstream"], bool]) -> bool:
        """Waits until the account says so; False where it does not come to that."""
        with self._changed:
            return self._changed.wait_for(lambda: claim(self), PATIENCE_SECONDS)

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
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.end(reset=False)

    # Called by the connections

    def opened(self, connection: "Connection") -> None:
        self._connections.add(connection)
        self.note(lambda: self.sockets.append(connection.row))

    def lost(self, connection: "Connection") -> None:
        self._connections.discard(connection)

    def script_of(self, seen: Seen) -> Script:
        """The script of this request, which is then on the account."""
        number = len(self.requests)
        self.note(lambda: self.requests.append(seen))
        no_script = {"error": {"message": "there is no script for this request"}}
        return (
            self._scripts[number] if number < len(self._scripts) else [whole(no_script, status=500)]
        )

    def note(self, change: Callable[[], object]) -> None:
        """Changes the account."""
        with self._changed:
            change()
            self._changed.notify_all()


class Connection(asyncio.Protocol):
    """One socket: hears a request, plays its script, hears the next."""

    transport: asyncio.Transport

    def __init__(self, upstream: Upstream) -> None:
        self.row = Socket(time.monotonic())
        self._upstream = upstream
        self._heard = b""
        self._playing: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._upstream.opened(self)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        self._next()

    def eof_received(self) -> bool:
        self._closed("caller")
        return False

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed("upstream" if exc is None else "caller")
        if self._playing is not None:
            self._playing.cancel()
        self._upstream.lost(self)

    def end(self, *, reset: bool) -> None:
        self._closed("upstream")
        if reset:
            wire: socket.socket = self.transport.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
            self.transport.abort()
        else:
            self.transport.close()

    def _closed(self, by: Literal["caller", "upstream"]) -> None:
        def change() -> None:
            if self.row.closed is None:
                self.row.closed, self.row.by = time.monotonic(), by

        self._upstream.note(change)

    def _next(self) -> None:
        """Plays for the next request, if it is there and no other is being answered."""
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        if self._playing is not None or not end or self.transport.is_closing():
            return
        start, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        size = int(headers.get("content-length", "0"))
        if len(rest) < size:
            return
        self._heard = rest[size:]
        method, target, _ = start.split(" ")
        seen = Seen(self.row, time.monotonic(), method, target, headers, rest[:size])
        self._playing = asyncio.create_task(self._play(seen, self._upstream.script_of(seen)))

    async def _play(self, seen: Seen, script: Script) -> None:
        for step in script:
            await self._take(step, seen)
        self._upstream.note(lambda: setattr(seen, "finished", True))
        self._playing = None
        self._next()

    async def _take(self, step: Step, seen: Seen) -> None:
        match step:
            case Send(data, tokens):
                self.transport.write(data)
                self._upstream.note(lambda: setattr(seen, "billed", seen.billed + tokens))
                await self._writable.wait()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Act.STALL:
                await asyncio.get_running_loop().create_future()
            case Act.CLOSE | Act.RESET:
                self.transport.set_write_buffer_limits(high=0)
                await self._writable.wait()
                self.end(reset=step is Act.RESET)
