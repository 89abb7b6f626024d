"""Heads, written: names and values that would be read as something else never leave.

What is written here ends nowhere but where it should: no line break, control character or
character outside Latin-1 passes, whoever brought it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from dragoman.transport.http1.heads import TEXT

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class UnwritableError(Exception):
    """A head that HTTP cannot carry; told outside as the error of the side that writes."""


class Fields(Mapping[str, str]):
    """Headers that were found to be writable once, so that they can be sent often."""

    __slots__ = ("lines",)

    def __init__(self, lines: bytes) -> None:
        """`lines` are whole lines, as `head_bytes` gives them."""
        self.lines = lines

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Fields":
        """Raises `UnwritableError`; the fields of whoever sends them are theirs to keep out."""
        return cls(head_bytes("", headers, ours=frozenset()))

    def __getitem__(self, name: str) -> str:
        return dict(self._pairs())[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs())

    def __len__(self) -> int:
        return self.lines.count(b"\r\n")

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for line in self.lines.decode("latin-1").split("\r\n")[:-1]:
            name, _, value = line.partition(": ")
            yield name, value


def head_bytes(start: str, headers: Mapping[str, str], *, ours: frozenset[str]) -> bytes:
    """The start (whole lines, known to be good), then these fields, none of which is `ours`.

    The empty line is left to the caller.
    """
    for name in headers:
        key = field_name(name)
        if key is None:
            raise UnwritableError(
                "the name of a header holds a character that HTTP does not allow there"
            )
        if key in ours:
            raise UnwritableError(f"header {name!r} is written by the transport alone")
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    try:
        encoded = fields.encode("latin-1")
    except UnicodeEncodeError:
        raise unwritable_value(headers) from None
    # With all that may stand in a line taken away, the line breaks are left, one a field.
    if encoded.translate(None, TEXT) != b"\r\n" * len(headers):
        raise unwritable_value(headers)
    return start.encode("ascii") + encoded


@lru_cache(maxsize=1024)
def field_name(name: str) -> str | None:
    """The name in lower case; None where it is none."""
    return name.lower() if TOKEN.fullmatch(name) else None


def unwritable_value(headers: Mapping[str, str]) -> UnwritableError:
    """Names the field, never its value: it may be a key."""
    allowed = frozenset(TEXT.decode("latin-1"))
    name = next(name for name, value in headers.items() if not allowed.issuperset(value))
    return UnwritableError(
        f"the value of header {name!r} holds a character that HTTP does not allow"
    )
