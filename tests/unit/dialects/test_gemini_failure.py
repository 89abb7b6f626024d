"""Refusals of Google's services, in OpenAI's words."""

import json
from typing import Any

import pytest

from dragoman.dialects.gemini import decode_error
from dragoman.errors import APIStatusError, RateLimitError


def refusal(status_code: int, word: str, message: str = "no", **rest: Any) -> APIStatusError:
    body = {"error": {"code": status_code, "message": message, "status": word, **rest}}
    return decode_error(status_code, {}, json.dumps(body).encode())


KEY = "API key not valid. Please pass a valid API key."
LONG = "The input token count (9) exceeds the maximum number of tokens allowed (8)."
CACHE = "Not found: cache content metadata 8."


@pytest.mark.parametrize(
    ("status_code", "word", "message", "told"),
    [
        (400, "INVALID_ARGUMENT", "no", (400, "invalid_request_error", "invalid_argument")),
        (400, "INVALID_ARGUMENT", KEY, (401, "authentication_error", "invalid_api_key")),
        (400, "INVALID_ARGUMENT", LONG, (400, "invalid_request_error", "context_length_exceeded")),
        (400, "FAILED_PRECONDITION", "no", (400, "invalid_request_error", "failed_precondition")),
        (401, "UNAUTHENTICATED", "no", (401, "authentication_error", "unauthenticated")),
        (403, "PERMISSION_DENIED", "no", (403, "permission_error", "permission_denied")),
        (404, "NOT_FOUND", "models/x is not found", (404, "not_found_error", "model_not_found")),
        (404, "NOT_FOUND", CACHE, (404, "not_found_error", "not_found")),
        (429, "RESOURCE_EXHAUSTED", "no", (429, "rate_limit_error", "rate_limit_exceeded")),
        (499, "CANCELLED", "no", (499, "client_closed", "cancelled")),
        (500, "INTERNAL", "no", (500, "server_error", "internal")),
        (503, "UNAVAILABLE", "no", (503, "service_unavailable_error", "unavailable")),
        (504, "DEADLINE_EXCEEDED", "no", (504, "timeout_error", "deadline_exceeded")),
    ],
)  # fmt: skip
def test_a_status_has_openais_type_and_code(
    status_code: int, word: str, message: str, told: tuple[int, str, str]
) -> None:
    error = refusal(status_code, word, message)

    assert (error.status_code, error.type, error.code) == told
    assert error.message == message
    assert error.retryable is (error.status_code in (429, 500, 503, 504))


def quota(name: str) -> list[Any]:
    failure = "type.googleapis.com/google.rpc.QuotaFailure"
    retry = "type.googleapis.com/google.rpc.RetryInfo"
    return [
        {"@type": failure, "violations": [{"quotaId": name}]},
        {"@type": retry, "retryDelay": "34.4s"},
    ]


def test_the_quota_of_a_minute_is_worth_a_wait_and_that_of_a_day_is_not() -> None:
    minute = refusal(429, "RESOURCE_EXHAUSTED", details=quota("RequestsPerMinutePerProject"))
    day = refusal(429, "RESOURCE_EXHAUSTED", details=quota("RequestsPerDayPerProject"))

    assert isinstance(minute, RateLimitError)
    assert (minute.retry_after, minute.retryable) == (34.4, True)
    assert (day.code, day.retryable) == ("insufficient_quota", False)


@pytest.mark.parametrize(
    ("body", "status_code", "message"),
    [
        (b'[{"error":{"code":429,"message":"wait","status":"RESOURCE_EXHAUSTED"}}]', 429, "wait"),
        (b'{"error":{"message":"wait","status":"UNAVAILABLE"}}', 503, "wait"),
        (b'{"error":"wait"}', 502, "wait"),
        (b"<html>Bad gateway</html>", 502, "<html>Bad gateway</html>"),
        (b"", 502, "the provider answered 502 without a message"),
        (b"[]", 502, "the provider answered 502 without a message"),
        (b'{"error":{"details":7,"message":5}}', 502, '{"error":{"details":7,"message":5}}'),
    ],
)
def test_an_error_under_a_good_status_is_one_all_the_same(
    body: bytes, status_code: int, message: str
) -> None:
    error = decode_error(200, {}, body)

    assert (error.status_code, error.message) == (status_code, message)
