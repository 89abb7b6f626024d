"""A server on loopback that plays a script: each connection hears a request and gets one script.

It knows no HTTP beyond where a request ends, so that a script may break it. The connection is
closed after the last step, and the port after the last script: whoever calls once more is refused.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 10
"""A guard against hanging; no test that passes waits for it."""


class Act(Enum):
    RESET = auto()
    """Breaks the connection off, with RST."""

    STALL = auto()
    """Is silent until the client has gone, which sets `gone`."""

    HEAR = auto()
    """Waits for another request on the same connection, or for the client to go."""

    FLOOD = auto()
    """Sends without a pause until the client has gone, which sets `gone`."""

    SECURE = auto()
    """Speaks TLS from here on, as the end of a tunnel does; its close ends the script."""


Step = bytes | Act | threading.Event
"""Bytes are sent, an event is waited for."""


class ScriptedServer:
    """Listens from the start; plays inside `with`. `heard` has the requests, byte for byte."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        hears_bodies: bool = True,
        context: ssl.SSLContext | None = None,
        inner_context: ssl.SSLContext | None = None,
    ) -> None:
        self.heard: list[bytes] = []
        self.gone = threading.Event()
        self.closed = threading.Semaphore(0)
        """Released with each connection that has been closed."""
        self._scripts = scripts
        self._hears_bodies = hears_bodies
        self._context = context
        self._inner_context = inner_context
        self._over = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._play, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        # Wakes `accept` where nobody came for the last scripts.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS).close()
        self._thread.join(PATIENCE_SECONDS)

    def _play(self) -> None:
        with self._listener:
            for script in self._scripts:
                connection, _ = self._listener.accept()
                if self._over:
                    connection.close()
                    return
                connection.settimeout(PATIENCE_SECONDS)
                # The client may leave at any step, and some scripts wait for just that.
                with suppress(OSError), secured(connection, self._context) as stream:
                    self._hear(stream)
                    self._follow(script, stream)
                self.closed.release()

    def _hear(self, connection: socket.socket) -> None:
        if request := request_from(connection, whole=self._hears_bodies):
            self.heard.append(request)

    def _follow(self, script: Sequence[Step], connection: socket.socket) -> None:
        for at, step in enumerate(script):
            if step is Act.SECURE:
                with secured(connection, self._inner_context) as stream:
                    return self._follow(script[at + 1 :], stream)
            self._take(step, connection)
        return None

    def _take(self, step: Step, connection: socket.socket) -> None:
        match step:
            case bytes():
                connection.sendall(step)
            case threading.Event():
                step.wait(PATIENCE_SECONDS)
            case Act.RESET:
                linger_for_no_time = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
            case Act.STALL:
                with suppress(ConnectionResetError):
                    while connection.recv(4096):
                        pass
                self.gone.set()
            case Act.HEAR:
                self._hear(connection)
            case Act.FLOOD:
                with suppress(ConnectionError):
                    while True:
                        connection.sendall(bytes(64 * 1024))
                self.gone.set()
            case Act.SECURE:
                raise AssertionError("taken where the script is followed")


def secured(connection: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    return context.wrap_socket(connection, server_side=True) if context else connection


def request_from(connection: socket.socket, *, whole: bool) -> bytes:
    """One request with its `Content-Length`; its head alone where not `whole`."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = connection.recv(4096)
        if not piece:
            return heard
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    owed = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            owed = int(value) - len(body)
    while whole and owed > 0:
        piece = connection.recv(owed)
        if not piece:
            break
        heard += piece
        owed -= len(piece)
    return heard
