"""The half towards a caller, of which errors alone are there: the rest is refused by name."""

from typing import NoReturn

from dragoman.dialects import refusing
from dragoman.dialects.dialect import EncodedError, StreamEncoder
from dragoman.errors import ConfigurationError, Error
from dragoman.models import shared
from dragoman.wire import reading


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """Raises `ConfigurationError`: nobody asks in this dialect yet."""
    _refuse()


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """Raises `ConfigurationError`: nobody is answered in this dialect yet."""
    _refuse()


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """Raises `ConfigurationError`: nobody is answered in this dialect yet."""
    _refuse()


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error."""
    return EncodedError(
        status_code=refusing.status_of(error),
        headers={"content-type": "application/json"},
        body=reading.write({"error": error.message}),
    )


def _refuse() -> NoReturn:
    raise ConfigurationError(
        "dialect: expected one that callers can speak; ollama is spoken towards providers only",
        param="dialect",
    )
