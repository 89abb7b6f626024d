"""Serving HTTP/1.1 on an event loop: `serve` listens, and asks a handler for each request.

    async def handler(request: Served) -> Reply:
        return Reply(status=200, headers={}, body=request.body)

    server = await serve(handler, host="127.0.0.1", port=0)

Which paths and methods there are is the handler's business, `HEAD` included: its answers are told
without their bodies. What one connection may take stands in `Guards`. `listen` is for those who
answer without a task for each request.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from dragoman.transport.accepted import Accepted
from dragoman.transport.handling import (
    GUARDS,
    Answering,
    Guards,
    Handler,
    Listener,
    Refusal,
    Served,
    told_plainly,
)
from dragoman.transport.tasks import InTasks

BACKLOG: Final = 1024
"""Connections that the system accepts before we do."""


class Server:
    """Listens until `close`, on the loop that it was made on."""

    def __init__(
        self,
        listener: Callable[[Served, Accepted], Answering],
        *,
        refusal: Refusal,
        guards: Guards,
        tasks: set[asyncio.Task[None]] | None = None,
    ) -> None:
        """`tasks` are those that the listener has under way; closing waits for them."""
        self.listener = listener
        self.refusal = refusal
        self.guards = guards
        self.tasks = set() if tasks is None else tasks
        self._connections: set[Accepted] = set()
        self.peers: Counter[str] = Counter()
        """Open connections by address; one without any is forgotten."""
        self._socket: asyncio.Server | None = None
        self.retired = False
        """Whether a connection gets one answer more and no other."""
        self._closing = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def port(self) -> int:
        """The port that is listened on, also where any was asked for."""
        assert self._socket is not None
        port: int = self._socket.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    async def listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._socket = await loop.create_server(lambda: Accepted(self), host, port, backlog=BACKLOG)

    def retire(self) -> None:
        """Go on listening, and answer each connection once more, those that are idle as well.

        Closing them now would cut whoever is about to ask.
        """
        self.retired = True
        for connection in self._connections:
            connection.retire()

    def stop_listening(self) -> None:
        """Take no connection any more, and close idle ones; answers under way go on."""
        self._closing = True
        if self._socket is not None:
            self._socket.close()
        self.retire()
        for connection in list(self._connections):
            connection.drain()

    async def emptied(self) -> None:
        """Return when no connection is open."""
        await self._empty.wait()

    async def close(self, *, grace_seconds: float = 30.0) -> None:
        """Listen no more; answers under way have so long to come to their end.

        Idle connections are closed at once. Whatever is left after the grace is cut, and has
        cleaned up when this returns.
        """
        self.stop_listening()
        try:
            await asyncio.wait_for(self._empty.wait(), grace_seconds)
        except TimeoutError:
            pass
        finally:
            for connection in list(self._connections):
                connection.abort()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self._empty.wait()

    # Called by the connections

    def opened(self, connection: Accepted) -> bool:
        full = self.peers[connection.peer] >= self.guards.connections_per_address
        if full or self._closing:
            return False
        self.peers[connection.peer] += 1
        self._connections.add(connection)
        self._empty.clear()
        return True

    def lost(self, connection: Accepted) -> None:
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        self.peers[connection.peer] -= 1
        if not self.peers[connection.peer]:
            del self.peers[connection.peer]
        if not self._connections:
            self._empty.set()


async def serve(
    handler: Handler,
    *,
    host: str,
    port: int,
    refusal: Refusal = told_plainly,
    guards: Guards = GUARDS,
) -> Server:
    """A server that listens on this address; port 0 is any that is free.

    Raises `OSError` where that cannot be.
    """
    answered = InTasks(handler)
    server = Server(answered, refusal=refusal, guards=guards, tasks=answered.tasks)
    await server.listen(host, port)
    return server


async def listen(
    listener: Listener,
    *,
    host: str,
    port: int,
    refusal: Refusal = told_plainly,
    guards: Guards = GUARDS,
) -> Server:
    """As `serve`, for a listener."""
    server = Server(listener, refusal=refusal, guards=guards)
    await server.listen(host, port)
    return server
