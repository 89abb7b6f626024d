"""Connections of the blocking transport: used again, shared by threads, left by whoever goes."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dragoman.errors import APIConnectionError, APITimeoutError
from dragoman.transport import Request
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.destination import destination_of
from dragoman.transport.http1.events import AnswerEvent, End, Piece
from dragoman.transport.sockets.connection import Connection, Places
from dragoman.transport.timeouts import Timeout
from tests.echoing import EchoingServer
from tests.scripted import Act, ScriptedServer, Step, request_from

TIMEOUT = 10.0
PATIENT = Timeout.of(TIMEOUT)

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 11\r\n\r\n"
HELLO = OK + LONG + b"hello world"
AGAIN = OK + LONG + b"once again!"

ON_POSIX = pytest.mark.skipif("sys.platform == 'win32'", reason="not on Windows")


def request(url: str, body: bytes = b"{}") -> Request:
    return Request(method="POST", url=url, headers={}, body=body)


def asked(transport: BlockingTransport, url: str, body: bytes = b"{}") -> bytes:
    return transport.send(request(url, body), timeout=PATIENT).read()


def test_a_connection_is_used_again() -> None:
    transport = BlockingTransport()
    with ScriptedServer([HELLO, Act.HEAR, AGAIN]) as server:
        bodies = [asked(transport, server.url) for _ in range(2)]

    assert bodies == [b"hello world", b"once again!"]


def test_a_connection_is_free_once_the_end_has_come_read_or_not() -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer([HELLO, Act.HEAR, AGAIN]) as server:
        first = transport.send(request(server.url), timeout=PATIENT)
        second = transport.send(request(server.url), timeout=PATIENT)

        assert [first.read(), second.read()] == [b"hello world", b"once again!"]


@pytest.mark.parametrize(
    "script",
    [
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\n", LONG, b"hello world", Act.STALL],
        [b"HTTP/1.0 200 OK\r\n", LONG, b"hello world", Act.STALL],
        [HELLO + b"and more", Act.STALL],
        [OK, b"\r\n", b"hello world"],
    ],
)
def test_what_cannot_be_used_again_is_closed(script: list[Step]) -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer(script, [AGAIN]) as server:
        asked(transport, server.url)

        assert asked(transport, server.url) == b"once again!"


@pytest.mark.parametrize("last", [[], [Act.RESET], [b"HTTP/1.1 408 Bye\r\n\r\n"]])
def test_a_connection_that_went_stale_is_passed_over(last: list[Step]) -> None:
    transport = BlockingTransport()
    go = threading.Event()
    with ScriptedServer([HELLO, go, *last], [AGAIN]) as server:
        asked(transport, server.url)
        go.set()
        assert server.closed.acquire(timeout=TIMEOUT)

        assert asked(transport, server.url) == b"once again!"


def test_a_connection_that_takes_not_a_byte_is_replaced() -> None:
    def ask() -> list[AnswerEvent]:
        deadlines = Deadlines(destination.address, PATIENT, time.monotonic)
        return connection.ask(request(url), destination, None, None, deadlines)

    def answer() -> socket.socket:
        taken, _ = listener.accept()
        request_from(taken, whole=True)
        taken.sendall(HELLO)
        return taken

    connection = Connection(Places(1, threading.RLock()))
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as asking:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        destination = destination_of(url)
        first = asking.submit(ask)
        with answer():
            first.result(TIMEOUT)
            # As one that the provider closes just after we have looked.
            assert connection._socket is not None
            connection._socket.shutdown(socket.SHUT_WR)
            second = asking.submit(ask)
            with answer():
                assert second.result(TIMEOUT)[1:] == [Piece(b"hello world"), End()]
        connection.close()


def test_a_request_that_may_have_been_heard_is_not_made_again() -> None:
    transport = BlockingTransport()
    with ScriptedServer([HELLO, Act.HEAR, Act.RESET], [AGAIN]) as server:
        asked(transport, server.url)
        with pytest.raises(APIConnectionError) as caught:
            asked(transport, server.url)

    assert (caught.value.attempt_class, len(server.heard)) == ("ambiguous", 2)


def test_what_was_idle_too_long_is_closed() -> None:
    transport = BlockingTransport(idle_seconds=0)
    with ScriptedServer([HELLO, Act.STALL], [AGAIN]) as server:
        asked(transport, server.url)

        assert asked(transport, server.url) == b"once again!"
        assert server.gone.wait(TIMEOUT)


def test_hosts_do_not_share_connections() -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer([HELLO, Act.STALL]) as one, ScriptedServer([AGAIN, Act.STALL]) as other:
        bodies = [asked(transport, one.url), asked(transport, other.url)]
        transport.close()

    assert bodies == [b"hello world", b"once again!"]


def test_closing_a_transport_closes_what_is_idle() -> None:
    transport = BlockingTransport()
    with ScriptedServer([HELLO, Act.STALL]) as server:
        asked(transport, server.url)
        transport.close()
        transport.close()

        assert server.gone.wait(TIMEOUT)


def test_closing_a_transport_leaves_answers_their_connections_until_they_end() -> None:
    go = threading.Event()
    transport = BlockingTransport()
    with ScriptedServer([OK + LONG, go, b"hello world", Act.STALL]) as server:
        answer = transport.send(request(server.url), timeout=PATIENT)
        transport.close()
        go.set()

        assert answer.read() == b"hello world"
        assert server.gone.wait(TIMEOUT)


def test_a_transport_nobody_holds_closes_what_is_idle() -> None:
    with ScriptedServer([HELLO, Act.STALL]) as server:
        assert asked(BlockingTransport(), server.url) == b"hello world"

        assert server.gone.wait(TIMEOUT)


def test_two_threads_take_turns_on_one_connection() -> None:
    with EchoingServer() as server, ThreadPoolExecutor(2) as threads:
        transport = BlockingTransport(limit_per_host=1)
        bodies = [b"%d" % number for number in range(100)]
        echoes = list(threads.map(lambda body: asked(transport, server.url, body), bodies))
        transport.close()

    assert (echoes, server.connections) == (bodies, 1)


def test_whoever_waits_is_given_the_place_of_one_that_failed() -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer([OK + LONG, Act.STALL], [AGAIN]) as server, ThreadPoolExecutor(1) as other:
        answer = transport.send(request(server.url), timeout=PATIENT)
        waiting = other.submit(asked, transport, server.url)
        answer.close()

        assert waiting.result(TIMEOUT) == b"once again!"


def test_whoever_gave_up_waiting_takes_no_place() -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer([OK + LONG, Act.STALL], [AGAIN]) as server:
        answer = transport.send(request(server.url), timeout=PATIENT)
        with pytest.raises(APITimeoutError):
            transport.send(request(server.url), timeout=Timeout(pool=0.01))
        answer.close()

        assert asked(transport, server.url) == b"once again!"


def test_many_threads_share_a_transport() -> None:
    transport = BlockingTransport(limit_per_host=5)

    def run(thread: int) -> list[bytes]:
        return [asked(transport, server.url, b"%d-%d" % (thread, turn)) for turn in range(50)]

    with EchoingServer() as server, ThreadPoolExecutor(8) as threads:
        heard = list(threads.map(run, range(8)))
        transport.close()

    assert heard == [[b"%d-%d" % (thread, turn) for turn in range(50)] for thread in range(8)]
    assert server.connections <= 5


def test_an_answer_closed_by_another_thread_is_told_to_its_reader() -> None:
    transport = BlockingTransport()
    heard_first = threading.Event()
    script: list[Step] = [OK, b"\r\n", b"hello", Act.STALL]

    def read() -> None:
        for _ in answer:
            heard_first.set()

    with ScriptedServer(script) as server, ThreadPoolExecutor(1) as other:
        answer = transport.send(request(server.url), timeout=PATIENT)
        reading = other.submit(read)
        assert heard_first.wait(TIMEOUT)
        time.sleep(0.05)  # Long enough for the reader to wait for more.
        answer.close()

        with pytest.raises(APIConnectionError) as caught:
            reading.result(TIMEOUT / 2)  # before the server loses patience
    assert caught.value.code == "stream_truncated"


def test_a_closed_answer_never_looks_whole() -> None:
    with ScriptedServer([OK, b"\r\n", b"hello", Act.STALL]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)
        answer.close()

        with pytest.raises(APIConnectionError, match="closed by the caller"):
            answer.read()


def test_an_answer_that_is_forgotten_closes_its_connection_and_warns() -> None:
    transport = BlockingTransport(limit_per_host=1)
    with ScriptedServer([OK + LONG, Act.STALL], [AGAIN]) as server:
        answer = transport.send(request(server.url), timeout=PATIENT)
        with pytest.warns(ResourceWarning, match="neither read nor closed"):
            del answer

        assert server.gone.wait(TIMEOUT)
        assert asked(transport, server.url) == b"once again!"


def run_program(program: str, url: str) -> "subprocess.Popen[str]":
    # Ctrl-C as a terminal has it: what a shell starts in the background is told to ignore it.
    setting = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from dragoman.transport import Request
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.timeouts import Timeout
transport = BlockingTransport()
def send(body=b"{}"):
    request = Request(method="POST", url=sys.argv[1], headers={}, body=body)
    return transport.send(request, timeout=Timeout.of(10))
"""
    return subprocess.Popen(
        [sys.executable, "-c", setting + program, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@ON_POSIX
@pytest.mark.parametrize("script", [[], [OK + LONG], [OK + LONG + b"hello"]])
def test_ctrl_c_closes_the_connection_at_once(script: list[Step]) -> None:
    program = """
try:
    send().read()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    input()
"""
    waiting = threading.Event()

    with ScriptedServer([*script, waiting, Act.STALL]) as server:
        with run_program(program, server.url) as process:
            while not server.heard:
                waiting.wait(0.01)
            waiting.set()
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            assert process.stdout.readline() == "interrupted\n"
            assert server.gone.wait(TIMEOUT)
            process.communicate("\n")


@ON_POSIX
def test_a_forked_child_starts_with_nothing_and_leaves_the_parent_its_own() -> None:
    program = """
busy = send(bytes(20_000_000))
send(b"parent").read()
held = len(os.listdir("/dev/fd"))
pid = os.fork()
if pid == 0:
    bodies = [send(b"child").read() for _ in range(2)]
    # Its own connection is one more, the copy of the parent's idle one is one less.
    fine = bodies == [b"child"] * 2 and len(os.listdir("/dev/fd")) == held
    transport.close()
    os._exit(not fine)
_, status = os.waitpid(pid, 0)
print(status, send(b"parent again").read(), len(busy.read()))
"""
    with EchoingServer() as server, run_program(program, server.url) as process:
        said, _ = process.communicate(timeout=TIMEOUT)

    assert said == "0 b'parent again' 20000000\n"
    assert server.connections == 3


@ON_POSIX
def test_two_thousand_requests_leave_no_descriptor_open() -> None:
    transport = BlockingTransport(limit_per_host=3)
    before = descriptors()
    with EchoingServer() as server:
        for number in range(2_000):
            answer = transport.send(request(server.url, bytes(200_000)), timeout=PATIENT)
            if number % 3:
                next(iter(answer))
                answer.close()
            else:
                answer.read()
        transport.close()

    assert descriptors() <= before


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))
