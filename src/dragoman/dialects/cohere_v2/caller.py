"""The half towards a caller, which this dialect does not have yet: it refuses by name.

Nobody can ask Dragoman in Cohere's words; what is missing is told, never guessed.
"""

from typing import NoReturn

from dragoman.dialects.dialect import EncodedError, StreamEncoder
from dragoman.errors import ConfigurationError, Error
from dragoman.models import shared


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """Raises `ConfigurationError`."""
    _missing("requests of callers")


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """Raises `ConfigurationError`."""
    _missing("answers to callers")


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """Raises `ConfigurationError`."""
    _missing("streams to callers")


def encode_error(error: Error) -> EncodedError:
    """Raises `ConfigurationError`."""
    _missing("errors to callers")


def _missing(what: str) -> NoReturn:
    raise ConfigurationError(
        f"cohere-v2: expected a dialect that callers can speak; {what} are not there yet",
        param="dialect",
    )
