"""Errors: read from Mistral, in OpenAI's words.

The message is a text, or an object or a list that says where each mistake is; the status may be
missing, where an error stands in place of an answer.
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
    503: "server_is_overloaded",
}
"""OpenAI's code for a status, where Mistral's is a number."""

TYPE_STATUSES: Final = {
    "invalid_request_error": 400,
    "invalid_model": 400,
    "authentication_error": 401,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "rate_limited": 429,
    "service_tier_capacity_exceeded": 429,
    "internal_server_error": 500,
    "service_unavailable": 503,
}
"""The status of an error that comes without one, by its type; else 502."""


def decode_error(status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The error that this answer tells; never raises."""
    try:
        value: Any = reading.read_untyped(body)
    except reading.UnreadableError:
        value = body.decode(errors="replace").strip() or None
    outer = value if isinstance(value, dict) else {}
    error = outer.get("error")
    inner = error if isinstance(error, dict) else outer
    message = _message(inner) or _message({"message": error})
    if not message and value:
        shown = value if isinstance(value, str) else reading.write(value).decode()
        message = shown[: refusing.SHOWN_CHARACTERS]
    if status_code < 300:
        status_code = _status(inner)
    code = inner.get("code")
    if not isinstance(code, str) or not code or code.isdigit():
        code = STATUS_CODES.get(status_code)
    if inner.get("type") == "invalid_model":
        code = "model_not_found"
    if refusing.overflows(message):
        status_code, code = 400, "context_length_exceeded"
    message = message or f"the provider answered {status_code} without a message"
    if status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    param, inside = inner.get("param"), outer.get("request_id")
    return status_error(
        message,
        status_code=status_code,
        code=code,
        param=param if isinstance(param, str) else None,
        request_id=(request_id_in(headers) or (inside if isinstance(inside, str) else None)),
        retry_after=refusing.retry_after(headers),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )


def failure_in(text: bytes) -> APIStatusError | None:
    """The error that stands where an answer was expected, under a status of 200; None for none."""
    try:
        value: Any = reading.read_untyped(text)
    except reading.UnreadableError:
        return None
    if not isinstance(value, dict) or value.get("choices"):
        return None
    failed = (
        value.get("object") == "error"
        or value.get("error")
        or value.get("detail")
        or value.get("message")
    )
    return decode_error(200, {}, text) if failed else None


def _message(holder: dict[str, Any]) -> str:
    """The sentence for people: under `message` or `detail`, which may lie in each other."""
    for told in (holder.get("message"), holder.get("detail")):
        if isinstance(told, str) and told:
            return told
        if isinstance(told, dict) and (said := _told(told.get("detail"))):
            return said
        if said := _told(told):
            return said
    return ""


def _told(detail: Any) -> str:
    """A list of mistakes, each with its place."""
    if isinstance(detail, str):
        return detail
    if not isinstance(detail, list):
        return ""
    return "; ".join(_mistake(entry) for entry in detail if isinstance(entry, dict))


def _mistake(entry: dict[str, Any]) -> str:
    where, what = entry.get("loc"), str(entry.get("msg") or entry.get("type") or "")
    place = ".".join(map(str, where)) if isinstance(where, list) else ""
    return f"{place}: {what}" if place else what


def _status(inner: dict[str, Any]) -> int:
    code, kind = inner.get("code"), inner.get("type")
    number = int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else code
    if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600:
        return number
    return TYPE_STATUSES.get(kind, 502) if isinstance(kind, str) else 502
