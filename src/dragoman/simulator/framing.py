"""How events follow each other on a stream: where one ends, and what one looks like that is none.

A fault happens after so many events, and an event is the same in every framing: a server-sent
event, a line, a message of AWS's, an element of an array. Encoders may give several at once.
"""

import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from dragoman.streaming import eventstream, ndjson, sse

LENGTH: Final = struct.Struct("!I")
"""What a message of AWS's begins with."""

HALF: Final = b'{"id":"chatcmpl-sim","object":"chat.compl'
"""No JSON."""


class Framing(msgspec.Struct, frozen=True, kw_only=True):
    """How the events of a stream are told apart."""

    headers: Mapping[str, str]
    """What the head of an answer in this framing says."""

    events: Callable[[bytes], list[bytes]]
    """One by one, what was given together."""

    malformed: bytes
    """An event whose data are no JSON."""


def ended_by(mark: bytes, data: bytes) -> list[bytes]:
    """The events of a framing that ends each by a mark, which none holds."""
    return [event + mark for event in data.split(mark)[:-1]]


def by_length(data: bytes) -> list[bytes]:
    """The messages of AWS's event stream, each of which begins with its length."""
    events: list[bytes] = []
    at = 0
    while at < len(data):
        (size,) = LENGTH.unpack_from(data, at)
        events.append(data[at : at + size])
        at += size
    return events


SSE: Final = Framing(
    headers=sse.HEADERS, events=partial(ended_by, b"\n\n"), malformed=sse.encode(HALF)
)

NDJSON: Final = Framing(
    headers={"content-type": ndjson.CONTENT_TYPE},
    events=partial(ended_by, b"\n"),
    malformed=ndjson.encode(HALF),
)

EVENT_STREAM: Final = Framing(
    headers={"content-type": eventstream.CONTENT_TYPE},
    events=by_length,
    malformed=eventstream.encode(
        {
            ":event-type": "contentBlockDelta",
            ":content-type": "application/json",
            ":message-type": "event",
        },
        HALF,
    ),
)
