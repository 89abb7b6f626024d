"""Errors: read from Ollama, in OpenAI's words.

An error is a text under `error`, with a status or, in a stream, as a line of its own.
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
}
"""OpenAI's code for a status."""

NO_MEMORY: Final = "requires more system memory"
"""What a 500 says that another attempt does not mend."""


def decode_error(status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The error that this answer tells; never raises. Under a status of 200 it is a 500."""
    try:
        value: Any = reading.read_untyped(body)
    except reading.UnreadableError:
        value = body.decode(errors="replace").strip() or None
    message = _message(value)
    if status_code < 300:
        status_code = 500
    code = STATUS_CODES.get(status_code)
    if status_code == 404 and message.startswith("model"):
        code = "model_not_found"
    if refusing.overflows(message):
        status_code, code = 400, "context_length_exceeded"
    message = message or f"the provider answered {status_code} without a message"
    if status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    should_retry = False if NO_MEMORY in message else refusing.should_retry(headers)
    return status_error(
        message,
        status_code=status_code,
        code=code,
        request_id=request_id_in(headers),
        retry_after=refusing.retry_after(headers),
        should_retry=should_retry,
        body=value,
        headers=Headers(headers),
    )


def _message(value: Any) -> str:
    error = value.get("error") if isinstance(value, dict) else None
    inner = error.get("message") if isinstance(error, dict) else None
    outer = value.get("message") if isinstance(value, dict) else None
    for candidate in (error, inner, outer, value):
        if isinstance(candidate, str) and candidate:
            return candidate if candidate is not value else value[: refusing.SHOWN_CHARACTERS]
    return reading.write(value).decode()[: refusing.SHOWN_CHARACTERS] if value else ""
