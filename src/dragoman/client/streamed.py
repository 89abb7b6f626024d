"""A streamed answer, as its caller holds it."""

import itertools
from collections.abc import Generator, Iterable, Iterator
from types import TracebackType
from typing import Final, Self

from dragoman.dialects.dialect import StreamDecoder
from dragoman.dialects.openai_chat.caller import for_caller
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming.writing import Chunk
from dragoman.transport.protocol import Answer

EVENTS: Final = (b"data:", b"event:", b":")
"""How a stream of events begins, whatever its content type says."""


class Stream(Iterator[Chunk]):
    """The chunks of an answer, in the order they come.

    Iterating ends when the answer is complete; a cut or failed one raises after what came.
    Whoever stops before the end closes it, or uses `with`, so that the provider stops too.
    """

    def __init__(
        self,
        answer: Answer,
        decoder: StreamDecoder,
        *,
        include_usage: bool,
        meta: shared.Meta,
    ) -> None:
        self.meta = meta
        """How this answer came about: losses, target, the provider's request id."""
        self._answer = answer
        self._include_usage = include_usage
        self._chunks = self._told(pump(answer, decoder))

    @property
    def losses(self) -> tuple[shared.Loss, ...]:
        """What the request lost on its way to the target; short for `meta.losses`."""
        return self.meta.losses

    def __next__(self) -> Chunk:
        return next(self._chunks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection at once; may be repeated."""
        self._chunks.close()
        self._answer.close()

    def _told(self, chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
        content = False
        try:
            for chunk in chunks:
                content = content or _is_content(chunk)
                shown = for_caller(chunk, include_usage=self._include_usage)
                if shown is not None:
                    yield shown
        except Error as error:
            if content:
                error.attempt_class = "content"
            raise
        finally:
            self._answer.close()


def pump(answer: Answer, decoder: StreamDecoder) -> Iterator[Chunk]:
    """The chunks of a streamed answer; the next bytes are read when the last chunk was taken.

    A body that only the close ends is over with the dialect's terminator; nobody waits for a
    server that keeps such a connection open.
    """
    head = _head(answer)
    if head and not head.lstrip().startswith(EVENTS):
        decoder.hear_whole(head + answer.read())
        pieces: Iterable[bytes] = ()
    else:
        pieces = itertools.chain([head], answer)
    for piece in pieces:
        yield from decoder.receive(piece)
        if decoder.error is not None:
            raise decoder.error
        if decoder.terminated and answer.ended_by_close:
            break
    yield from decoder.finish(ended_by_close=answer.ended_by_close)
    if decoder.error is not None:
        raise decoder.error


def _head(answer: Answer) -> bytes:
    """The first bytes of a body that says it is JSON, though a stream was asked for.

    It may be a whole answer, or an error, or a stream under the wrong name: the bytes tell.
    """
    head = b""
    if answer.headers.get("content-type", "").startswith("application/json"):
        for piece in answer:
            head += piece
            if head.strip():
                break
    return head


def _is_content(chunk: Chunk) -> bool:
    """Whether this chunk commits the answer: it says anything besides a role."""
    return any(
        choice.finish_reason is not None or choice.delta.role is None for choice in chunk.choices
    )
