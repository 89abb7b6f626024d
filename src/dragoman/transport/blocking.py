"""A transport for blocking callers: HTTP/1.1 over sockets, connections kept for the next request.

What HTTP is lives in `http1`; connections, their sharing and their deadlines in `sockets`. Here
they become the `Transport` protocol. One request is one attempt: it is made anew only where a kept
connection turned out to be closed before a byte had left.

Left out: a thread that tidies up. What is idle too long is closed when the next request comes.
"""

import os
import time
import warnings
from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dragoman.errors import APIConnectionError
from dragoman.transport import failures
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.destination import Destination, destination_of
from dragoman.transport.http1.events import AnswerEvent, End, Head, Piece
from dragoman.transport.protocol import BODY_LIMIT, Request
from dragoman.transport.proxies import Proxies
from dragoman.transport.sockets.connection import Connection
from dragoman.transport.sockets.pool import Pool
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    import ssl

    from dragoman.transport.tls import Trust


class BlockingTransport:
    """A `Transport` over blocking sockets; threads may share it, and forked children use it."""

    def __init__(
        self,
        *,
        proxy: str | None = None,
        environ: Mapping[str, str] | None = None,
        ssl_context: "ssl.SSLContext | None" = None,
        limit_per_host: int = 100,
        idle_seconds: float = 75.0,
    ) -> None:
        """`proxy` takes every request; else the variables in `environ` name one, if it is given.

        At most `limit_per_host` connections lead to one host and port, those among them that are
        idle, which they may be for `idle_seconds`.
        """
        self._proxies = Proxies(proxy=proxy, environ=environ)
        self._ssl_context = ssl_context
        self._trust: Trust | None = None
        self._limit_per_host = limit_per_host
        self._idle_seconds = idle_seconds
        self._pools: dict[int, Pool] = {}

    def send(self, request: Request, *, timeout: Timeout) -> "BlockingAnswer":
        destination = destination_of(request.url)
        proxy = self._proxies.to(destination)
        address = destination.address
        if proxy is not None:
            address = f"{address} by proxy {proxy.address}"
        deadlines = Deadlines(address, timeout, time.monotonic)
        key = (destination.secure, destination.host, destination.port, proxy)
        pool = self._pool()
        connection = pool.take(key, deadlines)
        try:
            trust = self._trusted(destination)
            events = connection.ask(request, destination, proxy, trust, deadlines)
        except BaseException:
            connection.close()
            raise
        return BlockingAnswer(events, connection, pool, key, deadlines)

    def close(self) -> None:
        self._pool().close()

    def _pool(self) -> Pool:
        """The pool of this process; what a parent had open stays the parent's."""
        process = os.getpid()
        pool = self._pools.get(process)
        if pool is not None:
            return pool
        for other in list(self._pools):
            self._pools.pop(other).abandon()
        # Two threads may come here at once: then both get the same.
        return self._pools.setdefault(
            process,
            Pool(limit_per_host=self._limit_per_host, idle_seconds=self._idle_seconds),
        )

    def _trusted(self, destination: Destination) -> "Trust | None":
        """Whom to trust there; None where there is no TLS."""
        if not destination.secure:
            return None
        if self._trust is None:
            from dragoman.transport.tls import Trust

            self._trust = Trust(self._ssl_context)
        return self._trust


class BlockingAnswer:
    """An `Answer` whose pieces are read from the socket when they are asked for.

    Its connection goes back as soon as the end has come, read by the caller or not.
    """

    def __init__(
        self,
        events: list[AnswerEvent],
        connection: Connection,
        pool: Pool,
        key: Hashable,
        deadlines: Deadlines,
    ) -> None:
        head, *events = events
        assert isinstance(head, Head), "an answer begins with its head"
        self.status = head.status
        self.headers: Mapping[str, str] = head.headers
        self.ended_by_close = head.ended_by_close
        self._connection: Connection | None = connection
        self._pool = pool
        self._key = key
        self._deadlines = deadlines
        self._pieces: deque[bytes] = deque()
        self._error: Exception | None = None
        self._take(events, connection)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self._pieces:
            connection = self._connection
            if connection is None:
                raise self._error or StopIteration
            try:
                self._deadlines.begin("between_events")
                self._take(connection.hear(self._deadlines), connection)
            except BaseException as error:
                self._fail(error if isinstance(error, Exception) else self._cut("interrupted"))
                raise
        return self._pieces.popleft()

    def content_came(self) -> None:
        self._deadlines.content_came()

    def read(self, limit: int = BODY_LIMIT) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in self:
            size += len(piece)
            if size > limit:
                self.close()
                raise failures.too_large(self._deadlines.address, limit)
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        if self._connection is not None or self._pieces:
            self._pieces.clear()
            self._fail(self._cut("closed by the caller"))

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_connection", None) is not None:
            self.close()
            warn(
                f"an answer of {self._deadlines.address} was neither read nor closed",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )

    def _take(self, events: list[AnswerEvent], connection: Connection) -> None:
        for event in events:
            match event:
                case Piece(data):
                    self._pieces.append(data)
                case End():
                    self._connection = None
                    self._pool.give_back(self._key, connection)
        if connection.error is not None and self._connection is not None:
            self._fail(connection.error)

    def _fail(self, error: Exception) -> None:
        """What had come is still given; then, and whenever asked again, this is raised."""
        self._error = error
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _cut(self, what: str) -> APIConnectionError:
        return APIConnectionError(
            f"{self._deadlines.address}: while reading the answer: {what}",
            code="stream_truncated",
            attempt_class="started",
        )
