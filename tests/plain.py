"""A caller with a plain socket: what it sends is what it is told to, and it hears every byte."""

import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

PATIENCE_SECONDS = 10
"""A guard against hanging; no test that passes waits for it."""


class Heard(NamedTuple):
    """An answer, as it was on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    whole: bool
    """Its end came: the last chunk, or as many bytes as were promised."""


class Caller:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._ahead = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, path: str = "/", *fields: str, method: str = "GET") -> None:
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", "Host: a", *fields, "", ""]).encode())

    def post(self, path: str, body: bytes, *fields: str) -> None:
        self.get(path, f"Content-Length: {len(body)}", *fields, method="POST")
        self.send(body)

    def reset(self) -> None:
        """Break the connection off, with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def read_until(self, end: bytes) -> bytes:
        """Up to and with `end`; less where the connection is closed before."""
        while end not in self._ahead and self._read():
            pass
        at = self._ahead.find(end)
        size = len(self._ahead) if at < 0 else at + len(end)
        return self._taken(size)

    def read(self, size: int) -> None:
        """So many bytes more, and keep them for later."""
        wanted = len(self._ahead) + size
        while len(self._ahead) < wanted and self._read():
            pass

    def within(self, seconds: float) -> bytes:
        """All that comes in this time, for whoever expects that little or nothing does."""
        self.socket.settimeout(seconds)
        with suppress(TimeoutError):
            while self._read():
                pass
        self.socket.settimeout(PATIENCE_SECONDS)
        return self._taken(len(self._ahead))

    def rest(self) -> bytes:
        """All that still comes; raises `ConnectionResetError` where that is how it ends."""
        while self._read():
            pass
        return self._taken(len(self._ahead))

    def answer(self, *, bodiless: bool = False) -> Heard:
        """The next answer."""
        head = self.read_until(b"\r\n\r\n")
        if not head:
            raise ConnectionAbortedError("closed before an answer")
        start, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        status = int(start.split()[1])
        if bodiless or status in (100, 204, 304):
            return Heard(status, headers, b"", True)
        if headers.get("transfer-encoding") == "chunked":
            return Heard(status, headers, *self.chunks())
        if "content-length" in headers:
            size = int(headers["content-length"])
            while len(self._ahead) < size and self._read():
                pass
            body = self._taken(size)
            return Heard(status, headers, body, len(body) == size)
        return Heard(status, headers, self.rest(), True)

    def chunks(self) -> tuple[bytes, bool]:
        """A body in chunks, whose head has been read; and whether its end came."""
        body = b""
        while line := self.read_until(b"\r\n"):
            size = int(line, 16)
            while len(self._ahead) < size + 2 and self._read():
                pass
            piece = self._taken(size + 2)
            if len(piece) < size + 2:
                return body + piece, False
            if not size:
                return body, True
            body += piece[:size]
        return body, False

    def _read(self) -> bool:
        piece = self.socket.recv(65536)
        self._ahead += piece
        return bool(piece)

    def _taken(self, size: int) -> bytes:
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken
