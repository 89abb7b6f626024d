"""The simulator as a transport on an event loop: the same answers, and pauses that are awaited."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from dragoman.simulator.in_process import InProcess
from dragoman.transport import failures
from dragoman.transport.protocol import BODY_LIMIT, Answer, AsyncAnswer, Request
from dragoman.transport.timeouts import Timeout


class Pauses:
    """Collects the pauses that the blocking simulator would sleep, to be awaited."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self._seconds += seconds

    async def over(self) -> None:
        """Wait until they are over."""
        seconds, self._seconds = self._seconds, 0.0
        if seconds:
            await asyncio.sleep(seconds)


class AsyncInProcess:
    """An `AsyncTransport` whose other end is the simulator."""

    async def send(self, request: Request, *, timeout: Timeout) -> AsyncAnswer:
        """The answer's head: at once for a stream, else when the whole answer would be there."""
        pauses = Pauses()
        try:
            answer = InProcess(sleep=pauses).send(request, timeout=timeout)
        finally:
            await pauses.over()
        return AsyncSimulatedAnswer(answer, pauses)

    def close(self) -> None:
        """There is nothing to close."""


class AsyncSimulatedAnswer:
    """An answer whose pieces come in their time."""

    def __init__(self, answer: Answer, pauses: Pauses) -> None:
        self._answer = answer
        self._pieces = self._awaited(pauses)

    @property
    def status(self) -> int:
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    @property
    def ended_by_close(self) -> bool:
        return self._answer.ended_by_close

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    def content_came(self) -> None:
        """From now on nothing is said of the first content."""
        self._answer.content_came()

    async def read(self, limit: int = BODY_LIMIT) -> bytes:
        """The rest of the body; over `limit` bytes it is refused, as by any transport."""
        pieces: list[bytes] = []
        size = 0
        async for piece in self._pieces:
            size += len(piece)
            if size > limit:
                self.close()
                raise failures.too_large("simulator", limit)
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Nothing more comes."""
        self._answer.close()

    async def _awaited(self, pauses: Pauses) -> AsyncIterator[bytes]:
        pieces = iter(self._answer)
        while True:
            try:
                piece = next(pieces, None)
            finally:
                await pauses.over()
            if piece is None:
                return
            yield piece
