"""How far one request of a blocking caller has come, and how long that may still take.

A phase lasts from its beginning; `write` and `between_events` begin anew with each step. What a
failure is called follows from the phase: only once a byte of the request has left may the
provider have seen it.
"""

import time
from typing import Final

from dragoman.errors import APIConnectionError, APITimeoutError, AttemptClass
from dragoman.transport import failures
from dragoman.transport.timeouts import Timeout

LONGEST_SECONDS: Final = 1_000_000.0
"""What the system's calls take everywhere; a longer wait looks again after this time."""


class Deadlines:
    """The deadlines of one request, counted from now."""

    def __init__(self, address: str, timeout: Timeout) -> None:
        self.address = address
        """What messages call the destination."""
        self.sent = False
        """Whether a byte of the request has left."""
        self._timeout = timeout
        self._end = time.monotonic() + timeout.total
        self._phase = "pool"
        self._until = self._end

    def begin(self, phase: str) -> None:
        """Enters this phase, or its next step; raises where no time is left for the whole.

        A phase that may last 0 s may still do whatever needs no waiting.
        """
        now = time.monotonic()
        bound: float = getattr(self._timeout, phase)
        self._phase = phase
        self._until = min(now + bound, self._end)
        if now >= self._end:
            raise self.expired()

    def left(self) -> float:
        """The seconds that may still be waited, more than 0; raises where none are left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.expired()
        return min(left, LONGEST_SECONDS)

    def wrote(self) -> None:
        """The peer has taken a piece of what this phase sends."""
        if self._phase == "write":
            self.sent = True
            self.begin("write")

    def expired(self) -> APITimeoutError:
        phase = self._phase if self._until < self._end else "total"
        return failures.expired(self.address, phase, self._timeout, self._attempt_class)

    def broken(self, error: OSError) -> APIConnectionError:
        """What the system says of a connection, before a byte of the request has left."""
        return failures.broken(self.address, self._phase, error)

    @property
    def _attempt_class(self) -> AttemptClass:
        if self._phase == "between_events":
            return "started"
        return "ambiguous" if self.sent else "not_sent"
