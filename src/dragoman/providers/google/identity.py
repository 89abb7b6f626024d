"""Who a client is towards Vertex AI: whoever Google's own programs would be here.

    the file of GOOGLE_APPLICATION_CREDENTIALS > gcloud's file > the metadata server

These are the application default credentials. The operator may name a file; then it counts alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.google.federation import ExternalAccount, of_external_account
from dragoman.providers.google.granting import granted, trusted
from dragoman.providers.google.metadata import of_metadata_server
from dragoman.providers.google.service_account import AUDIENCE, ServiceAccount, of_service_account
from dragoman.providers.identity import Identity
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import Absent, Conversation, text_at

VARIABLE: Final = "GOOGLE_APPLICATION_CREDENTIALS"

FILE: Final = "application_default_credentials.json"
"""What `gcloud auth application-default login` writes, in its folder."""

EARLY_SECONDS: Final = 3 * 60 + 45
"""So near its end a token is replaced while it is still used; google-auth's figure, since the
metadata server gives the old one until four minutes before."""


class User(msgspec.Struct, frozen=True):
    """A file of gcloud's, of somebody who has logged in; the rest is passed over."""

    client_id: str
    client_secret: str
    refresh_token: str
    token_uri: str = AUDIENCE

    def __repr__(self) -> str:
        return "<a user of gcloud>"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return []  # msgspec gives every Struct one that shows all fields


class Kind(msgspec.Struct, frozen=True):
    """What a file of any kind says."""

    type: str
    quota_project_id: str | None = None


class GoogleIdentity(Identity[Token]):
    """A file of credentials, or those that the environment leads to."""

    early_seconds: ClassVar[float] = EARLY_SECONDS

    def __init__(
        self, environ: Mapping[str, str], *, path: str | None = None, key: str = VARIABLE
    ) -> None:
        """`path` is the operator's choice, and `key` the setting that has it."""
        super().__init__()
        self._environ = dict(environ)
        self._path = path or environ.get(VARIABLE) or None
        self._key = key if path else VARIABLE

    def __repr__(self) -> str:
        return f"Google's credentials in {self._path}" if self._path else "Google's credentials"

    def looked_for(self, now: Callable[[], float]) -> Conversation[Token]:
        if self._path is not None:
            text = yield from text_at(self._path)
            if text is None:
                raise ConfigurationError(
                    f"{self._key}: expected a readable file at {self._path}", param=self._key
                )
            return (yield from of_file(text, key=self._key, now=now))
        path = gcloud_file(self._environ)
        text = yield from text_at(path)
        if text is not None:
            return (yield from of_file(text, key=path, now=now))
        last = yield from of_metadata_server(self._environ, now=now)
        if not isinstance(last, Absent):
            return last
        reasons = f"{VARIABLE} is not set; there is no file {path}; {last.why}"
        raise ConfigurationError(f"Google's credentials: expected some; got none: {reasons}")

    def signed(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        by: Token,
        at: float,
    ) -> dict[str, str]:
        signed = {**headers, "authorization": f"Bearer {by.value}"}
        if by.quota_project is not None:
            signed["x-goog-user-project"] = by.quota_project
        return signed

    def secrets_of(self, found: Token) -> tuple[str | None, ...]:
        return (found.value,)


def gcloud_file(environ: Mapping[str, str]) -> str:
    """Where gcloud writes the credentials of whoever has logged in."""
    if environ.get("CLOUDSDK_CONFIG"):
        return f"{environ['CLOUDSDK_CONFIG']}/{FILE}"
    if environ.get("APPDATA"):  # Windows alone has it
        return f"{environ['APPDATA']}/gcloud/{FILE}"
    return f"~/.config/gcloud/{FILE}"


def of_file(text: str, *, key: str, now: Callable[[], float]) -> Conversation[Token]:
    """The token that this file leads to; `key` names where the file is.

    Raises `ConfigurationError` for one that cannot be read, is of a kind that is not supported, or
    is refused, and `APIConnectionError` where somebody who is asked fails.
    """
    kind = _read(text, Kind, key)
    match kind.type:
        case "service_account":
            token = yield from of_service_account(
                _read(text, ServiceAccount, key), key=key, now=now
            )
        case "external_account":
            token = yield from of_external_account(
                _read(text, ExternalAccount, key), key=key, now=now
            )
        case "authorized_user":
            token = yield from _of_user(_read(text, User, key), key=key, now=now)
        case other:
            expected = "service_account, external_account or authorized_user"
            raise ConfigurationError(f"{key}: type: expected {expected}; got {other!r}", param=key)
    token.quota_project = kind.quota_project_id
    return token


def _of_user(user: User, *, key: str, now: Callable[[], float]) -> Conversation[Token]:
    form = {
        "grant_type": "refresh_token",
        "client_id": user.client_id,
        "client_secret": user.client_secret,
        "refresh_token": user.refresh_token,
    }
    url = trusted(user.token_uri, key=f"{key}: token_uri")
    return (yield from granted(url, form, source="Google's OAuth, for gcloud's user", now=now))


def _read(text: str, kind: type[Any], key: str) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        # A message of theirs names fields and types; only that of a text that is no JSON is ours.
        got = str(error) if isinstance(error, msgspec.ValidationError) else "none"
        raise ConfigurationError(
            f"{key}: expected credentials in JSON; got {got}", param=key
        ) from None
