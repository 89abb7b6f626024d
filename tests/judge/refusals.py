"""A provider's refusal, in OpenAI's words.

Authority: the provider pages, README.md section 6, openai-compatible.md section 5, azure-openai.md
section 5.
"""

from dataclasses import dataclass
from typing import Any

from tests.judge.words import value_of


@dataclass(frozen=True)
class SaidError:
    """A provider's refusal in OpenAI's words; None is what it leaves to us."""

    message: str
    status: int | None
    type: str | None
    code: str | None
    param: str | None


ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
    403: "permission_error", 404: "not_found_error", 408: "timeout_error",
    409: "conflict_error", 413: "request_too_large", 422: "invalid_request_error",
    424: "upstream_error", 429: "rate_limit_error", 499: "client_closed", 500: "server_error",
    502: "upstream_error", 503: "service_unavailable_error", 504: "timeout_error",
    529: "overloaded_error",
}  # fmt: skip

ERROR_CODES = {
    "DeploymentNotFound": "model_not_found",
    "data_inspection_failed": "content_filter",
}
"""Where a page knows a better code than the provider's."""

QUOTA = ("insufficient_quota", "credit_balance_exhausted")

TOO_LONG = (
    "maximum context length", "prompt is too long", "exceeds the maximum number of tokens",
    "input is too long", "input tokens exceeded", "exceeds the context window", "context size",
    "total length of all messages is too long",
)  # fmt: skip
TOO_LONG_TYPES = ("exceed_context_size_error", "too_many_prompt_tokens")


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a body with this status refuses, and why; of a 200, too (status None: not known)."""
    value = value_of(body)
    if isinstance(value, list) and value:
        value = value[0]
    outer = value if isinstance(value, dict) else {}
    error = outer["error"] if isinstance(outer.get("error"), dict) else outer

    message = message_of(outer, error) or body.decode("utf-8", "replace")[:500]
    code = error.get("code")
    if status in (200, None):
        status = code if isinstance(code, int) and code != 200 else None
    if not isinstance(code, str) or code == str(status):
        code = None  # a number says what the status says already
    code = ERROR_CODES.get(code or "", code)
    told = message.lower()
    if any(words in told for words in TOO_LONG) or error.get("type") in TOO_LONG_TYPES:
        status, code = 400, "context_length_exceeded"
    return SaidError(message, status, error_type(status, code), code, error.get("param"))


def message_of(outer: dict[str, Any], error: dict[str, Any]) -> str | None:
    detail, errors = outer.get("detail"), outer.get("errors")
    places = (
        error.get("message") if error is not outer else None,
        outer.get("error"),
        outer.get("message"),
        detail[0].get("msg") if isinstance(detail, list) and detail else detail,
        errors[0].get("message") if isinstance(errors, list) and errors else None,
    )
    return next((place for place in places if place and isinstance(place, str)), None)


def error_type(status: int | None, code: str | None) -> str | None:
    if status is None:
        return None
    if status == 429 and code in QUOTA:
        return "insufficient_quota"
    return ERROR_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
