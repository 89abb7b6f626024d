"""One attempt over a pooled connection, told to its hearer from within the reads that bring it."""

import asyncio
from collections.abc import Callable, Sequence
from math import inf

from dragoman.errors import Error
from dragoman.transport.aio.connection import PROGRESS_SECONDS, Connection, closed_here
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.hearing import Hearer
from dragoman.transport.http1.events import AnswerEvent, Head, Piece


class PooledHearing:
    """The way of one attempt.

        OPENING --sent--> WRITING --all left--> WAITING --head--> GIVING --end--> OVER

    OPENING is a task of its own, and left out where an idle connection is at hand. Each step has
    the deadline that an `AsyncAnswer` would have; while it is paused, none passes.
    """

    __slots__ = (
        "_begun",
        "_connection",
        "_deadlines",
        "_hearer",
        "_last",
        "_paused",
        "_time",
        "_unsent",
        "_until",
        "opening",
    )

    def __init__(self, hearer: Hearer, deadlines: Deadlines, time: Callable[[], float]) -> None:
        self.opening: asyncio.Task[None] | None = None
        self._hearer = hearer
        self._deadlines = deadlines
        self._connection: Connection | None = None
        self._unsent = 0
        self._until = self._last = inf
        self._time = time
        self._begun = False
        self._paused = False

    # Called by the transport

    def sent_over(self, connection: Connection, data: bytes) -> None:
        """The connection is open: the request leaves, and its answer is waited for."""
        self._connection, self.opening = connection, None
        connection.hear_for(self, data)
        self._sent(None)

    def sent_already(self, connection: Connection, since: float) -> None:
        """The request has been written then, and nothing of its answer was heard."""
        self._connection = connection
        connection.hear_on(self)
        self._sent(since)

    def _sent(self, since: float | None) -> None:
        assert self._connection is not None
        try:
            self._deadlines.sent = True
            self._unsent = self._connection.unsent()
            if self._unsent:
                self._wait("write")
            else:
                self._wait("first_byte", since)
        except Error as error:
            self.failed(error)

    def failed(self, error: Error) -> None:
        """There is nothing more to hear than why."""
        self.close()
        self._hearer.failed(error)

    # Called by the connection

    def heard(self, events: Sequence[AnswerEvent]) -> None:
        """What one read told; then what went wrong, if anything did."""
        connection = self._connection
        for event in events:
            if self._connection is None:
                return  # closed by the hearer
            if event.__class__ is Piece:
                self._hearer.piece(event.data)
            elif event.__class__ is Head:
                self._begun = True
                self._hearer.head(event.status, event.headers, ended_by_close=event.ended_by_close)
            else:
                self._over()
                self._hearer.end()
        if connection is None or self._connection is None:
            return
        if connection.http.error is not None:
            self.failed(connection.http.error)
        elif connection.closed:
            self.failed(closed_here(begun=self._begun))
        elif not self._paused and events:
            # The watch is set to the end of an earlier step, and looks then how far we have come.
            self._last, first = self._time(), self._last == inf
            if first or connection.watch.at == inf:
                self._given()

    def passed(self) -> None:
        """The time has come to look whether a deadline is over."""
        assert self._connection is not None
        try:
            left = self._connection.unsent() if self._unsent else 0
            if left != self._unsent:
                self._unsent = left
                self._wait("write" if left else "first_byte")
            elif self._begun:
                self._wait("between_events", self._last)
                self._deadlines.left()
            else:
                self._deadlines.left()
                self._wait("")
        except Error as error:
            self.failed(error)

    # Called by whoever hears

    def content_came(self) -> None:
        self._deadlines.content_came()

    def pause(self) -> None:
        if self._connection is not None and not self._paused:
            self._paused = True
            self._connection.pause()
            self._connection.watch.set(inf)

    def resume(self) -> None:
        if self._connection is not None and self._paused:
            self._paused = False
            self._connection.resume()
            self._last = self._time()
            self._given()

    def close(self) -> None:
        if self.opening is not None:
            self.opening.cancel()
            self.opening = None
        if self._connection is not None:
            self._over()

    def _given(self) -> None:
        """A step of GIVING is over, and the next begins."""
        self._unsent = 0
        try:
            self._wait("between_events", self._last)
        except Error as error:
            self.failed(error)

    def _wait(self, phase: str, since: float | None = None) -> None:
        """Enters this phase, or stays in the same; raises where it is over at once."""
        assert self._connection is not None
        if phase:
            self._until = self._deadlines.begin(phase, since)
        until = self._until
        if self._unsent:
            until = min(until, self._time() + PROGRESS_SECONDS)
        self._connection.watch.set(until)

    def _over(self) -> None:
        connection, self._connection = self._connection, None
        assert connection is not None
        connection.let_go()
