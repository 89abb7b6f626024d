"""What goes wrong on demand: the closed list of faults, and what each does to an answer.

A fault is named behind the model: `words?n=20&cut_at_event=3`. Pure: an answer is a row of steps,
bytes in their time, and a fault changes the row. Breaking a connection is left to whoever has one;
`Break` says where and how. Where several faults are named, the first to come is the last.

An event is a server-sent event, a line or a message of AWS's, as the door frames them, and the
terminator (`[DONE]`, `message_stop`) is one, too; a whole answer counts as one. A place behind
the last event is the place right after it, so that a fault that was asked for always happens.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from itertools import islice
from typing import Final, TypeAlias

import msgspec

from dragoman.dialects.openai_chat.failure import STATUS_CODES
from dragoman.errors import APIStatusError, status_error
from dragoman.simulator.parameters import Parameter, switch, whole_number
from dragoman.streaming.writing import Chunk


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked to go wrong; None and False for what was not."""

    status: int | None = None
    """The status of the error; None where there is none."""

    after: int | None = None
    """A stream begins well; the error is told inside it, after so many events."""

    retry_after: int | None = None
    """The seconds that the error asks to wait, in its header."""

    cut_at_byte: int | None = None
    """The connection is closed after so many bytes of the body."""

    cut_at_event: int | None = None
    """The connection is closed after so many events."""

    reset_at_event: int | None = None
    """The connection is reset after so many events."""

    stall_at_event: int | None = None
    """Nothing more comes after so many events, until the caller goes."""

    malformed_at_event: int | None = None
    """After so many events, one whose data is no JSON."""

    wrong_usage: bool = False
    """`total_tokens` is one more than its parts."""

    no_terminator: bool = False
    """A stream ends without `[DONE]`, in a message that is complete."""

    @property
    def breaks(self) -> bool:
        """The answer ends before its end."""
        places = (self.cut_at_byte, self.cut_at_event, self.reset_at_event, self.stall_at_event)
        return any(place is not None for place in places)

    @property
    def error(self) -> APIStatusError | None:
        """The error that was asked for."""
        if self.status is None:
            return None
        return status_error(
            f"this is the simulator, failing with {self.status} as it was asked to",
            status_code=self.status,
            code=STATUS_CODES.get(self.status),
            retry_after=self.retry_after,
        )


NO_FAULTS: Final = Faults()

PLACES: Final = 1_000_000_000 - 1
"""A place beyond every answer."""

FAULTS: Final[Mapping[str, Parameter]] = {
    "status": whole_number("status", 400, 599),
    "after": whole_number("after", 0, PLACES),
    "retry_after": whole_number("retry_after", 0, 86_400),
    "cut_at_byte": whole_number("cut_at_byte", 0, PLACES),
    "cut_at_event": whole_number("cut_at_event", 0, PLACES),
    "reset_at_event": whole_number("reset_at_event", 0, PLACES),
    "stall_at_event": whole_number("stall_at_event", 0, PLACES),
    "malformed_at_event": whole_number("malformed_at_event", 0, PLACES),
    "wrong_usage": switch("wrong_usage"),
    "no_terminator": switch("no_terminator"),
}
"""The whole list."""

ERRORS: Final = frozenset({"status", "after", "retry_after"})
"""Those that are about an error; only the model `fail` takes them."""

USUAL_STATUS: Final = 500
"""That of `fail` where no other is named, and no other fault."""


class Timed(msgspec.Struct, frozen=True):
    """Bytes of a body, in their time."""

    data: bytes

    after: float = 0.0
    """Seconds to wait before them, counted from those before."""


class Break(Enum):
    """How an answer ends before its end."""

    CUT = auto()
    """The connection is closed."""

    RESET = auto()
    """The connection is broken off, with RST."""

    SILENCE = auto()
    """Nothing more comes, and nothing ends, until the caller goes."""


Step: TypeAlias = Timed | Break
"""What follows a `Break` never happens."""


def faulty(steps: Iterable[Step], faults: Faults) -> Iterator[Step]:
    """These steps, broken where they were asked to break."""
    for place, how in (
        (faults.cut_at_event, Break.CUT),
        (faults.reset_at_event, Break.RESET),
        (faults.stall_at_event, Break.SILENCE),
    ):
        if place is not None:
            steps = broken(steps, place, how)
    return iter(steps) if faults.cut_at_byte is None else cut(steps, faults.cut_at_byte)


def broken(steps: Iterable[Step], place: int, how: Break) -> Iterator[Step]:
    yield from islice(steps, place)
    yield how


def cut(steps: Iterable[Step], size: int) -> Iterator[Step]:
    """The first `size` bytes of these steps."""
    for step in steps if size else ():
        if isinstance(step, Break):
            yield step
        elif len(step.data) < size:
            size -= len(step.data)
            yield step
        else:
            yield Timed(step.data[:size], step.after)
            break
    yield Break.CUT


def with_malformed(events: Iterable[Step], place: int, malformed: bytes) -> Iterator[Step]:
    """One more event, which cannot be read."""
    rest = iter(events)
    yield from islice(rest, place)
    yield Timed(malformed)
    yield from rest


def miscounted(chunk: Chunk) -> Chunk:
    """The chunk, with usage that does not add up."""
    if chunk.usage is None:
        return chunk
    usage = msgspec.structs.replace(chunk.usage, total_tokens=chunk.usage.total_tokens + 1)
    return msgspec.structs.replace(chunk, usage=usage)
