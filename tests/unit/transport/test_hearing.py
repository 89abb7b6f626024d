"""Answers told to a hearer: the same as those that are awaited, with failures and deadlines."""

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dragoman.errors import APIConnectionError, APITimeoutError, Error, RemoteProtocolError
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.hearing import Awaited, Hearer, Hearing
from dragoman.transport.http1.client import envelope
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer, Step

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 11\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BIG = bytes(16 * 1024 * 1024)
SECONDS = 10

Begin = Callable[[AsyncioTransport, str, bytes, Hearer, Timeout], Hearing]


def over_the_pool(
    transport: AsyncioTransport, url: str, body: bytes, hearer: Hearer, timeout: Timeout
) -> Hearing:
    return transport.hear(envelope("POST", url, {}), body, hearer, timeout=timeout)


def awaited(
    transport: AsyncioTransport, url: str, body: bytes, hearer: Hearer, timeout: Timeout
) -> Hearing:
    request = Request(method="POST", url=url, headers={}, body=body)
    return Awaited(transport, request, hearer, timeout=timeout)


WAYS: list[Begin] = [over_the_pool, awaited]


class Ear:
    """Hears one answer, and is done at its end."""

    def __init__(self) -> None:
        self.status = 0
        self.by_close = False
        self.pieces: list[bytes] = []
        self.over: asyncio.Future[Error | None] = asyncio.get_running_loop().create_future()
        self.at_piece: Callable[[], None] = lambda: None

    def head(self, status: int, headers: Mapping[str, str], *, ended_by_close: bool) -> None:
        self.status, self.by_close = status, ended_by_close

    def piece(self, data: bytes) -> None:
        self.pieces.append(data)
        self.at_piece()

    def end(self) -> None:
        self.over.set_result(None)

    def failed(self, error: Error) -> None:
        self.over.set_result(error)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def heard(begin: Begin, script: list[Step], timeout: Timeout) -> tuple[Ear, Error | None]:
    async def scene(url: str) -> tuple[Ear, Error | None]:
        transport, ear = AsyncioTransport(), Ear()
        hearing = begin(transport, url, b"{}", ear, timeout)
        error = await asyncio.wait_for(ear.over, SECONDS)
        hearing.close()
        transport.close()
        return ear, error

    with ScriptedServer(script) as server:
        return asyncio.run(scene(server.url))


@pytest.mark.parametrize("begin", WAYS)
@pytest.mark.parametrize(
    ("script", "by_close"),
    [
        ([OK, LONG, b"hello", b" world"], False),
        ([OK, CHUNKED, b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"], False),
        ([OK, b"\r\nhello world"], True),
    ],
)
def test_an_answer_is_heard_to_its_end(begin: Begin, script: list[Step], by_close: bool) -> None:
    ear, error = heard(begin, script, Timeout())

    assert (ear.status, ear.by_close, ear.body, error) == (200, by_close, b"hello world", None)


@pytest.mark.parametrize("begin", WAYS)
def test_a_body_that_was_cut_fails_after_what_came(begin: Begin) -> None:
    ear, error = heard(begin, [OK, LONG, b"hello"], Timeout())

    assert ear.body == b"hello"
    assert isinstance(error, APIConnectionError)
    assert (error.code, error.attempt_class) == ("stream_truncated", "started")


@pytest.mark.parametrize("begin", WAYS)
def test_what_cannot_be_read_is_the_providers_mistake(begin: Begin) -> None:
    _, error = heard(begin, [b"nonsense\r\n\r\n"], Timeout())

    assert isinstance(error, RemoteProtocolError)


@pytest.mark.parametrize("begin", WAYS)
@pytest.mark.parametrize(
    ("script", "phase", "attempt_class"),
    [
        ([Act.STALL], "first_byte", "ambiguous"),
        ([OK, LONG, Act.STALL], "between_events", "started"),
        ([OK, LONG, b"hello", Act.STALL], "between_events", "started"),
        ([Act.STALL], "first_content", "ambiguous"),
        ([OK, LONG, b"hello", Act.STALL], "first_content", "started"),
        ([Act.STALL], "total", "ambiguous"),
        ([OK, LONG, b"hello", Act.STALL], "total", "started"),
    ],
)
def test_silence_is_a_timeout_that_names_its_phase(
    begin: Begin, script: list[Step], phase: str, attempt_class: str
) -> None:
    short: dict[str, Any] = {phase: 0.05}

    _, error = heard(begin, script, Timeout(**short))

    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.attempt_class) == (phase, attempt_class)


@pytest.mark.parametrize("begin", WAYS)
def test_a_server_that_takes_no_more_of_the_request_is_a_timeout_of_writing(begin: Begin) -> None:
    given_up = threading.Event()

    async def scene(url: str) -> Error | None:
        ear = Ear()
        begin(AsyncioTransport(), url, BIG, ear, Timeout(write=0.1))
        return await asyncio.wait_for(ear.over, SECONDS)

    with ScriptedServer([given_up], hears_bodies=False) as server:
        error = asyncio.run(scene(server.url))
        given_up.set()

    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.attempt_class) == ("write", "ambiguous")


@pytest.mark.parametrize("begin", WAYS)
def test_a_refused_connection_was_not_sent(begin: Begin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"

    async def scene() -> Error | None:
        ear = Ear()
        hearing = begin(AsyncioTransport(), url, b"", ear, Timeout())
        error = await asyncio.wait_for(ear.over, SECONDS)
        hearing.close()
        return error

    error = asyncio.run(scene())

    assert isinstance(error, APIConnectionError)
    assert error.attempt_class == "not_sent"


@pytest.mark.parametrize(
    ("begin", "attempt_class"), [(over_the_pool, "not_sent"), (awaited, "ambiguous")]
)
def test_what_nobody_foresaw_is_told_all_the_same(
    begin: Begin, attempt_class: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def surprising(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dragoman.transport.asynchronous.open_connection", surprising)

    _, error = heard(begin, [OK], Timeout())

    assert isinstance(error, APIConnectionError)
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert error.attempt_class == attempt_class


@pytest.mark.parametrize("begin", WAYS)
def test_what_is_paused_brings_nothing_and_has_no_deadline(begin: Begin) -> None:
    async def scene(url: str) -> tuple[int, int, Error | None]:
        ear = Ear()
        ear.at_piece = lambda: hearing.pause()
        hearing = begin(AsyncioTransport(), url, b"", ear, Timeout(between_events=0.2))
        while not ear.pieces:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.4)
        paused = len(ear.body)
        ear.at_piece = lambda: None
        hearing.resume()
        error = await asyncio.wait_for(ear.over, SECONDS)
        return paused, len(ear.body), error

    script = [OK, b"Content-Length: %d\r\n\r\n" % len(BIG), BIG]
    with ScriptedServer(script) as server:
        paused, size, error = asyncio.run(scene(server.url))

    assert paused < size // 2
    assert (size, error) == (len(BIG), None)


@pytest.mark.parametrize("begin", WAYS)
@pytest.mark.parametrize("script", [[Act.STALL], [OK, LONG, b"hello", Act.STALL]])
def test_closing_tells_nothing_more_and_is_seen_by_the_server(
    begin: Begin, script: list[Step]
) -> None:
    async def scene(server: ScriptedServer) -> bool:
        ear = Ear()
        hearing = begin(AsyncioTransport(), server.url, b"", ear, Timeout())
        while not server.heard:
            await asyncio.sleep(0.001)
        hearing.close()
        hearing.close()
        await asyncio.sleep(0.05)
        return ear.over.done()

    with ScriptedServer(script) as server:
        told = asyncio.run(scene(server))

        assert server.gone.wait(SECONDS)
    assert not told


def test_a_kept_connection_takes_the_next_request_at_once() -> None:
    async def scene(url: str) -> list[bytes]:
        transport = AsyncioTransport()
        told = []
        for _ in range(3):
            ear = Ear()
            over_the_pool(transport, url, b"{}", ear, Timeout())
            assert await asyncio.wait_for(ear.over, SECONDS) is None
            told.append(ear.body)
        transport.close()
        return told

    once: list[Step] = [OK, LONG, b"hello world", Act.HEAR]
    with ScriptedServer([*once, *once, *once[:-1]]) as server:
        told = asyncio.run(scene(server.url))

    assert told == [b"hello world"] * 3
