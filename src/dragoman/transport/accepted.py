"""One accepted connection on an event loop: bytes, deadlines, and whoever answers.

    head --> body --End--> answer --answered--> idle --first byte--> head
                                            `--> closing

What the bytes mean is read by `ServerConnection`; this file owns the socket and the clock. It
reads on while an answer is owed, since a paused socket shows neither FIN nor RST: whoever goes
away is noticed at once, and whoever answers is told.
"""

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf
from typing import Any, Final, Literal, Protocol, cast

from dragoman.errors import APIStatusError, status_error
from dragoman.transport.handling import (
    Answering,
    Guards,
    Refusal,
    Reply,
    Served,
    told_plainly,
)
from dragoman.transport.http1.events import (
    End,
    Flooded,
    Piece,
    Refused,
    RequestEvent,
    RequestHead,
)
from dragoman.transport.http1.server import ServerConnection
from dragoman.transport.leaving import left

BUFFER_BYTES: Final = 64 * 1024
"""Of one read, and of what may wait for the caller before the pieces of an answer wait."""

LINGER_FOR_NO_TIME: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Makes a close a reset."""

Phase = Literal["head", "body", "answer", "idle", "closing"]

log: Final = logging.getLogger("dragoman.server")


class House(Protocol):
    """What a connection needs of the server that accepted it."""

    listener: Callable[[Served, "Accepted"], Answering]
    refusal: Refusal
    guards: Guards
    retired: bool

    def opened(self, connection: "Accepted") -> bool:
        """Whether there is room for it."""

    def lost(self, connection: "Accepted") -> None: ...


class Accepted(asyncio.Protocol):
    """The protocol of one connection, and the `Caller` of its requests."""

    peer = ""
    _transport: asyncio.Transport

    def __init__(self, house: House) -> None:
        self._house = house
        self._guards = house.guards
        self._loop = asyncio.get_running_loop()
        self._connection = ServerConnection(body_limit=house.guards.body_bytes)
        self._head: RequestHead | None = None
        self._body: list[bytes] = []
        self._answering: Answering | None = None
        self.remembered: object = None
        self._full = False
        self._told = False
        self._waiting_bytes = 0
        self._phase: Phase = "head"
        self._since = self._due = 0.0
        self._body_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rings = 0.0
        """When the timer does."""

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Those of other event loops are transports without deriving from the class.
        transport = self._transport = cast(asyncio.Transport, transport)
        name: Any = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) else ""
        if not self._house.opened(self):
            self.abort()
            return
        if self._house.retired:
            self._connection.close_after_answer()
        transport.set_write_buffer_limits(high=BUFFER_BYTES)
        if hasattr(transport, "max_size"):
            transport.max_size = BUFFER_BYTES  # asyncio's own makes room for all of it each time
        self._enter("head", self._guards.head_seconds)

    def data_received(self, data: bytes) -> None:
        if self._phase == "closing":
            return
        if len(data) > BUFFER_BYTES:  # some loops read more at once than is kept ahead
            for at in range(0, len(data), BUFFER_BYTES):
                self.data_received(data[at : at + BUFFER_BYTES])
            return
        if self._phase == "idle":
            body = self._connection.again(data)
            if body is not None:
                head = self._connection.request
                assert head is not None
                self._answer(head, body)
                return
        self._body_bytes += len(data)
        self._hear(self._connection.receive(data))

    def eof_received(self) -> bool:
        if self._phase == "answer":
            self.abort()
        elif self._phase != "closing":
            self._hear(self._connection.receive_eof())
        return False

    def pause_writing(self) -> None:
        self._full = True
        self._waiting_bytes = self._transport.get_write_buffer_size()
        self._expect(self._guards.stall_seconds)

    def resume_writing(self) -> None:
        self._full = False
        if self._phase != "answer":
            return
        self._due = inf
        if self._told:
            self._answered()
        elif self._answering is not None:
            self._answering.writable()

    def connection_lost(self, exc: Exception | None) -> None:
        self._phase = "closing"
        if self._timer is not None:
            self._timer.cancel()
        self._leave()
        self._house.lost(self)

    # Called by the server

    def retire(self) -> None:
        """Close after the answer that is owed, or the next one."""
        self._connection.close_after_answer()

    def drain(self) -> None:
        """Close after the answer that is owed, or at once where none is."""
        self.retire()
        if self._connection.idle:
            self._close()

    def abort(self) -> None:
        """Close at once; whoever answers is told."""
        self._phase = "closing"
        self._leave()
        self._transport.abort()

    # Requests

    def _hear(self, events: list[RequestEvent]) -> None:
        with_head = False
        for event in events:
            match event:
                case RequestHead():
                    with_head = True
                    self.remembered = None
                    self._head, self._body, self._body_bytes = event, [], 0
                    self._since = self._loop.time()
                    self._enter("body", self._body_seconds())
                    self._transport.write(self._connection.go_ahead())
                case Piece(data):
                    self._body.append(data)
                    if with_head:
                        self._body_bytes += len(data)
                case End():
                    assert self._head is not None
                    self._answer(self._head, b"".join(self._body))
                case Refused(error):
                    self._refuse(error)
                case Flooded():
                    self.abort()
        if self._phase == "closing":
            return
        if self._connection.must_close:
            self._close()
        elif self._phase == "idle" and not self._connection.idle:
            self._enter("head", self._guards.head_seconds)

    def _answer(self, head: RequestHead, body: bytes) -> None:
        self._phase, self._due = "answer", inf
        request = Served(
            method=head.method,
            target=head.target,
            headers=head.headers,
            body=body,
            peer=self.peer,
        )
        self._head, self._body = None, []
        try:
            answering = self._house.listener(request, self)
        except Exception:
            log.exception("the listener failed on %r", request)
            self.fail()
            return
        if self._connection.request is not None:
            self._answering = answering

    def _refuse(self, error: APIStatusError) -> None:
        """Answer, and let the caller finish sending, so that it gets to read the answer."""
        if self._connection.answer_owed:
            reply = self._refusal(error)
            told = self._connection.respond(reply.status, reply.headers, reply.body)
            self._transport.write(told)
        self._enter("closing", self._guards.linger_seconds)
        self._body = []
        if self._transport.can_write_eof():
            with suppress(OSError):  # the caller has gone already
                self._transport.write_eof()
        else:
            self._transport.close()

    # Answers: the `Caller` of a request

    def respond(self, reply: Reply) -> None:
        if self._phase == "answer":
            told = self._connection.respond(reply.status, reply.headers, reply.body)
            self._transport.write(told)
            self._all_told()

    def start(self, status: int, headers: Mapping[str, str], first: bytes = b"") -> None:
        if self._phase == "answer":
            head = self._connection.start(status, headers)
            self._transport.write(head + self._connection.piece(first))

    def write(self, piece: bytes) -> bool:
        if self._phase != "answer" or self._transport.is_closing():
            return False
        self._transport.write(self._connection.piece(piece))
        return not self._full

    def end(self, last: bytes = b"") -> None:
        if self._phase == "answer":
            piece = self._connection.piece(last)
            self._transport.write(piece + self._connection.end())
            self._all_told()

    def cut(self) -> None:
        if self._phase == "answer":
            self._answering = None
            self._close()

    def fail(self) -> None:
        """Whoever should have answered cannot: say so, or cut the answer that was begun."""
        if self._phase != "answer":
            return
        if self._connection.answer_started:
            self.cut()
        else:
            self.respond(self._refusal(status_error("it failed", status_code=500)))

    async def break_off(self) -> None:
        """End the answer by a reset, once the caller has taken all that was told of it."""
        wire: socket.socket = self._transport.get_extra_info("socket")
        await left(wire, stall_seconds=self._guards.stall_seconds)
        if self._phase == "answer":
            self._answering = None
            self._reset()

    def _refusal(self, error: APIStatusError) -> Reply:
        try:
            return self._house.refusal(error)
        except Exception:
            log.exception("a refusal could not be told as it should be")
            return told_plainly(error)

    def _all_told(self) -> None:
        """The answer is complete, and over once the caller has taken enough of it."""
        self._answering = None
        self._told = True
        if not self._full:
            self._answered()

    def _answered(self) -> None:
        self._told = False
        connection = self._connection
        if connection.must_close:
            self._close()
            return
        self._phase = "idle"
        due = self._due = self._loop.time() + self._guards.idle_seconds
        if self._timer is None or due < self._rings:
            self._expect(self._guards.idle_seconds)
        if connection.ahead:
            # In a turn of its own: a thousand requests may be there already.
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._phase == "idle":
            self._hear(self._connection.receive(b""))

    # The end

    def _close(self) -> None:
        """Close once what was written has left; a caller who never takes it is cut."""
        self._enter("closing", self._guards.stall_seconds)
        self._waiting_bytes = self._transport.get_write_buffer_size()
        self._transport.close()

    def _reset(self) -> None:
        """Close at once, and drop what has not left."""
        wire: socket.socket | None = self._transport.get_extra_info("socket")
        if wire is not None:
            with suppress(OSError):
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
        self.abort()

    def _leave(self) -> None:
        answering, self._answering = self._answering, None
        if answering is not None:
            answering.gone()

    # Deadlines. One timer for all of them: it is moved forward at once, and backward when it
    # rings too early, so that a busy connection leaves no trail of cancelled timers.

    def _enter(self, phase: Phase, seconds: float) -> None:
        self._phase = phase
        self._expect(seconds)

    def _expect(self, seconds: float) -> None:
        due = self._due = self._loop.time() + seconds
        timer = self._timer
        if (timer is not None and self._rings <= due) or due == inf:
            return
        if timer is not None:
            timer.cancel()
        self._timer, self._rings = self._loop.call_at(due, self._rung), due

    def _rung(self) -> None:
        self._timer = None
        if self._due == inf:
            return
        if self._loop.time() < self._due:
            self._timer, self._rings = self._loop.call_at(self._due, self._rung), self._due
        elif not self._more_time():
            self._expired()

    def _more_time(self) -> bool:
        """Whether the deadline has moved by what has come, or by what was taken."""
        if self._phase == "body":
            left = self._body_seconds() - (self._loop.time() - self._since)
        elif self._full or self._phase == "closing":
            waiting = self._transport.get_write_buffer_size()
            taken = waiting < self._waiting_bytes
            left = self._guards.stall_seconds if taken else 0.0
            self._waiting_bytes = waiting
        else:
            return False
        if left > 0:
            self._expect(left)
        return left > 0

    def _body_seconds(self) -> float:
        """How long the body may take, by what has come of it, from the end of its head."""
        earned = self._body_bytes / self._guards.body_bytes_per_second
        return min(self._guards.body_grace_seconds + earned, self._guards.body_seconds)

    def _expired(self) -> None:
        if self._phase == "closing" or self._full:
            self._reset()  # whatever the system still holds would be held for minutes
        else:
            self._hear(self._connection.give_up())
