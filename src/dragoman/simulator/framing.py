"""How events follow each other on a stream: where one ends, and what one looks like that is none.

A fault happens after so many events, and an event is the same in every framing: a server-sent
event, a line, a message of AWS's, an element of an array. Encoders may give several at once.
Some hosts frame the events of a dialect otherwise than it does itself: for those there are
encoders around its own.
"""

import base64
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import StreamEncoder
from dragoman.errors import Error
from dragoman.streaming import eventstream, ndjson, sse
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

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

    around: Callable[[StreamEncoder], StreamEncoder] | None = None
    """The encoder of this framing, around the one of the dialect; None where that is it."""


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


def payload(event: bytes) -> bytes:
    """The data of a server-sent event of one line of them."""
    return event.partition(b"data: ")[2].removesuffix(b"\n\n")


class InArray:
    """Server-sent events as the elements of an array, as Gemini streams where nobody says `sse`.

    Each ends with a line break, which compact JSON has none of, and all but the first begin with
    a comma.
    """

    def __init__(self, inner: StreamEncoder) -> None:
        self._inner = inner
        self._begun = False

    def encode(self, chunk: Chunk) -> bytes:
        """The elements of this chunk."""
        return self._elements(self._inner.encode(chunk))

    def end(self) -> bytes:
        """The last elements, and the end of the array."""
        return self._elements(self._inner.end()) + self._closed()

    def error(self, error: Error) -> bytes:
        """The element that tells a failure, and the end of the array."""
        return self._elements(self._inner.error(error)) + self._closed()

    def _elements(self, events: bytes) -> bytes:
        told = b""
        for event in ended_by(b"\n\n", events):
            told += (b"," if self._begun else b"[") + payload(event) + b"\r\n"
            self._begun = True
        return told

    def _closed(self) -> bytes:
        return b"]\r\n" if self._begun else b"[]\r\n"


class InMessages:
    """Anthropic's events as messages of AWS's, as Bedrock hands them on.

    A failure is Bedrock's own, and told as it tells it.
    """

    def __init__(self, inner: StreamEncoder) -> None:
        self._inner = inner

    def encode(self, chunk: Chunk) -> bytes:
        """The messages of this chunk."""
        return self._messages(self._inner.encode(chunk))

    def end(self) -> bytes:
        """The last messages."""
        return self._messages(self._inner.end())

    def error(self, error: Error) -> bytes:
        """The exception that tells a failure."""
        bedrock = DIALECTS["bedrock-converse"].stream_encoder(include_usage=False)
        return bedrock.error(error)

    def _messages(self, events: bytes) -> bytes:
        return b"".join(handed_on(payload(event)) for event in ended_by(b"\n\n", events))


def message(kind: str, data: bytes) -> bytes:
    """A message of AWS's that holds an event."""
    headers = {
        ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    return eventstream.encode(headers, data)


def handed_on(data: bytes) -> bytes:
    """The message in which Bedrock hands on the event of a model."""
    return message("chunk", reading.write({"bytes": base64.b64encode(data).decode()}))


SSE: Final = Framing(
    headers=sse.HEADERS, events=partial(ended_by, b"\n\n"), malformed=sse.encode(HALF)
)

NDJSON: Final = Framing(
    headers={"content-type": ndjson.CONTENT_TYPE},
    events=partial(ended_by, b"\n"),
    malformed=ndjson.encode(HALF),
)

JSON_ARRAY: Final = Framing(
    headers={"content-type": "application/json; charset=utf-8"},
    events=partial(ended_by, b"\r\n"),
    malformed=b"," + HALF + b"\r\n",
    around=InArray,
)

EVENT_STREAM: Final = Framing(
    headers={"content-type": eventstream.CONTENT_TYPE},
    events=by_length,
    malformed=message("contentBlockDelta", HALF),
)

HANDED_ON: Final = Framing(
    headers={"content-type": eventstream.CONTENT_TYPE},
    events=by_length,
    malformed=handed_on(HALF),
    around=InMessages,
)
"""Anthropic's events on Bedrock."""
