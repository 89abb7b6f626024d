"""Where a URL leads: which address a connection is made to, and what is asked of it there.

Reference: RFC 3986, RFC 9110 4.2
"""

import encodings.idna  # noqa: F401 # else loaded by the first request, for which no file may be left
import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from dragoman.errors import ConfigurationError

PORTS: Final = {"http": 80, "https": 443}
URL_TEXT: Final = re.compile(r"[\x21-\x7e]*")


class Destination(NamedTuple):
    secure: bool
    host: str
    port: int
    target: str
    """In origin-form."""

    address: str
    """What messages call it, and `CONNECT` asks for: host and port, IPv6 in brackets."""

    authority: str
    """What stands in `Host`: without the port that goes without saying."""


@lru_cache(maxsize=256)
def destination_of(url: str) -> Destination:
    """Raises `ConfigurationError`, which never shows the URL, for one that leads nowhere."""
    if not URL_TEXT.fullmatch(url):
        raise bad_url("it holds a blank, a control or a character outside ASCII")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")  # The resolver does, and its UnicodeError would name no URL.
    except ValueError:
        raise bad_url("its host is malformed") from None
    if parts.scheme not in PORTS:
        raise bad_url("its scheme is neither http nor https")
    if parts.username is not None:
        raise bad_url("user information is not taken from it; send an authorization header")
    if not host:
        raise bad_url("its host is missing")
    if parts.fragment:
        raise bad_url("a fragment is never sent")
    try:
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise bad_url("its port is not a number from 1 to 65535")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    bracketed = f"[{host}]" if ":" in host else host
    address = f"{bracketed}:{port}"
    authority = bracketed if port == PORTS[parts.scheme] else address
    return Destination(parts.scheme == "https", host, port, target, address, authority)


def bad_url(what: str) -> ConfigurationError:
    # The URL itself stays out: it may hold a key wherever somebody put one.
    return ConfigurationError(f"URL: {what}", param="url")
