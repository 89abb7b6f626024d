"""Where connections wait for the next request: one pool per event loop, a lane per destination.

A lane has so many slots; whoever sends holds one from before its connection is opened until its
answer is over. Slots are handed on in the order in which they were asked for. Connections that are
not in use are taken newest first, so that those too many grow old and are closed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import NamedTuple

from dragoman.transport.aio.connecting import within
from dragoman.transport.aio.connection import READ_SIZE, Connection, Ears
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.http1.client import Envelope
from dragoman.transport.proxies import Proxy


class Route(NamedTuple):
    """What makes two requests take the same connection."""

    secure: bool
    host: str
    port: int
    proxy: Proxy | None


class Pool:
    """The lanes of one event loop."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, limit_per_host: int, idle_seconds: float
    ) -> None:
        self.loop = loop
        self.limit_per_host = limit_per_host
        self.keeps = True
        """Whether connections are kept for the next request."""
        self._buffer = memoryview(bytearray(READ_SIZE))
        self._idle_seconds = idle_seconds
        self._lanes: dict[Route, Lane] = {}
        self.timer: asyncio.TimerHandle | None = None
        """Runs while any connection is idle."""
        self._guard = self._until_shutdown()

    async def guard(self) -> None:
        """Has the loop close this pool where it shuts down.

        `asyncio.run` closes every async generator that is still under way, while sockets can yet
        be closed in order; there is no other place where a library is told.
        """
        await anext(self._guard)

    def lane(self, route: Route) -> "Lane":
        lane = self._lanes.get(route)
        if lane is None:
            lane = self._lanes[route] = Lane(self, route)
        return lane

    def lane_there_is(self, route: Route) -> "Lane | None":
        """The same, without making one."""
        return self._lanes.get(route)

    def connection(self, lane: "Lane") -> Connection:
        return Connection(self.loop, self._buffer, lane)

    def close(self) -> None:
        """Closes what is idle, and keeps nothing from now on."""
        self.keeps = False
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        for lane in list(self._lanes.values()):
            lane.close_idle(parked_until=self.loop.time())

    def parked(self) -> None:
        """Some connection has become idle."""
        if self.timer is None:
            self.timer = self.loop.call_later(self._idle_seconds, self._sweep)

    def emptied(self, route: Route) -> None:
        self._lanes.pop(route, None)

    def _sweep(self) -> None:
        self.timer = None
        now = self.loop.time()
        for lane in list(self._lanes.values()):
            lane.close_idle(parked_until=now - self._idle_seconds)
        oldest = [lane.idle[0].parked_at for lane in self._lanes.values() if lane.idle]
        if oldest:
            self.timer = self.loop.call_at(min(oldest) + self._idle_seconds, self._sweep)

    async def _until_shutdown(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self.close()


class Lane:
    """The connections of one route, and the queue for them."""

    def __init__(self, pool: Pool, route: Route) -> None:
        self.idle: list[Connection] = []
        """The newest is the last."""
        self.loop = pool.loop
        self._pool = pool
        self._route = route
        self._taken = 0
        self._queue: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    def slot_at_once(self) -> bool:
        """Takes a slot, where one is free; `release` or `take_back` gives it back."""
        if self._taken >= self._pool.limit_per_host:
            return False
        self._taken += 1
        return True

    async def slot(self, deadlines: Deadlines) -> None:
        """Takes a slot, as soon as one is free."""
        deadlines.begin("pool")
        if self.slot_at_once():
            return
        turn: asyncio.Future[None] = self.loop.create_future()
        self._queue[turn] = None
        try:
            async with within(deadlines, "pool"):
                await turn
        except BaseException:
            # The slot may have been handed over just before.
            if turn.done() and not turn.cancelled():
                self.release()
            else:
                self._queue.pop(turn, None)
            raise

    def release(self) -> None:
        while self._queue:
            turn, _ = self._queue.popitem(last=False)
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1
        self._forget()

    def newest_idle(self) -> Connection | None:
        """An idle connection that a request may be written to."""
        while self.idle:
            connection = self.idle.pop()
            if connection.unpark():
                return connection
            connection.abort()
        return None

    def ask(
        self, envelope: Envelope, body: bytes, ears: Ears, *, seconds: float
    ) -> Connection | None:
        """Sends a request over an idle connection, and tells these ears what its reads bring.

        They hear `passed` after so many seconds. None, and nothing is sent, where none is idle.
        """
        if self._taken >= self._pool.limit_per_host:
            return None
        connection = self.newest_idle()
        if connection is None:
            return None
        self._taken += 1
        connection.http.begin(envelope.destination.address, envelope.method)
        connection.hear_for(ears, envelope.around(body))
        connection.watch.set(self.loop.time() + seconds)
        return connection

    def take_back(self, connection: Connection) -> None:
        """The connection has done its work; its slot is free again."""
        if connection.reusable and self._pool.keeps:
            connection.park(self._left)
            self.idle.append(connection)
            if self._pool.timer is None:
                self._pool.parked()
        else:
            connection.abort()
        if self._queue:
            self.release()
        else:
            self._taken -= 1
            if not self.idle:
                self._forget()

    def close_idle(self, *, parked_until: float) -> None:
        while self.idle and self.idle[0].parked_at <= parked_until:
            self.idle.pop(0).abort()
        self._forget()

    def _left(self, connection: Connection) -> None:
        self.idle.remove(connection)
        self._forget()

    def _forget(self) -> None:
        if not self._taken and not self.idle:
            self._pool.emptied(self._route)
