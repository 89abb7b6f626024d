"""An open connection on an event loop: bytes from the socket into the sans-IO connection.

It reads ahead of whoever takes the pieces, but not far: then the socket is paused until they have
been taken. Where a hearing is set, nothing is kept: it is told what each read brings. Whose turn it
is to use the connection is the pool's business.
"""

import asyncio
import select
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import Final, Protocol, cast

from dragoman.errors import APIConnectionError, Error
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import AnswerEvent, End, Head, Piece

READ_SIZE: Final = 64 * 1024
UNREAD_LIMIT: Final = 64 * 1024
TLS_RECORD: Final = 16 * 1024

PROGRESS_SECONDS: Final = 1.0
"""How often we look whether the peer takes more; under TLS nothing tells when all has left."""


class Ears(Protocol):
    """Who is told what a connection hears, instead of asking it."""

    def heard(self, events: Sequence[AnswerEvent]) -> None:
        """What a read brought; where `http.error` is set or it is closed, nothing follows."""

    def passed(self) -> None:
        """What `watch` was set to has come."""


class Home(Protocol):
    """Where a connection belongs."""

    def take_back(self, connection: "Connection") -> None:
        """It has done its work."""


class Connection(asyncio.BufferedProtocol):
    """One socket and one answer at a time.

        PARKED --send--> waiting for a head --> giving pieces --end--> PARKED

    In the pool (`park`) it watches for the peer's leaving. A cancelled wait leaves the connection
    in the middle of an answer: whoever waited aborts it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, buffer: memoryview, home: Home) -> None:
        """`buffer` is where reads go; it belongs to the whole loop, since each read is copied."""
        self.home = home
        self.http = ClientConnection()
        self.head: Head | None = None
        self.complete = False
        self.closed = False
        self.parked_at = 0.0
        self.pieces: deque[bytes] = deque()
        self.loop = loop
        self._buffer = self._filled = buffer
        self._socket: socket.socket | None = None
        self._readable: Readable | None = None
        self._transport: asyncio.Transport | None = None
        self._raw: asyncio.Transport | None = None
        self._written = True
        self._unread = 0
        self._paused = False
        self._leaving: Callable[[Connection], None] | None = None
        self._waiter: asyncio.Future[bool] | None = None
        self._ears: Ears | None = None
        self.watch = Watch(loop, self._wake)

    def hear_for(self, ears: Ears, data: bytes) -> None:
        """Sends these bytes, as `answered`; what comes of it is told."""
        assert self._transport is not None
        self._ears = ears
        self._written = False
        self._transport.write(data)

    def hear_on(self, ears: Ears) -> None:
        """What comes from now on is told to these."""
        self._ears = ears

    def let_go(self) -> None:
        """Nobody is told any more, and it goes back to where it belongs."""
        self._ears = None
        self.watch.at = inf
        self.home.take_back(self)

    async def answered(self, data: bytes, deadlines: Deadlines) -> Head:
        """Sends these bytes, which `http` has made, and waits for the head of their answer."""
        self._written = False
        self.transport.write(data)
        deadlines.sent = True
        unsent = self.unsent()
        until = deadlines.begin("write" if unsent else "first_byte")
        while self.head is None:
            look = min(until, self.loop.time() + PROGRESS_SECONDS) if unsent else until
            if await self.something(look) or self.head is not None:
                continue
            left = self.unsent()
            if left == unsent:
                deadlines.left()  # raises where the phase is over
            else:
                unsent = left
                until = deadlines.begin("write" if unsent else "first_byte")
        return self.head

    async def piece(self, deadlines: Deadlines) -> bytes | None:
        """The next piece of the body; None at its end."""
        until = deadlines.begin("between_events")
        while not self.pieces:
            if self.complete:
                return None
            if not (await self.something(until) or self.pieces or self.complete):
                deadlines.left()
        return self._taken()

    async def something(self, until: float) -> bool:
        """Waits for the next that comes; False where nothing has by then. Raises what failed."""
        if self.http.error is not None:
            raise self.http.error
        if self.closed:
            raise closed_here(begun=self.head is not None)
        if self._waiter is not None:
            raise RuntimeError("another task is reading this answer")
        waiter: asyncio.Future[bool] = self.loop.create_future()
        self._waiter = waiter
        self.watch.set(until)
        try:
            return await waiter
        finally:
            self._waiter = None
            self.watch.set(inf)

    def abort(self) -> None:
        """Closes the socket at once; whoever waits is told."""
        if self.closed:
            return
        self.closed = True
        self.watch.stop()
        if self._transport is not None:
            with suppress(RuntimeError):
                self._transport.abort()
        if self._socket is not None and (self._transport is None or self.loop.is_closed()):
            # Nobody else is left to close it.
            self._socket.close()
        self._wake(True)

    @property
    def reusable(self) -> bool:
        return self.complete and not self.closed and self.http.reusable

    def park(self, leaving: Callable[["Connection"], None]) -> None:
        """Nothing is owed any more; `leaving` is called when the peer goes, or breaks the peace."""
        self.forget()
        self.parked_at = self.loop.time()
        self._leaving = leaving

    def unpark(self) -> bool:
        """Takes it out of the pool; False where it is stale, so that nothing may be written."""
        self._leaving = None
        # The loop may not have come round to reading what says so.
        if self.closed or not self.http.reusable:
            return False
        return self._readable is not None and not self._readable.poll(0)

    def forget(self) -> None:
        """Makes room for another answer."""
        self.head, self.complete = None, False
        self.pieces.clear()
        self._unread = 0
        self.resume()

    def pause(self) -> None:
        """Reads nothing more, until `resume`."""
        if not self._paused and not self.closed:
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self._paused and not self.closed:
            self._paused = False
            self.transport.resume_reading()

    def opened(self, sock: socket.socket) -> None:
        self._socket = sock
        self._readable = readable(sock)

    @property
    def transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("the connection is not open")
        return self._transport

    def secured(self, transport: asyncio.Transport) -> None:
        """TLS has been put on top of the transport."""
        self._transport = transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Those of other event loops are transports without deriving from the class.
        self._transport = self._raw = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        self._filled = self._buffer
        if self._transport is not self._raw and sizehint + TLS_RECORD > len(self._buffer):
            # TLS says how much it holds. At the peer's end it reads once more, and drops what is
            # left: all of it has to find room.
            self._filled = memoryview(bytearray(sizehint + TLS_RECORD))
        return self._filled

    def buffer_updated(self, nbytes: int) -> None:
        self._receive(bytes(self._filled[:nbytes]))

    def eof_received(self) -> None:
        self._hear(self.http.receive_eof)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.closed:
            return
        if exc is not None and self._transport is self._raw:
            self._rescue()
        self.closed = True
        self.watch.stop()
        self._hear(self.http.receive_reset if exc is not None else self.http.receive_eof)

    def _receive(self, data: bytes) -> None:
        if not self._written and not self.unsent():
            self._written = self.http.written = True
        try:
            events = self.http.receive(data)
        except Error:
            events = []  # It is kept, and raised once all that came before has been taken.
        ears = self._ears
        if ears is None:
            self._heard(events)
        else:
            self.complete = bool(events) and events[-1].__class__ is End
            ears.heard(events)

    def _hear(self, told: Callable[[], Sequence[AnswerEvent]]) -> None:
        try:
            events = told()
        except Error:
            events = ()
        self._heard(events)

    def tell(self, events: Sequence[AnswerEvent]) -> None:
        """Tells whoever hears this connection now."""
        if self._ears is not None:
            self._ears.heard(events)

    def _heard(self, events: Sequence[AnswerEvent]) -> None:
        ears = self._ears
        if ears is not None:
            self.complete = bool(events) and events[-1].__class__ is End
            ears.heard(events)
            return
        for event in events:
            if isinstance(event, Piece):
                self.pieces.append(event.data)
                self._unread += len(event.data)
            elif isinstance(event, Head):
                self.head = event
            else:
                self.complete = True
        if self._unread > UNREAD_LIMIT:
            self.pause()
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            self.abort()
            leaving(self)
        self._wake(True)

    def _rescue(self) -> None:
        """Reads what came before the connection broke.

        Whoever refuses a body unread answers, and closes on what we go on writing; the loop gives
        up at the failed write, with the answer still unread.
        """
        assert self._socket is not None
        with suppress(OSError):
            while data := self._socket.recv(READ_SIZE):
                self._receive(data)

    def _taken(self) -> bytes:
        piece = self.pieces.popleft()
        self._unread -= len(piece)
        if self._paused and self._unread <= UNREAD_LIMIT:
            self.resume()
        return piece

    def unsent(self) -> int:
        """Bytes of the request that have not left the process."""
        if self._raw is None or self.closed:
            return 0
        size = self._raw.get_write_buffer_size()
        return (
            size if self._raw is self._transport else size + self.transport.get_write_buffer_size()
        )

    def _wake(self, came: bool) -> None:
        if self._ears is not None:
            if came:
                self._ears.heard(())  # closed on this side
            else:
                self._ears.passed()
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(came)


class Watch:
    """One timer for all the waits of a connection: they are many, and it seldom passes.

    A wait that ends leaves the timer as it is; when it fires, it looks whether somebody waits.
    """

    __slots__ = ("_armed", "_handle", "_loop", "_passed", "at")

    def __init__(self, loop: asyncio.AbstractEventLoop, passed: Callable[[bool], None]) -> None:
        self._loop = loop
        self._passed = passed
        self.at = inf
        """When somebody is to be told; infinite where nobody waits."""
        self._armed = inf
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at: float) -> None:
        """`passed(False)` is called then, unless it is set anew before."""
        self.at = at
        if at < self._armed:
            if self._handle is not None:
                self._handle.cancel()
            self._armed = at
            self._handle = self._loop.call_at(at, self._fire)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self.at, self._armed = None, inf, inf

    def _fire(self) -> None:
        fired, self._handle, self._armed = self._armed, None, inf
        if self.at <= fired:
            self._passed(False)
        else:
            self.set(self.at)


class Readable(Protocol):
    """Whether a socket has something to read: bytes that nobody asked for, or the end."""

    def poll(self, timeout: float, /) -> list[tuple[int, int]]: ...


def readable(sock: socket.socket) -> Readable:
    """Of this socket; empty where it has nothing, and never waits."""
    if sys.platform == "win32":
        return Peeking(sock)
    else:  # noqa: RET505  # or the type checker would take it for unreachable there
        found = select.poll()
        found.register(sock, select.POLLIN)
        return found


class Peeking:
    """`Readable` on Windows, which has no `poll`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError:
            pass
        return [(self._sock.fileno(), 0)]


def closed_here(*, begun: bool) -> APIConnectionError:
    if begun:
        return APIConnectionError(
            "the answer was closed before its end, on this side",
            code="stream_truncated",
            attempt_class="started",
        )
    return APIConnectionError("the connection was closed before the answer, on this side")
