"""What a connection tells of the bytes it was given.

A message is its head, its pieces and its end, in this order. What the body means, and what is
answered, is decided by whoever hears it.
"""

from typing import Literal

import msgspec

from dragoman.errors import APIStatusError


class Head(msgspec.Struct, frozen=True):
    """The head of an answer. Interim answers (1xx) are passed over."""

    status: int

    headers: dict[str, str]
    """Names in lower case, repeated ones joined by ", "; they describe the pieces that follow.

    Where those were decompressed, `content-encoding` and `content-length` are left out.
    """

    ended_by_close: bool
    """The body has neither a length nor chunks: it is complete only if the dialect says so."""

    def __repr__(self) -> str:
        return f"Head(status={self.status})"

    def __rich_repr__(self) -> list[tuple[str, int]]:
        return [("status", self.status)]


class RequestHead(msgspec.Struct, frozen=True):
    """The head of a request, all guards passed. It counts as asked only when its end has come."""

    method: str

    target: str
    """In origin-form: a path, maybe with a query; visible ASCII without `#`."""

    headers: dict[str, str]
    """As those of an answer's head, without `content-length`: the body has it."""

    http_version: Literal["1.0", "1.1"]

    expects_continue: bool
    """The caller holds its body back until it is told to send it."""

    def __repr__(self) -> str:
        # Headers hold keys, and some callers put theirs into the query.
        return f"RequestHead(method={self.method!r}, path={self.target.partition('?')[0]!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        # msgspec gives every Struct one that shows all fields.
        return [("method", self.method), ("path", self.target.partition("?")[0])]


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A part of a body, never empty: all that one read brought of it."""

    data: bytes

    def __repr__(self) -> str:
        return f"Piece({len(self.data)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, int]]:
        return [("bytes", len(self.data))]


class End(msgspec.Struct, frozen=True, gc=False):
    """The message is complete. Trailers are dropped, never merged into the head."""


class Refused(msgspec.Struct, frozen=True):
    """No request, or one that we do not take: answered with this error, then closed."""

    error: APIStatusError


class Flooded(msgspec.Struct, frozen=True, gc=False):
    """More came early than is kept, while an answer was owed: to be closed at once, unanswered."""


AnswerEvent = Head | Piece | End
RequestEvent = RequestHead | Piece | End | Refused | Flooded
