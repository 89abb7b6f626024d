"""What a request must be, beyond what `httptools` asks of it.

With a proxy in front, whatever the two could read differently would let one caller speak for
another. So there is one form of each thing, and the rest is refused.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from dragoman.transport.http1.bodies import MalformedError
from dragoman.transport.http1.heads import fields_of

REQUEST_LINE: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[!-\"$-~]*) HTTP/1\.([01])")
OTHER_VERSION: Final = re.compile(r".* HTTP/[0-9]\.[0-9]", re.DOTALL)
HOST: Final = re.compile(r"(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")

REFUSED_METHODS: Final = ("CONNECT ", "TRACE ")
"""We are no proxy, and echo no credentials."""

ONCE: Final = frozenset(
    {
        "api-key",
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "origin",
        "proxy-authorization",
        "transfer-encoding",
        "x-api-key",
        "x-goog-api-key",
    }
)
"""Fields of which two would make us guess which one counts."""


class RequestLine(NamedTuple):
    method: str
    target: str
    minor: int
    """Of the version, whose major is 1."""


def request_line(line: str) -> RequestLine:
    found = REQUEST_LINE.fullmatch(line)
    if found is None or line.startswith(REFUSED_METHODS):
        raise bad_line(line)
    return RequestLine(found[1], found[2], int(found[3]))


def bad_line(line: str) -> MalformedError:
    """Why a line is no request line that we take."""
    if " HTTP/" in line and line.startswith(REFUSED_METHODS):
        return MalformedError("this method is not implemented", status=501)
    if OTHER_VERSION.fullmatch(line) and not line.endswith((" HTTP/1.0", " HTTP/1.1")):
        return MalformedError("expected HTTP/1.0 or HTTP/1.1", status=505)
    return MalformedError("expected a method, a path and HTTP/1.0 or HTTP/1.1")


def refuse_http_0_9(unfinished: bytes) -> None:
    """A request without a version has no fields: the end of its head would never come."""
    line, end, _ = unfinished.removeprefix(b"\r\n").partition(b"\r\n")
    if end and line.find(b" HTTP/") < 0:
        raise bad_line(line.decode("latin-1"))


def request_fields(lines: Iterable[str]) -> dict[str, str]:
    headers = fields_of(lines, once=ONCE)
    if not HOST.fullmatch(headers.get("host", "")):
        raise MalformedError("expected one Host, a name or an address, maybe with a port")
    return headers


def expects_continue(headers: Mapping[str, str]) -> bool:
    expectation = headers.get("expect")
    if expectation is None:
        return False
    if expectation.lower() != "100-continue":
        raise MalformedError("the only expectation we know is 100-continue", status=417)
    return True
