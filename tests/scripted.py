"""A server on loopback that plays a script: each connection hears one request and gets one script.

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


Step = bytes | Act | threading.Event
"""Bytes are sent, an event is waited for."""


class ScriptedServer:
    """Listens from the start; plays inside `with`. `heard` has the requests, byte for byte."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        hears_bodies: bool = True,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.heard: list[bytes] = []
        self.gone = threading.Event()
        self._scripts = scripts
        self._hears_bodies = hears_bodies
        self._context = context
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
                with suppress(OSError), self._secured(connection) as secured:
                    self.heard.append(request_from(secured, whole=self._hears_bodies))
                    for step in script:
                        self._take(step, secured)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._context is None:
            return connection
        return self._context.wrap_socket(connection, server_side=True)

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
