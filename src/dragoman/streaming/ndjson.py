"""JSON values one a line: bytes to lines, however the network cuts them.

Framing only: whether a line is JSON is for whoever reads it. A line ends with LF; a CR before it is
dropped, and so are lines of nothing but white space. The last line needs no LF, so that half a
line at the end is given for the reader to judge.

Reference: https://github.com/ndjson/ndjson-spec
"""

from typing import Final

from dragoman.errors import RemoteProtocolError

CONTENT_TYPE: Final = "application/x-ndjson"

LINE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one line; a whole answer may have as many."""


class Splitter:
    """Bytes of one stream in, its lines out, without their ends.

    A line that is too long is the provider's mistake, and the end: what came before it is given,
    then `error` is raised.
    """

    __slots__ = ("_line", "_max_line_bytes", "error")

    error: RemoteProtocolError | None
    """Why nothing more will come; set once the last good line has been given."""

    def __init__(self, max_line_bytes: int = LINE_LIMIT) -> None:
        self._max_line_bytes = max_line_bytes
        self._line = bytearray()
        self.error = None

    def receive(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete; raises `error` where there is nothing else."""
        lines: list[bytes] = []
        if self.error is None:
            *ended, rest = data.split(b"\n")
            if ended and self._line:
                ended[0] = bytes(self._line + ended[0])
                self._line.clear()
            lines = self._heard(ended)
            if self.error is None:
                self._line += rest
                # A last CR may belong to a line end that is still to come.
                self._measure(len(self._line) - self._line.endswith(b"\r"))
        if self.error is not None and not lines:
            raise self.error
        return lines

    def finish(self) -> list[bytes]:
        """At the end of the body: the line whose end did not come, if any; or raises `error`."""
        last = bytes(self._line)
        self._line.clear()
        lines = [] if self.error is not None else self._heard([last])
        if self.error is not None:
            raise self.error
        return lines

    def _heard(self, ended: list[bytes]) -> list[bytes]:
        lines: list[bytes] = []
        for line in ended:
            line = line.removesuffix(b"\r")
            self._measure(len(line))
            if self.error is not None:
                break
            if line and not line.isspace():
                lines.append(line)
        return lines

    def _measure(self, size: int) -> None:
        if size > self._max_line_bytes:
            self._line.clear()
            self.error = RemoteProtocolError(
                f"expected lines of at most {self._max_line_bytes} bytes, "
                f"got one of at least {size}"
            )


def encode(data: bytes) -> bytes:
    """One line with this value, which must be free of line breaks, as compact JSON is.

    Raises `ValueError` where it is not.
    """
    if b"\n" in data or b"\r" in data:
        raise ValueError("expected a value on one line, got a raw line break in it")
    return data + b"\n"
