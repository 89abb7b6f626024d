"""What is asked in Cohere's words, which this dialect does not read yet: it is refused by name."""

from dragoman.errors import ConfigurationError
from dragoman.models import shared


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """Raises `ConfigurationError`: what is missing is told, never guessed."""
    raise ConfigurationError(
        "cohere-v2: expected a dialect that callers can ask in; its requests are not read yet",
        param="dialect",
    )
