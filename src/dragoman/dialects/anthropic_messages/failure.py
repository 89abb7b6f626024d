"""Errors: read from Anthropic and from the hosts of its models, in OpenAI's words.

In a stream the same object comes as an event; its status is then that of its type. Bedrock
answers `{"message": …}`, and Vertex as Google does.
"""

from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.errors import APIStatusError, status_error
from dragoman.models.headers import Headers, request_id_in
from dragoman.wire import reading

TYPE_STATUSES: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
    "validationException": 400,
    "modelTimeoutException": 408,
    "modelStreamErrorException": 424,
    "throttlingException": 429,
    "internalServerException": 500,
    "serviceUnavailableException": 503,
}
"""The status of an error that comes without one of its own; of a type that is not here, 502.

The exceptions are those of Bedrock's streams.
"""

STATUS_CODES: Final = {
    401: "invalid_api_key",
    402: "insufficient_quota",
    429: "rate_limit_exceeded",
    529: "overloaded",
}
"""OpenAI's code for a status."""

SPENT: Final = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
"""Codes of a 429 that waiting does not mend."""


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
    return _error(200, {}, value) if _is_failure(value) else None


def _is_failure(value: Any) -> bool:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return False
    return bool(
        value.get("type") == "error"
        or value.get("error")
        or (isinstance(value.get("message"), str) and "content" not in value)
    )


def _error(status_code: int, headers: Mapping[str, str], value: Any) -> APIStatusError:
    outer = value[0] if isinstance(value, list) and len(value) == 1 else value
    outer = outer if isinstance(outer, dict) else {}
    error = outer.get("error")
    inner: dict[str, Any] = error if isinstance(error, dict) else outer
    message = _message(inner, error, value)
    if status_code < 300:
        status_code = _status(inner)
    code = _code(status_code, inner, message)
    if refusing.overflows(message):
        status_code, code = 400, "context_length_exceeded"
    message = message or f"the provider answered {status_code} without a message"
    if status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    inside = outer.get("request_id")
    return status_error(
        message,
        status_code=status_code,
        code=code,
        request_id=request_id_in(headers) or (inside if isinstance(inside, str) else None),
        retry_after=refusing.retry_after(headers),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )


def _message(inner: dict[str, Any], error: Any, value: Any) -> str:
    for candidate in (inner.get("message"), inner.get("Message"), error):
        if isinstance(candidate, str) and candidate:
            return candidate
    if isinstance(value, str):
        return value[: refusing.SHOWN_CHARACTERS]
    return reading.write(value).decode()[: refusing.SHOWN_CHARACTERS] if value else ""


def _status(inner: dict[str, Any]) -> int:
    code = inner.get("code")
    if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600:
        return code  # Google's error objects repeat it
    said = inner.get("type")
    return TYPE_STATUSES.get(said, 502) if isinstance(said, str) else 502


def _code(status_code: int, inner: dict[str, Any], message: str) -> str | None:
    details = inner.get("details")
    if isinstance(details, dict) and details.get("error_code") in SPENT:
        return "insufficient_quota"
    if "credit balance is too low" in message.lower():
        return "insufficient_quota"
    if status_code == 404 and message.startswith("model:"):
        return "model_not_found"
    return STATUS_CODES.get(status_code)
