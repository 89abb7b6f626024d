"""The half towards callers, which is not there yet: each of its functions says so.

Responses is spoken to providers only. Nothing here guesses; a caller who writes Responses is
refused, whoever else answers.
"""

from typing import NoReturn

from dragoman.dialects.dialect import EncodedError, StreamEncoder
from dragoman.errors import ConfigurationError, Error
from dragoman.models import shared


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """Not there yet; raises `ConfigurationError`."""
    _refuse("decode_request")


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """Not there yet; raises `ConfigurationError`."""
    _refuse("encode_response")


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """Not there yet; raises `ConfigurationError`."""
    _refuse("stream_encoder")


def encode_error(error: Error) -> EncodedError:
    """Not there yet; raises `ConfigurationError`."""
    _refuse("encode_error")


def _refuse(function: str) -> NoReturn:
    raise ConfigurationError(
        f"openai-responses is spoken to providers only; it has no {function} for callers yet",
        param="dialect",
    )
