"""What a transport promises, so that it can be exchanged without anyone above noticing.

One request is one attempt: a transport never repeats it, never follows a redirect, and says of
each failure whether the provider may have seen the request. Bodies pass as they are; what they
mean is decided above.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final, Protocol

import msgspec

from dragoman.transport.timeouts import Timeout

BODY_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a whole answer; a long chat answer is a thousandth of it."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, its `url` absolute.

    The transport writes `Accept-Encoding`, `Connection`, `Content-Length` and
    `Transfer-Encoding` itself; a request that brings one is refused.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        # Headers hold keys, bodies prompts, and some providers take the key in the query.
        return f"Request(method={self.method!r}, url={shown(self.url)!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        # msgspec gives every Struct one that shows all fields.
        return [("method", self.method), ("url", shown(self.url))]


def shown(url: str) -> str:
    """The part of a URL that may be read by anyone: no user information, query or fragment."""
    from urllib.parse import urlsplit  # brings much along, for a text that is rarely shown

    try:
        parts = urlsplit(url)
    except ValueError:
        return "<malformed>"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Answer(Protocol):
    """An answer whose head has come; its body comes as it is iterated.

    Iterating is once only, and may be interrupted and resumed. Whoever stops before the end
    closes it. After the head a failure's `attempt_class` is `started`. Whoever finds content in it
    says so; until then `first_content` bounds every wait.
    """

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case; repeated ones are joined by ", "."""

    @property
    def ended_by_close(self) -> bool:
        """The body has neither a length nor chunks: its end is known only by the close.

        Such a body is complete only if the dialect says so; the transport cannot tell.
        """

    def __iter__(self) -> Iterator[bytes]:
        """The body's pieces as they come, never an empty one.

        Raises `APIConnectionError` with code `stream_truncated` where the message was cut,
        `APITimeoutError` in phase `first_content`, `between_events` or `total`, and
        `RemoteProtocolError` where it cannot be read.
        """

    def content_came(self) -> None:
        """The deadline for the first content has been kept; may be repeated."""

    def read(self, limit: int = BODY_LIMIT) -> bytes:
        """The rest of the body; `RemoteProtocolError` where that is over `limit` bytes."""

    def close(self) -> None:
        """Lets go of the connection at once, whatever is still to come; may be repeated."""


class Transport(Protocol):
    """What carries requests for blocking callers."""

    def send(self, request: Request, *, timeout: Timeout) -> Answer:
        """Sends the request and waits for the answer's head, whatever its status.

        Raises `APIConnectionError` or `APITimeoutError` (phase `pool`, `dns`, `connect`, `tls`,
        `write`, `first_byte`, `first_content` or `total`), `not_sent` where no byte of the request
        was written, else `ambiguous`; and `ConfigurationError` for a request that HTTP cannot
        carry.
        """

    def close(self) -> None:
        """Closes what is open and idle; answers still being read go on. May be repeated."""


class AsyncAnswer(Protocol):
    """An `Answer` whose pieces are awaited."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def ended_by_close(self) -> bool: ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """As `Answer.__iter__`; being cancelled closes the connection at once."""

    def content_came(self) -> None:
        """As `Answer.content_came`."""

    async def read(self, limit: int = BODY_LIMIT) -> bytes:
        """As `Answer.read`."""

    def close(self) -> None:
        """As `Answer.close`; needs no awaiting."""


class AsyncTransport(Protocol):
    """What carries requests on an event loop."""

    async def send(self, request: Request, *, timeout: Timeout) -> AsyncAnswer:
        """As `Transport.send`; being cancelled closes the connection at once."""

    def close(self) -> None:
        """As `Transport.close`."""
