"""Recorded answers, played again by an upstream, under the number of the record as a model."""

import random
from collections.abc import Iterable, Iterator
from typing import Final

from tests.corpus import Record
from tests.upstream import Script, Send

AGAIN: Final = b"X-Should-Retry: false\r\n"
"""What was refused once is not asked again: the record has only one answer."""

LARGEST_PIECE: Final = 4096


def script(record: Record, seed: int) -> Script:
    """The answer of this record, in pieces that depend on nothing but the seed."""
    return [*head(record), *body(record, seed)]


def head(record: Record) -> list[Send]:
    """The status line and the headers, of which only the content type is the provider's."""
    usual = "text/event-stream" if record.streamed else "application/json"
    kind = record.headers.get("content-type", usual).encode("latin-1")
    length = (
        b"Transfer-Encoding: chunked"
        if record.streamed
        else b"Content-Length: %d" % len(record.sent)
    )
    line = b"HTTP/1.1 %d \r\nContent-Type: %b\r\n%b%b\r\n\r\n"
    return [Send(line % (record.status or 200, kind, AGAIN, length))]


def body(record: Record, seed: int) -> Iterator[Send]:
    for piece in pieces(record.sent, seed):
        yield Send(b"%x\r\n%b\r\n" % (len(piece), piece) if record.streamed else piece)
    if record.streamed:
        yield Send(b"0\r\n\r\n")


def pieces(raw: bytes, seed: int) -> Iterable[bytes]:
    """`raw`, cut anywhere: inside events, characters and line ends."""
    chance = random.Random(seed)
    at = 0
    while at < len(raw):
        size = min(int(chance.paretovariate(0.6)), LARGEST_PIECE)
        yield raw[at : at + size]
        at += size
