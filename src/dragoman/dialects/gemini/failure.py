"""Errors as Google's services tell them: a status by number and by name, and typed details.

Authority: https://cloud.google.com/apis/design/errors, and recorded refusals.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.errors import APIStatusError, status_error
from dragoman.models.headers import Headers, request_id_in
from dragoman.wire import reading

STATUSES: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The HTTP status of a status by name; needed where an error comes inside a 200."""

SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s")
"""A duration, as protocol buffers write one in JSON."""


def decode_error(status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The error that this answer tells; never raises."""
    try:
        value: Any = reading.read_untyped(body)
    except reading.UnreadableError:
        value = body.decode(errors="replace").strip() or None
    error = _inner(value)
    message = error.get("message")
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    message = message if isinstance(message, str) and message else _shown(value)
    word = error.get("status") if isinstance(error.get("status"), str) else None
    status_code, code = _code(_status(status_code, error, word), word, message, details)
    message = message or f"the provider answered {status_code} without a message"
    if status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    return status_error(
        message,
        status_code=status_code,
        code=code,
        request_id=request_id_in(headers),
        retry_after=_retry_after(headers, details),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )


def failure_in(text: bytes) -> APIStatusError:
    """The error that stands where an answer was expected, under a status of 200."""
    return decode_error(200, {}, text)


def reads_as_failure(text: bytes) -> bool:
    """Whether this JSON is an error object and no answer."""
    try:
        return bool(_inner(reading.read_untyped(text)))
    except reading.UnreadableError:
        return False


def _inner(value: Any) -> dict[str, Any]:
    """The error object; streams and the OpenAI endpoint put a list of one around it."""
    outer = value[0] if isinstance(value, list) and value else value
    error = outer.get("error") if isinstance(outer, dict) else None
    if isinstance(error, str) and error:
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _status(status_code: int, error: dict[str, Any], word: str | None) -> int:
    """The status; that of an error inside a 200 is what its code or name says, else 502."""
    if status_code >= 300:
        return status_code
    code = error.get("code")
    if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600:
        return code
    return STATUSES.get(word or "", 502)


def _code(
    status_code: int, word: str | None, message: str, details: list[dict[str, Any]]
) -> tuple[int, str | None]:
    """Status and code in OpenAI's words; the code is Google's word where that says more."""
    reasons = {detail.get("reason") for detail in details}
    if "API_KEY_INVALID" in reasons or "API key not valid" in message:
        return 401, "invalid_api_key"
    if refusing.overflows(message):
        return 400, "context_length_exceeded"
    if status_code == 429:
        return 429, "insufficient_quota" if _spent(details) else "rate_limit_exceeded"
    # Caches and files are not found under the same word; only a model is OpenAI's code for it.
    if status_code == 404 and "model" in message.lower():
        return 404, "model_not_found"
    return status_code, word.lower() if word else None


def _spent(details: list[dict[str, Any]]) -> bool:
    """Whether a quota of a whole day is spent, which no short wait refills."""
    violations = [v for detail in details for v in _list(detail.get("violations"))]
    quotas = [v.get("quotaId") for v in violations if isinstance(v, dict)]
    return any(isinstance(quota, str) and "PerDay" in quota for quota in quotas)


def _retry_after(headers: Mapping[str, str], details: list[dict[str, Any]]) -> float | None:
    """Seconds to wait, from the details, where Google tells them, else from the headers."""
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and (seconds := SECONDS.fullmatch(delay)):
            return float(seconds[1])
    return refusing.retry_after(headers)


def _shown(value: Any) -> str:
    """A body that is no error object, as far as it is shown; of an answer, nothing."""
    if isinstance(value, dict) and "candidates" in value:
        return ""
    text = value if isinstance(value, str) else reading.write(value).decode() if value else ""
    return text[: refusing.SHOWN_CHARACTERS]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
