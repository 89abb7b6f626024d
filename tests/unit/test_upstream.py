"""The scripted upstream: what it plays, and that its account is true."""

import pytest

from tests.plain import Caller
from tests.upstream import END, STREAM, Act, Pause, Upstream, chunk, event, events, half, whole


def test_each_request_gets_the_next_script() -> None:
    with Upstream([whole({"a": 1}, status=429, retry_after="2")], [STREAM, *events(2), *END]) as up:
        with Caller(up.port) as caller:
            caller.post("/x", b"hello", "X-A: 1")
            first = caller.answer()
            caller.get("/y")
            second = caller.answer()
            caller.get("/z")
            third = caller.answer()

    assert (first.status, first.headers["retry-after"], first.body) == (429, "2", b'{"a": 1}')
    assert (second.status, second.whole, second.body.count(b"data: ")) == (200, True, 4)
    assert third.status == 500
    assert [(seen.method, seen.target, seen.body) for seen in up.requests] == [
        ("POST", "/x", b"hello"),
        ("GET", "/y", b""),
        ("GET", "/z", b""),
    ]
    assert up.requests[0].headers["x-a"] == "1"
    assert len(up.sockets) == 1


def test_tokens_are_billed_when_they_are_sent_and_halves_are_not() -> None:
    with Upstream([STREAM, *events(3), half(event("x")), Act.RESET]) as up:
        with Caller(up.port) as caller:
            caller.get()
            with pytest.raises(ConnectionResetError):
                caller.rest()

    assert up.billed == 3
    assert up.sockets[0].by == "upstream"


def test_what_was_sent_before_a_close_arrives() -> None:
    sent = chunk(b"x" * 3_000_000)
    with Upstream([STREAM, sent, Act.CLOSE]) as up, Caller(up.port) as caller:
        caller.get()
        heard = caller.answer()

        assert (len(heard.body), heard.whole) == (3_000_000, False)
        assert up.until(lambda up: up.closed == 1)


@pytest.mark.parametrize("how", ["fin", "reset"])
def test_it_knows_when_a_caller_went_away(how: str) -> None:
    with Upstream([STREAM, *events(1), Act.STALL, *events(99)]) as up:
        with Caller(up.port) as caller:
            caller.get()
            caller.read_until(b"\n\n")
            assert up.open == 1
            if how == "reset":
                caller.reset()

        assert up.until(lambda up: up.closed == 1)
    assert up.sockets[0].by == "caller"
    assert up.sockets[0].closed is not None
    assert up.sockets[0].closed >= up.requests[0].at >= up.sockets[0].opened
    assert (up.billed, up.requests[0].finished) == (1, False)


def test_a_caller_who_leaves_stops_the_bill() -> None:
    with Upstream([STREAM, *events(1), Pause(60), *events(99)]) as up:
        with Caller(up.port) as caller:
            caller.get()
            caller.read_until(b"\n\n")

        assert up.until(lambda up: up.closed == 1)
    assert up.billed == 1
