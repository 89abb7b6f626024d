"""What an answer means to whoever asked: a provider's bytes in, the caller's bytes out.

Four ways to read, one shape: a whole answer or a stream, of a provider whose words are translated,
or whose bytes are kept. Nothing here waits or writes.
"""

from collections.abc import Mapping
from typing import Protocol

from dragoman.client.call import Call, is_stream
from dragoman.client.opening import EVENTS, is_content, says_whole, undecided
from dragoman.dialects.dialect import StreamDecoder
from dragoman.dialects.openai_chat import exact
from dragoman.dialects.openai_chat.caller import for_caller
from dragoman.dialects.openai_chat.exact_stream import ExactStream
from dragoman.errors import Error
from dragoman.gateway.replies import OPENAI
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.writing import Chunk
from dragoman.transport import failures
from dragoman.transport.protocol import BODY_LIMIT
from dragoman.wire import reading


class Usage(Protocol):
    """The counts that are told of an answer, whoever made them."""

    @property
    def prompt_tokens(self) -> int: ...

    @property
    def completion_tokens(self) -> int: ...


class Reading(Protocol):
    """One answer, read as it comes."""

    @property
    def error(self) -> Error | None:
        """Why it failed, once what came before has been given."""

    @property
    def committed(self) -> bool:
        """Whether there is content: from then on this answer is the answer."""

    @property
    def terminated(self) -> bool:
        """Whether the dialect's own end has come."""

    @property
    def usage(self) -> Usage | None:
        """What it took, as far as is known."""

    def receive(self, data: bytes) -> bytes:
        """What these bytes tell the caller; raises what goes wrong, or sets `error`."""

    def finish(self, *, ended_by_close: bool) -> bytes:
        """What is left to tell, now that the message is complete; likewise."""

    def give_up(self) -> bytes:
        """What may still be told of an answer that was cut."""


def reading_of(call: Call, headers: Mapping[str, str]) -> Reading:
    """How the answer with these headers is read."""
    if not call.asked.stream:
        return Folded(call) if is_stream(headers) else Whole(call)
    if says_whole(headers):
        return Stream(call, Unsure(call))
    if call.asked.exact:
        return ExactStream(made=call.made(), include_usage=call.asked.include_usage)
    return Stream(call, call.decoder())


class Body:
    """The bytes of a body, which may not be too many."""

    def __init__(self, call: Call) -> None:
        self._target = call.asked.target
        self._pieces: list[bytes] = []
        self._size = 0

    def receive(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > BODY_LIMIT:
            raise failures.too_large(self._target, BODY_LIMIT)
        self._pieces.append(data)

    def whole(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class Whole:
    """A whole answer: there is nothing to tell before its end."""

    committed = terminated = False
    error: Error | None = None

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self._call = call
        self._body = Body(call)

    def receive(self, data: bytes) -> bytes:
        self._body.receive(data)
        return b""

    def finish(self, *, ended_by_close: bool) -> bytes:
        body = self._body.whole()
        if self._call.asked.exact:
            answer = exact.obeys(body)
            if answer is not None:
                self.usage = answer.usage or None
                return body
        response = self._call.decoded(body)
        self.usage = response.usage
        if self._call.asked.exact:
            return exact.put_right(body, response)
        return OPENAI.encode_response(response)

    def give_up(self) -> bytes:
        return b""


class Folded:
    """A stream that came where a whole answer was asked for."""

    committed = terminated = False
    error: Error | None = None

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self._decoder = call.decoder()
        self._chunks: list[Chunk] = []

    def receive(self, data: bytes) -> bytes:
        self._chunks += self._decoder.receive(data)
        self.error = self._decoder.error
        self.terminated = self._decoder.terminated
        return b""

    def finish(self, *, ended_by_close: bool) -> bytes:
        self._chunks += self._decoder.finish(ended_by_close=ended_by_close)
        if self._decoder.error is not None:
            raise self._decoder.error
        response = fold(self._chunks)
        self.usage = response.usage
        return OPENAI.encode_response(response)

    def give_up(self) -> bytes:
        return b""


class Stream:
    """A stream whose chunks are translated."""

    def __init__(self, call: Call, decoder: StreamDecoder) -> None:
        self.committed = False
        self.usage: Usage | None = None
        self._decoder = decoder
        self._include_usage = call.asked.include_usage

    @property
    def error(self) -> Error | None:
        return self._decoder.error

    @property
    def terminated(self) -> bool:
        return self._decoder.terminated

    def receive(self, data: bytes) -> bytes:
        return self._told(self._decoder.receive(data))

    def finish(self, *, ended_by_close: bool) -> bytes:
        return self._told(self._decoder.finish(ended_by_close=ended_by_close))

    def give_up(self) -> bytes:
        return b""

    def _told(self, chunks: list[Chunk]) -> bytes:
        told = b""
        for chunk in chunks:
            self.committed = self.committed or is_content(chunk)
            self.usage = chunk.usage or self.usage
            shown = for_caller(chunk, include_usage=self._include_usage)
            if shown is not None:
                event = sse.encode(reading.write(shown))
                told = told + event if told else event
        return told


class Unsure:
    """The decoder of what may be a stream, or a whole answer in its place."""

    def __init__(self, call: Call) -> None:
        self._decoder = call.decoder()
        self._body: Body | None = Body(call)
        self._is_whole = False

    @property
    def error(self) -> Error | None:
        return self._decoder.error

    @property
    def terminated(self) -> bool:
        return self._decoder.terminated

    def receive(self, data: bytes) -> list[Chunk]:
        if self._body is None:
            return self._decoder.receive(data)
        self._body.receive(data)
        if not self._is_whole:
            begun = self._body.whole()
            if undecided(begun):
                return []
            if begun.lstrip().startswith(EVENTS):
                self._body = None
                return self._decoder.receive(begun)
            self._is_whole = True
        return []

    def hear_whole(self, body: bytes) -> None:
        self._decoder.hear_whole(body)

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        begun = b"" if self._body is None else self._body.whole()
        if begun:
            self._decoder.hear_whole(begun)
        return self._decoder.finish(ended_by_close=ended_by_close)
