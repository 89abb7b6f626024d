"""Heads, written: names and values that would be read as something else never leave.

What is written here ends nowhere but where it should: no line break, control character or
character outside Latin-1 passes, whoever brought it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from dragoman.transport.http1.heads import TEXT

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class UnwritableError(Exception):
    """A head that HTTP cannot carry; told outside as the error of the side that writes."""


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
