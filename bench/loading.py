"""A process that loads a proxy: 64 connections, each asking again as soon as it is answered.

    python -m bench.loading PORT MODEL create|stream

Reads a number of requests a line; answers with how many units (requests, or chunks of content)
were right. One that is wrong ends it.
"""

import asyncio
import json
import re
import sys
from typing import Final

from bench.asking import MESSAGES

CONNECTIONS: Final = 64

BETWEEN_CHUNKS: Final = re.compile(rb"\r\n[0-9a-f]+\r\n")
"""nginx may end a chunk anywhere."""


class Caller(asyncio.Protocol):
    """One connection; asks as long as there are requests left."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._heard = b""
        self._chunks = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self) -> None:
        """One request, if one is left."""
        if self._load.left == 0:
            self._load.idle(self)
            return
        self._load.left -= 1
        self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        if self._load.streamed:
            self._hear_stream(data)
        else:
            self._hear_whole(data)

    def _hear_whole(self, data: bytes) -> None:
        self._heard += data
        head, blank, body = self._heard.partition(b"\r\n\r\n")
        if not blank:
            return
        size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < size:
            return
        if not head.startswith(b"HTTP/1.1 200") or b'"content":"One word' not in body:
            self._load.wrong(self._heard)
        self._heard = b""
        self._load.units += 1
        self.ask()

    def _hear_stream(self, data: bytes) -> None:
        self._chunks += data.count(b'"content":"word')
        self._heard = (self._heard + data)[-64:]
        if not self._heard.endswith(b"\r\n0\r\n\r\n"):
            return
        if b"data: [DONE]" not in BETWEEN_CHUNKS.sub(b"", self._heard):
            self._load.wrong(self._heard)
        self._load.units += self._chunks
        self._chunks, self._heard = 0, b""
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost()


class Load:
    """All connections, and what is left to be asked."""

    def __init__(self, port: int, model: str, what: str) -> None:
        self.left = self.units = 0
        self.streamed = what == "stream"
        fields = {"model": model, "messages": MESSAGES, "stream": self.streamed}
        body = json.dumps(fields, separators=(",", ":")).encode()
        self.request = (
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (port, len(body), body)
        )
        self._port = port
        self._over = asyncio.Event()
        self._idle: list[Caller] = []

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, caller = await loop.create_connection(lambda: Caller(self), "127.0.0.1", self._port)
            self._idle.append(caller)

    async def run(self, requests: int) -> int:
        """The units of so many requests."""
        self.left, self.units = requests, 0
        self._over.clear()
        callers, self._idle = self._idle, []
        for caller in callers:
            caller.ask()
        await self._over.wait()
        return self.units

    def idle(self, caller: Caller) -> None:
        """This connection has nothing left to ask."""
        self._idle.append(caller)
        if len(self._idle) == CONNECTIONS:
            self._over.set()

    def lost(self) -> None:
        """A connection has gone, which it may at the end, when nothing is asked any more."""
        if len(self._idle) < CONNECTIONS:
            self.wrong(b"the connection was closed")

    def wrong(self, heard: bytes) -> None:
        """Something else came than should have."""
        sys.stderr.write(f"wrong: {heard[:300]!r}\n")
        sys.stderr.flush()
        raise SystemExit(1)


async def main(port: int, model: str, what: str) -> None:
    load = Load(port, model, what)
    await load.connect()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(f"{await load.run(int(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
