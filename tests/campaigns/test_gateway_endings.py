"""Campaign 13: however an upstream's answer is cut, the caller is not told that it is complete.

Recorded streams are cut, by FIN and by RST, at every byte of some and at some bytes of every one.
What the caller got is a true beginning of what came and then an error, in the stream or in its
place; never a `[DONE]`, and never a finish reason that did not come.
"""

import itertools
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal

import pytest

from tests import corpus, judge, schema
from tests.campaigns.figures import Figure, judged
from tests.gateways import HI, ByModel, Door, ask, lab, running, until
from tests.plain import Caller, Heard
from tests.upstream import STREAM, Act, Script, Seen, Send, whole

CALLERS: Final = 4

EVERYWHERE: Final = 5
"""Streams that are cut at each of their bytes: the shortest, which have all that long ones have."""

LONGEST: Final = 20_000
"""Bytes of a stream; there are enough shorter ones, and none ends otherwise."""

STREAMS: Final = sorted(
    (
        record
        for record in corpus.records(*corpus.OPENAI_SHAPED)
        if record.streamed and not record.refused and len(record.sent) <= LONGEST
    ),
    key=lambda record: len(record.sent),
)

needs_streams = pytest.mark.skipif(not STREAMS, reason=corpus.ABSENT)

CLOSED: Final = Send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
"""The head of a stream that ends with its connection."""

BATCH: Final = 10_000

Framing = Literal["chunks", "close"]


@dataclass(frozen=True)
class Cut:
    """A stream of which only so much comes."""

    record: corpus.Record
    at: int
    reset: bool
    framing: Framing

    @property
    def came(self) -> bytes:
        return self.record.sent[: self.at]

    @property
    def script(self) -> Script:
        end = Act.RESET if self.reset else Act.CLOSE
        if self.framing == "close":
            return [CLOSED, Send(self.came), end]
        # The last piece is cut as well: more was promised than comes.
        return [STREAM, Send(b"%x\r\n%b" % (self.at + 1, self.came)), end]

    @property
    def complete(self) -> bool:
        """Whether an answer may end so: only one whose connection ends it.

        It is over with its terminator; what becomes of the connection then is nobody's business.
        """
        if self.framing == "chunks" or (self.reset and b"[DONE]" not in self.came):
            return False
        try:
            judge.said_stream(self.came)
        except judge.NoAnswer:
            return False
        return True

    def __repr__(self) -> str:
        return f"{self.record} at {self.at} by {'RST' if self.reset else 'FIN'} ({self.framing})"


class Cutting(ByModel):
    """Plays the cut whose number is the model."""

    def __init__(self, cuts: list[Cut]) -> None:
        super().__init__({})
        self._cuts = cuts

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)
        return self._cuts[int(json.loads(seen.body)["model"])].script


def cuts(everywhere: int, of_each: int, seed: int) -> Iterator[Cut]:
    """Every byte of so many streams, and so many bytes of each other, framed in turns."""
    chance = random.Random(seed)
    for number, record in enumerate(STREAMS):
        size = len(record.sent)
        places: Iterable[int] = range(size)
        if number >= everywhere:
            places = [chance.randrange(size) for _ in range(of_each - 3)]
            places = [*places, 0, size - 1, size]
        for at in places:
            framing: Framing = "close" if chance.random() < 0.2 else "chunks"
            yield Cut(record, at, chance.random() < 0.3, framing)


def texts(events: Iterable[Any]) -> str:
    """All that was said, of whatever kind, in its order."""
    return "".join(
        value
        for event in events
        for choice in event.get("choices", ())
        for value in strings(choice["delta"])
    )


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in sorted(value.items()):
                if key not in ("role", "id", "type"):
                    yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)


def faults(cut: Cut, heard: Heard, complete: list[Any]) -> list[str]:
    """What is untrue of what the caller was told; `complete` are the chunks of the whole stream."""
    if cut.complete:
        return []  # what becomes of it is told where the laws are
    if heard.status != 200:
        wrong = schema.faults("ErrorResponse", json.loads(heard.body))
        return wrong if heard.status >= 400 else [f"status {heard.status}"]
    *events, error = [event.removeprefix(b"data: ") for event in heard.body.split(b"\n\n")[:-1]]
    chunks = [json.loads(event) for event in events]
    finished = {
        choice["index"]
        for chunk in chunks
        for choice in chunk["choices"]
        if choice["finish_reason"]
    }
    found = schema.faults("ErrorResponse", json.loads(error)) if error != b"[DONE]" else ["a lie"]
    if not finished <= finished_in(cut.came):
        found.append("an invented finish reason")
    if not texts(complete).startswith(texts(chunks)):
        found.append("other words than those that came")
    if not heard.whole:
        found.append("an answer without its end")
    return found


def finished_in(came: bytes) -> frozenset[int]:
    """The choices that had been finished by then."""
    try:
        answer = judge.said_stream(came)
    except judge.NoAnswer as silence:
        return silence.finished
    return frozenset(choice.index for choice in answer.choices)


def campaign(everywhere: int, of_each: int, seed: int, *, exact: bool = False) -> int:
    """So many streams cut everywhere, and so often each other; gives how many were cut.

    With `exact` they are relayed, else translated.
    """
    return sum(cut_off(planned, exact) for planned in batched(cuts(everywhere, of_each, seed)))


def batched(every: Iterator[Cut]) -> Iterator[list[Cut]]:
    """So many at a time, since all that is heard of them is kept for a while."""
    while batch := list(itertools.islice(every, BATCH)):
        yield batch


def cut_off(planned: list[Cut], exact: bool) -> int:
    whole = [Cut(record, len(record.sent), False, "close") for record in STREAMS]
    with Cutting([*planned, *whole]) as upstream:
        with running(lab(upstream, exact=exact), max_retries=0) as door:
            chunks = {
                cut.record: [
                    json.loads(event.removeprefix(b"data: "))
                    for event in heard.body.split(b"\n\n")
                    if event.startswith(b"data: {")
                ]
                for cut, heard in zip(whole, answers(door, len(planned), whole), strict=True)
            }
            before = len(door.entries)
            heard = answers(door, 0, planned)
            assert until(lambda: len(door.entries) == before + len(planned))
            wrong = {
                repr(cut): found
                for cut, told in zip(planned, heard, strict=True)
                if (found := faults(cut, told, chunks[cut.record]))
            }
            assert wrong == {}
            codes = Counter(entry.code for entry in door.entries[before:])
            assert codes[None] <= sum(cut.complete for cut in planned)
    return len(planned)


def answers(door: Door, first: int, asked: list[Cut]) -> list[Heard]:
    """What callers get for these, which have their numbers from `first` on."""

    def share(caller: int) -> list[Heard]:
        numbers = range(caller, len(asked), CALLERS)
        with Caller(door.port) as connection:
            return [
                ask(
                    connection,
                    {"model": f"lab/{first + number}", "messages": HI, "stream": True},
                )
                for number in numbers
            ]

    with ThreadPoolExecutor(CALLERS) as callers:
        shares = list(callers.map(share, range(CALLERS)))
    return [shares[number % CALLERS][number // CALLERS] for number in range(len(asked))]


def figures(everywhere: int, of_each: int, seed: int) -> list[Figure]:
    """None where the recorded streams are not here."""
    if not STREAMS:
        return []
    return [
        judged(
            "13",
            done=f"{len(STREAMS)} recorded streams through the gateway,"
            f" {min(everywhere, len(STREAMS))} cut at each of their bytes and the others at"
            f" {of_each}, by FIN and by RST",
            wanted="no finish reason is invented, and no `[DONE]` told, of an answer that was cut;"
            " what was told is a beginning of what came, and an error ends it",
            measure=lambda: (f"0 untrue of {campaign(everywhere, of_each, seed)}", True),
            seed=seed,
        )
    ]


@needs_streams
@pytest.mark.parametrize("exact", [False, True], ids=["translated", "relayed"])
def test_no_cut_is_told_as_an_end(exact: bool) -> None:
    assert campaign(EVERYWHERE, 20, seed=1, exact=exact) > 5_000


@pytest.mark.parametrize("status", [204, 301, 304, 307, 400, 429, 500, 529, 599, 999])
def test_what_is_no_success_is_told_as_an_error_of_a_status_that_callers_know(status: int) -> None:
    scripts = {"m": [whole({}, status=status, x_should_retry="false", location="/elsewhere")]}
    with ByModel(scripts) as upstream, running(lab(upstream), max_retries=0) as door:
        for stream in (False, True):
            with Caller(door.port) as caller:
                heard = ask(caller, {"model": "lab/m", "messages": HI, "stream": stream})

            assert 400 <= heard.status < 600
            assert schema.faults("ErrorResponse", json.loads(heard.body)) == []
            assert "location" not in heard.headers
