"""Tokens of Microsoft Entra, by `azure-identity` (the extra `azure`).

Its HTTP is its own: `requests` where callers block, `aiohttp` on event loops. A credential that we
make is closed once it has given its token, which is kept above; one that was given is its giver's.
"""

import inspect
from contextlib import suppress
from typing import Any, Final

from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.providers.tokens import Token

SOURCE: Final = "Microsoft Entra"

MISSING: Final = (
    "credential: expected azure-identity, which asks Microsoft Entra: pip install 'dragoman[azure]'"
)


def acquired(credential: Any, scope: str) -> Token:
    """The token that this credential, or the default one, gives; blocking.

    Raises `ConfigurationError` where it gives none, and `APIConnectionError` where nobody answers.
    """
    try:
        if credential is not None:
            return _told(credential.get_token(scope))
        try:
            from azure.identity import DefaultAzureCredential
        except ImportError:
            raise ConfigurationError(MISSING, param="credential") from None
        with DefaultAzureCredential() as own:
            return _told(own.get_token(scope))
    except Exception as error:
        raise _ours(error) from None


async def acquired_later(credential: Any, scope: str) -> Token:
    """As `acquired`, on an event loop."""
    try:
        if credential is not None:
            if not inspect.iscoroutinefunction(credential.get_token):
                raise _other_kind("azure.identity.aio, which does not block")
            return _told(await credential.get_token(scope))
        try:
            import aiohttp  # noqa: F401  # azure-identity says only later that it lacks it
            from azure.identity.aio import DefaultAzureCredential
        except ImportError:
            raise ConfigurationError(MISSING, param="credential") from None
        async with DefaultAzureCredential() as own:
            return _told(await own.get_token(scope))
    except Exception as error:
        raise _ours(error) from None


def _told(given: Any) -> Token:
    if inspect.iscoroutine(given):
        given.close()
        raise _other_kind("azure.identity, which is not awaited")
    return Token(given.token, expires_at=float(given.expires_on), source=SOURCE)


def _other_kind(expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"credential: expected one of {expected}; got another", param="credential"
    )


def _ours(error: Exception) -> Error:
    """The same in our words; what azure-identity says names each of its places, and no secret."""
    if isinstance(error, Error):
        return error
    with suppress(ImportError):  # a credential may be of somebody's own making
        from azure.core.exceptions import AzureError, ClientAuthenticationError

        if isinstance(error, ClientAuthenticationError):
            said = " ".join(str(error).split())
            return ConfigurationError(f"credential: expected a token; got none: {said}")
        if isinstance(error, AzureError):
            return APIConnectionError(
                f"credentials from {SOURCE}: expected them, got {type(error).__name__}",
                attempt_class="not_sent",
            )
    return ConfigurationError(f"credential: expected a token; got {type(error).__name__}")
