"""Errors: read from whatever providers send, and told in OpenAI's words.

Providers agree on little: the message may stand in five places, the code may be a number,
the object may be a text, a list or HTML, and the status may be 200. What is read here is
brought to OpenAI's table of status, type and code; the body stays on the exception as it came.
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
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "api_error": 500,
    "upstream_error": 502,
    "service_unavailable_error": 503,
    "overloaded_error": 503,
    "timeout_error": 504,
}
"""The status that an error inside a 200 should have had, by its type; else 502."""

STATUS_CODES: Final = {
    401: "invalid_api_key",
    402: "insufficient_quota",
    429: "rate_limit_exceeded",
    502: "bad_gateway",
    503: "server_is_overloaded",
    529: "overloaded",
}
"""OpenAI's code for a status, where a provider's code only repeats the status."""

CODES: Final = {
    "DeploymentNotFound": "model_not_found",
    "RateLimitReached": "rate_limit_exceeded",
    "NoCapacity": "rate_limit_exceeded",
    "PermissionDenied": "invalid_api_key",
    "data_inspection_failed": "content_filter",
    "wrong_api_key": "invalid_api_key",
}
"""OpenAI's code for codes of Azure, DashScope and Cerebras."""

TYPE_CODES: Final = {
    "insufficient_quota": "insufficient_quota",
    "exceeded_current_quota_error": "insufficient_quota",
    "rate_limit_reached_error": "rate_limit_exceeded",
    "exceed_context_size_error": "context_length_exceeded",
    "too_many_prompt_tokens": "context_length_exceeded",
    "invalid_api_key": "invalid_api_key",
}
"""OpenAI's code where a provider says it in the type."""


def decode_error(status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The error that this answer tells; never raises."""
    try:
        value: Any = reading.read_untyped(body)
    except reading.UnreadableError:
        value = body.decode(errors="replace").strip() or None
    return _error(status_code, headers, value)


def failure_in(text: bytes) -> APIStatusError:
    """The error that stands where an answer was expected, under a status of 200."""
    if text.lstrip().startswith(b"{") and not reading.is_json(text):
        text = b""  # nested too deeply to be looked into; there may be an answer in it
    return decode_error(200, {}, text)


def reads_as_failure(text: bytes) -> bool:
    """Whether this JSON is an error object, of any of the shapes seen, and no answer."""
    try:
        value = reading.read_untyped(text)
    except reading.UnreadableError:
        return False
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or value.get("choices"):
        return False
    return bool(
        value.get("error")
        or value.get("object") == "error"
        or isinstance(value.get("detail"), str | list)
        or value.get("errors")
        or (isinstance(value.get("message"), str) and "choices" not in value)
    )


def _error(status_code: int, headers: Mapping[str, str], value: Any) -> APIStatusError:
    outer = value[0] if isinstance(value, list) and len(value) == 1 else value
    outer = outer if isinstance(outer, dict) else {}
    inner = _inner(outer)
    message = _message(outer, inner, value)
    said_type = inner.get("type") if isinstance(inner.get("type"), str) else None
    status_code = _status(status_code, outer, inner, said_type)
    code = _code(status_code, inner, outer, said_type)
    if code == "context_length_exceeded" or refusing.overflows(message):
        status_code, code = 400, "context_length_exceeded"
    param = inner.get("param")
    message = message or f"the provider answered {status_code} without a message"
    if status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    return status_error(
        message,
        status_code=status_code,
        code=code,
        param=param if isinstance(param, str) else None,
        request_id=_request_id(headers, outer),
        retry_after=refusing.retry_after(headers),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )


def _inner(outer: dict[str, Any]) -> dict[str, Any]:
    """The error object itself, in Groq's drawer, under `error`, or lying open."""
    groq = outer.get("x_groq")
    error = groq.get("error") if isinstance(groq, dict) else None
    error = error or outer.get("error")
    if isinstance(error, dict):
        return error
    return {"message": error} if isinstance(error, str) else outer


def _message(outer: dict[str, Any], inner: dict[str, Any], value: Any) -> str:
    """The sentence for people, from the first of the places where it is known to stand."""
    error, detail, errors = outer.get("error"), outer.get("detail"), outer.get("errors")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        detail = detail[0].get("msg")
    first = errors[0] if isinstance(errors, list) and errors else None
    listed = first.get("message") if isinstance(first, dict) else None
    for candidate in (inner.get("message"), error, outer.get("message"), detail, listed):
        if isinstance(candidate, str) and candidate:
            return candidate
    if isinstance(value, str):
        return value[: refusing.SHOWN_CHARACTERS]
    shown = error if "choices" in outer else value  # of an answer beside the error, nothing
    return reading.write(shown).decode()[: refusing.SHOWN_CHARACTERS] if shown else ""


def _status(
    status_code: int, outer: dict[str, Any], inner: dict[str, Any], said_type: str | None
) -> int:
    """The status; that of an error inside a 200 is what its code or type says, else 502."""
    if status_code >= 300:
        return status_code
    for code in (inner.get("code"), inner.get("status"), outer.get("statusCode")):
        number = int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else code
        if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600:
            return number
    return TYPE_STATUSES.get(said_type or "", 502)


def _code(
    status_code: int, inner: dict[str, Any], outer: dict[str, Any], said_type: str | None
) -> str | None:
    code = inner.get("code", outer.get("code"))
    if isinstance(code, int | float) and not isinstance(code, bool):
        code = str(int(code))
    if said_type in TYPE_CODES and not (isinstance(code, str) and not code.isdigit()):
        return TYPE_CODES[said_type]
    if not isinstance(code, str) or not code:
        return None
    if code.isdigit():
        return STATUS_CODES.get(status_code)
    return CODES.get(code, code)


def _request_id(headers: Mapping[str, str], outer: dict[str, Any]) -> str | None:
    said = request_id_in(headers)
    inside = outer.get("request_id")
    return said or (inside if isinstance(inside, str) else None)
