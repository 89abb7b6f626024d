"""Whether to try again, and when: one table for the library and the gateway.

| seen, in this order | again |
|---|---|
| the answer is committed | never |
| no request byte written | yes |
| bytes written, then no readable answer | once, if stateless |
| 429 with a quota code | never |
| 429, 503, 529 | after `Retry-After`, else by back-off |
| 408, every other 5xx | once |
| every other 4xx, and 3xx | never |

The provider's `x-should-retry` overrules the table for complete answers. Pure: the clock and chance
are arguments.
"""

from collections.abc import Callable, Generator
from typing import Final

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.errors import APIStatusError, APITimeoutError, AttemptClass, Error
from dragoman.exchange.wishes import (
    Attempt,
    Attempted,
    Committed,
    Outcome,
    Record,
    Refused,
    Try,
    Wait,
    Wish,
)

LONGEST_WAIT: Final = 120.0
"""Seconds; whoever is asked to wait longer gives up at once."""

FIRST_PAUSE: Final = 0.25
"""Seconds; the upper end of the first pause, doubled each time."""

LONGEST_PAUSE: Final = 8.0
"""Seconds; the upper end of any pause that nobody asked for."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How often to try again."""

    max_retries: int = 2
    """Further attempts after the first, at most."""

    ambiguous: bool = True
    """Whether an attempt whose fate is unknown is made again, once."""


def conversation(
    target: str,
    encoded: Encoded,
    *,
    policy: Policy,
    stateless: bool,
    deadline: float,
    now: Callable[[], float],
    chance: Callable[[], float],
) -> Generator[Wish, Outcome, Committed]:
    """One request to one target, until it is committed; raises the last error otherwise.

    `deadline` and `now` share a clock, in seconds; `chance` gives numbers from 0 to 1. With
    `stateless` false an attempt whose fate is unknown is never made again.
    """
    seen: list[AttemptClass] = []
    for number in range(1, policy.max_retries + 2):
        attempt = Attempt(target=target, encoded=encoded, number=number)
        outcome = yield Try(attempt)
        if isinstance(outcome, Committed):
            yield Record(Attempted(attempt=attempt))
            return outcome
        assert isinstance(outcome, Refused)
        error = outcome.error
        error.attempts = number
        yield Record(Attempted(attempt=attempt, error=error))
        seen.append(error.attempt_class)
        if number > policy.max_retries or not again(error, seen, policy, stateless):
            raise error
        pause = outcome.retry_after
        if pause is None:
            pause = chance() * min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (number - 1))
        if pause > LONGEST_WAIT or now() + pause >= deadline:
            raise error
        if pause:
            yield Wait(now() + pause)
    raise AssertionError("every attempt either returns or raises")


def again(error: Error, seen: list[AttemptClass], policy: Policy, stateless: bool) -> bool:
    """Whether the same target is asked again; `seen` are the classes so far, this one too."""
    kind = error.attempt_class
    if isinstance(error, APITimeoutError) and error.phase == "total":
        return False
    if isinstance(error, APIStatusError) and kind != "content" and error.should_retry is not None:
        return error.should_retry
    match kind:
        case "not_sent":
            return True
        case "refused":
            return error.retryable
        case "failed":
            return seen.count("failed") == 1
        case "ambiguous" | "started":
            return (
                policy.ambiguous
                and stateless
                and seen.count("ambiguous") + seen.count("started") == 1
            )
    return False
