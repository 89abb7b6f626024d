"""The asyncio transport against servers that play scripts: answers, cuts, deadlines, closing.

What its pool does stands in `test_async_pool.py`.
"""

import asyncio
import gzip
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    RemoteProtocolError,
)
from dragoman.transport.aio.connection import Connection
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.protocol import AsyncAnswer, AsyncTransport, Request
from dragoman.transport.timeouts import Timeout
from tests.scripted import Act, ScriptedServer, Step

T = TypeVar("T")

PATIENT = Timeout()
SECONDS = 10
"""Long enough never to pass in a test that is not about it."""

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 11\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BIG = bytes(16 * 1024 * 1024)
SECRET = "sk-very-secret"
CERTIFICATE = Path(__file__).parent / "localhost.pem"


def request(url: str, *, body: bytes = b"{}", **headers: str) -> Request:
    return Request(method="POST", url=url, headers=headers, body=body)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def whole(
    url: str, *, body: bytes = b"{}", timeout: Timeout = PATIENT, **settings: Any
) -> bytes:
    """The body of the one answer, by a transport of its own."""
    answer = await AsyncioTransport(**settings).send(request(url, body=body), timeout=timeout)
    return await answer.read()


def answered(*script: Step, timeout: Timeout = PATIENT) -> bytes:
    with ScriptedServer(script) as server:
        return run(whole(server.url, timeout=timeout))


@pytest.mark.parametrize(
    "script",
    [
        [OK, LONG, b"hello world"],
        [OK, LONG, b"hello", b" world", b"and what nobody asked for"],
        [OK, CHUNKED, b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"],
        [OK, b"\r\nhello world"],
        [b"HTTP/1.0 200 OK\r\n\r\n", b"hello world"],
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
def test_an_answer_tells_its_head_before_its_body_has_come(head: bytes, by_close: bool) -> None:
    async def told(url: str) -> tuple[int, bool]:
        answer = await AsyncioTransport().send(request(url), timeout=PATIENT)
        answer.close()
        return answer.status, answer.ended_by_close

    with ScriptedServer([head, Act.STALL]) as server:
        assert run(told(server.url)) == (200, by_close)


def test_pieces_are_given_as_they_come_and_reading_may_be_interrupted() -> None:
    heard_first = threading.Event()

    async def pieces(url: str) -> list[bytes]:
        answer = await AsyncioTransport().send(request(url), timeout=PATIENT)
        found = []
        async for piece in answer:
            found.append(piece)
            break
        heard_first.set()
        return [*found, *[piece async for piece in answer], *[piece async for piece in answer]]

    script: list[Step] = [OK, CHUNKED, b"3\r\none\r\n", heard_first, b"3\r\ntwo\r\n0\r\n\r\n"]
    with ScriptedServer(script) as server:
        assert run(pieces(server.url)) == [b"one", b"two"]


@pytest.mark.parametrize(
    "script",
    [
        [OK, LONG, b"hello"],
        [OK, LONG],
        [OK, CHUNKED, b"5\r\nhello\r\n"],
        [OK, CHUNKED, b"5\r\nhello\r\n0\r\n"],
        [OK, b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"hello world")[:-1]],
    ],
)
def test_a_body_that_was_cut_is_never_taken_for_whole(script: list[Step]) -> None:
    with pytest.raises(APIConnectionError) as caught:
        answered(*script)

    assert (caught.value.code, caught.value.attempt_class) == ("stream_truncated", "started")


@pytest.mark.parametrize("framing", [LONG, CHUNKED + b"b\r\n", b"\r\n"])
def test_a_reset_is_a_cut_after_what_came_and_stays_one(framing: bytes) -> None:
    heard_first = threading.Event()

    async def failures(url: str) -> list[str | None]:
        answer = await AsyncioTransport().send(request(url), timeout=PATIENT)
        assert await anext(answer) == b"hello"
        heard_first.set()
        codes = []
        for _ in range(2):
            with pytest.raises(APIConnectionError) as caught:
                await anext(answer)
            codes.append(caught.value.code)
        return codes

    with ScriptedServer([OK, framing, b"hello", heard_first, Act.RESET]) as server:
        assert run(failures(server.url)) == ["stream_truncated", "stream_truncated"]


@pytest.mark.parametrize("script", [[], [Act.RESET], [b"HTTP/1.1 429 Too"], [OK]])
def test_a_connection_that_ends_before_the_head_does_is_ambiguous(script: list[Step]) -> None:
    with pytest.raises(APIConnectionError) as caught:
        answered(*script)

    assert caught.value.attempt_class == "ambiguous"


def test_a_refused_connection_was_not_sent() -> None:
    with ScriptedServer() as server:
        pass

    with pytest.raises(APIConnectionError, match=rf"127\.0\.0\.1:{server.port}.*refused") as caught:
        run(whole(server.url))

    assert caught.value.attempt_class == "not_sent"


def test_an_unknown_host_was_not_sent() -> None:
    with pytest.raises(APIConnectionError, match=r"nowhere\.invalid:80: while looking") as caught:
        run(whole("http://nowhere.invalid"))

    assert caught.value.attempt_class == "not_sent"


def test_an_answer_nobody_can_read_is_the_providers_mistake() -> None:
    with pytest.raises(RemoteProtocolError, match="chunk size"):
        answered(OK, CHUNKED, b"5z\r\nhello\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("script", "timeout", "phase", "attempt_class"),
    [
        ([Act.STALL], Timeout(first_byte=0.05), "first_byte", "ambiguous"),
        ([OK, Act.STALL], Timeout(first_byte=0.05), "first_byte", "ambiguous"),
        ([OK, LONG, Act.STALL], Timeout(between_events=0.05), "between_events", "started"),
        ([OK, LONG, b"he", Act.STALL], Timeout(between_events=0.05), "between_events", "started"),
        ([Act.STALL], Timeout(total=0.05), "total", "ambiguous"),
        ([OK, LONG, Act.STALL], Timeout(total=0.05), "total", "started"),
    ],
)
def test_silence_is_a_timeout_that_names_its_phase(
    script: list[Step], timeout: Timeout, phase: str, attempt_class: str
) -> None:
    with ScriptedServer(script) as server:
        with pytest.raises(APITimeoutError) as caught:
            run(whole(server.url, timeout=timeout))

        assert server.gone.wait(SECONDS)
    assert (caught.value.phase, caught.value.attempt_class) == (phase, attempt_class)


def test_an_answer_that_never_ends_is_ended_by_the_total() -> None:
    async def read_slowly(answer: AsyncAnswer) -> None:
        async for _ in answer:
            await asyncio.sleep(0.02)  # so slow that the next piece is always there

    async def drowned(url: str) -> str:
        answer = await AsyncioTransport().send(request(url), timeout=Timeout(total=0.1))
        with pytest.raises(APITimeoutError) as caught:
            await read_slowly(answer)
        return caught.value.phase

    with ScriptedServer([OK, b"\r\n", BIG]) as server:
        assert run(drowned(server.url)) == "total"


def test_a_server_that_takes_no_more_of_the_request_is_a_timeout_of_writing() -> None:
    given_up = threading.Event()
    with ScriptedServer([given_up], hears_bodies=False) as server:
        with pytest.raises(APITimeoutError) as caught:
            run(whole(server.url, body=BIG, timeout=Timeout(write=0.1)))
        given_up.set()

    assert (caught.value.phase, caught.value.attempt_class) == ("write", "ambiguous")


def test_a_server_that_takes_the_request_slowly_is_waited_for() -> None:
    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.1)
            await reader.readexactly(len(BIG) // 8)
        writer.write(OK + LONG + b"hello world")
        writer.close()

    async def sent() -> bytes:
        server = await asyncio.start_server(taken, "127.0.0.1", 0, limit=2**20)
        async with server:
            port = server.sockets[0].getsockname()[1]
            timeout = Timeout(write=0.4)
            return await whole(f"http://127.0.0.1:{port}", body=BIG, timeout=timeout)

    assert run(sent()) == b"hello world"


@pytest.mark.parametrize(
    ("host", "timeout", "phase"),
    [("localhost", Timeout(dns=0), "dns"), ("127.0.0.1", Timeout(connect=0), "connect")],
)
def test_nobody_waits_longer_for_a_connection_than_was_said(
    host: str, timeout: Timeout, phase: str
) -> None:
    with ScriptedServer([OK]) as server:
        with pytest.raises(APITimeoutError) as caught:
            run(whole(f"http://{host}:{server.port}", timeout=timeout))

    assert (caught.value.phase, caught.value.attempt_class) == (phase, "not_sent")


def test_a_resolver_that_is_silent_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(*_: object, flags: int = 0, **__: object) -> object:
        if not flags & socket.AI_NUMERICHOST:
            over.wait(SECONDS)
        raise socket.gaierror

    async def looked_up() -> None:
        try:
            await whole("http://slow.example", timeout=Timeout(dns=0.05))
        finally:
            over.set()

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(APITimeoutError, match=r"slow\.example:80: while looking up") as caught:
        run(looked_up())

    assert (caught.value.phase, caught.value.attempt_class) == ("dns", "not_sent")


def test_no_handshake_is_a_timeout_of_tls() -> None:
    with ScriptedServer([Act.STALL], hears_bodies=False) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(APITimeoutError) as caught:
            run(whole(url, timeout=Timeout(tls=0.05)))

    assert (caught.value.phase, caught.value.attempt_class) == ("tls", "not_sent")


def test_no_time_left_means_not_sent() -> None:
    with ScriptedServer([OK, LONG]) as server, pytest.raises(APITimeoutError) as caught:
        run(whole(server.url, timeout=Timeout.of(0)))

    assert (caught.value.attempt_class, server.heard) == ("not_sent", [])


def test_an_answer_that_comes_before_the_body_was_read_is_heard() -> None:
    script = [b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"]
    with ScriptedServer(script, hears_bodies=False) as server:
        assert run(whole(server.url, body=BIG)) == b"big"


class Nowhere:
    """Where nobody keeps connections."""

    def take_back(self, connection: Connection) -> None:
        connection.abort()


def test_an_answer_is_heard_though_writing_fails_before_it_was_read() -> None:
    async def rescued() -> tuple[int, bytes | None]:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        connection = Connection(loop, memoryview(bytearray(1024)), Nowhere())
        connection.opened(ours)
        await loop.create_connection(lambda: connection, sock=ours)
        connection.transport.pause_reading()  # so that the loop finds the failed write first
        theirs.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        theirs.close()
        data = connection.http.send(request("http://a.example", body=BIG))
        deadlines = Deadlines("a.example:80", PATIENT, loop.time)
        head = await connection.answered(data, deadlines)
        return head.status, await connection.piece(deadlines)

    assert run(rescued()) == (413, b"big")


def test_who_reads_slowly_makes_the_server_wait() -> None:
    async def unread(url: str) -> tuple[int, int]:
        answer = await AsyncioTransport().send(request(url), timeout=PATIENT)
        await asyncio.sleep(0.2)
        connection = answer._connection
        assert connection is not None
        held = sum(map(len, connection.pieces))
        return held, held + len(await answer.read())

    with ScriptedServer([OK, b"Content-Length: %d\r\n\r\n" % len(BIG), BIG]) as server:
        held, _ = run(unread(server.url))

    assert held <= 128 * 1024


def test_who_reads_slowly_misses_nothing() -> None:
    with ScriptedServer([OK, b"Content-Length: %d\r\n\r\n" % len(BIG), BIG]) as server:

        async def slowly() -> int:
            answer = await AsyncioTransport().send(request(server.url), timeout=PATIENT)
            size = 0
            async for piece in answer:
                size += len(piece)
                await asyncio.sleep(0)
            return size

        assert run(slowly()) == len(BIG)


def test_a_body_over_the_limit_is_refused_and_left() -> None:
    async def limited(url: str) -> None:
        answer = await AsyncioTransport().send(request(url), timeout=PATIENT)
        with pytest.raises(RemoteProtocolError, match="at most 10 bytes"):
            await answer.read(10)

    with ScriptedServer([OK, CHUNKED, b"b\r\nhello world\r\n", Act.STALL]) as server:
        run(limited(server.url))

        assert server.gone.wait(SECONDS)


def test_closing_in_the_middle_is_seen_by_the_server_and_told_to_the_reader() -> None:
    async def closed(url: str, gone: threading.Event) -> tuple[bool, str | None]:
        answer = await AsyncioTransport().send(request(url), timeout=PATIENT)
        await anext(answer)
        reading = asyncio.create_task(answer.read())
        await asyncio.sleep(0)
        answer.close()
        answer.close()
        with pytest.raises(APIConnectionError) as caught:
            await reading
        with pytest.raises(APIConnectionError):
            await answer.read()
        return await asyncio.to_thread(gone.wait, SECONDS), caught.value.code

    with ScriptedServer([OK, CHUNKED, b"5\r\nhello\r\n", Act.STALL]) as server:
        assert run(closed(server.url, server.gone)) == (True, "stream_truncated")


@pytest.mark.parametrize("script", [[Act.STALL], [OK, CHUNKED, b"5\r\nhello\r\n", Act.STALL]])
def test_being_cancelled_closes_the_connection_at_once(script: list[Step]) -> None:
    async def cancelled(url: str, gone: threading.Event) -> bool:
        task = asyncio.create_task(whole(url))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(gone.wait, SECONDS)

    with ScriptedServer(script) as server:
        assert run(cancelled(server.url, server.gone))


def test_an_answer_that_is_dropped_closes_its_connection_and_warns() -> None:
    async def dropped(url: str, gone: threading.Event) -> bool:
        answers = [await AsyncioTransport().send(request(url), timeout=PATIENT)]
        with pytest.warns(ResourceWarning, match=r"an answer of 127\.0\.0\.1:\d+ was neither"):
            answers.clear()
        return await asyncio.to_thread(gone.wait, SECONDS)

    with ScriptedServer([OK, LONG, b"hello", Act.STALL]) as server:
        assert run(dropped(server.url, server.gone))


@pytest.mark.parametrize("name", ["X A", "Content-Length", "Host"])
def test_a_request_that_http_cannot_carry_opens_nothing(name: str) -> None:
    sent = Request(method="POST", url="http://127.0.0.1:1", headers={name: SECRET}, body=b"")

    with pytest.raises(ConfigurationError) as caught:
        run(AsyncioTransport().send(sent, timeout=PATIENT))

    assert SECRET not in str(caught.value)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_https_trusts_what_the_given_context_trusts(host: str) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with ScriptedServer([OK, LONG, b"hello world"], context=server_context()) as server:
        url = f"https://{host}:{server.port}"

        assert run(whole(url, ssl_context=trusting)) == b"hello world"


def test_https_carries_what_is_large_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    script = [OK, b"Content-Length: %d\r\n\r\n" % len(BIG), BIG]
    with ScriptedServer(script, context=server_context()) as server:
        assert run(whole(server.url, body=BIG)) == BIG

    assert server.heard[0].endswith(BIG)


@pytest.mark.parametrize("framing", [b"Content-Length: 250000\r\n\r\n", b"\r\n"])
def test_what_was_sent_before_the_close_is_not_lost_under_tls(framing: bytes) -> None:
    async def late(url: str) -> int:
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        transport = AsyncioTransport(ssl_context=trusting)
        answer = await transport.send(request(url), timeout=PATIENT)
        await asyncio.sleep(0.1)  # the server has closed behind it by now
        return len(await answer.read())

    with ScriptedServer([OK, framing, bytes(250_000)], context=server_context()) as server:
        assert run(late(server.url)) == 250_000


def test_a_cut_under_tls_is_a_cut() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with ScriptedServer([OK, LONG, b"hello"], context=server_context()) as server:
        with pytest.raises(APIConnectionError) as caught:
            run(whole(server.url, ssl_context=trusting))

    assert caught.value.code == "stream_truncated"


def test_a_certificate_nobody_vouches_for_was_not_sent_and_names_the_setting() -> None:
    with ScriptedServer([OK, LONG], context=server_context()) as server:
        with pytest.raises(APIConnectionError, match="SSL_CERT_FILE") as caught:
            run(whole(server.url))

    assert (caught.value.attempt_class, server.heard) == ("not_sent", [])


def test_naming_the_types_wakes_no_event_loop() -> None:
    program = "import sys, dragoman.transport; print({'asyncio', 'ssl', 'socket'} & {*sys.modules})"

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"


def test_the_asyncio_transport_keeps_the_promise_as_type_checkers_see_it() -> None:
    async def kept(url: str) -> bytes:
        transport: AsyncTransport = AsyncioTransport()
        answer: AsyncAnswer = await transport.send(request(url), timeout=PATIENT)
        return await answer.read()

    with ScriptedServer([OK, LONG, b"hello world"]) as server:
        assert run(kept(server.url)) == b"hello world"
