"""Token endpoints: a form that proves something goes in, an access token comes out.

Of a refusal OAuth's code is told, and nothing else of the answer.

Reference: RFC 6749, RFC 7523, RFC 8693
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from dragoman.errors import ConfigurationError, Error
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import (
    LIMIT,
    Conversation,
    Fetch,
    Fetched,
    answered,
    refusal,
    sendable,
    unusable,
)

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"

TIMEOUT_SECONDS: Final = 10.0
ATTEMPTS: Final = 3

CODE: Final = re.compile(r"[a-z_]{1,64}")


class Grant(msgspec.Struct, frozen=True):
    """What a token endpoint gives; the rest is passed over."""

    access_token: str
    expires_in: int | str | None = None
    """Seconds; some write them as a text."""


class Refusal(msgspec.Struct, frozen=True):
    """What a token endpoint says where it gives nothing."""

    error: str


def granted(
    url: str, form: Mapping[str, str], *, source: str, now: Callable[[], float]
) -> Conversation[Token]:
    """The token that this form is given.

    Raises `ConfigurationError` where it is refused, and `APIConnectionError` where the endpoint
    fails.
    """
    fetch = Fetch(
        method="POST",
        url=url,
        headers={
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        },
        body=urlencode(dict(form)).encode(),
        timeout_seconds=TIMEOUT_SECONDS,
        direct=False,
    )
    answer = yield from answered(fetch, attempts=ATTEMPTS, now=now)
    if answer is None or answer.status != 200:
        raise refused(answer, source)
    return token_in(answer, source=source, now=now())


def token_in(answer: Fetched, *, source: str, now: float) -> Token:
    """The token of this answer; raises `APIConnectionError` for one that holds none."""
    try:
        if len(answer.body) > LIMIT:
            raise ValueError
        grant = msgspec.json.decode(answer.body, type=Grant)
        expires_at = None if grant.expires_in is None else now + int(grant.expires_in)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        raise unusable(source, "an answer that holds none") from None
    if not grant.access_token or not sendable(grant.access_token):
        raise unusable(source, "an answer that holds none")
    return Token(grant.access_token, expires_at=expires_at, source=source)


def refused(answer: Fetched | None, source: str) -> Error:
    """The error that this answer is, with OAuth's code where it has one."""
    code = None
    if answer is not None and len(answer.body) <= LIMIT:
        try:
            said = msgspec.json.decode(answer.body, type=Refusal).error
            code = said if CODE.fullmatch(said) else None
        except (msgspec.MsgspecError, RecursionError):
            pass
    return refusal(answer, source=source, code=code)


def trusted(url: str, *, key: str) -> str:
    """The URL, where it may be sent a proof: by TLS, or without leaving the machine.

    Raises `ConfigurationError` naming the `key` it stands at.
    """
    parts = parts_of(url, key=key)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise ConfigurationError(f"{key}: expected a URL with https; got another", param=key)
    return url


def parts_of(url: str, *, key: str) -> SplitResult:
    """This URL, which must lead somewhere; raises `ConfigurationError` naming the `key`."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts
    except ValueError:
        pass
    raise ConfigurationError(f"{key}: expected a URL", param=key)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
