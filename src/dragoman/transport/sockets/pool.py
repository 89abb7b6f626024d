"""The connections that the threads of one process share, by where they lead.

The newest is used first, so that what is too many grows old and is closed: whenever somebody asks,
for there is no thread that would do it in between. At the limit, whoever came first is served
first; what is given back goes to them, and to nobody who happens to ask at that moment.
"""

import threading
import time
from collections.abc import Hashable
from typing import Final

from dragoman.transport.deadlines import Deadlines
from dragoman.transport.sockets.connection import Connection, Places, Waiter

TIDYING_SECONDS: Final = 1.0
"""How often, at most, all hosts are looked through for connections that are too old."""


class Host:
    """The connections that lead to one place."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.idle: list[Connection] = []
        """The newest last."""

    def close_idle(self, *, since: float) -> None:
        """Closes those that have been idle since then, or longer."""
        while self.idle and self.idle[0].idle_since <= since:
            self.idle.pop(0).close()


class Pool:
    """At most so many connections to each host, the idle ones among them."""

    def __init__(self, *, limit_per_host: int, idle_seconds: float) -> None:
        self._limit = limit_per_host
        self._idle_seconds = idle_seconds
        # Collecting an answer closes its connection, which may happen while this is held.
        self._lock = threading.RLock()
        self._hosts: dict[Hashable, Host] = {}
        self._tidied = time.monotonic()
        self._closed = False

    def take(self, key: Hashable, deadlines: Deadlines) -> Connection:
        """The newest idle connection, or a place for one; waits for it where there is none."""
        with self._lock:
            now = time.monotonic()
            host = self._host(key, now)
            if host.idle:
                return host.idle.pop()
            places = host.places
            if places.free > 0:
                return Connection(places)
            waiter = Waiter()
            places.waiting.append(waiter)
        try:
            deadlines.begin("pool")
            return waiter.wait(deadlines)
        except BaseException:
            self._give_up(key, places, waiter)
            raise

    def give_back(self, key: Hashable, connection: Connection) -> None:
        """Keeps a connection that may be used again; closes any other."""
        if not connection.reusable:
            connection.close()
            return
        with self._lock:
            places = connection.places
            if self._closed or places is None:
                connection.close()
            elif places.waiting:
                places.waiting.popleft().serve(connection)
            else:
                connection.idle_since = time.monotonic()
                self._hosts[key].idle.append(connection)

    def close(self) -> None:
        """Closes what is idle, now and whenever it is given back."""
        with self._lock:
            self._closed = True
            for host in self._hosts.values():
                host.close_idle(since=float("inf"))

    def abandon(self) -> None:
        """As `close`, in the child of a fork; the lock may be held by a thread of the parent."""
        for host in self._hosts.values():
            host.close_idle(since=float("inf"))

    def _host(self, key: Hashable, now: float) -> Host:
        self._tidy(now)
        host = self._hosts.get(key)
        if host is None:
            host = self._hosts[key] = Host(Places(self._limit, self._lock))
        host.close_idle(since=now - self._idle_seconds)
        return host

    def _tidy(self, now: float) -> None:
        if now < self._tidied + TIDYING_SECONDS:
            return
        self._tidied = now
        for key, host in list(self._hosts.items()):
            host.close_idle(since=now - self._idle_seconds)
            if host.places.free == self._limit and not host.places.waiting:
                del self._hosts[key]

    def _give_up(self, key: Hashable, places: Places, waiter: Waiter) -> None:
        """Whoever waited has gone; what was served in the last moment goes on to the next."""
        with self._lock:
            if waiter in places.waiting:
                places.waiting.remove(waiter)
        if waiter.connection is not None:
            # Also one that has never been opened: closing it leaves its place.
            self.give_back(key, waiter.connection)
