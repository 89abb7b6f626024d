"""What a gateway adds to the time that an answer takes, by the clock.

The same provider is asked in turns through the gateway and without it, at a steady rate, while a
hundred streams run through the gateway. The difference is what the gateway adds; both sides have
the same machine, as busy as it is.
"""

import functools
import os
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from bench.clients import Asking
from bench.gateway import free_port
from bench.importing import NotMeasuredError
from bench.memory import gateway
from bench.pairs import PAIRS, Bar
from bench.reading import Reading

STREAMS: Final = 100

SECONDS: Final = 3.0
"""Of each run."""

RATES: Final = {"short": 250, "whole": 1000}
"""Requests a second."""

Spread = tuple[float, float]
"""What half of the answers, and what 99 in 100, came within."""


class Places(NamedTuple):
    """What is asked, and by what."""

    upstream: str
    port: str


def readings(into: ExitStack, *, quick: bool) -> list[Callable[[], list[Reading]]]:
    """Each figure, measured when it is called; that raises `NotMeasuredError`."""
    return [
        functools.partial(first_byte, into, quick=quick),
        functools.partial(whole, into, quick=quick),
    ]


def first_byte(into: ExitStack, *, quick: bool) -> list[Reading]:
    """The first byte of a stream, while others run."""
    places = started(into)
    busy = Asking.started(
        into, None, Path(sys.executable), "bench.staying", places.port, "1", "lab/paced"
    )
    busy.told(10 if quick else STREAMS)
    through, without = measured(into, places, "short", quick=quick)
    busy.told(1)  # ends where one of them has been closed meanwhile
    title = f"gateway, to the first byte, with {STREAMS} streams running: added"
    return told(title, through, without, Bar("at most", 1))


def whole(into: ExitStack, *, quick: bool) -> list[Reading]:
    """A whole answer, at a rate that is no load."""
    through, without = measured(into, started(into), "whole", quick=quick)
    title = f"gateway, a whole answer, at {RATES['whole']} requests a second: added"
    return told(title, through, without, None)


def started(into: ExitStack) -> Places:
    if os.name == "nt":
        raise NotMeasuredError("no event loop reads a pipe on Windows")
    upstream = Asking.started(into, None, Path(sys.executable), "bench.holding", "1").said()
    port = free_port()
    gateway(into, port, {"lab": f"127.0.0.1:{upstream}"})
    return Places(upstream, str(port))


def measured(
    into: ExitStack, places: Places, what: str, *, quick: bool
) -> tuple[list[Spread], list[Spread]]:
    """How long answers took through the gateway, and without, in pairs."""
    python, rate = Path(sys.executable), RATES[what]
    subjects = [
        Asking.started(into, None, python, "bench.probing", port, model, what, str(rate))
        for port, model in ((places.port, f"lab/{what}"), (places.upstream, what))
    ]
    count = 20 if quick else int(rate * SECONDS)
    for subject in subjects:
        subject.asked(str(max(20, count // 10)))  # warms up
    found: list[list[Spread]] = [[], []]
    for number in range(1 if quick else PAIRS):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            half, most = subjects[side].asked(str(count)).split()
            found[side].append((float(half), float(most)))
    return found[0], found[1]


def told(
    title: str, through: list[Spread], without: list[Spread], bar: Bar | None
) -> list[Reading]:
    """The difference of the medians, and that of what 99 in 100 came within; judged is that."""
    lines = []
    for which, (name, judged) in enumerate((("p50", None), ("p99", bar))):
        uppers, lowers = ([one[which] * 1e3 for one in side] for side in (through, without))
        lines.append(
            Reading(
                f"{title}, {name}",
                "ms",
                [upper - lower for upper, lower in zip(uppers, lowers, strict=True)],
                f"{statistics.median(uppers):.2f} ms less {statistics.median(lowers):.2f} ms",
                judged,
            )
        )
    return lines
