"""One connection to a provider, seen from the side that asks.

Bytes in, events out. Whoever drives it owns the socket, the clock and the pool, and asks `reusable`
before it sends again.

What poisons a connection never spoils an answer that is complete: bytes behind its end make it not
reusable, and that is all. Bytes that come later, while nothing is owed, are an error.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from httptools import HttpResponseParser

from dragoman.errors import (
    APIConnectionError,
    AttemptClass,
    ConfigurationError,
    Error,
    RemoteProtocolError,
)
from dragoman.transport.destination import Destination, destination_of
from dragoman.transport.http1.bodies import Body, MalformedError, Sized, UntilClose
from dragoman.transport.http1.decoding import Decoder
from dragoman.transport.http1.events import AnswerEvent, End, Head, Piece
from dragoman.transport.http1.heads import HeadReader, fields_of, framed, kept_alive, lines_of
from dragoman.transport.http1.writing import TOKEN, UnwritableError, head_bytes
from dragoman.transport.protocol import BODY_LIMIT, Request

INTERIM_LIMIT: Final = 100

OURS: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""What a request may not bring: framing, and what would ask for answers that we do not read."""

COMPRESSED_CUT: Final = "the compressed body ends before its end"

STATUS_LINE: Final = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: .*)?", re.DOTALL)


END: Final = End()


@lru_cache(maxsize=256)  # providers say few
def status_of(line: str) -> tuple[int, int]:
    """The minor version and the status of this line."""
    found = STATUS_LINE.fullmatch(line)
    if found is None:
        raise MalformedError("expected HTTP/1.0 or HTTP/1.1 and a status")
    return int(found[1]), int(found[2])


class ClientConnection:
    """A connection that is open.

        IDLE --send--> waiting for a head --its last byte--> in a body --its end--> IDLE

    `receive`, `receive_eof` and `receive_reset` give events. A failure is kept in `error`, and
    raised where there is nothing else to give; so look at it after the events. From then on the
    connection is of no use.
    """

    def __init__(self, *, decoded_limit: int = BODY_LIMIT) -> None:
        """`decoded_limit` is the most that a compressed body may grow to, in bytes."""
        self.error: Error | None = None
        self.written = True
        """Whether all that `send` gave has been written; to be set by whoever drives this.

        An answer that is complete before that was early: the connection is not used again.
        """
        self._decoded_limit = decoded_limit
        self._address = ""
        self._method = ""
        self._open = True
        self._interim = 0
        self._head: HeadReader | None = None
        self._body: Body | None = None
        self._decoder: Decoder | None = None
        self._ended_by_close = False

    @property
    def idle(self) -> bool:
        """No answer is owed."""
        return self._head is None and self._body is None

    @property
    def reusable(self) -> bool:
        """Whether `send` may be called.

        After an answer: the provider keeps the connection open, nothing followed the answer, and
        the whole request had been written before its end.
        """
        return self._open and self._head is None and self._body is None

    @property
    def ended_by_close(self) -> bool:
        """Whether only the close ends the body of the last head."""
        return self._ended_by_close

    def send(self, request: Request) -> bytes:
        """The bytes of the request; set `written` once all of them have left.

        For `CONNECT`, the URL's host and port are what is asked for. Raises `ConfigurationError`
        for a request that HTTP cannot carry; the connection is then as it was.
        """
        if not self.reusable:
            raise RuntimeError("the connection is not reusable")
        destination = destination_of(request.url)
        data = request_bytes(request, destination)
        self.begin(destination.address, request.method)
        return data

    def begin(self, address: str, method: str) -> None:
        """A request of this method is sent: its answer is owed."""
        if not self._open or self._head is not None or self._body is not None:
            raise RuntimeError("the connection is not reusable")
        self._address = address
        self._method = method
        self.written = False
        self._interim = 0
        self._ended_by_close = False
        self._head = HeadReader(HttpResponseParser)

    def receive(self, data: bytes) -> list[AnswerEvent]:
        """What these bytes, which came in one read, tell.

        Raises `RemoteProtocolError` where they cannot be read, or come unasked.
        """
        if self.error is not None:
            raise self.error
        body = self._body
        events: list[AnswerEvent] = []
        try:
            if body is not None and self._decoder is None:  # nearly always
                piece = body.receive(data)
                if piece:
                    events.append(Piece(piece))
                if body.fault is not None or body.surplus is not None:
                    self._judge(body, body.fault, events)
                return events
            self._receive(data, events)
        except MalformedError as flaw:
            failure: Error = RemoteProtocolError(f"{self._where()}: {flaw}")
        except Error as error:
            failure = error
        else:
            return events
        self._fail(failure)
        if not events:
            raise failure
        return events

    def receive_eof(self) -> list[AnswerEvent]:
        """The provider has closed its side: that ends a body without length, and cuts others.

        Raises `APIConnectionError` where an answer is cut, with code `stream_truncated` if its
        head had come.
        """
        if self.error is not None:
            raise self.error
        self._open = False
        if not isinstance(self._body, UntilClose):
            return self.receive_reset()
        if self._decoder is not None and not self._decoder.complete:
            raise self._fail(self._cut(COMPRESSED_CUT))
        self._body = self._decoder = None
        return [End()]

    def receive_reset(self) -> list[AnswerEvent]:
        """The connection is broken: whatever is not complete is cut. Raises as `receive_eof`."""
        if self.error is not None:
            raise self.error
        self._open = False
        if not self.idle:
            raise self._fail(self._cut("closed before the end of the answer"))
        return []

    def _receive(self, data: bytes, events: list[AnswerEvent]) -> None:
        rest: bytes | None = data
        while self._head is not None:
            rest = self._head.receive(rest or b"")
            if rest is None:
                return
            self._begin(self._head.raw, events)
        body = self._body
        if body is not None:
            piece = body.receive(rest or b"")
            fault = body.fault
            if self._decoder is not None:
                piece = self._decoder.receive(piece)
                fault = self._decoder.fault or fault
            if piece:
                events.append(Piece(piece))
            if fault is not None or body.surplus is not None:
                self._judge(body, fault, events)
        elif rest:
            raise MalformedError("bytes came while no answer was owed")

    def _begin(self, raw: bytes, events: list[AnswerEvent]) -> None:
        """A head has come: an interim one is passed over, after any other comes the body."""
        start, *lines = lines_of(raw)
        minor, status = status_of(start)
        if status < 200:
            self._interim += 1
            if status == 101 or self._interim > INTERIM_LIMIT:
                raise MalformedError("a switch of protocols" if status == 101 else "endless 1xx")
            self._head = HeadReader(HttpResponseParser)
            return
        headers = fields_of(lines)
        tunnel = self._method == "CONNECT" and status < 300
        bodiless = self._method == "HEAD" or status in (204, 304) or tunnel
        body: Body | None = Sized(0) if bodiless else framed(headers, minor=minor)
        body = body or UntilClose()
        self._ended_by_close = isinstance(body, UntilClose)
        closes = "connection" in headers or minor == 0
        self._open = not tunnel and not (closes and not kept_alive(headers, minor=minor))
        self._head, self._body = None, body
        try:
            if "content-encoding" in headers and not bodiless:
                self._decoder = self._decoder_of(headers)
        finally:
            # The status counts, whatever becomes of the body.
            events.append(Head(status, headers, self._ended_by_close))

    def _decoder_of(self, headers: dict[str, str]) -> Decoder | None:
        coding = headers.get("content-encoding", "").lower()
        if coding in ("", "identity"):
            return None
        decoder = Decoder(coding, limit=self._decoded_limit)
        del headers["content-encoding"]
        headers.pop("content-length", None)
        return decoder

    def _judge(self, body: Body, fault: MalformedError | None, events: list[AnswerEvent]) -> None:
        """What a read has told of a body, besides its piece: that it is over, or unreadable."""
        if fault is not None:
            raise fault
        if body.surplus is None:
            return
        if self._decoder is not None and not self._decoder.complete:
            raise self._cut(COMPRESSED_CUT)
        if body.surplus or not self.written:
            self._open = False
        self._body = self._decoder = None
        events.append(END)

    def _fail(self, error: Error) -> Error:
        self.error = error
        self._open = False
        return error

    def _cut(self, what: str) -> APIConnectionError:
        begun = self._body is not None
        attempt_class: AttemptClass = "started" if begun else "ambiguous"
        code = "stream_truncated" if begun else None
        return APIConnectionError(
            f"{self._where()}: {what}", code=code, attempt_class=attempt_class
        )

    def _where(self) -> str:
        if self._body is not None:
            return f"{self._address}: while reading the answer"
        if self._head is not None:
            return f"{self._address}: while waiting for the answer"
        return f"{self._address or 'connection'}: while idle"


class Envelope(NamedTuple):
    """All of a request but its body, ready to be sent with any number of them."""

    destination: Destination
    method: str

    start: bytes
    """Up to the length of the body."""

    def around(self, body: bytes) -> bytes:
        """Head and body, as they are sent."""
        return b"%b%d\r\n\r\n%b" % (self.start, len(body), body)

    def __repr__(self) -> str:
        return f"Envelope({self.method} {self.destination.address})"  # the start holds a key


def envelope(method: str, url: str, headers: Mapping[str, str]) -> Envelope:
    """The envelope of requests to this URL, with these headers.

    Raises `ConfigurationError` for what HTTP cannot carry.
    """
    destination = destination_of(url)
    head = head_of(method, destination.target, destination.authority, headers)
    return Envelope(destination, method, head + b"Content-Length: ")


def request_bytes(request: Request, destination: Destination) -> bytes:
    """Head and body, as they are sent."""
    target, host = destination.target, destination.authority
    length = f"Content-Length: {len(request.body)}\r\n"
    if request.method == "CONNECT":
        target = host = destination.address
        length = ""
    head = head_of(request.method, target, host, request.headers, length)
    return b"%b\r\n%b" % (head, request.body)


def head_of(
    method: str, target: str, host: str, headers: Mapping[str, str], length: str = ""
) -> bytes:
    """A head without its last, empty line; `length` is a line or nothing."""
    if not TOKEN.fullmatch(method):
        raise ConfigurationError("the method holds a character that HTTP does not allow there")
    start = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n{length}"
    try:
        return head_bytes(start, headers, ours=OURS)
    except UnwritableError as error:
        raise ConfigurationError(str(error)) from None
