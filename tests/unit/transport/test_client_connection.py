"""The side that asks: what it sends, what it makes of an answer, and when it may ask again."""

from contextlib import suppress

import pytest

from dragoman.errors import (
    APIConnectionError,
    ConfigurationError,
    Error,
    RemoteProtocolError,
)
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import AnswerEvent, End, Head, Piece
from dragoman.transport.protocol import Request

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\n"


def request(
    method: str = "POST",
    url: str = "http://a.example/v1?x=1",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Request:
    return Request(method=method, url=url, headers=headers or {}, body=body)


def asked(method: str = "POST") -> ClientConnection:
    """A connection whose request has been written."""
    connection = ClientConnection()
    connection.send(request(method))
    connection.written = True
    return connection


def hello(**fields: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return HELLO.replace(b"\r\n\r\n", f"\r\n{lines}\r\n".encode())


def byte_by_byte(data: bytes) -> list[AnswerEvent]:
    connection = asked()
    return [event for at in range(len(data)) for event in connection.receive(data[at : at + 1])]


def broken(connection: ClientConnection, *reads: bytes) -> Error:
    """The error that these bytes end in."""
    for read in reads:
        with suppress(RemoteProtocolError):  # kept in `error`, too
            connection.receive(read)
    assert isinstance(connection.error, RemoteProtocolError)
    return connection.error


# What is sent


def test_a_request_is_sent_with_its_host_its_length_and_a_wish_for_identity() -> None:
    sent = ClientConnection().send(request(headers={"X-A": "caf\xe9"}, body=b"{}"))

    assert sent == (
        b"POST /v1?x=1 HTTP/1.1\r\nHost: a.example\r\nAccept-Encoding: identity\r\n"
        b"Content-Length: 2\r\nX-A: caf\xe9\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://a.example", b"Host: a.example\r\n"),
        ("https://a.example:443/", b"Host: a.example\r\n"),
        ("https://a.example:80/", b"Host: a.example:80\r\n"),
        ("http://[::1]:8080/", b"Host: [::1]:8080\r\n"),
        ("http://[::1]/", b"Host: [::1]\r\n"),
    ],
)
def test_the_host_is_that_of_the_url_without_the_usual_port(url: str, line: bytes) -> None:
    assert line in ClientConnection().send(request(url=url))


def test_a_request_without_a_body_says_so() -> None:
    assert b"Content-Length: 0\r\n" in ClientConnection().send(request("GET"))


def test_connect_asks_for_host_and_port_and_has_no_body() -> None:
    sent = ClientConnection().send(
        request("CONNECT", "https://a.example/", {"Proxy-Authorization": "Basic YTpi"})
    )

    assert sent == (
        b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n"
        b"Accept-Encoding: identity\r\nProxy-Authorization: Basic YTpi\r\n\r\n"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        request("GET /x"),
        request(""),
        request(headers={"X A": "1"}),
        request(headers={"": "1"}),
        request(headers={"X-A": "1\r\nX-B: 2"}),
        request(headers={"X-A": "1\n"}),
        request(headers={"X-A": "\x00"}),
        request(headers={"X-A": "\u20ac"}),
        request(headers={"content-LENGTH": "5"}),
        request(headers={"Host": "b.example"}),
        request(headers={"Expect": "100-continue"}),
        request(headers={"Upgrade": "h2c"}),
        request(url="http://a.example/\r\nX: 1"),
        request(url="ftp://a.example/"),
    ],
)
def test_what_http_cannot_carry_is_not_sent(wrong: Request) -> None:
    connection = ClientConnection()

    with pytest.raises(ConfigurationError):
        connection.send(wrong)
    assert connection.reusable


def test_an_error_names_the_header_and_never_shows_its_value() -> None:
    with pytest.raises(ConfigurationError, match="Authorization") as caught:
        ClientConnection().send(request(headers={"Authorization": "Bearer sk-1\n"}))

    assert "sk-1" not in str(caught.value)


def test_nothing_is_asked_while_an_answer_is_owed() -> None:
    with pytest.raises(RuntimeError):
        asked().send(request())


# What comes back


def test_an_answer_is_its_head_its_pieces_and_its_end() -> None:
    assert asked().receive(hello(X_A="1", x_a="2")) == [
        Head(200, {"content-length": "5", "x-a": "1, 2"}, ended_by_close=False),
        Piece(b"hello"),
        End(),
    ]


def test_all_that_one_read_brings_of_a_body_is_one_piece() -> None:
    connection = asked()
    connection.receive(CHUNKED)

    assert connection.receive(b"5\r\nhello\r\n1\r\n \r\n3\r\nwor") == [Piece(b"hello wor")]
    assert connection.receive(b"\r\n") == []
    assert connection.receive(b"2\r\nld\r\n0\r\n\r\n") == [Piece(b"ld"), End()]


def test_a_connection_is_used_again_and_again() -> None:
    connection = asked()
    for _ in range(3):
        assert connection.receive(HELLO)[-1] == End()
        assert connection.reusable
        connection.send(request())
        connection.written = True


@pytest.mark.parametrize("empty_line_inside", [b"a\r\n\r\n\r\n\r\nb", b"\r\n\r\n" * 9, b"\r\n\r"])
def test_an_empty_line_inside_a_chunk_ends_nothing(empty_line_inside: bytes) -> None:
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(empty_line_inside), empty_line_inside)
    connection = asked()
    _, *rest = connection.receive(CHUNKED + body)

    assert rest == [Piece(empty_line_inside), End()]
    assert connection.reusable
    assert byte_by_byte(CHUNKED + body)[1:] == [
        *[Piece(empty_line_inside[at : at + 1]) for at in range(len(empty_line_inside))],
        End(),
    ]


def test_trailers_are_dropped() -> None:
    connection = asked()

    head, end = connection.receive(CHUNKED + b"0\r\nX-T: 1\r\n\r\n")
    assert isinstance(head, Head)
    assert "x-t" not in head.headers
    assert end == End()
    assert connection.reusable


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_an_interim_answer_is_passed_over(status: int) -> None:
    interim = b"HTTP/1.1 %d \r\nX-A: 1\r\n\r\n" % status

    assert asked().receive(interim + interim + HELLO) == asked().receive(HELLO)


@pytest.mark.parametrize(
    ("method", "status", "fields"),
    [
        ("HEAD", 200, b"Content-Length: 5\r\n"),
        ("HEAD", 200, b"Transfer-Encoding: chunked\r\n"),
        ("HEAD", 200, b"Content-Encoding: br\r\n"),
        ("HEAD", 200, b""),
        ("POST", 204, b""),
        ("POST", 304, b"Content-Length: 5\r\n"),
    ],
)
def test_some_answers_end_with_their_head(method: str, status: int, fields: bytes) -> None:
    connection = asked(method)
    _, end = connection.receive(b"HTTP/1.1 %d \r\n%b\r\n" % (status, fields))

    assert end == End()
    assert connection.reusable


def test_a_tunnel_begins_behind_the_head_and_carries_no_http() -> None:
    connection = asked("CONNECT")

    assert connection.receive(ENDLESS) == [Head(200, {}, ended_by_close=False), End()]
    assert not connection.reusable


def test_a_tunnel_that_is_refused_is_refused_by_a_common_answer() -> None:
    connection = asked("CONNECT")

    assert connection.receive(HELLO.replace(b"200 OK", b"407 "))[1:] == [Piece(b"hello"), End()]
    assert connection.reusable


# When an answer ends, and how


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    connection = asked()

    assert connection.receive(ENDLESS + b"hel") == [
        Head(200, {}, ended_by_close=True),
        Piece(b"hel"),
    ]
    assert connection.ended_by_close
    assert connection.receive(b"lo") == [Piece(b"lo")]
    assert connection.receive_eof() == [End()]
    assert not connection.reusable


@pytest.mark.parametrize(
    "begun",
    [HELLO[:-1], CHUNKED + b"5\r\nhel", CHUNKED + b"5\r\nhello\r\n", CHUNKED + b"0\r\n"],
)
def test_an_answer_that_is_cut_never_ends(begun: bytes) -> None:
    connection = asked()
    connection.receive(begun)

    with pytest.raises(APIConnectionError) as caught:
        connection.receive_eof()
    assert caught.value.code == "stream_truncated"
    assert caught.value.attempt_class == "started"
    assert not connection.reusable


def test_a_reset_ends_no_answer() -> None:
    connection = asked()
    connection.receive(ENDLESS + b"hello")

    with pytest.raises(APIConnectionError) as caught:
        connection.receive_reset()
    assert caught.value.code == "stream_truncated"


@pytest.mark.parametrize("begun", [b"", HELLO[:20], b"HTTP/1.1 100 \r\n\r\n"])
def test_without_a_whole_head_there_is_no_answer_that_could_be_cut(begun: bytes) -> None:
    connection = asked()
    connection.receive(begun)

    with pytest.raises(APIConnectionError) as caught:
        connection.receive_eof()
    assert caught.value.code is None
    assert caught.value.attempt_class == "ambiguous"


def test_a_connection_that_is_closed_while_idle_is_no_failure() -> None:
    connection = asked()
    connection.receive(HELLO)

    assert connection.receive_eof() == []
    assert not connection.reusable


# What poisons


@pytest.mark.parametrize(
    "answer",
    [
        HELLO + HELLO,
        HELLO + b"\r\n",
        CHUNKED + b"0\r\n\r\n\r\n",
        hello(Connection="close"),
        hello(Connection="keep-alive, Close"),
        HELLO.replace(b"1.1", b"1.0"),
    ],
)
def test_some_answers_are_whole_and_the_last(answer: bytes) -> None:
    connection = asked()

    assert connection.receive(answer)[-1] == End()
    assert connection.error is None
    assert not connection.reusable


def test_connection_options_are_words_not_letters() -> None:
    connection = asked()
    connection.receive(hello(Connection="closed, keep-alive"))

    assert connection.reusable


def test_an_answer_that_ends_before_the_request_was_written_is_the_last() -> None:
    connection = ClientConnection()
    connection.send(request())

    assert connection.receive(HELLO)[-1] == End()
    assert not connection.reusable


@pytest.mark.parametrize("connection", [ClientConnection(), asked()])
def test_bytes_that_nobody_asked_for_are_an_error(connection: ClientConnection) -> None:
    if not connection.idle:
        connection.receive(HELLO)

    broken(connection, b"H")
    assert not connection.reusable


def test_what_came_before_a_failure_is_given_first() -> None:
    connection = asked()
    events = connection.receive(CHUNKED + b"5\r\nhello\r\nnonsense\r\n")

    assert events[1:] == [Piece(b"hello")]
    assert isinstance(connection.error, RemoteProtocolError)
    with pytest.raises(RemoteProtocolError):
        connection.receive(b"")
    with pytest.raises(RemoteProtocolError):
        connection.receive_eof()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: \x7f\r\n\r\n",
        b"\r\n" + ENDLESS,
        b"\n" + ENDLESS,
        b"<html>",
    ],
)
def test_what_others_may_read_differently_is_not_read(head: bytes) -> None:
    connection = asked()
    error = broken(connection, head)

    assert str(error).startswith("a.example:80: while waiting for the answer: ")
    assert not connection.reusable


def test_a_head_is_refused_at_its_cap_not_at_its_end() -> None:
    field = b"X-A: 1\r\n"
    head = b"HTTP/1.1 200 OK\r\n"

    broken(asked(), head + field * 101 + b"\r\n")
    broken(asked(), head + b"X-A: " + b"a" * 32_768)
    broken(asked(), *[head, *[field] * 5_000])
    assert asked().receive(head + field * 100 + b"\r\n")


def test_interim_answers_are_counted() -> None:
    interim = b"HTTP/1.1 102 \r\n\r\n"

    broken(asked(), interim * 101)
    connection = asked()
    for _ in range(2):
        assert connection.receive(interim * 100 + HELLO)[-1] == End()
        connection.send(request())
        connection.written = True


@pytest.mark.parametrize("name", [b"Content-Length", b"transfer-encoding"])
def test_a_trailer_frames_nothing(name: bytes) -> None:
    broken(asked(), CHUNKED + b"0\r\n" + name + b": 5\r\n\r\n")


def test_trailers_are_counted() -> None:
    broken(asked(), CHUNKED + b"0\r\n" + b"X: 1\r\n" * 101 + b"\r\n")
    assert asked().receive(CHUNKED + b"0\r\n" + b"X: 1\r\n" * 100 + b"\r\n")[-1] == End()


def test_extensions_of_chunks_are_weighed() -> None:
    signed = b"1;signature=%b\r\nx\r\n" % (b"a" * 64)
    heavy = b"1;a=%b\r\nx\r\n" % (b"b" * 20_000)

    broken(asked(), CHUNKED, heavy)
    broken(asked(), CHUNKED, *[heavy[at : at + 100] for at in range(0, len(heavy), 100)])
    connection = asked()
    connection.receive(CHUNKED)
    for _ in range(1_000):
        assert connection.receive(signed) == [Piece(b"x")]


def test_no_part_of_an_answer_stands_in_an_error_or_a_repr() -> None:
    events: list[AnswerEvent] = asked().receive(hello(X_A="secret").replace(b"hello", b"sesam"))
    error = broken(asked(), b"HTTP/1.1 200 OK\r\nsecret\r\n\r\n")

    assert "secret" not in f"{events!r} {error}"
    assert "sesam" not in f"{events!r}"
