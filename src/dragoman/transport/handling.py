"""What a server hands to its handler, and what it may be given back.

Nothing of sockets: a handler sees a whole request, and gives a whole answer or the pieces of one.
What is asked and answered is its own business; how it travels is that of
`dragoman.transport.accepted`.

Whoever answers many at a time, and waits for others meanwhile, is a `Listener`: it is handed the
caller, tells the answer whenever it has it, and is told what the caller does. A `Handler` is a
coroutine, which is simpler, and costs a task for each request.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeAlias

import msgspec

from dragoman.errors import APIStatusError
from dragoman.transport.protocol import BODY_LIMIT


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has come whole."""

    method: str

    target: str
    """In origin-form: a path, maybe with a query."""

    headers: Mapping[str, str]
    """Names in lower case, repeated ones joined by ", "."""

    body: bytes
    """Decompressed where the caller had compressed it."""

    peer: str
    """The caller's address, without its port."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def __repr__(self) -> str:
        # Headers hold keys, bodies prompts, and some callers put their key into the query.
        return f"Served(method={self.method!r}, path={self.path!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        # msgspec gives every Struct one that shows all fields.
        return [("method", self.method), ("path", self.path)]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. Its length and what becomes of the connection are written by the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class StreamedReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose head leaves at once, and each piece as soon as the one before was taken.

    Pieces that raise cut the answer: the caller sees that it ends before its end. However it
    comes to an end, `aclose` is called where the pieces have one.
    """

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class CutOffError(Exception):
    """Raised by pieces that end before their end on purpose; nothing is logged.

    With `reset` the connection is broken off by RST, else it is closed.
    """

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("the answer is cut off")
        self.reset = reset


Handler: TypeAlias = Callable[[Served], Awaitable[Reply | StreamedReply]]
"""Cancelled as soon as the caller has gone. One that raises is logged, and answered with 500."""


class Caller(Protocol):
    """Whom one answer is told to: `respond`, or `start`, `write` and `end`.

    What is told to a caller who has gone is lost, and that is all.
    """

    remembered: object
    """The listener's own: what it has made of the head of a request, which it finds again with the
    next one that has the same head. None where another came."""

    def respond(self, reply: Reply) -> None:
        """Tell a whole answer."""

    def start(self, status: int, headers: Mapping[str, str], first: bytes = b"") -> None:
        """Begin an answer in pieces; the head leaves at once, together with the first."""

    def write(self, piece: bytes) -> bool:
        """Tell a piece; False once the caller takes no more, until `Answering.writable`."""

    def end(self, last: bytes = b"") -> None:
        """Tell the last piece: the answer is complete."""

    def cut(self) -> None:
        """End the answer before its end, behind all that was told of it."""


class Answering(Protocol):
    """An answer on its way, as its caller sees it."""

    def writable(self) -> None:
        """The caller takes more again."""

    def gone(self) -> None:
        """The caller has gone; called once at most, and nothing after it."""


Listener: TypeAlias = Callable[[Served, Caller], Answering]
"""Answers a request, at once or later; may not raise."""

Refusal: TypeAlias = Callable[[APIStatusError], Reply]
"""How an error of the server's own is told, so that callers hear it in their dialect."""


def told_plainly(error: APIStatusError) -> Reply:
    """The error as a line of text."""
    return Reply(
        status=error.status_code,
        headers={"content-type": "text/plain; charset=utf-8"},
        body=f"{error.message}\n".encode(),
    )


class Guards(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may take: time, bytes, connections."""

    head_seconds: float = 10.0
    """For a request's head: from its first byte, and for the first one from the connection."""

    body_grace_seconds: float = 10.0
    """After these, the body has to have come at `body_bytes_per_second`."""

    body_bytes_per_second: float = 500.0
    """On the wire, counted from the end of the grace."""

    body_seconds: float = 300.0
    """For the whole body, however fast it comes."""

    idle_seconds: float = 75.0
    """Between an answer and the first byte of the next request."""

    stall_seconds: float = 60.0
    """For a caller who takes nothing of an answer that waits for it."""

    linger_seconds: float = 2.0
    """How long a caller that was refused may go on sending before it is cut.

    Closing at once would reset the connection, and the refusal might never be read.
    """

    body_bytes: int = BODY_LIMIT
    """Of a request's body, as it comes and decompressed."""

    connections_per_address: int = 1024
    """Open at once; one more is closed unheard."""


GUARDS: Final = Guards()
