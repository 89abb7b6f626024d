"""Whether this process is at the end of its strength: its loop, its memory, its descriptors.

Looked at on the loop, twenty times a second; a request asks for one number, `takes`. Whatever
runs already goes on: only what is new is refused, and of that first what is large.

What is read stands in `dragoman.gateway.resources`.
"""

import asyncio
import functools
import logging
import statistics
import sys
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from dragoman.gateway import resources
from dragoman.gateway.decoding import LARGE_BYTES

LOOK_SECONDS: Final = 0.05

WINDOW_SECONDS: Final = 0.5
FEWEST_LOOKS: Final = 3
"""Looks that are needed to say that the loop is late, however far apart: one pause is none."""

LATE_SECONDS: Final = 0.05
"""The loop is late when the middle one of the looks within the window was later than this."""

LOOKS_A_READING: Final = 5
"""Memory and descriptors are read at every fifth look."""

LARGE_SHARE: Final = 0.85
"""Of the memory there is, from which on large bodies are refused."""

NEW_SHARE: Final = 0.95
"""And from which on everything new is."""

RESERVE: Final = 32
"""Descriptors that are left to what runs already, and to health."""

ALL: Final = sys.maxsize
NONE: Final = -1

log: Final = logging.getLogger("dragoman.gateway")


class Readings(NamedTuple):
    """How the process is looked at; None is what nobody can tell."""

    resident_bytes: Callable[[], int | None] = resources.resident_bytes
    memory_bytes: Callable[[], int | None] = resources.memory_bytes
    descriptors_left: Callable[[], int | None] = resources.descriptors_left


class Strain:
    """What may come in at present; everything, until it is watched."""

    def __init__(self, readings: Readings = Readings()) -> None:  # noqa: B008  # holds no state
        self.takes = ALL
        """The size of the largest body that is taken."""
        self.why = ""
        """What there is too little of: time, memory or descriptors."""
        self._readings = readings
        self._memory_bytes = functools.cache(readings.memory_bytes)
        self._late: deque[tuple[float, float]] = deque()
        self._looks = 0
        self._short: tuple[int, str] = (ALL, "")

    def watch(self, memory_limit: Callable[[], int | None]) -> None:
        """Look from now on, as long as this loop runs.

        The limit is that of the settings, in bytes; where it is None, the system's counts.
        """
        loop = asyncio.get_running_loop()

        def look(due: float) -> None:
            now = loop.time()
            loop.call_at(now + LOOK_SECONDS, look, now + LOOK_SECONDS)
            self.look(now, now - due, memory_limit())

        look(loop.time())

    def look(self, now: float, late: float, memory_limit: int | None) -> None:
        """Look once, so many seconds later than was meant."""
        looks = self._late
        looks.append((now, late))
        while len(looks) > FEWEST_LOOKS and looks[1][0] <= now - WINDOW_SECONDS:
            looks.popleft()
        if self._looks % LOOKS_A_READING == 0:
            self._short = self._shortage(memory_limit)
        self._looks += 1
        takes, why = self._short
        if takes != NONE and len(looks) >= FEWEST_LOOKS and looks[0][0] <= now - WINDOW_SECONDS:
            median = statistics.median_low(seconds for _, seconds in looks)
            if median > LATE_SECONDS:
                takes, why = NONE, "time"
        if takes < self.takes:
            refused = "new requests" if takes == NONE else "large bodies"
            log.warning("short of %s: %s are refused", why, refused)
        self.takes, self.why = takes, why

    def _shortage(self, memory_limit: int | None) -> tuple[int, str]:
        left = self._readings.descriptors_left()
        if left is not None and left < RESERVE:
            return NONE, "descriptors"
        there = self._memory_bytes() if memory_limit is None else memory_limit
        taken = self._readings.resident_bytes()
        if there is None or taken is None or taken < LARGE_SHARE * there:
            return ALL, ""
        return (NONE if taken >= NEW_SHARE * there else LARGE_BYTES), "memory"
