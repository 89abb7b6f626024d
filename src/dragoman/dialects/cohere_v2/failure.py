"""Errors: read from Cohere, in OpenAI's words.

Cohere answers `{"id": …, "message": …}`; what stands before it may put that, or a text, in
`data`.
"""

from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.errors import APIStatusError, status_error
from dragoman.models.headers import Headers, request_id_in
from dragoman.wire import reading

STATUS_CODES: Final = {
    401: "invalid_api_key",
    402: "insufficient_quota",
    429: "rate_limit_exceeded",
    498: "content_filter",
}
"""OpenAI's code for a status."""

SPENT: Final = ("trial", "monthly")
"""What the message of a 429 says that waiting a while does not mend."""

NOT_THERE: Final = 501
"""Asks for what Cohere does not have: no failure, and not to be tried again."""


def decode_error(status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The error that this answer tells; never raises."""
    try:
        value: Any = reading.read_untyped(body)
    except reading.UnreadableError:
        value = body.decode(errors="replace").strip() or None
    return _error(status_code, headers, value)


def failure_in(text: bytes) -> APIStatusError | None:
    """The error that stands where an answer was expected, under a status of 200; None for none."""
    try:
        value = reading.read_untyped(text)
    except reading.UnreadableError:
        return None
    if not isinstance(value, dict):
        return None
    told = isinstance(value.get("message"), str) or value.get("error") or value.get("data")
    return _error(200, {}, value) if told else None


def _error(status_code: int, headers: Mapping[str, str], value: Any) -> APIStatusError:
    outer = value if isinstance(value, dict) else {}
    message = _message(outer, value)
    if status_code < 300:
        status_code = 502  # inside a 200, Cohere does not tell whose fault it is
    code = _code(status_code, message)
    if code == "context_length_exceeded":
        status_code = 400
    message = message or f"the provider answered {status_code} without a message"
    if 300 <= status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    inside = outer.get("id")
    error = status_error(
        message,
        status_code=status_code,
        code=code,
        type="invalid_request_error" if status_code == NOT_THERE else None,
        request_id=request_id_in(headers) or (inside if isinstance(inside, str) else None),
        retry_after=refusing.retry_after(headers),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )
    if status_code == NOT_THERE:
        error.attempt_class = "client"
    return error


def _message(outer: dict[str, Any], value: Any) -> str:
    data, error = outer.get("data"), outer.get("error")
    inner = data if isinstance(data, dict) else error if isinstance(error, dict) else {}
    for candidate in (outer.get("message"), inner.get("message"), data, error, value):
        if isinstance(candidate, str) and candidate:
            return candidate if candidate is not value else value[: refusing.SHOWN_CHARACTERS]
    return reading.write(value).decode()[: refusing.SHOWN_CHARACTERS] if value else ""


def _code(status_code: int, message: str) -> str | None:
    lowered = message.lower()
    if status_code == 429 and any(word in lowered for word in SPENT):
        return "insufficient_quota"
    if refusing.overflows(message):
        return "context_length_exceeded"
    if status_code in (400, 422, 502) and "too many tokens" in lowered:
        return "context_length_exceeded"
    if status_code == 404 and "model" in lowered:
        return "model_not_found"
    return STATUS_CODES.get(status_code)
