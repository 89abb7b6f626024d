"""The tree of errors: who can act, what code can read, and what a status means."""

import pytest

from dragoman import errors

DEADLINE = errors.APITimeoutError("no byte after 30 s", phase="first_byte")


@pytest.mark.parametrize(
    ("status_code", "leaf"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.InternalServerError),
        (529, errors.InternalServerError),
        (418, errors.APIStatusError),
    ],
)
def test_a_status_has_the_leaf_that_users_of_openai_catch(
    status_code: int, leaf: type[errors.APIStatusError]
) -> None:
    error = errors.status_error("the answer was no", status_code=status_code)

    assert type(error) is leaf


@pytest.mark.parametrize(
    ("status_code", "type_"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (418, "invalid_request_error"),
        (429, "rate_limit_error"),
        (503, "service_unavailable_error"),
        (529, "overloaded_error"),
        (599, "server_error"),
    ],
)
def test_an_unnamed_type_follows_from_the_status(status_code: int, type_: str) -> None:
    assert errors.status_error("no", status_code=status_code).type == type_


def test_the_type_the_provider_gave_stands() -> None:
    error = errors.status_error("no", status_code=400, type="image_parse_error")

    assert error.type == "image_parse_error"


@pytest.mark.parametrize(
    ("status_code", "attempt_class", "retryable"),
    [
        (400, "client", False),
        (401, "client", False),
        (408, "failed", True),
        (429, "refused", True),
        (500, "failed", True),
        (503, "refused", True),
        (529, "refused", True),
    ],
)
def test_the_status_tells_whether_to_try_again(
    status_code: int, attempt_class: errors.AttemptClass, retryable: bool
) -> None:
    error = errors.status_error("no", status_code=status_code)

    assert (error.attempt_class, error.retryable) == (attempt_class, retryable)


@pytest.mark.parametrize("code", sorted(errors.QUOTA_CODES))
def test_a_spent_quota_is_a_429_that_waiting_does_not_mend(code: str) -> None:
    error = errors.status_error("no", status_code=429, code=code)

    assert isinstance(error, errors.RateLimitError)
    assert error.type == "insufficient_quota"
    assert not error.retryable


def test_what_came_with_the_answer_is_kept_beside_the_message() -> None:
    body = {"error": {"message": "slow down, sk-secret"}}

    error = errors.status_error(
        "429 from lab", status_code=429, request_id="req_1", retry_after=1.5, body=body
    )

    assert (error.request_id, error.retry_after, error.body) == ("req_1", 1.5, body)
    assert str(error) == error.message == "429 from lab"
    assert "sk-secret" not in repr(error)


def test_a_passed_deadline_is_a_lost_connection_that_names_its_phase() -> None:
    assert isinstance(DEADLINE, errors.APIConnectionError)
    assert (DEADLINE.phase, DEADLINE.code, DEADLINE.type) == (
        "first_byte",
        "timeout",
        "timeout_error",
    )


@pytest.mark.parametrize("error", [DEADLINE, errors.APIConnectionError("cut")])
def test_without_an_answer_nobody_knows_what_the_provider_did(error: errors.Error) -> None:
    assert error.attempt_class == "ambiguous"
    assert error.retryable


def test_what_was_never_sent_may_be_sent_again() -> None:
    error = errors.APIConnectionError("refused", attempt_class="not_sent")

    assert error.retryable


def test_after_content_nothing_is_tried_again() -> None:
    error = errors.APIConnectionError("cut", code="stream_truncated", attempt_class="content")

    assert not error.retryable


def test_a_provider_that_breaks_its_dialect_is_a_bad_gateway() -> None:
    error = errors.RemoteProtocolError("expected a list, got a text", param="/choices")

    assert (error.code, error.type, error.param) == ("bad_gateway", "upstream_error", "/choices")
    assert error.attempt_class == "started"


@pytest.mark.parametrize(
    "error",
    [
        errors.ConfigurationError("no target serves this model", param="models.fast"),
        errors.UnsupportedParameterError("gemini has no logit_bias", param="/logit_bias"),
    ],
)
def test_what_caller_or_operator_got_wrong_is_not_tried_again(error: errors.Error) -> None:
    assert error.type == "invalid_request_error"
    assert not error.retryable


def test_a_parameter_that_cannot_be_said_has_a_code_of_its_own() -> None:
    error = errors.UnsupportedParameterError("gemini has no logit_bias", param="/logit_bias")

    assert (error.code, error.param) == ("unsupported_parameter", "/logit_bias")
