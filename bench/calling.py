"""A connection that asks, and hears the answer whole: for whoever measures time, or counts.

It reads HTTP by a parser, so that it understands every proxy; `bench.loading` costs less, and
knows only those that answer as we do.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import httptools

from bench.asking import MESSAGES


class Answer(NamedTuple):
    """What came of a request; the times are those of its first byte and of its end."""

    status: int
    body: bytes
    asked: float
    first: float
    last: float


class Connection(asyncio.Protocol):
    """One request at a time."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._answer: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._asked = self._first = 0.0

    async def ask(self, request: bytes) -> Answer:
        """The answer; raises `ConnectionError` where none comes."""
        if self.transport.is_closing():
            raise ConnectionError("closed while it was idle")
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._pieces = []
        self._first = 0.0
        self._asked = time.monotonic()
        self.transport.write(request)
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._first = self._first or time.monotonic()
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed before the answer's end"))

    # Called by the parser

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        assert self._answer is not None
        status, body = self._parser.get_status_code(), b"".join(self._pieces)
        self._answer.set_result(
            Answer(status, body, self._asked, self._first, last=time.monotonic())
        )


async def connected(port: int, source: str | None = None) -> Connection:
    """A connection to this port, from this address if it is not None."""
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, "127.0.0.1", port, local_addr=None if source is None else (source, 0)
    )
    return connection


def request(
    port: int, model: str, *, stream: bool, headers: Mapping[str, str] | None = None
) -> bytes:
    """A request of 2.4 kB."""
    fields: dict[str, Any] = {"model": model, "messages": MESSAGES, "stream": stream}
    body = json.dumps(fields, separators=(",", ":")).encode()
    told = {
        "Host": f"127.0.0.1:{port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + body


def wrong(what: str, heard: object) -> NoReturn:
    """Ends this process: what came is not what should have."""
    sys.stderr.write(f"wrong: {what}: {heard!r:.500}\n")
    sys.stderr.flush()
    raise SystemExit(1)


async def lines() -> asyncio.StreamReader:
    """What this process is told, line by line."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
