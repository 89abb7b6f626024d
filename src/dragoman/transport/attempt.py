"""How far an attempt has come, and how long each of its phases may take.

Pure: the time arrives as an argument, on whichever monotonic clock the driver reads.
"""

from dragoman.errors import APITimeoutError, AttemptClass
from dragoman.transport.failures import expired
from dragoman.transport.timeouts import Timeout


class Attempt:
    __slots__ = ("address", "attempt_class", "timeout", "total_at")

    def __init__(self, address: str, timeout: Timeout, now: float) -> None:
        self.address = address
        self.timeout = timeout
        self.total_at = now + timeout.total
        self.attempt_class: AttemptClass = "not_sent"
        """What a failure would mean now."""

    def until(self, phase: str, since: float) -> float:
        """When a phase that began, or got on, at `since` has to be over."""
        at: float = since + getattr(self.timeout, phase)
        return min(at, self.total_at)

    def over(self, now: float) -> bool:
        return now >= self.total_at

    def passed(self, phase: str, since: float) -> APITimeoutError:
        """The deadline that passed in a phase that began at `since`: its own, or the total."""
        if self.until(phase, since) == self.total_at:
            phase = "total"
        return expired(self.address, phase, self.timeout, self.attempt_class)
