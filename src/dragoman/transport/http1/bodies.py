"""Bodies: where one ends.

Three framings, one shape: `receive` gives the data in these bytes, joined; once the end has come,
`surplus` is what followed it. A body that cannot be read has a `fault`, set once what came before
it has been given.

`httptools` does not say where in its bytes a message ended. One in chunks always ends with an
empty line, so it is fed up to each of them.
"""

from typing import Final, Protocol

from httptools import HttpParserError, HttpResponseParser

TRAILER_LIMIT: Final = 100

FRAMING_LIMIT: Final = 16 * 1024
"""Bytes of chunk extensions and trailers in one body, beyond the allowance for each chunk.

Looked at after each read, so that later chunks may excuse the extension of an earlier one.
"""

CHUNK_ALLOWANCE: Final = 256
"""Bytes of framing that a chunk may bring: its size, two line breaks, a short extension."""

EMPTY_LINE: Final = b"\r\n\r\n"
LINE_BREAKS: Final = (b"\r", b"\n")
CHUNKS_FOLLOW: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class MalformedError(Exception):
    """Bytes that are no message we take; told outside as the error of the side that reads.

    `status` is what a request is refused with.
    """

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Body(Protocol):
    surplus: bytes | None
    fault: MalformedError | None

    def receive(self, data: bytes) -> bytes: ...


class Sized:
    """So many bytes; none for whatever has no body."""

    fault: MalformedError | None = None

    def __init__(self, size: int) -> None:
        self.size = size
        self.surplus: bytes | None = None
        self._owed = size

    def receive(self, data: bytes) -> bytes:
        owed = self._owed
        if len(data) < owed:
            self._owed -= len(data)
            return data
        self._owed = 0
        self.surplus = data[owed:]
        return data[:owed]


class UntilClose:
    """All that comes; only the close of the connection ends it."""

    surplus: bytes | None = None
    fault: MalformedError | None = None

    def receive(self, data: bytes) -> bytes:
        return data


class Chunked:
    """Chunks, then trailers, which are dropped."""

    def __init__(self) -> None:
        self.surplus: bytes | None = None
        self.fault: MalformedError | None = None
        self._heard = Heard()
        self._parser = HttpResponseParser(self._heard)
        self._parser.feed_data(CHUNKS_FOLLOW)
        self._heard.trailers.clear()
        self._framing = 0
        self._last = b""

    def receive(self, data: bytes) -> bytes:
        heard = self._heard
        if not data:
            return data
        if data[:1] not in LINE_BREAKS and data.find(EMPTY_LINE) < 0:
            # No empty line ends here: nearly always so, before the end of the message.
            try:
                self._parser.feed_data(data)
            except HttpParserError as error:
                self._malformed(error)
            self._last = data[-3:]
        else:
            self._receive(data)
        pieces = heard.pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._framing += len(data) - len(self.surplus or b"") - len(body)
        if self._framing > FRAMING_LIMIT or heard.trailers:
            self._judge()
        return body

    def _receive(self, data: bytes) -> None:
        """Feeds it up to each empty line: the end of the message is one of them."""
        heard = self._heard
        window = self._last + data
        known = len(self._last)
        fed = 0
        at = window.find(EMPTY_LINE)
        while at >= 0 and self.fault is None:
            end = at + len(EMPTY_LINE) - known
            self._feed(data[fed:end])
            fed = end
            if heard.complete:
                self.surplus = data[fed:]
                break
            at = window.find(EMPTY_LINE, at + len(EMPTY_LINE))
        else:
            if self.fault is None and fed < len(data):
                self._feed(data[fed:])
            self._last = window[-3:]

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._malformed(error)

    def _malformed(self, error: HttpParserError) -> None:
        self.fault = MalformedError(f"the chunks of the body are no HTTP/1.1 ({error})")

    def _judge(self) -> None:
        heard = self._heard
        if self.fault is not None:
            return
        if self._framing - heard.chunks * CHUNK_ALLOWANCE > FRAMING_LIMIT:
            self.fault = MalformedError(
                f"chunk extensions and trailers are over {FRAMING_LIMIT} bytes"
            )
        elif len(heard.trailers) > TRAILER_LIMIT:
            self.fault = MalformedError(f"the body has over {TRAILER_LIMIT} trailers")
        elif b"content-length" in heard.trailers or b"transfer-encoding" in heard.trailers:
            self.fault = MalformedError("a trailer frames the body a second time")


class Heard:
    """What `httptools` has said of a body; apart from its reader, so that there is no cycle."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.trailers: list[bytes] = []
        self.chunks = 0
        self.complete = False
        self.on_body = self.pieces.append

    def on_header(self, name: bytes, value: bytes) -> None:
        self.trailers.append(name.lower())

    def on_chunk_header(self) -> None:
        self.chunks += 1

    def on_message_complete(self) -> None:
        self.complete = True
