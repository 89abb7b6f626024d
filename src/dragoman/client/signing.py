"""Requests that are signed by what has to be looked for: anew for each attempt, and never before.

What blocking and asynchronous share; nothing here waits. `looking` and `looking_later` are the
transports that sign what they send.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    Error,
)
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.providers.identity import Identity
    from dragoman.providers.wishes import Fetch

Clock = Callable[[], float]
"""Seconds since 1970."""


class Unsigned(Request, frozen=True, kw_only=True):
    """A request that nobody would take as it is."""

    identity: "Identity[Any]"
    """Who signs it."""

    def signed(self, by: Any, *, at: float) -> Request:
        """The same, signed at this instant by what the identity found."""
        headers = self.identity.signed(self.method, self.url, self.headers, self.body, by=by, at=at)
        return Request(method=self.method, url=self.url, headers=headers, body=self.body)

    def signed_at_once(self, *, at: float) -> Request | None:
        """The same; None where something has to be looked for."""
        found, look = self.identity.at_hand(at)
        return None if look else self.signed(found, at=at)


def asking(wish: "Fetch", *, left: float = math.inf) -> tuple[Request, Timeout]:
    """The request that is wished for, and how long it may take: no longer than is left."""
    request = Request(method=wish.method, url=wish.url, headers=wish.headers, body=wish.body)
    return request, Timeout.of(min(wish.timeout_seconds, left))


def left_of(timeout: Timeout, *, seconds: float) -> Timeout:
    """What is left of it after so many seconds; raises `APITimeoutError` where nothing is."""
    if seconds >= timeout.total:
        raise late(timeout)
    return msgspec.structs.replace(timeout, total=timeout.total - seconds)


def late(timeout: Timeout) -> APITimeoutError:
    """Of a request that waited in vain for credentials."""
    return APITimeoutError(
        f"credentials: expected them within {timeout.total:g} s; time is up",
        phase="total",
        attempt_class="not_sent",
    )


def told_again(error: Error) -> Error:
    """The same for another request, which counts its own attempts."""
    if isinstance(error, ConfigurationError):
        return ConfigurationError(error.message, param=error.param)
    return APIConnectionError(error.message, attempt_class="not_sent")


def unrenewed(identity: "Identity[Any]", error: Error) -> str:
    """For the log: what there was is used on."""
    return f"{identity!r}: not renewed, used on: {error.message}"
