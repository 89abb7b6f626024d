"""A server on loopback that answers every request with its body, and keeps its connections.

Each connection has a thread. `connections` counts all there ever were.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.scripted import PATIENCE_SECONDS, request_from


class EchoingServer:
    """Listens from the start; answers inside `with`."""

    def __init__(self) -> None:
        self.connections = 0
        self._over = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname(), PATIENCE_SECONDS).close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        with self._listener:
            while True:
                connection, _ = self._listener.accept()
                if self._over:
                    connection.close()
                    return
                self.connections += 1
                thread = threading.Thread(target=self._answer, args=[connection], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(PATIENCE_SECONDS)
            while request := request_from(connection, whole=True):
                _, _, body = request.partition(b"\r\n\r\n")
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                connection.sendall(head + body)
