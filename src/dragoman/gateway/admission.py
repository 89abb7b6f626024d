"""Whether there is room for one more request; refused early is better than served late.

A request counts until its answer begins; streams under way are counted apart, and never shed. Over
the bound a few wait, for a quarter of a second, the newest first: whoever has waited longest has
most likely gone.
"""

import asyncio
import random
from collections import deque
from typing import Final

from dragoman.errors import Error, status_error

QUEUE_SECONDS: Final = 0.25


class Admission:
    """The count of what is under way; used on one event loop."""

    def __init__(self, *, pending_limit: int = 512, stream_limit: int = 8192) -> None:
        self.pending = 0
        """Requests whose answer has not begun."""
        self.streams = 0
        """Streams that have."""
        self._pending_limit = pending_limit
        self._stream_limit = stream_limit
        self._queue_limit = pending_limit // 4
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """Requests that wait for a place."""
        return len(self._queue)

    def enter_at_once(self) -> bool:
        """Takes a place, which `leave` gives back; False where there is none."""
        if self.streams >= self._stream_limit or self.pending >= self._pending_limit:
            return False
        self.pending += 1
        return True

    async def enter(self) -> None:
        """Takes a place as soon as there is one; raises 503 where there is none in time."""
        if self.enter_at_once():
            return
        if self.streams >= self._stream_limit:
            raise overloaded()
        if not self._queue_limit:
            raise overloaded()
        if len(self._queue) >= self._queue_limit:
            oldest = self._queue.popleft()
            if not oldest.done():
                oldest.set_exception(overloaded())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()  # The place was handed over just before.
            elif turn in self._queue:
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise overloaded() from None
            raise

    def leave(self) -> None:
        """The request is over, or its answer has begun."""
        while self._queue:
            turn = self._queue.pop()
            if not turn.done():
                turn.set_result(None)
                return
        self.pending -= 1


def overloaded() -> Error:
    """Asks to come back in one to three seconds, so that not all come at once."""
    return status_error(
        "the gateway has as many requests under way as it takes; try again",
        status_code=503,
        code="overloaded",
        retry_after=random.randint(1, 3),
        should_retry=True,
    )
