"""The numbers that several schemas allow together, smallest first, computed exactly.

Whole numbers come before tenths and tenths before hundredths, each nearest to zero first: then
no number within the limits has a shorter JSON text than the first. All arithmetic is on
fractions, since doubles drift; only the result becomes what JSON can write.
"""

import itertools
import math
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from dragoman.simulator.validation import exact
from dragoman.simulator.vocabulary import Part, refusal, unsatisfiable

MISSES_LIMIT: Final = 1000
"""Multiples in a row that no double holds: the next ones will not do either."""

EXACT_WHOLE: Final = 2**53
"""Up to here every whole number is a double."""


class Limit(NamedTuple):
    number: Fraction
    exclusive: bool
    words: str


def within(flat: Sequence[Part], *, whole: bool) -> Iterator[int | float]:
    """The numbers that `flat` allows; raises where there is none."""
    low = max(limits_of(flat, "minimum", "exclusiveMinimum"), default=None)
    high = min(
        limits_of(flat, "maximum", "exclusiveMaximum"),
        key=lambda limit: (limit.number, not limit.exclusive),
        default=None,
    )
    units = [exact(part.schema["multipleOf"]) for part in flat if "multipleOf" in part.schema]
    units += [Fraction(1)] * whole
    none = True
    misses = 0
    for number in numbers(units, low, high):
        none = False
        written = as_json(number)
        if written is not None:
            yield written
        elif (misses := misses + 1) == MISSES_LIMIT:
            break
    if none:
        raise unsatisfiable(gap(units, low, high), flat[0].path)
    if misses:
        raise refusal("no double is exactly what the schema allows", flat[0].path)


def limits_of(flat: Sequence[Part], inclusive: str, exclusive: str) -> Iterator[Limit]:
    for part in flat:
        for keyword in (inclusive, exclusive):
            if keyword in part.schema:
                value = part.schema[keyword]
                yield Limit(exact(value), keyword == exclusive, f"{keyword} {value}")


def numbers(units: list[Fraction], low: Limit | None, high: Limit | None) -> Iterator[Fraction]:
    """Whatever is a multiple of all `units` between the limits, in ever finer steps."""
    given = [*units, *(limit.number for limit in (low, high) if limit)]
    # One digit more than is written anywhere lies between any two limits that differ.
    digits = range(max(map(decimals, given), default=0) + 2)
    steps = (common_multiple([Fraction(1, 10**digit), *units]) for digit in digits)
    for step in dict.fromkeys(steps):
        yield from multiples(step, low, high)


def multiples(step: Fraction, low: Limit | None, high: Limit | None) -> Iterator[Fraction]:
    """The multiples of `step` between the limits, nearest to zero first."""
    first, last = -math.inf, math.inf
    if low:
        first = math.ceil(low.number / step)
        first += low.exclusive and first * step == low.number
    if high:
        last = math.floor(high.number / step)
        last -= high.exclusive and last * step == high.number
    start = int(min(max(0, first), last))
    for distance in itertools.count():
        inside = [k for k in (start + distance, start - distance) if first <= k <= last]
        if not inside:
            return
        yield from (k * step for k in dict.fromkeys(inside))


def common_multiple(fractions: list[Fraction]) -> Fraction:
    """The smallest that all of them divide."""
    return Fraction(
        math.lcm(*(fraction.numerator for fraction in fractions)),
        math.gcd(*(fraction.denominator for fraction in fractions)),
    )


def decimals(number: Fraction) -> int:
    return next(digits for digits in itertools.count() if not 10**digits % number.denominator)


def as_json(number: Fraction) -> int | float | None:
    """The number as Python's `json` writes it, or None where that would be another number."""
    if abs(number) > sys.float_info.max:
        return None
    if number.denominator == 1 and abs(number) <= EXACT_WHOLE:
        return int(number)
    if exact(float(number)) == number:
        return float(number)
    return int(number) if number.denominator == 1 else None


def gap(units: list[Fraction], low: Limit | None, high: Limit | None) -> str:
    """Why no number is there."""
    if low and high and low.number > high.number:
        return f"{low.words} is above {high.words}"
    ends = " and ".join(limit.words for limit in (low, high) if limit)
    kind = f"multiple of {float(common_multiple(units)):g}" if units else "number"
    return f"no {kind} is within {ends}"
