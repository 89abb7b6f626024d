"""What this dialect does not do: it lists no models, and is not spoken to callers yet.

Each function refuses by name, so that nobody takes a guess for an answer.
"""

from typing import NoReturn

from dragoman.dialects.bedrock_converse.quirks import BEDROCK_PROFILE, Profile
from dragoman.dialects.dialect import Encoded, EncodedError, StreamEncoder
from dragoman.errors import ConfigurationError, Error
from dragoman.models import shared


def encode_models_request(*, profile: Profile = BEDROCK_PROFILE) -> Encoded:
    """Raises `ConfigurationError`: Bedrock lists its models at another address."""
    raise ConfigurationError("models: this provider lists none", param="provider")


def decode_models(body: bytes) -> shared.ListModelsResponse:
    """Raises `ConfigurationError`: nobody has asked for a list."""
    raise ConfigurationError("models: this provider lists none", param="provider")


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """Raises `ConfigurationError`."""
    _refuse("decode_request")


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """Raises `ConfigurationError`."""
    _refuse("encode_response")


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """Raises `ConfigurationError`."""
    _refuse("stream_encoder")


def encode_error(error: Error) -> EncodedError:
    """Raises `ConfigurationError`."""
    _refuse("encode_error")


def _refuse(function: str) -> NoReturn:
    raise ConfigurationError(
        f"bedrock-converse: expected a dialect that callers are answered in; {function} is not "
        "there yet",
        param="dialect",
    )
