"""What a campaign has measured, and the seeds it runs with.

A campaign is a function of its size and its seed that gives figures. In the test suite it runs
small, with the seeds below; `python -m tests.campaigns` runs it at full size with a new seed.
"""

import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FAILED: Final[Mapping[str, Sequence[int]]] = {}
"""Seeds that a campaign has ever failed with, by its number: they always run."""


def seeds(campaign: str) -> list[int]:
    """What the test suite runs a campaign with."""
    return [1, *FAILED.get(campaign, ())]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the report."""

    campaign: str
    """Its number in the list of campaigns, or its name where it has none."""

    done: str
    """What was done, in a sentence."""

    wanted: str
    """The figure to reach."""

    measured: str
    met: bool
    seed: int | None = None
    """None where nothing was left to chance."""


def judged(
    campaign: str,
    *,
    done: str,
    wanted: str,
    measure: Callable[[], tuple[str, bool]],
    seed: int | None = None,
) -> Figure:
    """The figure that `measure` tells, and whether it is met; what it asserts is part of that."""
    try:
        measured, met = measure()
    except AssertionError as flaw:
        *_, last = traceback.extract_tb(flaw.__traceback__)
        measured, met = f"{last.name}: {str(flaw) or last.line}"[:500].replace("\n", " "), False
    return Figure(
        campaign=campaign, done=done, wanted=wanted, measured=measured, met=met, seed=seed
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The least of the values that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(seconds: Sequence[float]) -> str:
    """How these times are distributed, for people."""
    told = (
        ("p50", quantile(seconds, 0.5)),
        ("p99", quantile(seconds, 0.99)),
        ("max", max(seconds)),
    )
    return ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in told)
