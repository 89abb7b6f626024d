"""A service account by its key: it signs who it is, and Google gives a token for that.

The signature is RSA's, which Python's own library has not; `google-auth` (the extra `google`) makes
it, and is loaded when it is needed.

Reference: https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.google.granting import SCOPE, granted, trusted
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import Conversation

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"

AUDIENCE: Final = "https://oauth2.googleapis.com/token"
"""For whom it is signed, wherever that is reached."""

LIFETIME_SECONDS: Final = 3600
"""The most that Google takes."""


class ServiceAccount(msgspec.Struct, frozen=True):
    """Such a file; the rest is passed over."""

    client_email: str
    private_key: str
    private_key_id: str | None = None
    token_uri: str = AUDIENCE

    def __repr__(self) -> str:
        return f"the service account {self.client_email}"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        # msgspec gives every Struct one that shows all fields.
        return [("client_email", self.client_email)]


def of_service_account(
    account: ServiceAccount, *, key: str, now: Callable[[], float]
) -> Conversation[Token]:
    """Its token; `key` is the setting that names the file. Raises as `granted` does."""
    form = {"grant_type": GRANT, "assertion": assertion(account, key=key, at=int(now()))}
    url = trusted(account.token_uri, key=f"{key}: token_uri")
    return (yield from granted(url, form, source=f"Google's OAuth, for {account!r}", now=now))


def assertion(account: ServiceAccount, *, key: str, at: int) -> str:
    """What the account says of itself at this second, signed.

    Raises `ConfigurationError` for a key that is none, and without `google-auth`.
    """
    try:
        from google.auth import crypt, jwt
    except ImportError:
        raise ConfigurationError(
            f"{key}: expected google-auth, which signs with a service account's key: "
            "pip install 'dragoman[google]'",
            param=key,
        ) from None
    try:
        rsa: Any = crypt.RSASigner  # its methods have no types
        signer = rsa.from_string(account.private_key, account.private_key_id)
    except ValueError:
        raise ConfigurationError(
            f"{key}: private_key: expected an RSA key in PEM; got none", param=key
        ) from None
    claims = {
        "iat": at,
        "exp": at + LIFETIME_SECONDS,
        "iss": account.client_email,
        "aud": AUDIENCE,
        "scope": SCOPE,
    }
    signed: bytes = jwt.encode(signer, claims)  # type: ignore[no-untyped-call]  # nor has this
    return signed.decode()
