"""What providers sent, changed in ways that none of them would: for fuzzing decoders.

A stream is taken apart into events, and framed again after events were left out, repeated, moved
or changed inside, so that lengths and checksums are right where the framing has any; then the bytes
are changed, too. The examples are those in `tests/recordings`, which every checkout has, and short
ones of the recorded traffic where that is at hand.
"""

import base64
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from dragoman.dialects import DIALECTS
from dragoman.streaming import eventstream
from tests.corpus import SPEAKING, records
from tests.unit.dialects.recordings import Recording, recordings

LONGEST: Final = 3000
"""Bytes of a recorded stream; there are enough short ones."""

FOLDERS: Final = {
    dialect: ("quirks", "openai_compatible", "azure", "openai_chat")
    if dialect == "openai-chat"
    else (dialect.replace("-", "_"),)
    for dialect in DIALECTS
}

ODD: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**70, 1.5, "", "x", "\x00", "é\u2028", [], [None], {}, {"type": "x"}, [[]],
    "null", "{", "data: [DONE]\n\n", 10**30,
)  # fmt: skip
"""Values that stand in place of others."""

SCRAPS: Final = (
    b"", b"\x00", b"\xff\xfe", b"\n", b"\r", b"\n\n", b":", b"data:", b"event: error\n", b"{", b"}",
    b"[", b"]", b",", b'"', b"\\", b"\\ud800", b"1e999", b"null", b"[" * 2000, b'{"a":' * 1500,
    b"data: [DONE]\n\n", b"\x00\x00\x00\x10", b"\xe2\x80", b"\xef\xbb\xbf", b"9" * 5000,
)  # fmt: skip
"""Bytes that are put in between."""


class Said(NamedTuple):
    """A stream, taken apart."""

    dialect: str
    framing: str
    events: tuple[Any, ...]
    """Bytes; with the headers of its message before them where the framing is AWS's."""

    @property
    def framed(self) -> Callable[[Sequence[Any]], bytes]:
        return FRAMINGS[self.framing]

    def __repr__(self) -> str:
        return f"{self.dialect} ({self.framing}, {len(self.events)} events)"


FRAMINGS: Final[dict[str, Callable[[Sequence[Any]], bytes]]] = {
    "events": b"".join,
    "lines": b"".join,
    "array": lambda elements: b"[" + b",\r\n".join(elements) + b"]",
    "messages": lambda told: b"".join(eventstream.encode(*one) for one in told),
}
"""How the bytes of the events become the bytes of the stream."""


def taken_apart(dialect: str, raw: bytes) -> Said:
    """This stream, of events or lines."""
    end = b"\n" if dialect == "ollama" else b"\n\n"
    events = raw.replace(b"\r\n", b"\n").split(end)
    framing = "lines" if dialect == "ollama" else "events"
    return Said(dialect, framing, tuple(event + end for event in events if event.strip()))


def of_messages(recording: Recording) -> Said:
    """A stream of AWS's messages, each recorded as a line."""
    told = []
    for line in recording.said.splitlines():
        ((kind, payload),) = json.loads(line).items()
        sort = "exception" if kind.endswith("Exception") else "event"
        headers = {f":{sort}-type": kind, ":message-type": sort}
        told.append((headers, json.dumps(payload).encode()))
    return Said("bedrock-converse", "messages", tuple(told))


def recorded_messages(raw: bytes) -> Said:
    told = [(dict(one.headers), bytes(one.payload)) for one in eventstream.Splitter().receive(raw)]
    return Said("bedrock-converse", "messages", tuple(told))


def data_of(event: bytes) -> bytes:
    """The JSON of an event; empty where it has none."""
    lines = [line for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(line[5:].strip() for line in lines)


def framed_otherwise(said: Said) -> list[Said]:
    """The same stream as other hosts frame it."""
    if said.framing != "events":
        return []
    data = [told for event in said.events if (told := data_of(event))]
    if said.dialect == "gemini":
        return [Said("gemini", "array", tuple(data))]
    if said.dialect == "anthropic-messages":
        payloads = [json.dumps({"bytes": base64.b64encode(one).decode()}).encode() for one in data]
        headers = {":event-type": "chunk", ":message-type": "event"}
        return [Said(said.dialect, "messages", tuple((headers, one) for one in payloads))]
    return []


@cache
def streams(dialect: str) -> list[Said]:
    """All streams of this dialect that are changed."""
    examples = [
        of_messages(one) if one.kind == "frames" else taken_apart(dialect, one.said)
        for folder in FOLDERS[dialect]
        for one in recordings(folder)
        if one.kind in ("stream", "frames")
    ]
    recorded = [
        recorded_messages(one.sent)
        if dialect == "bedrock-converse"
        else taken_apart(dialect, one.sent)
        for one in records(*SPEAKING[dialect])
        if one.streamed and not one.refused and len(one.sent) < LONGEST
    ]
    found = examples + recorded[:: max(1, len(recorded) // 12)]
    return found + [other for said in found for other in framed_otherwise(said)]


@cache
def answers(dialect: str) -> list[Said]:
    """All whole answers of this dialect that are changed; each counts as one event."""
    found = [
        one.said
        for folder in FOLDERS[dialect]
        for one in recordings(folder)
        if one.kind == "response"
    ]
    recorded = [
        one.sent
        for one in records(*SPEAKING[dialect])
        if not one.streamed and not one.refused and len(one.sent) < LONGEST
    ]
    found += recorded[:: max(1, len(recorded) // 12)]
    return [Said(dialect, "events", (b"data: " + body,)) for body in found]


Change = tuple[str, int, int, Any]
"""What is done, at two places, with a value; places are taken modulo the length."""

changes: st.SearchStrategy[list[Change]] = st.lists(
    st.tuples(
        st.sampled_from(["value", "value", "drop", "repeat", "move", "bytes"]),
        st.integers(0, 999),
        st.integers(0, 999),
        st.sampled_from(ODD) | st.sampled_from(SCRAPS),
    ),
    max_size=4,
)
scratches: st.SearchStrategy[list[tuple[int, int, bytes]]] = st.lists(
    st.tuples(st.integers(0, 9999), st.integers(0, 20), st.sampled_from(SCRAPS) | st.binary()),
    max_size=2,
)


def changed(
    said: Said, wanted: Sequence[Change], scratched: Sequence[tuple[int, int, bytes]]
) -> bytes:
    """The bytes of this stream after these changes of its events, and of its bytes."""
    events = list(said.events)
    for what, first, second, value in wanted:
        if not events:
            break
        place, other = first % len(events), second % len(events)
        match what:
            case "drop":
                del events[place]
            case "repeat":
                events[other:other] = [events[place]] * (1 + second % 3)
            case "move":
                events.insert(other, events.pop(place))
            case _:
                events[place] = inside(events[place], what, second, value)
    raw = said.framed(events)
    for place, length, put in scratched:
        at = place % (len(raw) + 1)
        raw = raw[:at] + put + raw[at + length :]
    return raw


def inside(event: Any, what: str, place: int, value: Any) -> Any:
    """This event with another value, or other bytes, in one place."""
    if isinstance(event, tuple):
        headers, payload = event
        return headers, inside(payload, what, place, value)
    if what == "bytes" or isinstance(value, bytes):
        at = place % (len(event) + 1)
        return event[:at] + (value if isinstance(value, bytes) else b"\xff") + event[at:]
    data = data_of(event) or event
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return event
    return event.replace(data.strip(), json.dumps(with_value(told, place, value)).encode())


def with_value(told: Any, place: int, value: Any) -> Any:
    """This JSON with another value in one of its places, counted from the outermost."""
    holders: list[tuple[Any, Any]] = []
    waiting = [told]
    while waiting:
        holder = waiting.pop(0)
        if not isinstance(holder, dict | list):
            continue
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            holders.append((holder, key))
            waiting.append(holder[key])
    if not holders or place % (len(holders) + 1) == len(holders):
        return value
    holder, key = holders[place % (len(holders) + 1)]
    holder[key] = value
    return told
