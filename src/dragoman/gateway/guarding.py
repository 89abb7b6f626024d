"""Who may ask: by a key or, where none is set, only programs on this machine.

A gateway without keys could be asked by any web page that somebody on this machine looks at, with
the operator's money: so it answers to loopback names alone, wants a content type that pages cannot
send unasked, and refuses what a browser says comes from elsewhere.
"""

import functools
import hashlib
import ipaddress
import os
from collections.abc import Mapping
from typing import Final

from dragoman.errors import status_error

BEARER: Final = "bearer "


class Keys:
    """The keys that callers may show, kept as a keyed hash."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` are the keys by name."""
        self._pepper = os.urandom(32)
        self._names = {self._hash(key): name for name, key in keys.items()}

    def __bool__(self) -> bool:
        return bool(self._names)

    def name(self, headers: Mapping[str, str]) -> str:
        """The name of the key that these headers show.

        Raises `AuthenticationError` for none, and for one that there is not.
        """
        shown = headers.get("authorization", "")
        if shown[: len(BEARER)].lower() == BEARER:
            key = shown[len(BEARER) :].strip()
        else:
            key = headers.get("api-key", "")  # as Azure's clients send it
        if not key:
            raise status_error(
                "expected a key, as `Authorization: Bearer …`; got none",
                status_code=401,
                code="missing_api_key",
            )
        name = self._names.get(self._hash(key))
        if name is None:
            raise status_error(
                "expected a key that this gateway knows; got another",
                status_code=401,
                code="invalid_api_key",
            )
        return name

    def _hash(self, key: str) -> bytes:
        return hashlib.blake2b(key.encode(), key=self._pepper).digest()


def check_local(peer: str, headers: Mapping[str, str]) -> None:
    """Raise unless this comes from a program on this machine; for a gateway without keys.

    Whoever listens sees to it that `peer` is of this machine; a server that the gateway is mounted
    in may listen elsewhere. It is empty for a socket of the file system.
    """
    foreign = foreign_in(
        peer, headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
    )
    if foreign is not None:
        raise _foreign(*foreign)


@functools.lru_cache(maxsize=256)  # a handful, and whatever a stranger tries
def foreign_in(
    peer: str, host: str, origin: str | None, site: str | None
) -> tuple[str, str] | None:
    """The first of these that does not come from this machine, with what was expected."""
    if peer and not is_loopback(peer):
        return "peer", "a loopback address, since no key is set"
    if not is_loopback(host_of(host)):
        return "Host", "a loopback name, since no key is set"
    if origin is not None and not is_loopback(host_of(origin.partition("://")[2])):
        return "Origin", "one of this machine, since no key is set"
    if site == "cross-site":
        return "Sec-Fetch-Site", "no other site, since no key is set"
    return None


def check_json(headers: Mapping[str, str]) -> None:
    """Raise unless the body says that it is JSON."""
    said = headers.get("content-type", "")
    if said == "application/json":
        return
    kind = said.partition(";")[0].strip().lower()
    if kind != "application/json":
        raise status_error(
            "content-type: expected application/json; got " + ("another" if kind else "none"),
            status_code=415,
            code="unsupported_media_type",
        )


def _foreign(header: str, expected: str) -> Exception:
    # What came is the caller's text, and stays out of the message.
    return status_error(
        f"{header}: expected {expected}; got another", status_code=403, code="forbidden_origin"
    )


def host_of(authority: str) -> str:
    """The host of `host:port`, or of an IPv6 address in brackets."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


@functools.lru_cache(maxsize=256)  # a handful of names, and whatever a stranger tries
def is_loopback(host: str) -> bool:
    """Whether this name or address means this machine, wherever one asks."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")
