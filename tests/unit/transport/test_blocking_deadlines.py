"""The deadlines of the blocking transport: each phase has its own, and the whole has one."""

import socket
import threading
import time
from collections import deque

import pytest

from dragoman.errors import APITimeoutError
from dragoman.transport import Request
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer, Step

PATIENT = Timeout()
BRIEF = Timeout(write=0.05, first_byte=0.05, between_events=0.05)

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 11\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def request(url: str, *, body: bytes = b"{}") -> Request:
    return Request(method="POST", url=url, headers={}, body=body)


def answered(*script: Step, timeout: Timeout) -> bytes:
    with ScriptedServer(script) as server:
        return BlockingTransport().send(request(server.url), timeout=timeout).read()


@pytest.mark.parametrize(
    ("script", "phase", "attempt_class"),
    [
        ([Act.STALL], "first_byte", "ambiguous"),
        ([OK, Act.STALL], "first_byte", "ambiguous"),
        ([OK, LONG, Act.STALL], "between_events", "started"),
        ([OK, CHUNKED, b"5\r\nhello\r\n", Act.STALL], "between_events", "started"),
    ],
)
def test_silence_is_a_timeout_that_names_its_phase(
    script: list[Step], phase: str, attempt_class: str
) -> None:
    with pytest.raises(APITimeoutError) as caught:
        answered(*script, timeout=BRIEF)

    assert (caught.value.phase, caught.value.attempt_class) == (phase, attempt_class)


def test_a_server_that_takes_no_more_of_the_request_is_a_timeout_of_writing() -> None:
    given_up = threading.Event()
    with ScriptedServer([given_up], hears_bodies=False) as server:
        sent = request(server.url, body=bytes(16 * 1024 * 1024))
        with pytest.raises(APITimeoutError) as caught:
            BlockingTransport().send(sent, timeout=BRIEF)
        given_up.set()

    assert (caught.value.phase, caught.value.attempt_class) == ("write", "ambiguous")


def test_no_time_left_means_not_sent() -> None:
    with ScriptedServer([OK, LONG]) as server, pytest.raises(APITimeoutError) as caught:
        BlockingTransport().send(request(server.url), timeout=Timeout.of(0))

    assert (caught.value.attempt_class, server.heard) == ("not_sent", [])


@pytest.mark.parametrize(
    ("script", "attempt_class"),
    [
        ([Act.STALL], "ambiguous"),
        ([OK, LONG, Act.STALL], "started"),
    ],
)
def test_the_total_ends_whatever_goes_on(script: list[Step], attempt_class: str) -> None:
    with pytest.raises(APITimeoutError, match="the whole request: not done within") as caught:
        answered(*script, timeout=Timeout(total=0.1))

    assert (caught.value.phase, caught.value.attempt_class) == ("total", attempt_class)


def test_the_total_ends_an_answer_that_never_pauses() -> None:
    with ScriptedServer([OK, b"\r\n", Act.FLOOD]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=Timeout(total=0.1))
        with pytest.raises(APITimeoutError) as caught:
            deque(answer, maxlen=0)

        assert caught.value.phase == "total"
        assert server.gone.wait(10)


def test_what_came_after_the_total_is_not_given() -> None:
    go = threading.Event()
    with ScriptedServer([OK + CHUNKED, go, b"5\r\nhello\r\n"]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=Timeout(total=0.1))
        time.sleep(0.1)
        go.set()
        assert server.closed.acquire(timeout=10)

        with pytest.raises(APITimeoutError, match="the whole request"):
            answer.read()


def test_what_was_late_once_stays_late() -> None:
    with ScriptedServer([OK, LONG, b"hello", Act.STALL]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=BRIEF)
        pieces = iter(answer)
        assert next(pieces) == b"hello"
        for _ in range(2):
            with pytest.raises(APITimeoutError, match="while reading the answer"):
                next(pieces)


def test_a_place_that_nobody_leaves_is_a_timeout_of_the_pool() -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer([OK, LONG, Act.STALL]) as server:
        busy = transport.send(request(server.url), timeout=PATIENT)
        with pytest.raises(APITimeoutError) as caught:
            transport.send(request(server.url), timeout=Timeout(pool=0.05))
        busy.close()

    assert (caught.value.phase, caught.value.attempt_class) == ("pool", "not_sent")


def test_a_free_place_needs_no_time() -> None:
    with ScriptedServer([OK, LONG, b"hello world"]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=Timeout(pool=0))

        assert answer.read() == b"hello world"


def test_a_resolver_that_is_silent_is_a_timeout_of_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(*_: object, flags: int = 0, **__: object) -> object:
        if not flags & socket.AI_NUMERICHOST:
            over.wait(10)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(APITimeoutError, match=r"slow\.example:80: while looking up") as caught:
        BlockingTransport().send(request("http://slow.example"), timeout=Timeout(dns=0.05))
    over.set()

    assert (caught.value.phase, caught.value.attempt_class) == ("dns", "not_sent")


def test_a_literal_address_needs_no_resolver() -> None:
    assert answered(OK, LONG, b"hello world", timeout=Timeout(dns=0)) == b"hello world"


def test_the_next_address_is_tried_where_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as closed:
        pass
    with ScriptedServer([OK, LONG, b"hello world"]) as server:
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
            for port in (closed.port, server.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        answer = BlockingTransport().send(request("http://two.example"), timeout=PATIENT)

        assert answer.read() == b"hello world"


@pytest.mark.skipif("sys.platform != 'linux'", reason="elsewhere a full queue refuses")
def test_a_host_that_takes_no_connection_is_a_timeout_of_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        sent = request(f"http://127.0.0.1:{address[1]}")
        with socket.create_connection(address), pytest.raises(APITimeoutError) as caught:
            BlockingTransport().send(sent, timeout=Timeout(connect=0.05))

    assert (caught.value.phase, caught.value.attempt_class) == ("connect", "not_sent")


def test_a_handshake_that_is_not_answered_is_a_timeout_of_tls() -> None:
    with ScriptedServer([]) as server, pytest.raises(APITimeoutError) as caught:
        # What it waits for is the end of a head, which no handshake has.
        BlockingTransport().send(
            request(server.url.replace("http:", "https:")), timeout=Timeout(tls=0.05)
        )

    assert (caught.value.phase, caught.value.attempt_class) == ("tls", "not_sent")
