"""How far each side reads ahead, through which memory, and what a slow peer is given."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from dragoman.transport import Request
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.handling import Served, StreamedReply
from dragoman.transport.timeouts import Timeout
from tests.background import PATIENCE_SECONDS
from tests.plain import Caller
from tests.scripted import ScriptedServer
from tests.served import Waiting, called, echo, serving
from tests.upstream import END, STREAM, Act, Pause, Step, Upstream, event

PATIENT = Timeout()
BIG = bytes(16 * 1024 * 1024)
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BIG)


Fetch = Callable[..., bytes]


def request(url: str, body: bytes = b"{}") -> Request:
    return Request(method="POST", url=url, headers={}, body=body)


def blocking(url: str, timeout: Timeout = PATIENT, body: bytes = b"{}") -> bytes:
    return BlockingTransport().send(request(url, body), timeout=timeout).read()


def on_a_loop(url: str, timeout: Timeout = PATIENT, body: bytes = b"{}") -> bytes:
    async def read() -> bytes:
        answer = await AsyncioTransport().send(request(url, body), timeout=timeout)
        return await answer.read()

    return asyncio.run(read())


both = pytest.mark.parametrize("fetch", [blocking, on_a_loop])


# Towards providers


def test_a_blocking_reader_makes_the_server_wait_until_it_reads() -> None:
    with ScriptedServer([LARGE, BIG]) as server:
        answer = BlockingTransport().send(request(server.url), timeout=PATIENT)

        assert not server.closed.acquire(timeout=0.2)
        assert len(answer.read()) == len(BIG)
        assert server.closed.acquire(timeout=PATIENCE_SECONDS)


def test_connections_to_providers_read_through_one_buffer_of_their_loop() -> None:
    async def buffers(url: str) -> list[memoryview]:
        transport = AsyncioTransport()
        answers = [await transport.send(request(url), timeout=PATIENT) for _ in range(3)]
        used = [answer._connection.get_buffer(-1) for answer in answers if answer._connection]
        for answer in answers:
            answer.close()
        return used

    script: list[Step] = [STREAM, event("x"), Act.STALL]
    with Upstream(script, script, script) as up:
        first, *others = asyncio.run(buffers(up.url))

    assert len(first) == 64 * 1024
    assert [other is first for other in others] == [True, True]


def test_what_came_by_one_buffer_is_never_mixed_up() -> None:
    async def echoed(url: str, bodies: list[bytes]) -> list[bytes]:
        transport = AsyncioTransport()

        async def one(body: bytes) -> bytes:
            answer = await transport.send(request(url, body), timeout=PATIENT)
            return await answer.read()

        return await asyncio.gather(*map(one, bodies))

    bodies = [bytes([number]) * 200_000 for number in range(1, 9)]
    with serving(echo) as (server, _):
        answers = asyncio.run(echoed(f"http://127.0.0.1:{server.port}/x", bodies))

    assert answers == [b"POST /x " + body for body in bodies]


@both
def test_the_wait_for_the_next_piece_begins_anew_with_each(fetch: Fetch) -> None:
    # Together they take longer than one may.
    slowly = [step for number in range(5) for step in (Pause(0.25), event(str(number)))]
    with Upstream([STREAM, *slowly, *END]) as up:
        body = fetch(up.url, Timeout(between_events=1.0))

    assert body.count(b"data: ") == 7


def test_a_server_that_takes_the_request_slowly_is_waited_for_by_a_blocking_caller() -> None:
    def taken(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as reader:
            while reader.readline() != b"\r\n":
                pass
            for _ in range(8):
                threading.Event().wait(0.1)
                reader.read(len(BIG) // 8)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        threading.Thread(target=taken, args=[listener], daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        assert blocking(url, Timeout(write=0.4), BIG) == b"hello"


# Towards callers


def test_connections_of_callers_hold_no_buffer_to_read_into() -> None:
    with serving(echo) as (server, _), Caller(server.port) as caller:
        caller.get()
        caller.answer()
        (accepted,) = server._connections

        assert not isinstance(accepted, asyncio.BufferedProtocol)
        assert getattr(accepted._transport, "max_size", 64 * 1024) == 64 * 1024


def test_what_waits_for_a_caller_is_64_kib_and_a_piece_at_most() -> None:
    blocked = threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 4096
            await asyncio.sleep(0)
            (accepted,) = server._connections
            if accepted._transport.get_write_buffer_size() > 60 * 1024:
                blocked.set()

    async def handler(request: Served) -> StreamedReply:
        return StreamedReply(status=200, headers={}, pieces=endless())

    async def waiting() -> int:
        (accepted,) = server._connections
        return accepted._transport.get_write_buffer_size()

    with serving(handler) as (server, background), Caller(server.port) as caller:
        caller.get()
        assert blocked.wait(PATIENCE_SECONDS)
        threading.Event().wait(0.1)  # in which it would go on, if it did

        assert background.run(waiting()) <= 64 * 1024 + 4096 + 8


@pytest.mark.parametrize("how", ["fin", "reset"])
def test_a_caller_who_goes_away_is_noticed_behind_what_it_sent_ahead(how: str) -> None:
    waiting = Waiting(first=b"one")
    with called(waiting) as caller:
        caller.get()
        assert waiting.reached.wait(PATIENCE_SECONDS)
        caller.send(b"GET /next HTTP/1.1\r\n" + b"X-A: 1\r\n" * 1000)
        if how == "reset":
            caller.reset()
        else:
            caller.socket.close()

        assert waiting.cancelled.wait(PATIENCE_SECONDS)
