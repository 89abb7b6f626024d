"""One connection from a caller, seen from the side that answers.

Bytes in, events out; answers in, bytes out. Whoever drives it owns the socket and the clock, and
closes it once `must_close` is true and what was written has left.

A request is read strictly: with a proxy in front, whatever the two could read differently would
let one caller speak for another. What is refused is refused before anybody acts on it, and the
connection with it.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Literal

from httptools import HttpRequestParser

from dragoman.errors import status_error
from dragoman.transport.http1.bodies import Body, MalformedError, Sized
from dragoman.transport.http1.decoding import Decoder
from dragoman.transport.http1.events import (
    End,
    Flooded,
    Piece,
    Refused,
    RequestEvent,
    RequestHead,
)
from dragoman.transport.http1.guards import (
    expects_continue,
    refuse_http_0_9,
    request_fields,
    request_line,
)
from dragoman.transport.http1.heads import HeadReader, framed, kept_alive, lines_of
from dragoman.transport.http1.writing import Fields, UnwritableError, head_bytes
from dragoman.transport.protocol import BODY_LIMIT

AHEAD_LIMIT: Final = 64 * 1024
"""Bytes kept of what comes while an answer is owed."""

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

Answering = Literal["no", "chunked", "until close", "without body"]
"""How the answer that was started is framed."""

OURS: Final = frozenset({"connection", "content-length", "transfer-encoding"})

LENGTH_FIELD: Final = re.compile(rb"(\r\ncontent-length: )[0-9]+(?=\r)", re.IGNORECASE)

STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class Known:
    """A head that has been read, to be known again with a body of another length."""

    __slots__ = ("_after", "_before", "head")

    def __init__(self, before: bytes, after: bytes, head: RequestHead) -> None:
        self.head = head
        self._before = before
        self._after = after

    @classmethod
    def of(cls, raw: bytes, head: RequestHead) -> "Known | None":
        """None where it announces no length, or not in the usual way."""
        found = LENGTH_FIELD.search(raw)
        return None if found is None else cls(raw[: found.end(1)], raw[found.end() :], head)

    def body_in(self, data: bytes) -> bytes | None:
        """The body, where these bytes are such a head and all of that body."""
        before, after = self._before, self._after
        at = len(before)
        end = data.find(b"\r", at, at + 19)
        digits = data[at:end]
        if end < 0 or not digits.isdigit():
            return None
        begin = end + len(after)
        if begin + int(digits) != len(data):
            return None
        return data[begin:] if data.startswith(before) and data.startswith(after, end) else None


class ServerConnection:
    """A connection that was accepted.

        reading a head --> reading a body --End--> answering --answered--> reading a head

    One request at a time: what a caller sends ahead is kept, to 64 KiB, until the answer is
    complete; then `receive(b"")` reads it. `receive` and `receive_eof` never raise: what cannot be
    read is told as `Refused`, after the events that came before.

    Programs send the same head with each request but for the length of the body; one that has been
    read strictly is known again by its bytes.
    """

    def __init__(self, *, body_limit: int = BODY_LIMIT) -> None:
        """`body_limit` is in bytes, as they come and decompressed; over it, 413."""
        self._body_limit = body_limit
        self._head: HeadReader | None = HeadReader(HttpRequestParser)
        self._unused: HeadReader | None = None
        """The reader of a head that needed none."""
        self._known: Known | None = None
        self._body: Body | None = None
        self._decoder: Decoder | None = None
        self._size = 0
        self.request: RequestHead | None = None
        """The head of the request whose answer is owed."""
        self.ahead = b""
        """What has come behind the last request; `receive(b"")` reads it."""
        self._continue_due = False
        self._keep_alive = True
        self._last = False
        self._eof = False
        self._refused = False
        self._answering: Answering = "no"
        self.must_close = False
        """Nothing more is read or written here."""

    @property
    def answer_owed(self) -> bool:
        """A request's head has come, or was refused, and its answer is not complete."""
        return not self.must_close and (self.request is not None or self._refused)

    @property
    def answer_started(self) -> bool:
        """The head of an answer in pieces has been written, its end has not."""
        return self._answering != "no"

    @property
    def idle(self) -> bool:
        """Nothing of a request has come, and none is being answered."""
        begun = self._head is None or self._head.raw.strip(b"\r\n")
        return not (self.must_close or self._refused or begun)

    def close_after_answer(self) -> None:
        """Take no request after this one; an answer whose head is still to come says so."""
        self._last = True
        self._keep_alive = False

    def again(self, data: bytes) -> bytes | None:
        """The body, where these bytes are a request with the head of the one before, and no more.

        Else None, and nothing is taken: `receive` reads them.
        """
        known, head = self._known, self._head
        if known is None or head is None or head.raw or self.ahead:
            return None
        if self.must_close or self._refused or self._eof:
            return None
        body = known.body_in(data)
        if body is None or len(body) > self._body_limit:
            return None
        self._unused, self._head = head, None
        self._keep_alive = not self._last
        self.request = known.head
        return body

    def receive(self, data: bytes) -> list[RequestEvent]:
        """What these bytes tell, after those kept from before."""
        events: list[RequestEvent] = []
        if self.must_close or self._refused:
            return events
        data = self.ahead + data if self.ahead else data
        self.ahead = b""
        try:
            self._receive(data, events)
            if self._eof:
                self._judge_eof()
        except MalformedError as flaw:
            self._refuse(flaw, events)
        return events

    def receive_eof(self) -> list[RequestEvent]:
        """The caller sends no more. Cuts a request; an answer that is owed may still be sent."""
        self._eof = True
        return self.receive(b"")

    def give_up(self) -> list[RequestEvent]:
        """No more is waited for: refuses what has begun to come, closes where nothing has."""
        events: list[RequestEvent] = []
        if self.idle:
            self.must_close = True
        else:
            self._refuse(MalformedError("the request comes too slowly", status=408), events)
        return events

    def go_ahead(self) -> bytes:
        """What tells a caller who waits for it to send the body; empty where nobody waits."""
        due, self._continue_due = self._continue_due, False
        return CONTINUE if due else b""

    def respond(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        """A whole answer.

        One given before the request's `End` closes the connection, since the rest of the request
        is in the way. Raises `ValueError` for headers that HTTP cannot carry.
        """
        length = b"" if status in (204, 304) else b"Content-Length: %d\r\n" % len(body)
        head = self._answer_head(status, length, headers)
        request = self.request
        bodiless = not length or (request is not None and request.method == "HEAD")
        self._answered()
        return head if bodiless else head + body

    def start(self, status: int, headers: Mapping[str, str]) -> bytes:
        """The head of an answer that comes in pieces. To cut it, close without `end`."""
        framing = b"Transfer-Encoding: chunked\r\n"
        answering: Answering = "chunked"
        if self.request is not None and self.request.http_version == "1.0":
            framing, answering = b"", "until close"
        if status in (204, 304):
            framing, answering = b"", "without body"
        if self._to_head_request():
            answering = "without body"
        head = self._answer_head(status, framing, headers)
        self._answering = answering
        return head

    def piece(self, data: bytes) -> bytes:
        """A piece of the answer that was started; an empty one is nothing."""
        if self._answering == "no":
            raise RuntimeError("no answer was started")
        if not data or self._answering == "without body":
            return b""
        return b"%x\r\n%b\r\n" % (len(data), data) if self._answering == "chunked" else data

    def end(self) -> bytes:
        """The end of the answer that was started, which says that it is complete."""
        if self._answering == "no":
            raise RuntimeError("no answer was started")
        last = b"0\r\n\r\n" if self._answering == "chunked" else b""
        self._answered()
        return last

    def _receive(self, data: bytes, events: list[RequestEvent]) -> None:
        if self._head is not None:
            rest = self._head.receive(data)
            if rest is None:
                refuse_http_0_9(self._head.raw)
                return
            self._begin(self._head.raw, events)
            data = rest
        if self._body is not None:
            data = self._go_on(self._body, data, events)
        if data:
            self.ahead = data
            if len(data) > AHEAD_LIMIT:
                self.must_close = True
                events.append(Flooded())

    def _begin(self, raw: bytes, events: list[RequestEvent]) -> None:
        # Old callers add an empty line to a body; it belongs to nothing (RFC 9112 2.2).
        start, *lines = lines_of(raw.removeprefix(b"\r\n"))
        method, target, minor = request_line(start)
        headers = request_fields(lines)
        body = framed(headers, minor=minor) or Sized(0)
        headers.pop("content-length", None)
        self._decoder = self._decoder_of(headers)
        if isinstance(body, Sized) and body.size > self._body_limit:
            raise self._too_large()
        expects = expects_continue(headers) and minor == 1
        self._continue_due = expects and not (isinstance(body, Sized) and body.size == 0)
        self._keep_alive = kept_alive(headers, minor=minor) and not self._last
        self._head, self._body, self._size = None, body, 0
        self.request = RequestHead(
            method, target, headers, "1.1" if minor else "1.0", self._continue_due
        )
        if self._keep_alive and self._decoder is None and not expects:
            self._known = Known.of(raw, self.request)
        events.append(self.request)

    def _decoder_of(self, headers: dict[str, str]) -> Decoder | None:
        coding = headers.get("content-encoding", "").lower()
        if coding in ("", "identity"):
            return None
        if coding == "deflate":
            raise MalformedError("content-encoding deflate is not taken, but gzip is", status=415)
        decoder = Decoder(coding, limit=self._body_limit)
        del headers["content-encoding"]
        return decoder

    def _go_on(self, body: Body, data: bytes, events: list[RequestEvent]) -> bytes:
        """What follows the body."""
        if data:
            self._continue_due = False
        piece = body.receive(data)
        fault = body.fault
        self._size += len(piece)
        if self._size > self._body_limit:
            raise self._too_large()
        if self._decoder is not None:
            piece = self._decoder.receive(piece)
            fault = self._decoder.fault or fault
        if piece:
            events.append(Piece(piece))
        if fault is not None:
            raise fault
        if body.surplus is None:
            return b""
        if self._decoder is not None and not self._decoder.complete:
            raise MalformedError("the compressed body ends before its end")
        self._body = self._decoder = None
        events.append(End())
        return body.surplus

    def _judge_eof(self) -> None:
        """Nothing more will come: a request that has begun is cut."""
        cut = self._head.raw.strip(b"\r\n") if self._head is not None else self._body
        if cut:
            raise MalformedError("the request ends before its end")
        if self._head is not None:
            self.must_close = True

    def _refuse(self, flaw: MalformedError, events: list[RequestEvent]) -> None:
        self._refused = True
        self._keep_alive = self._continue_due = False
        if self._answering != "no":
            self.must_close = True  # An answer is under way already: there is no place for another.
        error = status_error(str(flaw), status_code=flaw.status)
        events.append(Refused(error))

    def _too_large(self) -> MalformedError:
        return MalformedError(f"the body is over {self._body_limit} bytes", status=413)

    def _to_head_request(self) -> bool:
        return self.request is not None and self.request.method == "HEAD"

    def _answer_head(self, status: int, framing: bytes, headers: Mapping[str, str]) -> bytes:
        owed = not self.must_close and (self.request is not None or self._refused)
        if not owed or self._answering != "no":
            raise RuntimeError("no answer is owed, or one was started")
        self._continue_due = False
        unread = self._body is not None
        if unread or (self._eof and not self.ahead):
            self._keep_alive = False
        line = STATUS_LINES.get(status)
        if line is None:
            line = b"HTTP/1.1 %d \r\n" % status
        if not 200 <= status <= 999:
            raise ValueError(f"expected the status of a final answer, got {status}")
        close = b"" if self._keep_alive else b"Connection: close\r\n"
        if headers.__class__ is Fields:
            fields = headers.lines
        else:
            try:
                fields = head_bytes("", headers, ours=OURS)
            except UnwritableError as error:
                raise ValueError(str(error)) from None
        return b"%b%b%b%b\r\n" % (line, framing, close, fields)

    def _answered(self) -> None:
        self._answering = "no"
        self.request = None
        if self._keep_alive:
            self._head, self._unused = self._unused or HeadReader(HttpRequestParser), None
        else:
            self.must_close = True
