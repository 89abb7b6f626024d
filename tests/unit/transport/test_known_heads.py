"""A head that has been read once is known again by its bytes, with a body of another length."""

import pytest

from dragoman.transport.http1.events import End, Piece, Refused, RequestHead
from dragoman.transport.http1.server import ServerConnection

AGAIN = b"POST /x HTTP/1.1\r\nHost: a\r\nX-Id: 7\r\nContent-Length: %d\r\nX-B: 1\r\n\r\n%b"


def asked_once(body: bytes = b"first") -> ServerConnection:
    """A connection that has answered one request with this head."""
    connection = ServerConnection()
    (head, piece, end) = connection.receive(AGAIN % (len(body), body))
    connection.respond(200, {}, b"")
    assert (piece, end) == (Piece(body), End())
    assert isinstance(head, RequestHead)
    return connection


@pytest.mark.parametrize("body", [b"", b"x", b"second", b"y" * 1000])
def test_a_head_that_comes_again_is_the_same_with_another_body(body: bytes) -> None:
    connection = asked_once()
    fresh = ServerConnection().receive(AGAIN % (len(body), body))[0]

    again = connection.again(AGAIN % (len(body), body))

    assert (connection.request, again) == (fresh, body)
    assert connection.answer_owed


@pytest.mark.parametrize("digits", [b"-1", b"+6", b"0x6", b"6 6", b"", b"6,6", b"\xb2", b"9" * 19])
def test_a_length_that_is_none_is_none_in_a_known_head_too(digits: bytes) -> None:
    whole = (AGAIN % (6, b"second")).replace(b"Length: 6", b"Length: " + digits)
    connection = asked_once()
    assert connection.again(whole) is None

    events = connection.receive(whole)

    (refused,) = events
    assert isinstance(refused, Refused)
    assert refused.error.status_code == 400


@pytest.mark.parametrize("cut", range(1, len(AGAIN % (6, b"second"))))
def test_a_known_head_that_comes_in_pieces_is_read_as_any_other(cut: int) -> None:
    connection, whole = asked_once(), AGAIN % (6, b"second")
    assert connection.again(whole[:cut]) is None

    events = connection.receive(whole[:cut]) + connection.receive(whole[cut:])

    assert events[-1] == End()
    assert b"".join(e.data for e in events if isinstance(e, Piece)) == b"second"


def test_what_follows_a_known_head_and_its_body_is_the_next_request() -> None:
    connection = asked_once()
    two = AGAIN % (6, b"second") + AGAIN % (5, b"third")
    assert connection.again(two) is None

    first = connection.receive(two)
    connection.respond(200, {}, b"")
    second = connection.receive(b"")

    assert first[1:] == [Piece(b"second"), End()]
    assert second[1:] == [Piece(b"third"), End()]


def test_nothing_is_known_of_a_head_that_waits_for_leave_to_send_or_closes() -> None:
    for field in (b"Expect: 100-continue", b"Connection: close"):
        connection = ServerConnection()
        head = b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\nContent-Length: 1\r\n\r\n" % field
        connection.receive(head)
        connection.receive(b"a")
        connection.respond(200, {}, b"")

        assert connection.again(head + b"a") is None


def test_a_body_over_the_limit_is_not_taken_behind_a_known_head() -> None:
    connection = ServerConnection(body_limit=5)
    connection.receive(AGAIN % (5, b"first"))
    connection.respond(200, {}, b"")

    assert connection.again(AGAIN % (6, b"second")) is None


def test_nothing_is_taken_while_an_answer_is_owed_or_after_the_end() -> None:
    connection = asked_once()
    whole = AGAIN % (6, b"second")
    assert connection.again(whole) == b"second"

    assert connection.again(whole) is None
    connection.respond(200, {}, b"")
    connection.receive_eof()
    assert connection.again(whole) is None
