"""One connection of a blocking caller: a socket, the HTTP on it, and its place under the limit.

Whatever becomes of a connection, its place is left exactly once: when it is closed, and at the
latest when it is collected. So neither Ctrl-C nor a forgotten answer makes a pool smaller.

After a fork the child holds copies of the parent's sockets. It closes its copies, and nothing more:
a shutdown, or a place left under the parent's lock, would reach beyond it.
"""

import os
import socket
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dragoman.errors import APIConnectionError, APITimeoutError, RemoteProtocolError
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.destination import Destination
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import AnswerEvent, Head
from dragoman.transport.protocol import Request
from dragoman.transport.proxies import Proxy, tunnel_failed, tunnel_refused, tunnel_request
from dragoman.transport.sockets.connecting import (
    PLAIN,
    blocked_by,
    connected,
    secured,
    wait,
    wants_to_write,
)

if TYPE_CHECKING:
    from dragoman.transport.tls import Trust

READ_BYTES: Final = 64 * 1024


class Waiter:
    """A thread that waits for a place."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        # No event, whose lock the thread would hold if it collected garbage and served itself.
        self._served = threading.Lock()
        self._served.acquire()

    def serve(self, connection: "Connection") -> None:
        self.connection = connection
        self._served.release()

    def wait(self, deadlines: Deadlines) -> "Connection":
        while self.connection is None:
            self._served.acquire(timeout=deadlines.left())
        return self.connection


class Places:
    """What is left of one host's limit, and who waits for it, in the order they came."""

    def __init__(self, limit: int, lock: threading.RLock) -> None:
        self.free = limit
        self.waiting: deque[Waiter] = deque()
        self.lock = lock

    def leave(self, connection: "Connection") -> None:
        """The connection needs its place no more; whoever waits gets it."""
        with self.lock:
            if connection.places is None:
                return
            connection.places = None
            self.free += 1
            if self.waiting:
                self.waiting.popleft().serve(Connection(self))


class Connection:
    """A place, on which there may be an open connection. Made under the lock of its places."""

    def __init__(self, places: Places) -> None:
        places.free -= 1
        self.places: Places | None = places
        self.idle_since = 0.0
        self.process = os.getpid()
        self._socket: socket.socket | None = None
        self._http = ClientConnection()
        self._blocked: tuple[type[OSError], ...] = ()
        self._buffer = memoryview(b"")

    @property
    def reusable(self) -> bool:
        """Whether another request may follow on what is open."""
        return self._socket is not None and self._http.reusable and self.process == os.getpid()

    def ask(
        self,
        request: Request,
        destination: Destination,
        proxy: Proxy | None,
        trust: "Trust | None",
        deadlines: Deadlines,
    ) -> list[AnswerEvent]:
        """Sends the request, and gives the first events of its answer; the head stands first.

        Connects where nothing is open, or what was open has gone stale.
        """
        if self.reusable and self._quiet:
            try:
                return self._exchange(self._http.send(request), deadlines)
            except APITimeoutError:
                raise
            except APIConnectionError as error:
                if error.attempt_class != "not_sent":
                    raise
        self._disconnect()
        http = ClientConnection()
        # Before anything is opened: it refuses what HTTP cannot carry.
        data = http.send(request)
        self._connect(destination, proxy, trust, deadlines)
        self._http = http
        return self._exchange(data, deadlines)

    def hear(self, deadlines: Deadlines, *, at_once: bool = True) -> list[AnswerEvent]:
        """What one read tells; unless `at_once`, there is hardly anything to read yet."""
        sock = self._socket
        if sock is None:
            return self._http.receive_reset()
        try:
            if not at_once and self._blocked is PLAIN:
                wait(sock, deadlines, writing=False)
            size = self._read_into(sock, deadlines)
        except OSError as error:
            try:
                return self._http.receive_reset()
            except APIConnectionError as cut:
                raise cut from error
        if self._socket is not sock:
            # Closed by another thread. What was read may be what TLS had yet to decipher.
            return self._http.receive_reset()
        return self._http.receive(bytes(self._buffer[:size])) if size else self._http.receive_eof()

    @property
    def error(self) -> Exception | None:
        """What ended the answer before its end, once its events have been heard."""
        return self._http.error

    def close(self) -> None:
        """Closes the socket at once and leaves the place; may be repeated, in any thread."""
        self._disconnect()
        places = self.places
        if places is not None and self.process == os.getpid():
            places.leave(self)

    def __del__(self) -> None:
        self.close()

    def _disconnect(self) -> None:
        sock, self._socket = self._socket, None
        if sock is None:
            return
        if self.process == os.getpid():
            with suppress(OSError):  # The peer may have been faster.
                # Wakes a thread that reads; past TLS, whose own would have it read on undeciphered.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        sock.close()

    def _connect(
        self,
        destination: Destination,
        proxy: Proxy | None,
        trust: "Trust | None",
        deadlines: Deadlines,
    ) -> None:
        end = proxy or destination
        self._socket = connected(end.host, end.port, deadlines)
        self._blocked = blocked_by(self._socket)
        if not self._buffer:
            self._buffer = memoryview(bytearray(READ_BYTES))
        if proxy is not None:
            self._tunnel(proxy, destination, deadlines)
        if trust is not None:
            self._socket = secured(self._socket, destination.host, trust, deadlines)
            self._blocked = blocked_by(self._socket)

    def _tunnel(self, proxy: Proxy, destination: Destination, deadlines: Deadlines) -> None:
        deadlines.begin("connect")
        self._http = ClientConnection()
        try:
            events = self._write(self._http.send(tunnel_request(proxy, destination)), deadlines)
            while not events:
                events = self.hear(deadlines)
        except APITimeoutError:
            raise
        except (APIConnectionError, RemoteProtocolError) as error:
            raise tunnel_failed(proxy, destination, error) from error
        match events[0]:
            case Head(status) if not 200 <= status < 300:
                raise tunnel_refused(proxy, destination, status)

    def _exchange(self, data: bytes, deadlines: Deadlines) -> list[AnswerEvent]:
        deadlines.begin("write")
        events = self._write(data, deadlines)
        deadlines.begin("first_byte")
        while not events:
            events = self.hear(deadlines, at_once=False)
        return events

    def _write(self, data: bytes, deadlines: Deadlines) -> list[AnswerEvent]:
        """Sends these bytes; what an answer that came before their end tells.

        Whoever answers early has decided, and is sent no more.
        """
        sock = self._socket
        assert sock is not None, "only what is open is written to"
        rest = memoryview(data)
        while rest:
            try:
                size = sock.send(rest)
            except self._blocked as blocked:
                if not isinstance(blocked, BlockingIOError):
                    deadlines.sent = True  # TLS may have sent a part of what it will finish later.
                writing = wants_to_write(blocked, otherwise=True)
                if wait(sock, deadlines, writing=writing) and (events := self.hear(deadlines)):
                    return events
            except OSError as error:
                if not deadlines.sent:
                    raise deadlines.broken(error) from error
                # Who refuses a body unread closes early, with the answer already on its way. If
                # there is none, reading it fails in the same class.
                return []
            else:
                rest = rest[size:]
                deadlines.wrote(more=bool(rest))
        self._http.written = True
        return []

    def _read_into(self, sock: socket.socket, deadlines: Deadlines) -> int:
        while True:
            try:
                return sock.recv_into(self._buffer)
            except self._blocked as blocked:
                wait(sock, deadlines, writing=wants_to_write(blocked, otherwise=False))

    @property
    def _quiet(self) -> bool:
        """Whether nothing has come while nothing was owed: no byte, no end, no reset."""
        sock = self._socket
        if sock is None:
            return False
        try:
            # A read and no look whether there is one: under TLS some bytes are none of HTTP's.
            sock.recv_into(self._buffer, 1)
        except self._blocked:
            return True
        except OSError:
            return False
        return False
