"""How transports tell that a connection failed: the same words for the same phase.

Pure: the transport knows the phase, and whether a byte of the request was written.
"""

from typing import Final

from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    AttemptClass,
    Error,
    RemoteProtocolError,
)
from dragoman.transport.timeouts import Timeout

WHILE: Final = {
    "pool": "while waiting for a free connection",
    "dns": "while looking up its address",
    "connect": "while connecting",
    "tls": "in the TLS handshake",
    "write": "while sending the request",
    "first_byte": "while waiting for the answer",
    "first_content": "while waiting for the first content",
    "between_events": "while reading the answer",
    "total": "the whole request",
}
"""The phases, as `Timeout` and `APITimeoutError.phase` name them."""


def expired(
    address: str, phase: str, timeout: Timeout, attempt_class: AttemptClass
) -> APITimeoutError:
    seconds: float = getattr(timeout, phase)
    what = "not done" if phase == "total" else "nothing"
    return APITimeoutError(
        f"{address}: {WHILE[phase]}: {what} within {round(seconds, 3):g} s",
        phase=phase,
        attempt_class=attempt_class,
    )


def broken(address: str, phase: str, error: OSError) -> APIConnectionError:
    """What the operating system or TLS says, before a byte of the request was written."""
    reason = error.strerror or str(error) or type(error).__name__
    return APIConnectionError(f"{address}: {WHILE[phase]}: {reason}", attempt_class="not_sent")


def ours(error: Exception, address: str, attempt_class: AttemptClass) -> Error:
    """The error, if it is one of ours; one that nobody foresaw would else be seen by nobody."""
    if isinstance(error, Error):
        return error
    failure = APIConnectionError(
        f"{address}: {type(error).__name__}, which nobody foresaw", attempt_class=attempt_class
    )
    failure.__cause__ = error
    return failure


def too_large(address: str, limit: int) -> RemoteProtocolError:
    """A body that is larger than its reader would have it."""
    return RemoteProtocolError(f"{address}: expected a body of at most {limit} bytes, more came")
