"""Opening an answer: reading it up to its first content, and then piece by piece.

Until the first content a failure is the attempt's, and another may be made; from then on this
answer is the answer. The next bytes are read only when the last chunk was taken: that is all of
back-pressure. What differs between blocking and asynchronous is who waits.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from dragoman.dialects.dialect import StreamDecoder
from dragoman.streaming.writing import Chunk
from dragoman.transport.protocol import Answer, AsyncAnswer

EVENTS: Final = (b"data:", b"event:", b":", b"\0")
"""How a stream of events begins, whatever its content type says; with NUL, one of AWS's."""


def is_content(chunk: Chunk) -> bool:
    """Whether this chunk commits the answer: it says anything besides a role."""
    return any(
        choice.finish_reason is not None or choice.delta.role is None for choice in chunk.choices
    )


WHOLE: Final = ("application/json", "text/html")
"""Content types of what may be no stream, though one was asked for: an answer, an error, a page."""


def says_whole(headers: Mapping[str, str]) -> bool:
    """Whether the body may be a whole answer, or none at all."""
    return headers.get("content-type", "").startswith(WHOLE)


def opened(answer: Answer, decoder: StreamDecoder) -> Iterator[Chunk]:
    """The chunks of an answer, once it has content; raises what goes wrong before."""
    chunks = pump(answer, decoder)
    held: list[Chunk] = []
    for chunk in chunks:
        held.append(chunk)
        if is_content(chunk):
            answer.content_came()
            break
    return _after(held, chunks)


def _after(held: list[Chunk], chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    yield from held
    yield from chunks


def pump(answer: Answer, decoder: StreamDecoder) -> Iterator[Chunk]:
    """The chunks of an answer as its bytes come.

    A body that only the close ends is over with the dialect's terminator: nobody waits for a
    server that keeps such a connection open.
    """
    head = b""
    if says_whole(answer.headers):
        for piece in answer:
            head += piece
            if not undecided(head):
                break
    if head and not head.lstrip().startswith(EVENTS):
        decoder.hear_whole(head + answer.read())
    else:
        yield from decoder.receive(head)
        for piece in answer:
            yield from decoder.receive(piece)
            if decoder.error is not None:
                raise decoder.error
            if decoder.terminated and answer.ended_by_close:
                break
    yield from decoder.finish(ended_by_close=answer.ended_by_close)
    if decoder.error is not None:
        raise decoder.error


async def opened_later(answer: AsyncAnswer, decoder: StreamDecoder) -> AsyncIterator[Chunk]:
    """As `opened`, on an event loop."""
    chunks = pump_later(answer, decoder)
    held: list[Chunk] = []
    async for chunk in chunks:
        held.append(chunk)
        if is_content(chunk):
            answer.content_came()
            break
    return _after_later(held, chunks)


async def _after_later(held: list[Chunk], chunks: AsyncIterator[Chunk]) -> AsyncIterator[Chunk]:
    for chunk in held:
        yield chunk
    async for chunk in chunks:
        yield chunk


async def pump_later(answer: AsyncAnswer, decoder: StreamDecoder) -> AsyncIterator[Chunk]:
    """As `pump`, on an event loop."""
    head = b""
    if says_whole(answer.headers):
        async for piece in answer:
            head += piece
            if not undecided(head):
                break
    if head and not head.lstrip().startswith(EVENTS):
        decoder.hear_whole(head + await answer.read())
    else:
        for chunk in decoder.receive(head):
            yield chunk
        async for piece in answer:
            for chunk in decoder.receive(piece):
                yield chunk
            if decoder.error is not None:
                raise decoder.error
            if decoder.terminated and answer.ended_by_close:
                break
    for chunk in decoder.finish(ended_by_close=answer.ended_by_close):
        yield chunk
    if decoder.error is not None:
        raise decoder.error


def undecided(head: bytes) -> bool:
    """Whether so little has come that it may begin an event as well as something else."""
    begun = head.lstrip()
    return any(event.startswith(begun) and event != begun for event in EVENTS)
