"""Whether there is room for one more request; refused early is better than served late.

A request counts until its answer begins; streams under way are counted apart, and never shed. Over
the bound a few wait, for a quarter of a second, the newest first: whoever has waited longest has
most likely gone. Whether the process itself can take more is asked of `dragoman.gateway.strain`.
"""

import asyncio
import random
from collections import deque
from typing import Final

from dragoman.errors import Error, status_error
from dragoman.gateway.strain import Strain

QUEUE_SECONDS: Final = 0.25


class Admission:
    """The count of what is under way; used on one event loop."""

    def __init__(
        self,
        *,
        pending_limit: int = 512,
        stream_limit: int = 8192,
        strain: Strain | None = None,
    ) -> None:
        self.strain = strain or Strain()
        """What the process can take; everything, unless it is watched."""
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

    def enter_at_once(self, size: int = 0) -> bool:
        """Takes a place, which `leave` gives back; False where there is none.

        `size` is that of the request's body. Raises 503 where so much is not taken at present.
        """
        if size > self.strain.takes:
            raise short_of(self.strain.why)
        if self.pending >= self._pending_limit:
            return False
        self.pending += 1
        return True

    async def enter(self, size: int = 0) -> None:
        """Takes a place as soon as there is one; raises 503 where there is none in time."""
        if self.enter_at_once(size):
            return
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

    def check_stream(self) -> None:
        """Raises 503 where no stream may be begun; what is answered whole still is."""
        if self.streams >= self._stream_limit:
            raise overloaded()

    def leave(self) -> None:
        """The request is over, or its answer has begun."""
        while self._queue:
            turn = self._queue.pop()
            if not turn.done():
                turn.set_result(None)
                return
        self.pending -= 1


def overloaded() -> Error:
    """There are too many others."""
    return _come_back("the gateway has as many requests under way as it takes; try again")


def short_of(what: str) -> Error:
    """There is too little of this."""
    return _come_back(f"the gateway is short of {what}; try again")


def _come_back(message: str) -> Error:
    """Asks to come back in one to three seconds, so that not all come at once."""
    return status_error(
        message,
        status_code=503,
        code="overloaded",
        retry_after=random.randint(1, 3),
        should_retry=True,
    )
