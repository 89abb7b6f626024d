"""Streamed answers, as their callers hold them; blocking, and on an event loop.

Both begin with an answer that has content already (`opening`): what fails now is never tried again.
"""

import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from dragoman.dialects.openai_chat.caller import for_caller
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming.writing import Chunk
from dragoman.transport.protocol import Answer, AsyncAnswer

if TYPE_CHECKING:
    from dragoman.client.call import Call


class Stream(Iterator[Chunk]):
    """The chunks of an answer, in the order they come.

    Iterating ends when the answer is complete; a cut or failed one raises after what came.
    Whoever stops before the end closes it, or uses `with`, so that the provider stops too.
    """

    def __init__(
        self,
        answer: Answer,
        chunks: Iterator[Chunk],
        *,
        call: "Call",
        meta: shared.Meta,
    ) -> None:
        self.meta = meta
        """How this answer came about: losses, target, the provider's request id, timings."""
        self._call = call
        self._answer = answer
        self._over = False
        self._when_closed: Callable[[], None] | None = None
        self._include_usage = call.asked.include_usage
        self._chunks = chunks

    @property
    def losses(self) -> tuple[shared.Loss, ...]:
        """What the request lost on its way to the target; short for `meta.losses`."""
        return self.meta.losses

    def __next__(self) -> Chunk:
        # No generator of its own: it would hold the stream, which then could not be collected.
        while not self._over:
            try:
                chunk = next(self._chunks)
            except StopIteration:
                self.close()
                self.meta = ended(self.meta, self._call.elapsed())
                raise
            except BaseException as failure:
                self.close()
                if isinstance(failure, Error):
                    failure.attempt_class = "content"
                    failure.attempts = self.meta.attempts
                    self._call.hide_key(failure)
                raise
            shown = for_caller(chunk, include_usage=self._include_usage)
            if shown is not None:
                return shown
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_over", True):
            self.close()
            warnings.warn(
                "a stream was left before its end and not closed; use `with`, or close it",
                ResourceWarning,
                stacklevel=2,
            )

    def close(self) -> None:
        """Let go of the connection at once; may be repeated."""
        self._over = True
        self._answer.close()
        if self._when_closed is not None:
            self._when_closed()

    def when_closed(self, act: Callable[[], None]) -> None:
        """Do this too when the stream is closed, by its end or before."""
        self._when_closed = act


class Done:
    """What closing gives on an event loop: it is done, and whoever wishes may await it."""

    def __await__(self) -> Generator[Any, Any, None]:
        yield from ()


class AsyncStream(AsyncIterator[Chunk]):
    """A `Stream` whose chunks are awaited."""

    def __init__(
        self,
        answer: AsyncAnswer,
        chunks: AsyncIterator[Chunk],
        *,
        call: "Call",
        meta: shared.Meta,
    ) -> None:
        self.meta = meta
        """How this answer came about: losses, target, the provider's request id, timings."""
        self._call = call
        self._answer = answer
        self._over = False
        self._include_usage = call.asked.include_usage
        self._chunks = chunks

    @property
    def losses(self) -> tuple[shared.Loss, ...]:
        """What the request lost on its way to the target; short for `meta.losses`."""
        return self.meta.losses

    async def __anext__(self) -> Chunk:
        while not self._over:
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self.close()
                self.meta = ended(self.meta, self._call.elapsed())
                raise
            except BaseException as failure:
                self.close()
                if isinstance(failure, Error):
                    failure.attempt_class = "content"
                    failure.attempts = self.meta.attempts
                    self._call.hide_key(failure)
                raise
            shown = for_caller(chunk, include_usage=self._include_usage)
            if shown is not None:
                return shown
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_over", True):
            self.close()
            warnings.warn(
                "a stream was left before its end and not closed; use `async with`, or close it",
                ResourceWarning,
                stacklevel=2,
            )

    def close(self) -> Done:
        """Let go of the connection at once; may be repeated, and awaited."""
        self._over = True
        self._answer.close()
        return Done()


def ended(meta: shared.Meta, seconds: float) -> shared.Meta:
    """The same once the end of the stream has come, so many seconds after it was asked for."""
    timings = msgspec.structs.replace(meta.timings, total=seconds)
    return msgspec.structs.replace(meta, timings=timings)
