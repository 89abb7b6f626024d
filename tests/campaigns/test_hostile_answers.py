"""Our clients against an upstream that answers with every case, on sockets, and behind proxies.

An answer is whole, or it is an error: nothing is made up, and the request that comes next gets its
own answer. How bytes are read is tested without sockets, in `tests.acceptance`.

Authority: http.md beside the cases.
"""

import asyncio
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, NamedTuple, Protocol

import pytest

from dragoman.errors import APIConnectionError, Error, RemoteProtocolError
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.blocking import BlockingTransport
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout
from tests.background import PATIENCE_SECONDS, Background
from tests.fronts import FRONTS, each_front
from tests.http_cases import Case, accepted, bytes_of, cases_of, each

LINGER_FOR_NO_TIME: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

NEXT: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"

LATER_SECONDS: Final = 0.01

BEHIND_A_PROXY: Final = (
    "short-body",
    "short-chunk",
    "no-last-chunk",
    "204-with-body",
    "second-message",
    "surplus-bytes",
)
"""Cases that a proxy does not mend: it passes on what it got, or nothing more."""

PATIENT: Final = Timeout.of(PATIENCE_SECONDS)


class Hostile:
    """An upstream on a loop: `/A001` is answered with that case, everything else well."""

    def __init__(self) -> None:
        self.connections = 0
        self.unasked = threading.Event()
        """What belongs to no request has been sent."""
        self.cases = {case["id"]: case for case in cases_of("response")}

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)


class Connection(asyncio.Protocol):
    _transport: asyncio.Transport

    def __init__(self, hostile: Hostile) -> None:
        self._hostile = hostile
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._hostile.connections += 1

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if b"\r\n\r\n" in self._heard:
            target = self._heard.split(b" ")[1].decode()
            self._heard = b""
            self._answer(self._hostile.cases.get(target.removeprefix("/")))

    def _answer(self, case: Case | None) -> None:
        if case is None:
            self._transport.write(NEXT)
        elif case.get("idle"):
            self._transport.write(NEXT)
            asyncio.get_running_loop().call_later(LATER_SECONDS, self._unasked, bytes_of(case))
        else:
            self._transport.write(bytes_of(case))
            if case.get("fin"):
                self._transport.close()
            elif case.get("reset"):
                wire: socket.socket = self._transport.get_extra_info("socket")
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
                self._transport.abort()

    def _unasked(self, data: bytes) -> None:
        self._transport.write(data)
        self._hostile.unasked.set()


@contextmanager
def hostile() -> Iterator[tuple[Hostile, int]]:
    upstream = Hostile()
    with Background() as background:
        server = background.run(upstream.listen())
        yield upstream, server.sockets[0].getsockname()[1]
        background.loop.call_soon_threadsafe(server.close)


class Told(NamedTuple):
    status: int
    body: bytes
    error: Error | None
    """Why that is not all."""


class Ask(Protocol):
    def __call__(self, path: str, method: str = "POST") -> Told: ...


@contextmanager
def blocking(port: int) -> Iterator[Ask]:
    transport = BlockingTransport()

    def ask(path: str, method: str = "POST") -> Told:
        status, body = 0, b""
        try:
            answer = transport.send(request(port, path, method), timeout=PATIENT)
            status = answer.status
            for piece in answer:
                body += piece
        except (RemoteProtocolError, APIConnectionError) as error:
            return Told(status, body, error)
        return Told(status, body, None)

    yield ask
    transport.close()


@contextmanager
def on_a_loop(port: int) -> Iterator[Ask]:
    transport = AsyncioTransport()

    async def told(path: str, method: str) -> Told:
        status, body = 0, b""
        try:
            answer = await transport.send(request(port, path, method), timeout=PATIENT)
            status = answer.status
            async for piece in answer:
                body += piece
        except (RemoteProtocolError, APIConnectionError) as error:
            return Told(status, body, error)
        return Told(status, body, None)

    async def closed() -> None:
        transport.close()

    with Background() as background:
        yield lambda path, method="POST": background.run(told(path, method))
        background.run(closed())


def request(port: int, path: str, method: str) -> Request:
    return Request(method=method, url=f"http://127.0.0.1:{port}{path}", headers={}, body=b"")


Driver = Callable[[int], AbstractContextManager[Ask]]

each_driver = pytest.mark.parametrize("driver", [blocking, on_a_loop])


@each_driver
@each("response")
def test_an_answer_is_whole_or_an_error_and_the_next_one_is_right(
    case: Case, driver: Driver
) -> None:
    with hostile() as (upstream, port), driver(port) as ask:
        told = ask(f"/{case['id']}", case.get("method", "POST"))
        if case.get("idle"):
            assert upstream.unasked.wait(PATIENCE_SECONDS)
        behind = ask("/next")

    assert behind == Told(200, b"next", None)
    assert upstream.connections == (1 if case.get("reuse") else 2)
    if case.get("idle"):
        assert told == behind
    elif accepted(case):
        assert told.error is None
        assert told.body == case["body"].encode("latin-1")
    else:
        assert told.error is not None
        assert b"hello".startswith(told.body)


@pytest.fixture(scope="module")
def behind(request: pytest.FixtureRequest) -> Iterator[int]:
    with hostile() as (_, port), FRONTS[request.param](port) as front:
        yield front


@each_driver
@each("response", *BEHIND_A_PROXY)
@each_front("behind", indirect=True)
def test_a_cut_is_seen_behind_a_proxy_and_surplus_bytes_are_not(
    behind: int, case: Case, driver: Driver
) -> None:
    with driver(behind) as ask:
        told = ask(f"/{case['id']}")
        after = ask("/next")

    assert after == Told(200, b"next", None)
    if accepted(case):
        assert told.error is None
        assert told.body == case["body"].encode("latin-1")
    else:
        assert told.error is not None
        assert told.error.code == "stream_truncated"
