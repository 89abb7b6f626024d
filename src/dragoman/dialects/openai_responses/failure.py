"""Errors: in an HTTP answer, in an event, in a response that failed; in OpenAI's words.

The object may stand under `error`, under `response.error` or lie open, and xAI's is a text beside
a code. An error that comes without a status of its own has that of its code or type.
"""

from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.errors import APIStatusError, status_error
from dragoman.models.headers import Headers, request_id_in
from dragoman.wire import reading

CODE_STATUSES: Final = {
    "server_error": 500,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "invalid_prompt": 400,
    "data_residency_mismatch": 400,
    "vector_store_timeout": 400,
    "failed_to_download_image": 400,
    "unsupported_parameter": 400,
    "context_length_exceeded": 400,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "server_is_overloaded": 503,
    "slow_down": 503,
}
"""The status of an error that comes without one, by its code."""

TYPE_STATUSES: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "service_unavailable_error": 503,
}
"""The same by its type, where the code says nothing; else 500."""

WRONG_KEY: Final = "Incorrect API key provided"
"""How a wrong key is told, by xAI under a status of 400."""


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
    if not isinstance(value, dict):
        return False
    return bool(
        value.get("error")
        or value.get("type") == "error"
        or value.get("status") == "failed"
        or (isinstance(value.get("message"), str) and "output" not in value)
    )


def _error(status_code: int, headers: Mapping[str, str], value: Any) -> APIStatusError:
    outer = value[0] if isinstance(value, list) and len(value) == 1 else value
    outer = outer if isinstance(outer, dict) else {}
    inner = _inner(outer)
    message = _message(inner, value)
    code = _code(inner, outer)
    if status_code < 300:
        status_code = _status(code, inner)
    if status_code == 400 and code == "model_not_found":
        status_code = 404  # as Chat Completions has it
    if status_code == 400 and message.startswith(WRONG_KEY):
        status_code, code = 401, "invalid_api_key"
    if code == "context_length_exceeded" or refusing.overflows(message):
        status_code, code = 400, "context_length_exceeded"
    message = message or f"the provider answered {status_code} without a message"
    if status_code < 400:
        message += "; a redirect is not followed: base_url has to name the address itself"
    param = inner.get("param")
    return status_error(
        message,
        status_code=status_code,
        code=code,
        param=param if isinstance(param, str) else None,
        request_id=request_id_in(headers),
        retry_after=refusing.retry_after(headers),
        should_retry=refusing.should_retry(headers),
        body=value,
        headers=Headers(headers),
    )


def _inner(outer: dict[str, Any]) -> dict[str, Any]:
    """The error object itself."""
    response = outer.get("response")
    error = response.get("error") if isinstance(response, dict) else outer.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {"message": error}
    if isinstance(response, dict) or "output" in outer:
        return {}  # a response that failed, and does not say why
    return {key: said for key, said in outer.items() if key != "type"}


def _message(inner: dict[str, Any], value: Any) -> str:
    message = inner.get("message")
    if isinstance(message, str) and message:
        return message
    if isinstance(value, str):
        return value[: refusing.SHOWN_CHARACTERS]
    return reading.write(inner).decode()[: refusing.SHOWN_CHARACTERS] if inner else ""


def _code(inner: dict[str, Any], outer: dict[str, Any]) -> str | None:
    code = inner.get("code", outer.get("code"))
    if not isinstance(code, str) or not code or code.isdigit():
        return None
    if code.endswith("_policy") or "policy_violation" in code:
        return "content_filter"
    return code


def _status(code: str | None, inner: dict[str, Any]) -> int:
    """The status that an error without one should have had."""
    if code in CODE_STATUSES:
        return CODE_STATUSES[code]
    if code is not None and (code == "content_filter" or "image" in code):
        return 400
    said = inner.get("type")
    return TYPE_STATUSES.get(said, 500) if isinstance(said, str) else 500
