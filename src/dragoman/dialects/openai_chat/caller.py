"""The other side: answers as callers of the OpenAI dialect expect them."""

import msgspec

from dragoman.dialects.dialect import EncodedError
from dragoman.dialects.refusing import in_openais_words
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer."""
    return reading.write(response)


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error."""
    return in_openais_words(error)


class StreamEncoder:
    """Chunks in, server-sent events out; one per stream.

    With `include_usage` every chunk has a `usage`, null before the last; without it none has
    one, and the chunk that has nothing else is left out.
    """

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage

    def encode(self, chunk: Chunk) -> bytes:
        """The event of this chunk; empty for usage that the caller did not ask for."""
        shown = for_caller(chunk, include_usage=self._include_usage)
        return sse.encode(reading.write(shown)) if shown is not None else b""

    def end(self) -> bytes:
        """The terminator, which says that the answer is complete."""
        return sse.DONE

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream."""
        return sse.encode(encode_error(error).body)


def for_caller(chunk: Chunk, *, include_usage: bool) -> Chunk | None:
    """The chunk as a caller sees it who did, or did not, ask for usage; None for nothing."""
    if include_usage:
        return shared.CreateChatCompletionStreamResponseWithUsage(
            choices=chunk.choices,
            created=chunk.created,
            id=chunk.id,
            metadata=chunk.metadata,
            model=chunk.model,
            moderation=chunk.moderation,
            obfuscation=chunk.obfuscation,
            service_tier=chunk.service_tier,
            system_fingerprint=chunk.system_fingerprint,
            usage=chunk.usage,
        )
    if chunk.usage is None:
        return chunk
    return None if not chunk.choices else msgspec.structs.replace(chunk, usage=None)


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream."""
    return StreamEncoder(include_usage=include_usage)


def usage_asked(request: shared.CreateChatCompletionRequest) -> bool:
    """Whether the caller of a stream wants its usage."""
    options = request.stream_options
    return options is not None and options.include_usage is True
