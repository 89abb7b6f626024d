"""What this dialect does not do: it lists no models, and reads no caller's requests yet.

Each function refuses by name, so that nobody takes a guess for an answer.
"""

from dragoman.dialects.bedrock_converse.quirks import BEDROCK_PROFILE, Profile
from dragoman.dialects.dialect import Encoded
from dragoman.errors import ConfigurationError
from dragoman.models import shared


def encode_models_request(*, profile: Profile = BEDROCK_PROFILE) -> Encoded:
    """Raises `ConfigurationError`: Bedrock lists its models at another address."""
    raise ConfigurationError("models: this provider lists none", param="provider")


def decode_models(body: bytes) -> shared.ListModelsResponse:
    """Raises `ConfigurationError`: nobody has asked for a list."""
    raise ConfigurationError("models: this provider lists none", param="provider")


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """Raises `ConfigurationError`: a request of Converse's names its model in the path alone."""
    raise ConfigurationError(
        "bedrock-converse: expected a dialect whose requests are read; decode_request is not "
        "there yet",
        param="dialect",
    )
