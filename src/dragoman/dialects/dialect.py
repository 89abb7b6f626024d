"""What every dialect does: six functions towards a provider, four towards a caller.

A dialect is a module of these functions, all pure: what a provider leaves unsaid (time, ids)
arrives as `made`, what a target does otherwise as its `profile`, whose type is the dialect's
own.

A further dialect is these things, and no old function changes:

1. `wire/NAME.py`: what its providers say, as lenient types.
2. `dialects/NAME/`: the ten functions; `Quirks`, a frozen type with one documented field for
   each thing that may differ from provider to provider, every field with a default; and
   `Profile`, the one below with `quirks: Quirks = Quirks()`. It imports no other dialect. What
   all have in common stands beside them: `losing` (what a request loses, and what must not be
   lost), `asked` (what is taken of one), `calls` and `pairing` (ids of calls, and those without),
   `profiles` (what a model accepts), `refusing` (how refusals are read), `given` (how a caller's
   JSON is taken apart), `claude` with `claude_schemas` (what Claude takes, wherever it is hosted)
   and `openai_models` (how OpenAI's models are told by their names).
3. A line in `dialects.MODULES` and its twin for type checkers. The key has `-` where the
   module has `_`.
4. A row in `providers/table.py` for each provider, where it differs: `quirks={"field": value}`.
   By name, so that a dialect is loaded only once somebody asks who speaks it.
5. Its part of `coverage.toml`, its targets in `tests/unit/dialects/targets.py`, its ears in
   `tests/judge`, its records in `tests.corpus.SPEAKING`, its examples in `tests/recordings`, its
   page in `docs/dialects/`.
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


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a translator is told about its target; each dialect narrows `quirks` to its own."""

    quirks: Any
    """How the provider departs from what the dialect's translator does anyway."""

    base_model: str | None = None
    """The model behind a deployment whose name does not tell it; None: the name tells."""

    on_loss: OnLoss = "report"
    """Whether a request that loses something is sent or refused."""


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

    @property
    def error(self) -> Error | None:
        """Why the stream failed; set once its last good chunk has been given."""
        ...

    @property
    def terminated(self) -> bool:
        """Whether the dialect's own terminator has come; what follows is not read."""
        ...

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
    """The ten functions, and the types that tell one provider of the dialect from another."""

    @property
    def Quirks(self) -> type[msgspec.Struct]:  # noqa: N802 # a type of the module
        """How a provider may depart; the defaults are those of one that nobody knows."""
        ...

    @property
    def Profile(self) -> type[Profile]:  # noqa: N802 # a type of the module
        """What the functions below are told about their target."""
        ...

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
