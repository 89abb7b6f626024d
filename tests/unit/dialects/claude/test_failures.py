"""Claude's refusals in OpenAI's words, and the list of its models."""

import json
from typing import Any

import pytest

from dragoman.dialects import anthropic_messages
from dragoman.dialects.anthropic_messages import Profile, Quirks
from dragoman.errors import APIStatusError, ConfigurationError, RemoteProtocolError

LOW_CREDIT = "Your credit balance is too low to access the Anthropic API."


def failed(status: int, body: Any, **headers: str) -> APIStatusError:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return anthropic_messages.decode_error(status, named, text)


def said(kind: str, message: str, **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, **more}}


@pytest.mark.parametrize(
    ("status", "kind", "message", "ours", "code", "retryable"),
    [
        (400, "invalid_request_error", "no", "invalid_request_error", None, False),
        (400, "invalid_request_error", LOW_CREDIT, "invalid_request_error", "insufficient_quota",
         False),
        (400, "invalid_request_error", "prompt is too long: 9 tokens", "invalid_request_error",
         "context_length_exceeded", False),
        (401, "authentication_error", "no", "authentication_error", "invalid_api_key", False),
        (402, "billing_error", "no", "billing_error", "insufficient_quota", False),
        (403, "permission_error", "no", "permission_error", None, False),
        (404, "not_found_error", "model: x", "not_found_error", "model_not_found", False),
        (404, "not_found_error", "no such path", "not_found_error", None, False),
        (413, "request_too_large", "no", "request_too_large", None, False),
        (429, "rate_limit_error", "no", "rate_limit_error", "rate_limit_exceeded", True),
        (500, "api_error", "no", "server_error", None, True),
        (504, "timeout_error", "no", "timeout_error", None, True),
        (529, "overloaded_error", "no", "overloaded_error", "overloaded", True),
    ],
)  # fmt: skip
def test_every_refusal_of_the_table_has_its_words(
    status: int, kind: str, message: str, ours: str, code: str | None, retryable: bool
) -> None:
    error = failed(status, said(kind, message))

    assert (error.status_code, error.type, error.code) == (status, ours, code)
    assert (error.message, error.retryable) == (message, retryable)


def test_a_spent_limit_is_not_waited_for() -> None:
    details = {"error_code": "contract_spend_limit_reached"}

    error = failed(429, said("rate_limit_error", "Limit", details=details), retry_after="30")
    assert (error.code, error.type, error.retryable) == (
        "insufficient_quota",
        "insufficient_quota",
        False,
    )


def test_the_headers_of_a_refusal_are_heard() -> None:
    body = {**said("rate_limit_error", "Slow down"), "request_id": "inside"}

    error = failed(429, body, retry_after="7", x_should_retry="true", request_id="req_1")
    assert (error.retry_after, error.should_retry, error.request_id) == (7, True, "req_1")
    assert failed(429, body).request_id == "inside"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "Bedrock's own"}, "Bedrock's own"),
        ({"Message": "AWS's own"}, "AWS's own"),
        ([{"error": {"code": 403, "message": "Google's own", "status": "X"}}], "Google's own"),
        ({"error": "a proxy's own"}, "a proxy's own"),
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"", "the provider answered 403 without a message"),
        ({"odd": 1}, '{"odd":1}'),
        ({"error": {"type": 5, "message": 5}}, '{"error":{"type":5,"message":5}}'),
    ],
)
def test_what_hosts_and_proxies_answer_is_understood(body: Any, message: str) -> None:
    assert failed(403, body).message == message


def test_a_list_of_models_is_read_as_openais() -> None:
    body = {
        "data": [
            {"type": "model", "id": "claude-a", "created_at": "2026-02-19T00:00:00Z"},
            {"type": "model", "id": "claude-b", "created_at": "1970-01-01T00:00:00Z"},
            {"type": "model", "id": "claude-c", "created_at": "yesterday"},
            {"type": "model", "id": "claude-d", "created_at": "2026-02-19T00:00:00"},
        ],
        "has_more": False,
    }

    models = anthropic_messages.decode_models(json.dumps(body).encode())
    told = [(model.id, model.created, model.owned_by) for model in models.data]
    assert told == [
        ("claude-a", 1771459200, "anthropic"),
        ("claude-b", 0, "anthropic"),
        ("claude-c", 0, "anthropic"),
        ("claude-d", 0, "anthropic"),
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data":5}', b'{"data":[{}]}', b'{"data":[5]}'])
def test_what_is_no_list_of_models_is_refused(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        anthropic_messages.decode_models(body)


def test_an_error_in_place_of_the_list_is_an_error() -> None:
    with pytest.raises(APIStatusError, match="no key"):
        anthropic_messages.decode_models(
            json.dumps(said("authentication_error", "no key")).encode()
        )


def test_hosts_that_list_no_models_are_not_asked() -> None:
    encoded = anthropic_messages.encode_models_request()

    assert encoded.path == "/v1/models?limit=1000"
    assert encoded.headers == {"anthropic-version": "2023-06-01"}
    with pytest.raises(ConfigurationError):
        anthropic_messages.encode_models_request(profile=Profile(quirks=Quirks(models_path=None)))
