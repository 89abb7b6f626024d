"""Which proxy stands between us and a destination, and how it is asked to connect us.

Every destination behind a proxy is reached by `CONNECT`, those without TLS too: the proxy then
sees an address, and no request. Only proxies that are themselves spoken to over plain `http://`
are taken. Nothing here opens anything, or reads the environment: it arrives as an argument.

`HTTP_PROXY` in capitals is not read, since in a CGI process it is a header of the caller.

Reference: RFC 9110 9.3.6, 11.7; https://curl.se/docs/manpage.html#ENVIRONMENT for the variables
"""

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.transport.destination import Destination
from dragoman.transport.protocol import Request

HTTPS_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
HTTP_VARIABLES: Final = ("http_proxy", "all_proxy", "ALL_PROXY")
EXEMPTIONS: Final = ("no_proxy", "NO_PROXY")

CHOICES_KEPT: Final = 256
"""Destinations whose proxy is remembered."""


class Proxy(NamedTuple):
    host: str
    port: int
    authorization: str = ""
    """What `Proxy-Authorization` says; it holds the password."""

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Proxy({self.address!r})"


class Proxies:
    """The choice of a proxy: the one given takes everything, else the environment decides."""

    def __init__(
        self, *, proxy: str | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        environ = {} if environ is None else environ
        self._given = None if proxy is None else proxy_of(proxy, "proxy")
        self._https = first_set(environ, HTTPS_VARIABLES)
        self._http = first_set(environ, HTTP_VARIABLES)
        _, exempt = first_set(environ, EXEMPTIONS)
        self._exempt = exempt.replace(",", " ").lower().split()
        self._chosen: dict[Destination, Proxy | None] = {}

    def to(self, destination: Destination) -> Proxy | None:
        """The proxy for this destination; None where it is reached directly.

        Raises `ConfigurationError`, which names the variable, where it holds no proxy we can use.
        """
        if destination not in self._chosen:
            if len(self._chosen) >= CHOICES_KEPT:
                self._chosen.clear()
            self._chosen[destination] = self._choose(destination)
        return self._chosen[destination]

    def _choose(self, destination: Destination) -> Proxy | None:
        if self._given is not None:
            return self._given
        variable, url = self._https if destination.secure else self._http
        if not url or any(exempts(entry, destination) for entry in self._exempt):
            return None
        return proxy_of(url, variable)


def first_set(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """The first of these variables that is not empty, with its value."""
    for name in names:
        if value := environ.get(name, "").strip():
            return name, value
    return "", ""


@lru_cache(maxsize=16)
def proxy_of(url: str, setting: str) -> Proxy:
    """Raises `ConfigurationError`, which names the setting and never shows the URL."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # The resolver does.
    except ValueError:
        raise bad_proxy(setting, "its host or port is malformed") from None
    if parts.scheme.startswith("socks"):
        raise bad_proxy(setting, "SOCKS proxies are not supported; name one that takes CONNECT")
    if parts.scheme != "http":
        raise bad_proxy(setting, "its scheme is not http")
    if not host or port == 0 or not url.isascii():
        raise bad_proxy(setting, "its host or port is missing or malformed")
    authorization = ""
    if parts.username is not None:
        pair = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
        authorization = f"Basic {b64encode(pair).decode('ascii')}"
    return Proxy(host, 80 if port is None else port, authorization)


def bad_proxy(setting: str, what: str) -> ConfigurationError:
    # The URL itself stays out: it holds the password.
    return ConfigurationError(f"{setting}: {what}", param=setting)


def exempts(entry: str, destination: Destination) -> bool:
    """Whether this entry of `NO_PROXY` names the destination.

    An entry is `*`, a name with all below it (a leading dot changes nothing), an address, or a
    range of addresses; a name or an address may be bound to one port.
    """
    host = destination.host
    if entry == "*":
        return True
    if "/" in entry:
        return within(host, entry)
    name, _, port = entry.rpartition(":")
    if not name or (":" in name and not name.endswith("]")):
        name, port = entry, ""  # no port; an IPv6 address may stand without brackets
    name = name.removeprefix("*").removeprefix(".").strip("[]")
    if port and port != str(destination.port):
        return False
    return bool(name) and (host == name or host.endswith(f".{name}"))


def within(host: str, network: str) -> bool:
    import ipaddress  # for the rare entry that is a range

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def tunnel_request(proxy: Proxy, destination: Destination) -> Request:
    """The request that asks the proxy to connect us."""
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    url = f"https://{destination.address}"
    return Request(method="CONNECT", url=url, headers=headers, body=b"")


def tunnel_refused(proxy: Proxy, destination: Destination, status: int) -> APIConnectionError:
    """What the proxy's answer means where it is not 2xx; nothing has reached the destination."""
    why = "; its credentials are missing or wrong" if status == 407 else ""
    return APIConnectionError(
        f"{destination.address}: the proxy {proxy.address} refused to connect ({status}{why})",
        attempt_class="not_sent",
    )


def tunnel_failed(proxy: Proxy, destination: Destination, error: Error) -> APIConnectionError:
    """The proxy left, or spoke nonsense, before it said whether it would connect us."""
    return APIConnectionError(
        f"{destination.address}: the proxy {proxy.address} did not connect: {error.message}",
        attempt_class="not_sent",
    )
