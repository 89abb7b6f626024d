"""How two things are compared: side by side, in pairs, by processor time.

A figure is a ratio within one run, so that it means the same on every machine. Runs alternate
(A B, B A, A B, …), so that a machine that grows slower or busier does so for both. Processor
time is counted and not the clock's, since others may be running. An answer that is wrong has
no figure, however fast it came.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

PAIRS: Final = 7
NEEDED: Final = 5
"""So many of the pairs must be on the right side of a bar, and the median with them."""


class WrongAnswerError(Exception):
    """A subject answered something else than it should have; says what was expected."""


Run = Callable[[], float]
"""Does the work, and says what it cost in processor seconds; raises `WrongAnswerError`."""


class Bar(NamedTuple):
    """What a ratio should be."""

    side: Literal["at most", "at least"]
    value: float

    def holds(self, ratio: float) -> bool:
        return ratio <= self.value if self.side == "at most" else ratio >= self.value


class Row(NamedTuple):
    """A line of the report: the cost of `upper` as a multiple of that of `lower`."""

    title: str
    upper: Run
    lower: Run
    bar: Bar | None = None
    """None: reported, and nothing is asked of it."""


class Figure(NamedTuple):
    """What came out."""

    ratios: list[float]
    upper_seconds: float
    lower_seconds: float

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    def meets(self, bar: Bar) -> bool:
        good = sum(bar.holds(ratio) for ratio in self.ratios)
        return bar.holds(self.median) and good * PAIRS >= NEEDED * len(self.ratios)


def figure(row: Row, pairs: int = PAIRS) -> Figure:
    """Measured in so many pairs; raises `WrongAnswerError`."""
    upper: list[float] = []
    lower: list[float] = []
    for number in range(pairs):
        order = [(row.upper, upper), (row.lower, lower)]
        for run, costs in order if number % 2 == 0 else reversed(order):
            costs.append(run())
    return Figure(
        ratios=[u / v for u, v in zip(upper, lower, strict=True)],
        upper_seconds=statistics.median(upper),
        lower_seconds=statistics.median(lower),
    )


def repeated(
    work: Callable[[], Any], check: Callable[[Any], None], *, seconds: float, units: int = 1
) -> Run:
    """`work`, done for about so many seconds a run; the cost is that of one of its `units`.

    `check` raises `WrongAnswerError`; it sees the first result of all, which is not timed,
    and the last of every run.
    """
    check(work())
    once = _timed(work, 100)[0] / 100  # also warms up the interpreter
    times = max(1, round(seconds / max(once, 1e-9)))

    def run() -> float:
        cost, last = _timed(work, times)
        check(last)
        return cost / times / units

    return run


def _timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    result = None
    began = time.process_time()
    for _ in itertools.repeat(None, times):
        result = work()
    return time.process_time() - began, result


def expect(what: str, got: Any, expected: Any) -> None:
    """Nothing where they are equal; else raises `WrongAnswerError`."""
    if got != expected:
        raise WrongAnswerError(f"{what}: expected {expected!r:.200}; got {got!r:.200}")
