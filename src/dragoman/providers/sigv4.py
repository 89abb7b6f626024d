"""AWS Signature Version 4: what makes a request one that AWS takes from its sender.

Pure: time is an argument. The path is encoded once more than it is sent, and its dots and double
slashes are resolved, as for every service but S3. The whole body is signed. Nothing here looks for
credentials (`dragoman.providers.aws`), or corrects a clock.

Reference: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from dragoman.providers.aws.credentials import Credentials

ALGORITHM: Final = "AWS4-HMAC-SHA256"

PORTS: Final = {"http": 80, "https": 443}

UNSIGNED: Final = frozenset(
    {
        "authorization",
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""Headers that somebody on the way may write; the list is botocore's."""


def signed(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    at: float,
) -> dict[str, str]:
    """The headers of this request, with those that sign it; names in lower case.

    `url` is the one that is sent, percent-encoded. `Host` is signed as the URL has it, and left for
    the transport to write, unless it is among `headers`. `at` is in seconds since 1970; AWS refuses
    what is five minutes off. An older signature among `headers` is replaced. Raises `ValueError`
    for a URL without a host, or with a port that is none.
    """
    parts = urlsplit(url)
    time = _time(at)
    sent = _lowered(headers)
    sent["x-amz-date"] = time
    if credentials.session_token is not None:
        sent["x-amz-security-token"] = credentials.session_token
    covered = _covered(sent, parts)
    scope = _scope(time, region, service)
    canonical = _canonical(method, parts.path, parts.query, covered, body)
    sent["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(covered)}, "
        f"Signature={_signature(canonical, credentials.secret_access_key, time, scope)}"
    )
    return sent


def presigned(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    at: float,
    expires_seconds: int = 3600,
) -> str:
    """The URL with its signature in the query: whoever has it may send this request, for a while.

    `url` is percent-encoded; `headers` have to be sent as they are here. `at` is in seconds since
    1970. Raises `ValueError` for a URL without a host, or with a port that is none.
    """
    parts = urlsplit(url)
    time = _time(at)
    covered = _covered(_lowered(headers), parts)
    scope = _scope(time, region, service)
    asked = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": time,
        "X-Amz-Expires": str(expires_seconds),
        "X-Amz-SignedHeaders": ";".join(covered),
    }
    if credentials.session_token is not None:
        asked["X-Amz-Security-Token"] = credentials.session_token
    added = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    query = f"{parts.query}&{added}" if parts.query else added
    canonical = _canonical(method, parts.path, query, covered, body)
    signature = _signature(canonical, credentials.secret_access_key, time, scope)
    return parts._replace(query=f"{query}&X-Amz-Signature={signature}").geturl()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def _scope(time: str, region: str, service: str) -> str:
    return f"{time[:8]}/{region}/{service}/aws4_request"


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """One value a name, in lower case, without an older signature."""
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        key, value = name.lower(), value.strip()
        lowered[key] = f"{lowered[key]},{value}" if key in lowered else value
    lowered.pop("authorization", None)
    return lowered


def _covered(headers: Mapping[str, str], parts: SplitResult) -> dict[str, str]:
    """The headers that are signed, sorted, their white space as it is signed."""
    covered = {"host": _host(parts), **headers}
    names = sorted(covered.keys() - UNSIGNED)
    return {name: " ".join(covered[name].split()) for name in names}


def _host(parts: SplitResult) -> str:
    """Raises `ValueError` where there is none."""
    host = parts.hostname
    if not host:
        raise ValueError("expected a URL with a host")
    if ":" in host:
        host = f"[{host}]"
    if parts.port is None or parts.port == PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def _canonical(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> str:
    pairs = sorted(tuple(pair.partition("=")[::2]) for pair in query.split("&")) if query else []
    return "\n".join(
        [
            method.upper(),
            quote(_resolved(path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{value}" for name, value in headers.items()),
            "",
            ";".join(headers),
            sha256(body).hexdigest(),
        ]
    )


def _resolved(path: str) -> str:
    """The path without `.`, `..` and empty segments."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/" + "/".join(segments) + ("/" if segments and path.endswith("/") else "")


def _signature(canonical: str, secret: str, time: str, scope: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    said = "\n".join([ALGORITHM, time, scope, sha256(canonical.encode()).hexdigest()])
    return hmac.digest(key, said.encode(), "sha256").hex()
