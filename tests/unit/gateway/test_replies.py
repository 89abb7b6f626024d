"""What is told besides the answer."""

from urllib.parse import unquote

import pytest

from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    Error,
    RemoteProtocolError,
    UnsupportedParameterError,
    status_error,
)
from dragoman.gateway.replies import about, losses, refusal
from dragoman.models import shared
from tests.doors import error_of


def test_an_answer_tells_its_target_and_its_attempts() -> None:
    assert about("lab/tiny", 3, (), "req_1") == {
        "content-type": "application/json",
        "x-dragoman-target": "lab/tiny",
        "x-dragoman-attempts": "3",
        "x-dragoman-request-id": "req_1",
        "x-request-id": "req_1",
    }


def test_a_stream_says_that_it_is_one() -> None:
    told = about("lab/tiny", 1, (), "req_1", stream=True)

    assert told["content-type"] == "text/event-stream; charset=utf-8"
    assert told["x-accel-buffering"] == "no"


def test_a_target_that_a_header_could_not_hold_is_percent_encoded() -> None:
    told = about("lab/caf\u00e9\r\nx: y", 1, (), "req_1")["x-dragoman-target"]

    assert told.isascii()
    assert told.isprintable()
    assert " " not in told
    assert unquote(told) == "lab/caf\u00e9\r\nx: y"


def test_what_was_lost_is_told_in_a_header() -> None:
    lost = shared.Loss(pointer="/seed", kind="dropped", reason="it has none")

    assert about("lab/tiny", 1, (lost,), "req_1")["x-dragoman-losses"] == "/seed"


def test_pointers_are_percent_encoded() -> None:
    assert losses(["/a,b", "/\u00e9", "/messages/0/name"]) == "/a%2Cb,/%C3%A9,/messages/0/name"


def test_twenty_losses_are_told_and_how_many_more_there_are() -> None:
    pointers = [f"/a{number}" for number in range(23)]

    assert losses(pointers[:20]) == ",".join(pointers[:20])
    assert unquote(losses(pointers)) == ",".join([*pointers[:20], "\u2026+3"])


def test_losses_take_at_most_two_kibibytes_and_the_number_of_the_rest() -> None:
    pointers = ["/" + "a" * 600] * 5

    told = losses(pointers)

    assert unquote(told) == ",".join([*pointers[:3], "\u2026+2"])
    assert len(losses(pointers[:3])) <= 2048


def test_one_loss_that_is_too_long_alone_is_counted() -> None:
    assert unquote(losses(["/" + "\u00e9" * 600])) == "\u2026+1"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (status_error("no", status_code=400), 400, "invalid_request_error"),
        (status_error("no", status_code=429), 429, "rate_limit_error"),
        (status_error("no", status_code=529), 503, "overloaded_error"),
        (UnsupportedParameterError("no", param="/seed"), 400, "invalid_request_error"),
        (APIConnectionError("no"), 502, "upstream_error"),
        (APITimeoutError("no", phase="connect"), 504, "timeout_error"),
        (RemoteProtocolError("no"), 502, "upstream_error"),
    ],
)
def test_an_error_is_told_as_openai_tells_it(error: Error, status: int, kind: str) -> None:
    reply = refusal(error)

    assert reply.status == status
    assert reply.headers["content-type"] == "application/json"
    assert error_of(reply)["type"] == kind


def test_only_what_was_not_attempted_yet_is_worth_asking_again() -> None:
    ours = status_error("full", status_code=503, should_retry=True)
    theirs = status_error("full", status_code=503, should_retry=True)
    theirs.attempts = 3

    assert refusal(ours).headers["x-should-retry"] == "true"
    assert refusal(theirs).headers["x-should-retry"] == "false"
    assert refusal(theirs).headers["x-dragoman-attempts"] == "3"
    assert refusal(APIConnectionError("no")).headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("seconds", "told"), [(2, "2"), (0.2, "1"), (1.5, "2"), (1234567.0, "1234567"), (0, "0")]
)
def test_the_pause_before_the_next_attempt_is_told_in_whole_seconds(
    seconds: float, told: str
) -> None:
    reply = refusal(status_error("later", status_code=429, retry_after=seconds))

    assert reply.headers["retry-after"] == told


def test_a_wrong_method_is_told_which_are_right() -> None:
    assert refusal(status_error("no", status_code=405), allow="GET").headers["allow"] == "GET"
