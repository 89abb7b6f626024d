"""The side that answers: which requests it hears, what it refuses and how, what it writes."""

import gzip

import pytest

from dragoman.errors import APIStatusError
from dragoman.transport.http1.events import (
    End,
    Flooded,
    Piece,
    Refused,
    RequestEvent,
    RequestHead,
)
from dragoman.transport.http1.server import ServerConnection

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
GET_HEAD = RequestHead("GET", "/x", {"host": "a.example"}, "1.1", expects_continue=False)
CHUNKED = b"POST /x HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"


def get(*fields: str, start: str = "GET /x HTTP/1.1", host: str = "a.example") -> bytes:
    return "\r\n".join([start, f"Host: {host}", *fields, "", ""]).encode("latin-1")


def post(body: bytes, *fields: str, start: str = "POST /x HTTP/1.1") -> bytes:
    return get(f"Content-Length: {len(body)}", *fields, start=start) + body


def refusal(events: list[RequestEvent]) -> APIStatusError:
    last = events[-1]
    assert isinstance(last, Refused)
    return last.error


def refused(data: bytes) -> int:
    """The status that these bytes are refused with, before anything is heard of them."""
    events = ServerConnection().receive(data)
    assert len(events) == 1
    return refusal(events).status_code


# What is heard


def test_a_request_is_its_head_its_pieces_and_its_end() -> None:
    head, *rest = ServerConnection().receive(post(b"hello", "X-A: 1", "x-a: 2"))

    assert head == RequestHead(
        "POST",
        "/x",
        {"host": "a.example", "x-a": "1, 2"},
        "1.1",
        expects_continue=False,
    )
    assert rest == [Piece(b"hello"), End()]


def test_all_that_one_read_brings_of_a_body_is_one_piece() -> None:
    connection = ServerConnection()
    connection.receive(CHUNKED + b"5\r\nhello\r\n")

    assert connection.receive(b"1\r\n \r\n5\r\nworld\r\n0\r\nX-T: 1\r\n\r\n") == [
        Piece(b" world"),
        End(),
    ]


def test_a_compressed_request_is_heard_decompressed() -> None:
    packed = gzip.compress(b"hello" * 1000)
    head, piece, end = ServerConnection().receive(post(packed, "Content-Encoding: gzip"))

    assert isinstance(head, RequestHead)
    assert not {"content-encoding", "content-length"} & set(head.headers)
    assert piece == Piece(b"hello" * 1000)
    assert end == End()


@pytest.mark.parametrize("target", ["/", "/v1/x?a=b&c=%20", "//x", "/~a/{b}", "/?"])
def test_a_target_is_a_path(target: str) -> None:
    head, _ = ServerConnection().receive(get(start=f"GET {target} HTTP/1.1"))

    assert isinstance(head, RequestHead)
    assert head.target == target


def test_a_request_may_come_byte_by_byte() -> None:
    connection = ServerConnection()
    events = [event for at in range(len(GET)) for event in connection.receive(GET[at : at + 1])]

    assert events == [GET_HEAD, End()]


def test_one_empty_line_before_a_request_is_passed_over() -> None:
    assert ServerConnection().receive(b"\r\n" + GET) == [GET_HEAD, End()]


# What is refused


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, b"GET /x HTTP/1.1\r\n\r\n"),
        (400, get("Host: a.example")),
        (400, get("host: b.example")),
        (400, get(host="")),
        (400, get(host="a.example/x")),
        (400, get(host="a b")),
        (400, get(host="a.example:123456")),
        (400, get(start="GET http://a.example/x HTTP/1.1")),
        (400, get(start="OPTIONS * HTTP/1.1")),
        (400, get(start="GET /x#y HTTP/1.1")),
        (400, get("Authorization: Bearer a", "Authorization: Bearer a")),
        (400, get("X-Api-Key: a", "x-api-key: b")),
        (400, get("Transfer-Encoding: chunked", "Content-Length: 5")),
        (400, get("X-A: \x7f")),
        (400, b"\n" + GET),
        (400, b"\r\n\r\n" + GET),
        (400, get("Transfer-Encoding: gzip, chunked")),
        (400, get("Transfer-Encoding: chunked", start="POST /x HTTP/1.0")),
        (400, b"GET /x\r\n"),
        (400, b"GET /x HTTP/1.1\nHost: a.example\n\n"),
        (413, get("Content-Length: 99999999999", "Expect: 100-continue")),
        (414, b"GET /" + b"a" * 32_768),
        (415, get("Content-Encoding: br", "Content-Length: 5")),
        (415, get("Content-Encoding: deflate", "Content-Length: 5")),
        (415, get("Content-Encoding: gzip, gzip", "Content-Length: 5")),
        (417, get("Expect: magic")),
        (431, get("X-A: " + "a" * 32_768)),
        (431, get(*["X-A: 1"] * 100)),
        (501, get(start="CONNECT a.example:443 HTTP/1.1")),
        (501, get(start="TRACE /x HTTP/1.1")),
        (505, get(start="GET /x HTTP/2.0")),
    ],
)
def test_a_request_is_refused_with_the_status_that_says_why(status: int, request_: bytes) -> None:
    assert refused(request_) == status


def test_after_a_refusal_nothing_more_is_read_and_the_connection_closes() -> None:
    connection = ServerConnection()
    connection.receive(b"nonsense\r\n")

    assert connection.receive(GET) == []
    assert connection.answer_owed
    assert connection.respond(400, {}, b"no") == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    )
    assert connection.must_close
    assert connection.receive(GET) == []


def test_a_body_over_the_limit_is_refused_when_it_is_over() -> None:
    connection = ServerConnection(body_limit=8)
    connection.receive(CHUNKED)

    assert connection.receive(b"8\r\n12345678\r\n") == [Piece(b"12345678")]
    assert refusal(connection.receive(b"1\r\n9")).status_code == 413


def test_the_limit_holds_for_each_body() -> None:
    connection = ServerConnection(body_limit=5)
    for _ in range(3):
        assert isinstance(connection.receive(post(b"hello"))[-1], End)
        connection.respond(200, {}, b"")
    assert refusal(connection.receive(post(b"hello!"))).status_code == 413


def test_the_limit_holds_for_what_is_decompressed() -> None:
    connection = ServerConnection(body_limit=5_000)
    packed = gzip.compress(b"a" * 5_001)

    assert refusal(connection.receive(post(packed, "Content-Encoding: gzip"))).status_code == 413


@pytest.mark.parametrize(
    "packed", [b"hello", gzip.compress(b"hello")[:-1], gzip.compress(b"hello") + b"x"]
)
def test_a_compressed_request_that_is_not_whole_is_refused(packed: bytes) -> None:
    events = ServerConnection().receive(post(packed, "Content-Encoding: gzip"))

    assert refusal(events).status_code == 400
    assert End() not in events


@pytest.mark.parametrize(
    "begun", [b"GET", get()[:-2], post(b"hello")[:-1], CHUNKED + b"5\r\nhello\r\n0\r\n"]
)
def test_a_request_that_is_cut_never_ends(begun: bytes) -> None:
    connection = ServerConnection()
    events = connection.receive(begun) + connection.receive_eof()

    assert refusal(events).status_code == 400
    assert End() not in events


def test_an_error_holds_nothing_of_a_key() -> None:
    events = ServerConnection().receive(get("Authorization: sk-1", "Authorization: sk-2"))
    head = ServerConnection().receive(get("Authorization: sk-1", start="GET /x?key=sk-2 HTTP/1.1"))

    assert "sk-" not in f"{refusal(events)} {events!r} {head!r}"


# One after the other


def test_what_is_sent_ahead_is_heard_when_the_answer_is_complete() -> None:
    connection = ServerConnection()

    assert connection.receive(GET + GET + GET[:9]) == [GET_HEAD, End()]
    assert connection.receive(GET[9:]) == []
    for _ in range(2):
        connection.respond(200, {}, b"")
        assert connection.receive(b"") == [GET_HEAD, End()]
    connection.respond(200, {}, b"")
    assert connection.receive(b"") == []
    assert not connection.must_close


def test_who_sends_too_much_ahead_is_closed() -> None:
    connection = ServerConnection()
    connection.receive(GET)

    assert connection.receive(b"x" * 65_536) == []
    assert connection.answer_owed
    assert connection.receive(b"x") == [Flooded()]
    assert connection.must_close


def test_nonsense_sent_ahead_is_refused_after_the_answer() -> None:
    connection = ServerConnection()
    connection.receive(GET + b"\x00\r\n\r\n")
    answer = connection.respond(200, {}, b"")

    assert b"close" not in answer
    assert refusal(connection.receive(b"")).status_code == 400


def test_a_connection_that_ends_while_idle_is_closed_without_a_word() -> None:
    connection = ServerConnection()
    connection.receive(GET)
    connection.respond(200, {}, b"")
    connection.receive(b"\r\n")

    assert connection.receive_eof() == []
    assert connection.must_close


def test_who_sends_no_more_still_gets_every_answer() -> None:
    connection = ServerConnection()
    connection.receive(GET + GET)

    assert connection.receive_eof() == []
    assert b"Connection" not in connection.respond(200, {}, b"")
    assert connection.receive(b"") == [GET_HEAD, End()]
    assert b"Connection: close" in connection.respond(200, {}, b"")
    assert connection.must_close


# What is answered


def test_an_answer_has_its_length() -> None:
    connection = ServerConnection()
    connection.receive(GET)

    assert connection.respond(200, {"Content-Type": "text/plain"}, b"hi") == (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nhi"
    )
    assert not connection.must_close
    assert connection.receive(GET) == [GET_HEAD, End()]


def test_an_answer_may_come_in_pieces() -> None:
    connection = ServerConnection()
    connection.receive(GET)

    assert connection.start(200, {"X-A": "1"}) == (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
    )
    assert connection.piece(b"hello world, hello") == b"12\r\nhello world, hello\r\n"
    assert connection.piece(b"") == b""
    assert connection.end() == b"0\r\n\r\n"
    assert not connection.answer_owed
    assert connection.receive(GET) == [GET_HEAD, End()]


@pytest.mark.parametrize("fields", [["Connection: close"], ["Connection: x, CLOSE"]])
def test_a_caller_who_wants_no_more_is_told_that_this_was_all(fields: list[str]) -> None:
    connection = ServerConnection()
    connection.receive(get(*fields))

    assert b"\r\nConnection: close\r\n" in connection.respond(200, {}, b"")
    assert connection.must_close


def test_http_1_0_gets_no_chunks_and_the_close_as_the_end() -> None:
    connection = ServerConnection()
    connection.receive(get("Connection: keep-alive", start="GET /x HTTP/1.0"))

    assert connection.start(200, {}) == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    assert connection.piece(b"hi") == b"hi"
    assert connection.end() == b""
    assert connection.must_close


def test_an_answer_to_head_has_the_head_of_another_and_no_body() -> None:
    connection = ServerConnection()
    connection.receive(get(start="HEAD /x HTTP/1.1"))

    assert connection.respond(200, {}, b"hi") == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    connection.receive(get(start="HEAD /x HTTP/1.1"))
    assert connection.start(200, {}) == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert connection.piece(b"hi") + connection.end() == b""
    assert not connection.must_close


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_content_has_no_framing(status: int) -> None:
    connection = ServerConnection()
    connection.receive(GET)

    assert connection.respond(status, {}, b"").count(b"\r\n") == 2
    connection.receive(GET)
    assert connection.start(status, {}).count(b"\r\n") == 2
    assert connection.piece(b"hi") + connection.end() == b""


def test_who_answers_before_the_end_of_a_request_closes() -> None:
    connection = ServerConnection()
    connection.receive(post(b"hello")[:-1])

    assert b"\r\nConnection: close\r\n" in connection.respond(401, {}, b"")
    assert connection.must_close


def test_a_body_that_breaks_under_an_answer_closes_without_another() -> None:
    connection = ServerConnection()
    connection.receive(CHUNKED)
    connection.start(200, {})

    assert refusal(connection.receive(b"nonsense\r\n")).status_code == 400
    assert connection.must_close
    assert not connection.answer_owed


@pytest.mark.parametrize(
    "headers", [{"X-A": "1\r\nX-B: 2"}, {"X A": "1"}, {"X-A": "\u20ac"}, {"Content-Length": "1"}]
)
def test_headers_that_would_be_read_as_something_else_are_not_written(
    headers: dict[str, str],
) -> None:
    connection = ServerConnection()
    connection.receive(GET)

    with pytest.raises(ValueError, match="header"):
        connection.respond(200, headers, b"")
    assert connection.answer_owed


def test_nothing_is_answered_that_was_not_asked() -> None:
    with pytest.raises(RuntimeError):
        ServerConnection().respond(200, {}, b"")
    with pytest.raises(RuntimeError):
        ServerConnection().piece(b"x")


# Waiting for the word


def test_who_waits_for_it_is_told_once_to_go_ahead() -> None:
    connection = ServerConnection()
    head = post(b"hello", "Expect: 100-Continue")[:-5]
    (heard,) = connection.receive(head)

    assert isinstance(heard, RequestHead)
    assert heard.expects_continue
    assert connection.go_ahead() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert connection.go_ahead() == b""
    assert connection.receive(b"hello") == [Piece(b"hello"), End()]


def test_nobody_is_told_to_go_ahead_once_the_answer_has_begun() -> None:
    connection = ServerConnection()
    connection.receive(post(b"hello", "Expect: 100-continue")[:-5])
    connection.start(200, {})

    assert connection.go_ahead() == b""


@pytest.mark.parametrize(
    "request_",
    [
        GET,
        post(b"hello", "Expect: 100-continue"),
        post(b"", "Expect: 100-continue"),
        post(b"hello", "Expect: 100-continue", start="POST /x HTTP/1.0")[:-5],
    ],
)
def test_nobody_is_told_who_does_not_wait(request_: bytes) -> None:
    connection = ServerConnection()
    connection.receive(request_)

    assert connection.go_ahead() == b""


# What whoever drives it may ask and tell


def test_a_connection_is_idle_until_a_request_begins_and_again_when_it_is_answered() -> None:
    connection = ServerConnection()
    seen = [connection.idle]
    for data in (b"\r\n", GET[:5], GET[5:]):
        connection.receive(data)
        seen.append(connection.idle)
    connection.respond(200, {}, b"")

    assert [*seen, connection.idle] == [True, True, False, False, True]


def test_an_answer_in_pieces_is_started_until_it_is_ended() -> None:
    connection = ServerConnection()
    connection.receive(GET)
    seen = [connection.answer_started]
    connection.start(200, {})
    seen.append(connection.answer_started)
    connection.end()

    assert [*seen, connection.answer_started] == [False, True, False]


@pytest.mark.parametrize("before_the_head", [True, False])
def test_a_connection_can_be_told_that_an_answer_is_its_last(before_the_head: bool) -> None:
    connection = ServerConnection()
    if before_the_head:
        connection.close_after_answer()
    connection.receive(GET)
    connection.close_after_answer()

    assert b"\r\nConnection: close\r\n" in connection.respond(200, {}, b"")
    assert connection.must_close


def test_an_answer_in_pieces_that_becomes_the_last_still_comes_to_its_end() -> None:
    connection = ServerConnection()
    connection.receive(GET)
    connection.start(200, {})
    connection.close_after_answer()

    assert connection.piece(b"hi") + connection.end() == b"2\r\nhi\r\n0\r\n\r\n"
    assert connection.must_close
