"""The asyncio transport: one request over a pooled connection, on whichever event loop runs.

Each loop has a pool of its own; what a connection does, how it is opened and where it waits stands
in `dragoman.transport.aio`. Nothing is repeated here: a pooled connection that has gone stale is
passed over before a byte is written to it, and afterwards a failure is the caller's to judge.

Reference: RFC 9110, RFC 9112; https://docs.python.org/3/library/asyncio-protocol.html
"""

import asyncio
import os
import ssl
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

from dragoman.errors import Error
from dragoman.transport import failures
from dragoman.transport.aio.connecting import open_connection
from dragoman.transport.aio.connection import Connection, closed_here
from dragoman.transport.aio.hearing import PooledHearing
from dragoman.transport.aio.pool import Lane, Pool, Route
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.destination import Destination, destination_of
from dragoman.transport.hearing import Hearer
from dragoman.transport.http1.client import Envelope
from dragoman.transport.protocol import BODY_LIMIT, Request
from dragoman.transport.proxies import Proxies, Proxy
from dragoman.transport.timeouts import Timeout
from dragoman.transport.tls import Trust


class AsyncioTransport:
    """An `AsyncTransport`; several event loops may use it, in turn or in threads of their own."""

    def __init__(
        self,
        *,
        proxy: str | None = None,
        environ: Mapping[str, str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        limit_per_host: int = 100,
        idle_seconds: float = 75,
    ) -> None:
        """`environ` is where proxies are looked up if none is given; None looks nowhere."""
        self._proxies = Proxies(proxy=proxy, environ=environ)
        self._trust = Trust(ssl_context)
        self._limit_per_host = limit_per_host
        self._idle_seconds = idle_seconds
        self._closed = False
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._process = os.getpid()
        self._inherited: list[dict[asyncio.AbstractEventLoop, Pool]] = []

    async def send(self, request: Request, *, timeout: Timeout) -> "AsyncioAnswer":
        destination = destination_of(request.url)
        secure, host, port, *_ = destination
        proxy = self._proxies.to(destination)
        pool = await self._pool()
        deadlines = Deadlines(place(destination, proxy), timeout, pool.loop.time)
        lane = pool.lane(Route(secure, host, port, proxy))
        await lane.slot(deadlines)
        connection = lane.newest_idle()
        try:
            if connection is None:
                connection = pool.connection(lane)
                data = connection.http.send(request)  # refused here, nothing is opened
                await open_connection(connection, destination, proxy, self._trust, deadlines)
            else:
                data = connection.http.send(request)
            await connection.answered(data, deadlines)
        except BaseException:
            if connection is not None:
                connection.abort()
            lane.release()
            raise
        return AsyncioAnswer(connection, lane, deadlines)

    def hear(
        self, envelope: Envelope, body: bytes, hearer: Hearer, *, timeout: Timeout
    ) -> PooledHearing:
        """Sends the request, and tells its answer to this hearer; nothing is raised.

        Where an idle connection is at hand, the request has been written when this returns.
        """
        secure, host, port, _, address, _ = envelope.destination
        proxy = self._proxies.to(envelope.destination)
        loop = asyncio.get_running_loop()
        deadlines = Deadlines(place(envelope.destination, proxy), timeout, loop.time)
        hearing = PooledHearing(hearer, deadlines, loop.time)
        pool = self._pools.get(loop)
        if pool is not None and self._process == os.getpid():
            lane = pool.lane(Route(secure, host, port, proxy))
            if lane.slot_at_once():
                connection = lane.newest_idle()
                if connection is not None:
                    connection.http.begin(address, envelope.method)
                    hearing.sent_over(connection, envelope.around(body))
                    return hearing
                lane.release()
        hearing.opening = loop.create_task(self._open(hearing, envelope, body, proxy, deadlines))
        return hearing

    def lane(self, envelope: Envelope) -> Lane | None:
        """Where connections for such requests wait, on the running loop; None where none does."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is None or self._process != os.getpid():
            return None
        secure, host, port, *_ = envelope.destination
        proxy = self._proxies.to(envelope.destination)
        return pool.lane_there_is(Route(secure, host, port, proxy))

    def take_over(
        self,
        connection: Connection,
        envelope: Envelope,
        hearer: Hearer,
        *,
        timeout: Timeout,
        since: float,
    ) -> PooledHearing:
        """Goes on with what a lane's `ask` began then; `timeout` counts from now."""
        loop, destination = connection.loop, envelope.destination
        where = place(destination, self._proxies.to(destination))
        deadlines = Deadlines(where, timeout, loop.time)
        hearing = PooledHearing(hearer, deadlines, loop.time)
        hearing.sent_already(connection, since)
        return hearing

    async def _open(
        self,
        hearing: PooledHearing,
        envelope: Envelope,
        body: bytes,
        proxy: Proxy | None,
        deadlines: Deadlines,
    ) -> None:
        """Waits for a place and a connection; then the request is sent."""
        destination = envelope.destination
        pool = await self._pool()
        lane = pool.lane(Route(destination.secure, destination.host, destination.port, proxy))
        connection = None
        try:
            await lane.slot(deadlines)
            try:
                connection = lane.newest_idle()
                if connection is None:
                    connection = pool.connection(lane)
                    await open_connection(connection, destination, proxy, self._trust, deadlines)
            except BaseException:
                if connection is not None:
                    connection.abort()
                lane.release()
                raise
        except Exception as error:
            hearing.opening = None
            hearing.failed(failures.ours(error, deadlines.address, "not_sent"))
            return
        connection.http.begin(destination.address, envelope.method)
        hearing.sent_over(connection, envelope.around(body))

    def close(self) -> None:
        self._closed = True
        self._leave_to_parent()
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        for loop, pool in list(self._pools.items()):
            if loop is here:
                pool.close()
            else:
                with suppress(RuntimeError):  # closed, and its pool with it
                    loop.call_soon_threadsafe(pool.close)

    async def _pool(self) -> Pool:
        """The pool of the running loop."""
        self._leave_to_parent()
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            for other in list(self._pools):
                if other.is_closed():
                    self._pools.pop(other, None)
            pool = self._pools[loop] = Pool(
                loop, limit_per_host=self._limit_per_host, idle_seconds=self._idle_seconds
            )
            pool.keeps = not self._closed
            await pool.guard()
        return pool

    def _leave_to_parent(self) -> None:
        """After a fork the sockets are the parent's: kept, so that nobody closes them here."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._inherited.append(self._pools)
            self._pools = {}


def place(destination: Destination, proxy: Proxy | None) -> str:
    """What messages call it."""
    return destination.address + (f" by proxy {proxy.address}" if proxy else "")


class AsyncioAnswer:
    """An `AsyncAnswer` that holds its connection until its end, its failure or `close`."""

    def __init__(self, connection: Connection, lane: Lane, deadlines: Deadlines) -> None:
        head = connection.head
        assert head is not None
        self.status = head.status
        self.headers: Mapping[str, str] = head.headers
        self.ended_by_close = head.ended_by_close
        self._lane = lane
        self._deadlines = deadlines
        self._connection: Connection | None = connection
        self._failure: Error | None = None
        if connection.complete and not connection.pieces:
            self._let_go()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        connection = self._connection
        if connection is None:
            if self._failure is not None:
                raise self._failure
            raise StopAsyncIteration
        try:
            piece = await connection.piece(self._deadlines)
        except BaseException as error:
            self._failure = error if isinstance(error, Error) else closed_here(begun=True)
            connection.abort()
            self._let_go()
            raise
        if piece is None:
            self._let_go()
            raise StopAsyncIteration
        return piece

    def content_came(self) -> None:
        self._deadlines.content_came()

    async def read(self, limit: int = BODY_LIMIT) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in self:
            size += len(piece)
            if size > limit:
                self.close()
                raise failures.too_large(self._deadlines.address, limit)
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        if self._connection is not None:
            self._failure = closed_here(begun=True)
            self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._lane.take_back(connection)

    def __del__(self) -> None:
        connection = self._connection
        if connection is None:
            return
        # It may be collected in any thread, and after its loop.
        with suppress(RuntimeError):
            self._lane.loop.call_soon_threadsafe(self._lane.take_back, connection)
        warnings.warn(
            f"an answer of {self._deadlines.address} was neither read to its end nor closed",
            ResourceWarning,
            source=self,
            stacklevel=1,
        )
