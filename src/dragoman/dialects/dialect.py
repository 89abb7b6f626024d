"""What every dialect does: six functions towards a provider, four towards a caller.

A dialect is a module of these functions, all pure: what a provider leaves unsaid (time, ids)
arrives as `made`, what a target does otherwise as its `profile`, whose type is the dialect's
own.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

from dragoman.errors import APIStatusError, Error
from dragoman.models import shared
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk

OnLoss = Literal["report", "refuse"]
"""Whether a request that loses something is sent with its losses told, or refused."""


class Encoded(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the dialect of its target, ready to be signed and sent."""

    method: str
    """The HTTP method."""

    path: str
    """The path below the provider's base URL, with its query."""

    headers: dict[str, str]
    """The headers of the dialect; the provider's row adds those of the credentials."""

    body: bytes
    """The body."""

    losses: tuple[shared.Loss, ...] = ()
    """What could not be carried as the caller set it."""


class EncodedError(msgspec.Struct, frozen=True, kw_only=True):
    """An error in the dialect of a caller."""

    status_code: int
    """The HTTP status."""

    headers: dict[str, str]
    """The headers."""

    body: bytes
    """The body."""


class StreamDecoder(Protocol):
    """A provider's bytes in, chunks out; one per stream."""

    error: Error | None
    """Why the stream failed; set once its last good chunk has been given."""

    terminated: bool
    """Whether the dialect's own terminator has come; what follows is not read."""

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises `error` where there is nothing else."""
        ...

    def hear_whole(self, body: bytes) -> None:
        """Take in a whole answer, where one came instead of a stream; `finish` gives it."""
        ...

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks, once the HTTP message is complete.

        `ended_by_close` says that only the close of the connection told the end, so that the
        dialect's terminator must have come. Where the stream ended before its end, `error` is
        a `RemoteProtocolError` (`stream_truncated`): raised here, or set once what came is given.
        """
        ...


class StreamEncoder(Protocol):
    """Chunks in, a caller's bytes out; one per stream."""

    def encode(self, chunk: Chunk) -> bytes:
        """The bytes of this chunk; empty for what the caller did not ask for."""
        ...

    def end(self) -> bytes:
        """The terminator, which says that the answer is complete."""
        ...

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream; no terminator follows."""
        ...


class Dialect(Protocol):
    """The ten functions."""

    def encode_request(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Any = ...
    ) -> Encoded:
        """Raises `UnsupportedParameterError` for what must not be lost."""
        ...

    def decode_response(
        self, body: bytes, *, made: Made, profile: Any = ...
    ) -> shared.CreateChatCompletionResponse:
        """Raises `RemoteProtocolError`, and `APIStatusError` for an error inside a 200."""
        ...

    def stream_decoder(self, *, made: Made, profile: Any = ...) -> StreamDecoder:
        """A decoder for one stream."""
        ...

    def decode_error(
        self, status_code: int, headers: Mapping[str, str], body: bytes
    ) -> APIStatusError:
        """The error that this answer tells; never raises. Names of `headers` in lower case."""
        ...

    def encode_models_request(self, *, profile: Any = ...) -> Encoded:
        """The request for the list of the provider's models."""
        ...

    def decode_models(self, body: bytes) -> shared.ListModelsResponse:
        """Raises `RemoteProtocolError`, and `APIStatusError` for an error inside a 200."""
        ...

    def decode_request(self, body: bytes) -> shared.CreateChatCompletionRequest:
        """Raises `BadRequestError` naming the place, what was expected and what came."""
        ...

    def encode_response(self, response: shared.CreateChatCompletionResponse) -> bytes:
        """The body of a whole answer."""
        ...

    def stream_encoder(self, *, include_usage: bool) -> StreamEncoder:
        """An encoder for one stream, to a caller who did or did not ask for usage."""
        ...

    def encode_error(self, error: Error) -> EncodedError:
        """The answer that tells this error."""
        ...
