"""What a conversation wishes for, and what it is told became of it."""

from typing import TypeAlias

import msgspec

from dragoman.dialects.dialect import Encoded
from dragoman.errors import Error


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request sent to one provider."""

    target: str
    """`provider/model`."""

    encoded: Encoded
    """What is sent."""

    number: int
    """Counted from 1 over the conversation."""


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down of an attempt that is over; None as error: it was answered."""

    attempt: Attempt
    error: Error | None = None


class Record(msgspec.Struct, frozen=True):
    """Write this down before going on."""

    entry: Attempted


class Wait(msgspec.Struct, frozen=True):
    """Wait until this instant of the conversation's clock, in seconds."""

    until: float


class Try(msgspec.Struct, frozen=True):
    """Make this attempt, up to its first content."""

    attempt: Attempt


class Race(msgspec.Struct, frozen=True):
    """Make the first attempt and, when it has no content `after` so many seconds, the second too.

    The first content wins, and the other is cancelled. A blocking driver tries the first alone.
    """

    first: Attempt
    second: Attempt
    after: float


Wish: TypeAlias = Record | Wait | Try | Race


class Committed(msgspec.Struct, frozen=True):
    """The attempt has content: from here on its answer is the answer."""

    attempt: Attempt


class Refused(msgspec.Struct, frozen=True):
    """The attempt ended without content."""

    error: Error
    retry_after: float | None = None
    """Seconds that the provider asked to wait; None where it did not."""


Outcome: TypeAlias = Committed | Refused | None
"""None answers a `Record` or a `Wait`."""
