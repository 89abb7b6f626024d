"""Heads: where one ends, whether `httptools` takes it, and what it lets through that we do not.

Its parser judges every byte as it comes, so that nonsense is refused without waiting for its end.
What it has taken is then cut at its line breaks; a lone CR or LF or a control character would make
that cut ambiguous, and is refused here once more.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from httptools import (
    HttpParserError,
    HttpParserUpgrade,
    HttpRequestParser,
    HttpResponseParser,
)

from dragoman.transport.http1.bodies import Chunked, MalformedError, Sized

HEAD_LIMIT: Final = 32 * 1024
"""Bytes of a head, its empty line included."""

FIELD_LIMIT: Final = 100

END: Final = b"\r\n\r\n"
TEXT: Final = bytes([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])
"""What may stand in a line; the rest is CR, LF and control characters."""

BREAKS: Final = b"\r\n" * (FIELD_LIMIT + 2)

LENGTH_DIGITS: Final = 18

SILENT: Final = object()
"""A protocol for parsers that only judge: no callbacks."""


class HeadReader:
    """Reads one head."""

    __slots__ = ("_kind", "_parser", "raw")

    def __init__(self, parser: type[HttpRequestParser] | type[HttpResponseParser]) -> None:
        self.raw = b""
        """What has come of the head; all of it, once `receive` has given what follows."""
        self._kind = parser
        self._parser: HttpRequestParser | HttpResponseParser | None = None

    def receive(self, data: bytes) -> bytes | None:
        """What follows the head; None while its end is still to come."""
        known = len(self.raw)
        raw = self.raw + data if known else data
        end = raw.find(END, known - 3 if known > 3 else 0)
        size = len(raw) if end < 0 else end + 4
        if self._parser is None:
            self._parser = self._kind(SILENT)
        try:
            self._parser.feed_data(raw[known : size if size < HEAD_LIMIT else HEAD_LIMIT])
        except HttpParserUpgrade:
            pass  # Upgrades are ignored: the message is read as the HTTP/1.1 that it is.
        except HttpParserError as error:
            # Its texts are constants, never a line of what came.
            raise MalformedError(f"no HTTP/1.1 ({error})") from None
        if size > HEAD_LIMIT:
            status = 431 if raw.find(b"\r\n", 0, HEAD_LIMIT) > 0 else 414
            raise MalformedError(f"the head is over {HEAD_LIMIT} bytes", status=status)
        if end < 0:
            self.raw = raw
            return None
        self.raw = raw[:size]
        return raw[size:]


def lines_of(raw: bytes) -> list[str]:
    """The lines of a whole head: where it starts, then its fields."""
    breaks = raw.translate(None, TEXT)
    if len(breaks) > len(BREAKS):
        raise MalformedError(f"the head has over {FIELD_LIMIT} fields", status=431)
    if not BREAKS.startswith(breaks):
        raise MalformedError("the head holds a control character, or a CR or LF alone")
    return raw[: -len(END)].decode("latin-1").split("\r\n")


def fields_of(lines: Iterable[str], *, once: frozenset[str] = frozenset()) -> dict[str, str]:
    """The fields, their names in lower case; none of `once` may come twice."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower()
        if name not in fields:
            fields[name] = value.strip(" \t")
        elif name in once:
            raise MalformedError(f"{name} comes more than once")
        else:
            fields[name] += ", " + value.strip(" \t")
    return fields


def framed(fields: Mapping[str, str], *, minor: int) -> Sized | Chunked | None:
    """The body that the head announces; None where it announces none.

    Two framings, or one that somebody else might read differently, are refused.
    """
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None or minor == 0:
            raise MalformedError("transfer-encoding is not chunked alone, on HTTP/1.1")
        return Chunked()
    if length is None:
        return None
    if len(length) > LENGTH_DIGITS or not (length.isascii() and length.isdigit()):
        raise MalformedError("content-length is not one number")
    return Sized(int(length))


def kept_alive(fields: Mapping[str, str], *, minor: int) -> bool:
    """Whether the sender will go on; on HTTP/1.0 we never do."""
    connection = fields.get("connection")
    if minor == 0 or connection is None:
        return minor > 0
    return "close" not in [token.strip(" \t") for token in connection.lower().split(",")]
