"""Credentials that the machine has: of a container's role (ECS, EKS), of an instance's (EC2).

Both are asked for over HTTP in the machine's own network. The order of requests, what stands in
them and how often they are made is as in botocore, but for two things: version 1 of the instance's
service, which needs no token and is open to whatever fetches URLs for others, is never asked; and
a container's service that refuses (4xx) is believed the first time.

Reference: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html and
feature-imds-credentials.html beside it.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.credentials import EARLY_SECONDS, Credentials
from dragoman.providers.aws.profiles import Profile
from dragoman.providers.wishes import (
    LIMIT,
    Absent,
    Conversation,
    Fetch,
    Fetched,
    answered,
    instant,
    refusal,
    sendable,
    text_of,
    transient,
    unusable,
)

RELATIVE_URI: Final = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
TOKEN_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

CONTAINER_HOST: Final = "http://169.254.170.2"
CONTAINER_HOSTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"})
"""Besides the loopback addresses, those that are asked without TLS."""

CONTAINER_ATTEMPTS: Final = 3
CONTAINER_SECONDS: Final = 2.0

INSTANCE_SECONDS: Final = 1.0
"""Everywhere but on EC2 nobody answers, and this is waited in vain."""

INSTANCE_HOSTS: Final = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
TOKEN_PATH: Final = "/latest/api/token"
ROLE_PATH: Final = "/latest/meta-data/iam/security-credentials/"
TOKEN_SECONDS: Final = "21600"

LATER_SECONDS: Final = 5 * 60
"""An instance's new credentials are there so long before the old ones end."""


class Answer(msgspec.Struct, frozen=True, rename="pascal"):
    """What both services say; the rest is passed over."""

    access_key_id: str
    secret_access_key: str
    token: str | None = None
    expiration: str | None = None


def of_container(
    environ: Mapping[str, str], *, now: Callable[[], float]
) -> Conversation[Credentials | None]:
    """Those of the container's role; None where the environment names no service.

    `now` tells seconds since 1970. Raises `ConfigurationError` for an address or a token that
    cannot be meant and where the service refuses, and `APIConnectionError` where it fails.
    """
    source = "the container's service"
    if environ.get(RELATIVE_URI):
        if not environ[RELATIVE_URI].startswith("/"):
            raise ConfigurationError(
                f"{RELATIVE_URI}: expected a path, which starts with /", param=RELATIVE_URI
            )
        url = CONTAINER_HOST + environ[RELATIVE_URI]
    elif environ.get(FULL_URI):
        url = _trusted(environ[FULL_URI])
    else:
        return None
    headers = {"accept": "application/json"}
    token = environ.get(TOKEN)
    if environ.get(TOKEN_FILE):
        token = yield from text_of(environ[TOKEN_FILE], key=TOKEN_FILE)
    if token:
        if not sendable(token):
            raise ConfigurationError(f"{TOKEN}: expected a token on one line", param=TOKEN)
        headers["authorization"] = token
    fetch = Fetch(
        method="GET", url=url, headers=headers, timeout_seconds=CONTAINER_SECONDS, direct=True
    )
    answer = yield from answered(fetch, attempts=CONTAINER_ATTEMPTS, now=now)
    if answer is None or answer.status != 200:
        raise refusal(answer, source=source)
    found = _credentials(answer, source)
    if found is None:
        raise unusable(source, "an answer that holds none")
    if found.expires_at is not None and found.expires_at <= now():
        raise unusable(source, "some that have expired")
    return found


def of_instance(
    environ: Mapping[str, str], profile: Profile, *, now: Callable[[], float]
) -> Conversation[Credentials | Absent]:
    """Those of the instance's role; `Absent` where this is no instance, or has no role.

    `now` tells seconds since 1970. Raises `ConfigurationError` for an address that cannot be
    meant, and `APIConnectionError` where the service is there and fails.
    """
    source = "the instance's service"
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return Absent(f"{source} is not asked, since AWS_EC2_METADATA_DISABLED says so")
    host = _instance_host(environ, profile)
    token = yield from answered(
        _instance("PUT", host + TOKEN_PATH, "token-ttl-seconds", TOKEN_SECONDS), attempts=1, now=now
    )
    if token is None:
        return Absent(f"{source} gave no answer")
    if token.status != 200:
        return Absent(f"{source} gave status {token.status}")
    value = token.body.decode("latin-1")
    if not value or len(value) > LIMIT or not sendable(value):
        return Absent(f"{source} gave no token")
    role = yield from answered(
        _instance("GET", host + ROLE_PATH, "token", value), attempts=1, now=now
    )
    name = _role_name(role, source)
    if name is None:
        return Absent("the instance has no role")
    url = host + ROLE_PATH + quote(name, safe="+=,@")
    answer = yield from answered(_instance("GET", url, "token", value), attempts=1, now=now)
    if answer is None or transient(answer):
        raise refusal(answer, source=source)
    found = _credentials(answer, source) if answer.status == 200 else None
    if found is None or found.session_token is None or found.expires_at is None:
        return Absent("the instance's role has no credentials")
    # What is about to end is asked for again soon, and not before every call: the new ones come
    # late, and while the service fails, AWS takes the old ones longer than they say.
    later = now() + EARLY_SECONDS
    if found.expires_at < later:
        found.expires_at = later + LATER_SECONDS
    return found


def _role_name(answer: Fetched | None, source: str) -> str | None:
    """The first role of the list; None where the instance has none."""
    if answer is None or transient(answer):
        raise refusal(answer, source=source)
    name, _, _ = answer.body.decode("latin-1").strip().partition("\n")
    return name.strip() or None if answer.status == 200 else None


def _instance(method: str, url: str, header: str, value: str) -> Fetch:
    return Fetch(
        method=method,
        url=url,
        headers={f"x-aws-ec2-metadata-{header}": value},
        timeout_seconds=INSTANCE_SECONDS,
        direct=True,
    )


def _instance_host(environ: Mapping[str, str], profile: Profile) -> str:
    given = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
    url = environ.get(given) or profile.get("ec2_metadata_service_endpoint")
    if url:
        _host(url, key=given)
        return url.rstrip("/")
    mode = environ.get(f"{given}_MODE") or profile.get("ec2_metadata_service_endpoint_mode")
    host = INSTANCE_HOSTS.get((mode or "ipv4").lower())
    if host is None:
        raise ConfigurationError(f"{given}_MODE: expected IPv4 or IPv6; got {mode!r}")
    return host


def _trusted(url: str) -> str:
    """The URL, where it may be sent a token: by TLS, or without leaving the machine."""
    host = _host(url, key=FULL_URI)
    if url.lower().startswith("http:") and host not in CONTAINER_HOSTS and not _loopback(host):
        raise ConfigurationError(
            f"{FULL_URI}: expected https, a loopback address or one of "
            f"{', '.join(sorted(CONTAINER_HOSTS))}; got the host {host!r}",
            param=FULL_URI,
        )
    return url


def _host(url: str, *, key: str) -> str:
    """The host of this URL; raises `ConfigurationError` where it leads nowhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{key}: expected a URL", param=key)
    return parts.hostname


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials(answer: Fetched, source: str) -> Credentials | None:
    """What this answer holds; None where it holds none, which may be said with a 200."""
    if len(answer.body) > LIMIT:
        return None
    try:
        found = msgspec.json.decode(answer.body, type=Answer)
        expires_at = instant(found.expiration) if found.expiration else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    parts = (found.access_key_id, found.secret_access_key, found.token)
    if not (all(parts[:2]) and all(map(sendable, parts))):
        return None
    return Credentials(*parts, expires_at=expires_at, source=source)
