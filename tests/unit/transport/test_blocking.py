"""The blocking transport against a server that plays scripts: what is whole, and what was cut."""

import gzip
import subprocess
import sys
import threading

import pytest

from dragoman.errors import (
    APIConnectionError,
    ConfigurationError,
    RemoteProtocolError,
)
from dragoman.transport import Answer, Request, Transport
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer, Step

TIMEOUT = 10.0
"""Seconds; long enough never to pass in a test that is not about it."""

PATIENT = Timeout.of(TIMEOUT)

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 11\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SECRET = "sk-very-secret"


def request(url: str, *, body: bytes = b"{}", **headers: str) -> Request:
    return Request(method="POST", url=url, headers=headers, body=body)


def answered(*script: Step, timeout: Timeout = PATIENT) -> bytes:
    """The whole body of the answer that the script gives."""
    with ScriptedServer(script) as server:
        transport = BlockingTransport()
        body = transport.send(request(server.url), timeout=timeout).read()
        transport.close()
        return body


@pytest.mark.parametrize(
    "script",
    [
        [OK, LONG, b"hello world"],
        [OK, LONG, b"hello", b" world", b"and what nobody asked for"],
        [OK, CHUNKED, b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"],
        [OK, CHUNKED, b"b\r\nhel", b"lo world\r\n0\r\nTrailer: dropped\r\n\r\n"],
        [OK, b"\r\nhello world"],
        [b"HTTP/1.0 200 OK\r\n\r\n", b"hello world"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", OK, LONG, b"hello world"],
        [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK, LONG, b"hello world"],
        [OK, b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"hello world")],
    ],
)
def test_a_body_is_read_whole_however_it_is_framed(script: list[Step]) -> None:
    assert answered(*script) == b"hello world"


@pytest.mark.parametrize(
    ("head", "by_close"),
    [(OK + LONG, False), (OK + CHUNKED, False), (OK + b"\r\n", True)],
)
def test_an_answer_says_whether_only_the_close_will_end_it(head: bytes, by_close: bool) -> None:
    with ScriptedServer([head, Act.STALL]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        answer.close()

        assert answer.ended_by_close is by_close


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_is_complete_at_once(status: bytes) -> None:
    assert answered(b"HTTP/1.1 ", status, b"\r\nContent-Length: 5\r\n\r\n", Act.STALL) == b""


def test_pieces_are_given_as_they_come() -> None:
    heard_first = threading.Event()
    script: list[Step] = [OK, CHUNKED, b"3\r\none\r\n", heard_first, b"3\r\ntwo\r\n0\r\n\r\n"]
    with ScriptedServer(script) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        first = next(iter(answer))
        heard_first.set()

        assert [first, *answer] == [b"one", b"two"]


@pytest.mark.parametrize(
    "script",
    [
        [OK, LONG, b"hello"],
        [OK, LONG],
        [OK, CHUNKED, b"b\r\nhello"],
        [OK, CHUNKED, b"5\r\nhello\r\n"],
        [OK, CHUNKED, b"5\r\nhello\r\n000"],  # of 0000000b: not the last chunk
        [OK, CHUNKED, b"5\r\nhello\r\n0\r\n"],
    ],
)
def test_a_body_that_was_cut_is_never_taken_for_whole(script: list[Step]) -> None:
    with pytest.raises(APIConnectionError) as caught:
        answered(*script)

    assert caught.value.code == "stream_truncated"
    assert caught.value.attempt_class == "started"


@pytest.mark.parametrize("framing", [LONG, CHUNKED + b"b\r\n", b"\r\n"])
def test_a_reset_in_the_middle_is_a_cut_after_what_came(framing: bytes) -> None:
    heard_first = threading.Event()
    with ScriptedServer([OK, framing, b"hello", heard_first, Act.RESET]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        pieces = iter(answer)
        assert next(pieces) == b"hello"
        heard_first.set()

        with pytest.raises(APIConnectionError) as caught:
            next(pieces)

    assert caught.value.code == "stream_truncated"


@pytest.mark.parametrize(
    "script",
    [[], [Act.RESET], [b"HTTP/1."], [b"HTTP/1.1 429 Too"], [OK], [OK, b"Content-Type: text/pl"]],
)
def test_a_connection_that_ends_before_the_head_does_is_ambiguous(script: list[Step]) -> None:
    with ScriptedServer(script) as server, pytest.raises(APIConnectionError) as caught:
        BlockingTransport().send(request(server.url), timeout=PATIENT)

    assert caught.value.attempt_class == "ambiguous"


def test_a_refused_connection_was_not_sent() -> None:
    with ScriptedServer() as server:
        pass

    with pytest.raises(APIConnectionError, match=rf"127\.0\.0\.1:{server.port}.*refused") as caught:
        BlockingTransport().send(request(server.url), timeout=PATIENT)

    assert caught.value.attempt_class == "not_sent"


def test_an_unknown_host_was_not_sent() -> None:
    with pytest.raises(APIConnectionError, match=r"nowhere\.invalid:80") as caught:
        BlockingTransport().send(request("http://nowhere.invalid"), timeout=PATIENT)

    assert caught.value.attempt_class == "not_sent"


@pytest.mark.parametrize("stays_open", [True, False])
def test_an_answer_that_comes_before_the_body_was_read_is_heard(stays_open: bool) -> None:
    over = threading.Event()
    if not stays_open:
        over.set()
    script: list[Step] = [b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", over]
    with ScriptedServer(script, hears_bodies=False) as server:
        sent = request(server.url, body=bytes(16 * 1024 * 1024))
        answer = BlockingTransport().send(sent, timeout=PATIENT)

        assert (answer.status, answer.read()) == (413, b"big")
        over.set()


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    head = b"HTTP/1.1 307 Away\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer([head]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)

        assert (answer.status, answer.read()) == (307, b"")


def test_repeated_headers_are_joined_under_their_lower_case_name() -> None:
    with ScriptedServer(
        [OK, b"X-A: 1\r\nX-B: 3 \r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"]
    ) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        answer.close()

        assert answer.headers == {"x-a": "1, 2", "x-b": "3", "content-length": "0"}


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ([OK, b"Content-Encoding: gzip\r\n", LONG, b"hello world"], "while reading the answer"),
        ([OK, b"Content-Encoding: br\r\n", LONG], "content-encoding br"),
        ([OK, b"Content-Length: 5\r\n", CHUNKED, b"0\r\n\r\n"], "Transfer-Encoding"),
        ([OK, b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"], "transfer-encoding"),
        ([OK, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"], "Content-Length"),
        ([OK, CHUNKED, b"5z\r\nhello\r\n0\r\n\r\n"], "while reading the answer: the chunks"),
        ([OK, b"X-A: 1\n", LONG], "while waiting for the answer: no HTTP/1.1"),
        ([b"HTTP/1.1 101 Switching Protocols\r\n\r\n"], "while waiting for the answer"),
        ([b"ICY 200 OK\r\n", LONG], "no HTTP/1.1"),
        ([b"HTTP/1.1 102 Processing\r\n\r\n" * 200, OK, LONG], "endless 1xx"),
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_refused(script: list[Step], says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        answered(*script)


def test_a_body_over_the_limit_is_refused_and_left() -> None:
    with ScriptedServer([OK, CHUNKED, b"b\r\nhello world\r\n", Act.STALL]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        with pytest.raises(RemoteProtocolError, match="at most 10 bytes"):
            answer.read(10)

        assert server.gone.wait(TIMEOUT)


def test_closing_in_the_middle_is_seen_by_the_server_at_once() -> None:
    with ScriptedServer([OK, CHUNKED, b"5\r\nhello\r\n", Act.STALL]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        next(iter(answer))
        answer.close()
        answer.close()

        assert server.gone.wait(TIMEOUT)


def test_a_request_goes_out_as_it_is_and_asks_for_no_compression() -> None:
    with ScriptedServer([OK, b"Content-Length: 0\r\n\r\n"]) as server:
        sent = request(f"{server.url}/v1/chat?a=b", body=b'{"x":1}', Authorization="Bearer k")
        BlockingTransport().send(sent, timeout=PATIENT).read()

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    assert (line, body) == (b"POST /v1/chat?a=b HTTP/1.1", b'{"x":1}')
    assert sorted(fields) == [
        b"Accept-Encoding: identity",
        b"Authorization: Bearer k",
        b"Content-Length: 7",
        b"Host: 127.0.0.1:%d" % server.port,
    ]


@pytest.mark.parametrize("evil", ["\r\nX-B: 2", "\n", "\r", "\0", "\r\n folded", "\u2026", "\x7f"])
def test_a_header_that_could_smuggle_a_line_is_refused_without_its_value(evil: str) -> None:
    sent = request("http://127.0.0.1:1", Authorization=SECRET + evil)

    with pytest.raises(ConfigurationError, match="Authorization") as caught:
        BlockingTransport().send(sent, timeout=PATIENT)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["X A", "X:A", "", "X\r\nA", "Content-Length", "connection"])
def test_a_header_is_refused_by_its_name_where_it_is_none_or_ours(name: str) -> None:
    sent = Request(method="POST", url="http://127.0.0.1:1", headers={name: SECRET}, body=b"")

    with pytest.raises(ConfigurationError) as caught:
        BlockingTransport().send(sent, timeout=PATIENT)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("api.example/v1", "scheme"),
        ("ftp://api.example", "scheme"),
        ("http://", "host is missing"),
        (f"http://{'a' * 64}.example", "host is malformed"),
        ("http://[::1", "host is malformed"),
        ("http://api.example:seven", "port"),
        ("http://api.example:70000", "port"),
        ("http://api.example:0", "port"),
        (f"http://{SECRET}:x@api.example", "user information"),
        ("http://api.example/#here", "fragment"),
        ("http://api.example/a b", "blank"),
        ("http://api.example/\r\nX-A: 1", "control"),
        ("http://b\u00fccher.example", "ASCII"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_by_its_wrong_part(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        BlockingTransport().send(request(url), timeout=PATIENT)

    assert caught.value.param == "url"
    assert SECRET not in str(caught.value)


def test_a_request_shows_neither_keys_nor_prompts() -> None:
    url = f"https://user:{SECRET}@api.example:8443/v1/x?key={SECRET}#{SECRET}"
    sent = request(url, Authorization=SECRET, body=SECRET.encode())

    assert repr(sent) == "Request(method='POST', url='https://api.example:8443/v1/x')"
    assert SECRET not in str(sent.__rich_repr__())


def test_naming_the_types_wakes_no_network() -> None:
    program = (
        "import sys, dragoman.transport; print({'ssl', 'socket', 'http.client'} & {*sys.modules})"
    )

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"


def test_a_request_without_tls_does_not_load_it() -> None:
    program = """
import sys
from dragoman.transport import Request
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.timeouts import Timeout
request = Request(method="GET", url=sys.argv[1], headers={}, body=b"")
print(BlockingTransport().send(request, timeout=Timeout()).read(), "ssl" in sys.modules)
"""
    with ScriptedServer([OK, LONG, b"hello world"]) as server:
        said = subprocess.check_output([sys.executable, "-c", program, server.url], text=True)

    assert said == "b'hello world' False\n"


def test_the_blocking_transport_keeps_the_promise_as_type_checkers_see_it() -> None:
    transport: Transport = BlockingTransport()
    with ScriptedServer([OK, LONG, b"hello world"]) as server:
        answer: Answer = transport.send(request(server.url), timeout=PATIENT)

        assert answer.read() == b"hello world"
