"""What refusals have in common: when to try again, what does not fit, how OpenAI tells them."""

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.dialect import EncodedError
from dragoman.errors import APIStatusError, APITimeoutError, ConfigurationError, Error
from dragoman.models import shared
from dragoman.wire import reading

OVERFLOWS: Final = (
    "maximum context length",
    "prompt is too long",
    "exceeds the maximum number of tokens",
    "input is too long",
    "input tokens exceeded",
    "exceeds the context window",
    "context size",
    "total length of all messages is too long",
)
"""How providers say that the prompt does not fit; compared in lower case."""

SHOWN_CHARACTERS: Final = 500
"""How much of a body that is no error object is shown in the message."""


def overflows(message: str) -> bool:
    """Whether this message says that the prompt does not fit."""
    lowered = message.lower()
    return any(pattern in lowered for pattern in OVERFLOWS)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """What the provider says of trying again, in `x-should-retry`; None where it says nothing."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", ""))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after`; None where they say nothing.

    A date counts from the answer's own `date`, so that no clock is asked here.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None or said is None:
        return seconds
    import email.utils  # brings `socket` along, and is needed for the rarest of headers

    try:
        until = email.utils.parsedate_to_datetime(said)
        since = email.utils.parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def status_of(error: Error) -> int:
    """The HTTP status under which this error is told."""
    match error:
        case APIStatusError():
            status = error.status_code
            # A redirect that is not followed, or a status of one's own, is no answer to a caller.
            return status if 400 <= status < 600 else 502
        case APITimeoutError():
            return 504
        case ConfigurationError():
            return 500
    return 502 if error.type == "upstream_error" else 400


def in_openais_words(error: Error) -> EncodedError:
    """The answer that tells this error to a caller of either of OpenAI's dialects.

    Of the provider's own body, nothing is repeated.
    """
    status = status_of(error)
    body = shared.ErrorResponse(
        error=shared.Error(
            code=error.code, message=error.message, param=error.param, type=error.type
        )
    )
    return EncodedError(
        status_code=503 if status == 529 else status,
        headers={"content-type": "application/json"},
        body=reading.write(body),
    )
