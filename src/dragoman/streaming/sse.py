"""Server-sent events: bytes to events and back, however the network cuts them.

Framing only. Data stay the bytes that came; whether they are JSON, `[DONE]` or several values
glued together is decided by whoever reads them, and so is what an event named `error` means.
`id` and `retry` are passed over, since nobody here reconnects.

Four departures from the standard, each for a server that exists: an event without its last
blank line is given by `finish`; one whose data are empty is dropped; the field `error` (older
llama.cpp) counts as data of an event named `error`; and such an event is given even if its
data are empty.

Reference: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from typing import Final

import msgspec

from dragoman.errors import RemoteProtocolError

DONE: Final = b"data: [DONE]\n\n"
"""The last event of a stream that ended well; never sent after an error."""

HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}
"""What an answer in events says of itself; the last keeps nginx from holding events back."""

KEEP_ALIVE: Final = b": keep-alive\n\n"
"""A comment: keeps the connection busy and is no event."""

EVENT_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one event; a whole answer may have as many."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event; `data` are its data lines, joined by LF and not decoded."""

    data: bytes

    name: str = ""
    """The `event:` field."""


class Splitter:
    """Bytes of one event stream in, its events out.

    Of an event that has not ended yet, the finished data lines wait in `_data` and the line
    at hand in `_line`, so that each byte is looked at once, in however small pieces it comes.
    """

    __slots__ = ("_begun", "_between_events", "_cr", "_data", "_line", "_max_event_bytes", "_name")

    def __init__(self, max_event_bytes: int = EVENT_LIMIT) -> None:
        self._max_event_bytes = max_event_bytes
        self._data = bytearray()
        self._line = bytearray()
        self._name = ""
        self._cr = False
        self._begun = False
        self._between_events = False

    def receive(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        # Nearly every read is one or several whole events of one data line each: those need
        # no state, and a third of the time. `find`, because `in` takes CPython 3.11 twice as
        # long on bytes.
        if (
            self._between_events
            and data.startswith(b"data: ")
            and data.find(b"\r") < 0
            and len(data) <= self._max_event_bytes
        ):
            first, _, rest = data[6:].partition(b"\n")
            if rest == b"\n":
                return [Event(first)] if first else []
            if rest.endswith(b"\n\n"):
                found = data[6:-2].split(b"\n\ndata: ")
                # Two LF for each event and none left over: nothing but such events.
                if data.count(b"\n") == 2 * len(found):
                    return [Event(one) for one in found if one]
        return self._heard(self._lines(data))

    def finish(self) -> list[Event]:
        """At the end of the message: the event whose last blank line did not come, if any."""
        last = bytes(self._line)
        self._line.clear()
        return self._heard([last, b""])

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines that end in these bytes; the one that does not is kept."""
        if self._cr:
            data = b"\r" + data
        # Whether a LF belongs to a last CR is known with the next byte only.
        self._cr = data.endswith(b"\r")
        if self._cr:
            data = data[:-1]
        lines = data.splitlines()
        unfinished = b"" if data.endswith((b"\n", b"\r")) or not lines else lines.pop()
        if lines and self._line:
            lines[0] = bytes(self._line + lines[0])
            self._line.clear()
        self._line += unfinished
        return lines

    def _heard(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            if len(self._data) + len(line) > self._max_event_bytes:
                raise self._too_large(line)
            if not self._begun:
                self._begun = True
                line = line.removeprefix(BYTE_ORDER_MARK)
            if line:
                self._hear(line)
                continue
            # An empty data line has left its LF here: empty means that there was none.
            if self._data:
                data = bytes(self._data[:-1])
                if data or self._name == "error":
                    events.append(Event(data, self._name))
                self._data.clear()
            self._name = ""
        if len(self._data) + len(self._line) > self._max_event_bytes:
            raise self._too_large(self._line)
        self._between_events = self._begun and not (
            self._cr or self._line or self._data or self._name
        )
        return events

    def _hear(self, line: bytes) -> None:
        """Take in a field; a comment is one without a name."""
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data += value.removeprefix(b" ") + b"\n"
        elif field == b"event":
            self._name = value.removeprefix(b" ").decode(errors="replace")
        elif field == b"error":
            self._data += value.removeprefix(b" ") + b"\n"
            self._name = "error"

    def _too_large(self, line: bytes | bytearray) -> RemoteProtocolError:
        return RemoteProtocolError(
            f"expected events of at most {self._max_event_bytes} bytes, "
            f"got one of at least {len(self._data) + len(line)}"
        )


def encode(data: bytes) -> bytes:
    """One event with these data, which must be free of line breaks, as compact JSON is."""
    if b"\n" in data or b"\r" in data:
        raise ValueError("expected data on one line, got a raw line break in them")
    return b"data: " + data + b"\n\n"
