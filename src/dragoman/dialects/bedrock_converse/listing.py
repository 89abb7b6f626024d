"""The list of models, which Bedrock has at another address: it is refused by name."""

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
