"""One chat completion response, whatever model answered.

The names below are the public ones. Those that would wake the network come when they are first
asked for: importing this package opens nothing, reads nothing and starts nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dragoman import translate
from dragoman.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    Error,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RemoteProtocolError,
    UnprocessableEntityError,
    UnsupportedParameterError,
)
from dragoman.streaming.folding import fold

if TYPE_CHECKING:
    from dragoman.client.asynchronous import AsyncClient
    from dragoman.client.sync import Client, create, stream
    from dragoman.transport.timeouts import Timeout

LAZY = {
    "AsyncClient": "dragoman.client.asynchronous",
    "Client": "dragoman.client.sync",
    "Timeout": "dragoman.transport.timeouts",
    "create": "dragoman.client.sync",
    "stream": "dragoman.client.sync",
}
"""Public name to the module it comes from; `TYPE_CHECKING` above says the same."""

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "Error",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RemoteProtocolError",
    "Timeout",
    "UnprocessableEntityError",
    "UnsupportedParameterError",
    "create",
    "fold",
    "stream",
    "translate",
]


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module 'dragoman' has no attribute {name!r}")
    value = getattr(importlib.import_module(LAZY[name]), name)
    globals()[name] = value
    return value
