"""A provider on one event loop: it answers at once, or keeps its streams open, as the model says.

    python -m bench.holding ADDRESSES      prints its port, and serves until it is ended

It listens at 127.0.0.1 and the loopback addresses that follow, so many in all: whoever bounds
the connections to one address can be made to open more. Of the model's name it reads:

    whole    one answer, of 2.4 kB
    short    a stream of one word
    long     a stream of a thousand words, one each 5 ms
    held     a stream that says three words, and nothing from then on
    paced    a stream that says a word each 20 ms, as many as anybody wants to hear
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

import httptools

from bench.echo import ANSWER, PACE_SECONDS, PIECES, STREAM, STREAM_HEAD

WORDS: Final = 3
"""So many does a stream say at once that is then held."""

LAST_WORD: Final = b'"content":"word %d ' % (WORDS - 1)

WORD_SECONDS: Final = 0.02
"""Fifty words a second."""

APART: Final = 0.618
"""Of a pace: so far behind the last one does a stream begin, so that they keep no common time."""

SHORT: Final = b"".join((STREAM_HEAD, PIECES[0], *PIECES[STREAM:]))
HELD: Final = b"".join((STREAM_HEAD, *PIECES[:WORDS]))


class Answering(asyncio.Protocol):
    """One connection. It is read by a parser: some proxies send their requests in chunks."""

    transport: asyncio.Transport
    paced = 0
    """Streams that were asked for a pace."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._asked: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    # Called by the parser

    def on_body(self, body: bytes) -> None:
        self._asked.append(body)

    def on_message_complete(self) -> None:
        asked, self._asked = b"".join(self._asked), []
        if b'"held"' in asked:
            self.transport.write(HELD)
        elif b'"long"' in asked:
            self.transport.write(STREAM_HEAD)
            self._tell(PIECES, 0, PACE_SECONDS, ends=True)
        elif b'"paced"' in asked:
            self.transport.write(HELD)
            Answering.paced += 1
            later = Answering.paced * APART % 1 * WORD_SECONDS
            self._later(later, PIECES[:STREAM], 0, WORD_SECONDS, ends=False)
        else:
            self.transport.write(SHORT if b'"short"' in asked else ANSWER)

    # Streams

    def _tell(self, pieces: Sequence[bytes], at: int, pace: float, *, ends: bool) -> None:
        if at < len(pieces) or not ends:
            self.transport.write(pieces[at % len(pieces)])
            self._later(pace, pieces, at + 1, pace, ends=ends)

    def _later(
        self, seconds: float, pieces: Sequence[bytes], at: int, pace: float, *, ends: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, lambda: self._tell(pieces, at, pace, ends=ends))


async def serve(addresses: int) -> None:
    loop = asyncio.get_running_loop()
    port = 0
    for number in range(addresses):
        listener = await loop.create_server(Answering, address(number), port, backlog=1024)
        port = listener.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await loop.create_future()


def address(number: int) -> str:
    """The loopback address of this number."""
    return f"127.0.0.{1 + number}"


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
