"""Figures that are no ratios: bytes, or seconds by the clock, each with the bar that it has."""

import statistics
from typing import Final, NamedTuple

from bench.pairs import NEEDED, PAIRS, Bar

MIB: Final = 1024 * 1024


class Reading(NamedTuple):
    """A line of the report."""

    title: str
    unit: str

    values: list[float]
    """One, or one of each pair."""

    made_of: str
    """What stands behind it, for people."""

    bar: Bar | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> bool:
        """Whether the median is on the right side of the bar, and five of seven pairs are."""
        if self.bar is None:
            return True
        good = sum(self.bar.holds(value) for value in self.values)
        return self.bar.holds(self.median) and good * PAIRS >= NEEDED * len(self.values)

    def __str__(self) -> str:
        told = f"{self.title:<60} {self.median:6.2f} {self.unit}"
        if len(self.values) > 1:
            told += f"  ({min(self.values):.2f} to {max(self.values):.2f})"
        return f"{told}  {self.made_of}"

    def judged(self) -> str:
        """The same, and whether the bar was met."""
        if self.bar is None:
            return str(self)
        return f"{self}  {self.bar.side} {self.bar.value:g}: {'met' if self.met else 'NOT MET'}"
