"""Workload identity federation: the token of another house, exchanged for one of Google's.

The other token stands in a file, or is asked for at an address; Google's STS gives its own for it,
and with that, where the file says so, one of a service account is asked for. Other sources (AWS,
programs, certificates) and pools of a workforce are refused by name.

Reference: https://google.aip.dev/auth/4117
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.google.granting import (
    ATTEMPTS,
    SCOPE,
    TIMEOUT_SECONDS,
    granted,
    parts_of,
    refused,
    trusted,
)
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import (
    LIMIT,
    Conversation,
    Fetch,
    answered,
    instant,
    refusal,
    sendable,
    text_at,
    unusable,
)

GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"

IAM_SCOPE: Final = "https://www.googleapis.com/auth/iam"
"""Of a token that is only used to ask for another's."""

LIFETIME_SECONDS: Final = 3600
"""Of a service account's token, where the file does not say."""

UNSUPPORTED: Final = ("environment_id", "executable", "certificate")


class Format(msgspec.Struct, frozen=True):
    """How the other token is written: as it is, or in a field of JSON."""

    type: str = "text"
    subject_token_field_name: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the other token is."""

    file: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    format: Format = Format()
    environment_id: Any = None
    executable: Any = None
    certificate: Any = None


class Impersonation(msgspec.Struct, frozen=True):
    """How a service account's token is wanted."""

    token_lifetime_seconds: int = LIFETIME_SECONDS


class ExternalAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Such a file; the rest is passed over."""

    audience: str
    subject_token_type: str
    credential_source: Source
    token_url: str = "https://sts.googleapis.com/v1/token"
    service_account_impersonation_url: str | None = None
    service_account_impersonation: Impersonation = Impersonation()
    workforce_pool_user_project: str | None = None
    client_id: str | None = None


class Impersonated(msgspec.Struct, frozen=True, rename="camel"):
    """What is given for a service account."""

    access_token: str
    expire_time: str


def of_external_account(
    account: ExternalAccount, *, key: str, now: Callable[[], float]
) -> Conversation[Token]:
    """Its token; `key` is the setting that names the file.

    Raises `ConfigurationError` for what is missing, refused or not supported, and
    `APIConnectionError` where somebody who is asked fails.
    """
    for name in ("client_id", "workforce_pool_user_project"):
        if getattr(account, name) is not None:
            raise _unsupported(f"{key}: {name}")
    url = trusted(account.token_url, key=f"{key}: token_url")
    impersonated = account.service_account_impersonation_url
    form = {
        "grant_type": GRANT,
        "audience": account.audience,
        "scope": SCOPE if impersonated is None else IAM_SCOPE,
        "requested_token_type": ACCESS_TOKEN,
        "subject_token": (
            yield from _subject_token(account.credential_source, f"{key}: credential_source", now)
        ),
        "subject_token_type": account.subject_token_type,
    }
    token = yield from granted(url, form, source="Google's STS", now=now)
    if impersonated is None:
        return token
    return (yield from _impersonated(account, impersonated, token, key=key, now=now))


def _subject_token(source: Source, key: str, now: Callable[[], float]) -> Conversation[str]:
    """The token of the other house."""
    for name in UNSUPPORTED:
        if getattr(source, name) is not None:
            raise _unsupported(f"{key}: {name}")
    if source.file is not None:
        text = yield from text_at(source.file)
        if text is None:
            raise ConfigurationError(f"{key}: expected a readable file at {source.file}", param=key)
        where = f"the file {source.file}"
    elif source.url is not None:
        parts_of(source.url, key=f"{key}: url")
        text = yield from _told(source.url, source.headers, now)
        where = "the answer of its url"
    else:
        raise ConfigurationError(f"{key}: expected file or url; got neither", param=key)
    token = _token_in(text, source.format)
    if not token:
        raise ConfigurationError(f"{key}: expected a token in {where}; got none", param=key)
    return token


def _token_in(text: str, format: Format) -> str | None:
    if format.type == "text":
        return text.strip()
    try:
        fields = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return None
    token = fields.get(format.subject_token_field_name or "")
    return token if isinstance(token, str) else None


def _told(url: str, headers: dict[str, str], now: Callable[[], float]) -> Conversation[str]:
    """What somebody of this machine's network says, as a rule over plain HTTP."""
    fetch = Fetch(
        method="GET", url=url, headers=headers, timeout_seconds=TIMEOUT_SECONDS, direct=True
    )
    answer = yield from answered(fetch, attempts=ATTEMPTS, now=now)
    source = "the url of credential_source"
    if answer is None or answer.status != 200:
        raise refusal(answer, source=source)
    try:
        return answer.body[: LIMIT + 1].decode()
    except UnicodeDecodeError:
        raise unusable(source, "an answer that is no text") from None


def _impersonated(
    account: ExternalAccount, url: str, token: Token, *, key: str, now: Callable[[], float]
) -> Conversation[Token]:
    """The token of the service account that this token may speak for."""
    seconds = account.service_account_impersonation.token_lifetime_seconds
    fetch = Fetch(
        method="POST",
        url=trusted(url, key=f"{key}: service_account_impersonation_url"),
        headers={"authorization": f"Bearer {token.value}", "content-type": "application/json"},
        body=msgspec.json.encode({"scope": [SCOPE], "lifetime": f"{seconds}s"}),
        timeout_seconds=TIMEOUT_SECONDS,
        direct=False,
    )
    answer = yield from answered(fetch, attempts=ATTEMPTS, now=now)
    source = "Google's IAM"
    if answer is None or answer.status != 200:
        raise refused(answer, source)
    try:
        given = msgspec.json.decode(answer.body[: LIMIT + 1], type=Impersonated)
        expires_at = instant(given.expire_time)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise unusable(source, "an answer that holds none") from None
    if not given.access_token or not sendable(given.access_token):
        raise unusable(source, "an answer that holds none")
    return Token(given.access_token, expires_at=expires_at, source=source)


def _unsupported(key: str) -> ConfigurationError:
    return ConfigurationError(
        f'{key}: not supported; `api_key = "cmd:gcloud auth print-access-token"` is', param=key
    )
