"""Errors as providers write them, and what a caller is told."""

import json
from typing import Any

import pytest

from dragoman.dialects.openai_chat.caller import encode_error
from dragoman.dialects.openai_chat.failure import decode_error, reads_as_failure
from dragoman.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    Error,
    NotFoundError,
    RateLimitError,
    RemoteProtocolError,
    UnsupportedParameterError,
    status_error,
)
from tests.schema import faults

TOO_LONG = "context_length_exceeded"


def told(status: int, body: Any, **headers: str) -> APIStatusError:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_error(status, {k.replace("_", "-"): v for k, v in headers.items()}, text)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "boom"}}, "boom"),
        ({"error": "boom"}, "boom"),
        ({"message": "boom"}, "boom"),
        ({"detail": "boom"}, "boom"),
        ({"detail": [{"msg": "boom", "loc": ["body"]}]}, "boom"),
        ({"errors": [{"message": "boom"}]}, "boom"),
        ([{"error": {"message": "boom"}}], "boom"),
        ({"statusCode": 429, "message": "boom"}, "boom"),
        ({"code": "invalid", "error": "boom"}, "boom"),
        ({"error": {"message": None}, "message": "boom"}, "boom"),
        (b"<html>boom</html>", "<html>boom</html>"),
        ({"other": 1}, '{"other":1}'),
        (b"", "the provider answered 500 without a message"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_message_is_found_wherever_it_stands(body: Any, message: str) -> None:
    assert told(500, body).message == message


def test_a_page_instead_of_an_error_is_shown_in_part() -> None:
    assert len(told(502, b"<html>" + b"x" * 10_000).message) == 500


@pytest.mark.parametrize(
    ("status", "error", "type", "code"),
    [
        (400, {"code": 400, "type": "BadRequestError"}, "invalid_request_error", None),
        (400, {"code": "unsupported_value"}, "invalid_request_error", "unsupported_value"),
        (400, {"type": None, "code": "content_filter"}, "invalid_request_error", "content_filter"),
        (400, {"code": "data_inspection_failed"}, "invalid_request_error", "content_filter"),
        (400, {"type": "too_many_prompt_tokens"}, "invalid_request_error", TOO_LONG),
        (401, {"code": "invalid_api_key"}, "authentication_error", "invalid_api_key"),
        (401, {"code": "401"}, "authentication_error", "invalid_api_key"),
        (401, {"code": "wrong_api_key"}, "authentication_error", "invalid_api_key"),
        (402, {"code": "x"}, "billing_error", "x"),
        (403, {}, "permission_error", None),
        (404, {"code": "DeploymentNotFound"}, "not_found_error", "model_not_found"),
        (404, {"code": "404"}, "not_found_error", None),
        (424, {}, "upstream_error", None),
        (429, {"code": "429"}, "rate_limit_error", "rate_limit_exceeded"),
        (429, {"code": "RateLimitReached"}, "rate_limit_error", "rate_limit_exceeded"),
        (429, {"type": "insufficient_quota", "code": "insufficient_quota"}, "insufficient_quota",
         "insufficient_quota"),
        (429, {"type": "exceeded_current_quota_error"}, "insufficient_quota", "insufficient_quota"),
        (500, {"code": None}, "server_error", None),
        (502, {"code": 502}, "upstream_error", "bad_gateway"),
        (503, {"code": "busy"}, "service_unavailable_error", "busy"),
        (529, {"type": "overloaded_error"}, "overloaded_error", None),
    ],
)  # fmt: skip
def test_type_and_code_are_openais(
    status: int, error: dict[str, Any], type: str, code: str | None
) -> None:
    caught = told(status, {"error": {"message": "boom", **error}})

    assert (caught.status_code, caught.type, caught.code) == (status, type, code)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens.",
        "Prompt is too long: 9000 tokens",
        "The total length of all messages is too long.",
        "request exceeds the available context size",
    ],
)
def test_a_prompt_that_does_not_fit_has_one_code_in_all_dialects(message: str) -> None:
    caught = told(413, {"error": {"message": message}})

    assert isinstance(caught, BadRequestError)
    assert (caught.status_code, caught.code) == (400, "context_length_exceeded")


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (404, NotFoundError),
        (429, RateLimitError),
    ],
)
def test_each_status_has_its_leaf(status: int, leaf: type[Error]) -> None:
    assert type(told(status, {})) is leaf


def test_a_spent_quota_is_not_worth_a_second_try() -> None:
    spent = told(429, {"error": {"message": "boom", "code": "insufficient_quota"}})
    busy = told(429, {"error": {"message": "boom", "code": "rate_limit_exceeded"}})

    assert (spent.retryable, busy.retryable) == (False, True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "2"}, 2.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "inf"}, None),
        (
            {
                "retry_after": "Mon, 23 Nov 2026 03:30:10 GMT",
                "date": "Mon, 23 Nov 2026 03:30:00 GMT",
            },
            10.0,
        ),
        ({"retry_after": "Mon, 23 Nov 2026 03:30:10 GMT"}, None),
    ],
)
def test_the_wait_that_a_provider_asks_for_is_in_seconds(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert told(429, {}, **headers).retry_after == seconds


@pytest.mark.parametrize("header", ["x_request_id", "apim_request_id"])
def test_the_providers_own_id_of_the_request_is_kept(header: str) -> None:
    assert told(500, {}, **{header: "req-1"}).request_id == "req-1"


def test_dashscope_says_the_id_in_the_body() -> None:
    assert told(500, {"error": {"message": "x"}, "request_id": "req-2"}).request_id == "req-2"


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ({"error": {"message": "x"}}, True),
        ([{"error": {"message": "x"}}], True),
        ({"object": "error", "message": "x"}, True),
        ({"detail": "x"}, True),
        ({"choices": [{}], "error": {"message": "x"}}, False),
        ({"choices": [], "usage": None}, False),
        ({"choices": [], "prompt_filter_results": []}, False),
        ([], False),
        (5, False),
    ],
)
def test_an_error_object_is_told_from_an_odd_chunk(value: Any, is_one: bool) -> None:
    assert reads_as_failure(json.dumps(value).encode()) is is_one


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (status_error("x", status_code=429, code="slow_down"), 429),
        (status_error("x", status_code=529), 503),
        (status_error("x", status_code=302), 502),
        (status_error("x", status_code=999), 502),
        (RemoteProtocolError("x"), 502),
        (APIConnectionError("x"), 502),
        (APITimeoutError("x", phase="read"), 504),
        (UnsupportedParameterError("x", param="n"), 400),
        (ConfigurationError("x"), 500),
    ],
)
def test_every_error_can_be_told_to_a_caller(error: Error, status: int) -> None:
    encoded = encode_error(error)
    body = json.loads(encoded.body)

    assert encoded.status_code == status
    assert faults("ErrorResponse", body) == []
    assert body["error"]["message"] == "x"


def test_a_callers_error_repeats_nothing_of_the_providers_body() -> None:
    caught = told(500, {"error": {"message": "x", "secret": "sk-canary"}})

    assert b"canary" not in encode_error(caught).body
