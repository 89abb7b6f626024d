"""How far one attempt has come, and how long that may still take; for both drivers.

A phase lasts from its beginning; `write` and `between_events` begin anew with each step. From the
last byte of the request on, `first_content` bounds every wait as well, until content has come; what
that is, whoever reads the answer knows. What a failure is called follows from the phase: only once
a byte of the request has left may the provider have seen it.

Pure but for the clock, which arrives as an argument.
"""

from collections.abc import Callable
from math import inf
from typing import Final

from dragoman.errors import APIConnectionError, APITimeoutError, AttemptClass
from dragoman.transport import failures
from dragoman.transport.timeouts import Timeout

LONGEST_SECONDS: Final = 1_000_000.0
"""What the system's calls take everywhere; a longer wait looks again after this time."""


class Deadlines:
    """The deadlines of one attempt, counted from now."""

    __slots__ = (
        "_answered",
        "_clock",
        "_content",
        "_end",
        "_phase",
        "_timeout",
        "_until",
        "address",
        "sent",
    )

    def __init__(self, address: str, timeout: Timeout, clock: Callable[[], float]) -> None:
        """`clock` gives seconds, and never goes back."""
        self.address = address
        """What messages call the destination."""
        self.sent = False
        """Whether a byte of the request has left, or may have."""
        self._timeout = timeout
        self._clock = clock
        self._end = self._until = clock() + timeout.total
        self._phase = "total"
        self._content = inf
        self._answered = False

    def begin(self, phase: str, since: float | None = None) -> float:
        """Enters this phase, or its next step; when it is over, on the clock.

        It begins now, or began then.

        Raises where no time is left for the whole. A phase that may last 0 s may still do
        whatever needs no waiting.
        """
        now = self._clock() if since is None else since
        self._phase = phase
        if now >= self._end:
            self._until = self._end
            raise self.expired()
        until: float = now + getattr(self._timeout, phase)
        if phase == "first_byte":
            self._content = now + self._timeout.first_content
        elif phase == "between_events":
            self._answered = True
        if self._content < until:
            self._phase, until = "first_content", self._content
        self._until = until = until if until < self._end else self._end
        if now >= self._content:
            raise self.expired()
        return until

    def content_came(self) -> None:
        """There is content: from now on nothing is said of the first."""
        self._content = inf

    def left(self) -> float:
        """The seconds that may still be waited, more than 0; raises where none are left."""
        left = self._until - self._clock()
        if left <= 0:
            raise self.expired()
        return left if left < LONGEST_SECONDS else LONGEST_SECONDS

    def wrote(self, *, more: bool) -> None:
        """The peer has taken a piece of what this phase sends."""
        if self._phase == "write":
            self.sent = True
            if more:
                self.begin("write")

    def expired(self) -> APITimeoutError:
        """The deadline that passes first: that of the phase, or of the whole."""
        phase = self._phase if self._until < self._end else "total"
        return failures.expired(self.address, phase, self._timeout, self._attempt_class)

    def broken(self, error: OSError) -> APIConnectionError:
        """What the system says of a connection, before a byte of the request has left."""
        return failures.broken(self.address, self._phase, error)

    @property
    def _attempt_class(self) -> AttemptClass:
        if self._answered:
            return "started"
        return "ambiguous" if self.sent else "not_sent"
