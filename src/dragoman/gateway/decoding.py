"""Decoding what a caller sent, without keeping everybody else waiting.

msgspec gives nothing else a chance to run while it decodes. So what would take long is refused
before it is read (`dragoman.wire.bounds` tells how much there is), and what may take a few
milliseconds is read in a thread. Small bodies are neither counted nor moved.
"""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from dragoman.errors import BadRequestError
from dragoman.wire import bounds

T = TypeVar("T")

COUNTED_BYTES: Final = 64 * 1024
"""Bodies of this size are counted: whatever stands in a smaller one is read in milliseconds."""

LARGE_BYTES: Final = 256 * 1024
"""Bodies above this size are decoded off the loop."""

MANY_VALUES: Final = 10_000
"""Bodies with more keys and values than these, likewise."""

VALUES_LIMIT: Final = 65_536
"""Keys and values in a body. At worst, unknown to us and read a second time, each takes half a
microsecond to read; four thousand messages of tool calls and results have fifty thousand, the
schemas of 128 tools with 40 properties each a few less.
"""

DIGITS_LIMIT: Final = 64
"""Digits in a row in a large body, outside of texts; a double has seventeen that mean anything."""


def is_light(body: bytes) -> bool:
    """Whether this body is read so fast that it may be on the loop; raises as `read`."""
    size = len(body)
    return size < COUNTED_BYTES or (size <= LARGE_BYTES and checked(body) <= MANY_VALUES)


async def read(body: bytes, decode: Callable[[bytes], T]) -> T:
    """What `decode` makes of this body; raises `BadRequestError` for one that holds too much.

    It may be called in a thread.
    """
    if is_light(body):
        return decode(body)

    def in_the_thread() -> T:
        if len(body) > LARGE_BYTES:
            checked(body)
        return decode(body)

    return await asyncio.get_running_loop().run_in_executor(_thread(), in_the_thread)


def checked(body: bytes) -> int:
    """At most so many keys and values are in this body; raises `BadRequestError` for too many, and
    for digits without end.
    """
    found = bounds.values(body, VALUES_LIMIT)
    if found > VALUES_LIMIT:
        raise _too_complex(f"{VALUES_LIMIT} keys and values", f"up to {found}")
    if len(body) > LARGE_BYTES and bounds.has_number_of(body, DIGITS_LIMIT + 1, VALUES_LIMIT):
        raise _too_complex(f"{DIGITS_LIMIT} digits in a number of a large body", "more")
    return found


def _too_complex(expected: str, got: str) -> BadRequestError:
    return BadRequestError(
        f"body: expected at most {expected}; got {got}", status_code=400, code="too_complex"
    )


@functools.cache
def _thread() -> ThreadPoolExecutor:
    """One thread for all: several would only take the interpreter away from one another, and from
    the loop. It begins when it is first needed.
    """
    return ThreadPoolExecutor(1, thread_name_prefix="dragoman-decoding")
