"""The thinnest blocking transport: `http.client`, one connection per request.

`http.client` connects, sends and reads the head. The framing of the body is judged and read here,
since it is too forgiving for that: a size line cut after its leading zeros is a last chunk to it,
an unreadable `Content-Length` is none, and any interim answer but 100 is the answer.

Left out: pools, proxies, and a bound on the time that name resolution takes (the system's own).

Reference: RFC 9110, RFC 9112; https://docs.python.org/3/library/http.client.html
"""

import http.client
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    AttemptClass,
    ConfigurationError,
    RemoteProtocolError,
)
from dragoman.transport.protocol import BODY_LIMIT, Request

PIECE: Final = 64 * 1024
LINE_LIMIT: Final = 8 * 1024
TRAILER_LIMIT: Final = 100
INTERIM_LIMIT: Final = 100

OURS: Final = frozenset({"accept-encoding", "connection", "content-length", "transfer-encoding"})
PORTS: Final = {"http": 80, "https": 443}
WHILE: Final = {
    "connect": "while connecting",
    "write": "while sending the request",
    "first_byte": "while waiting for the answer",
    "read": "while reading the answer",
}

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
URL_TEXT: Final = re.compile(r"[\x21-\x7e]*")
CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
LENGTH: Final = re.compile(r"[0-9]{1,18}")


class BlockingTransport:
    """A `Transport` over blocking sockets; threads may share it."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None

    def send(self, request: Request, *, timeout: float) -> "BlockingAnswer":
        destination = destination_of(request.url)
        check(request)
        failures = Failures(destination.address, timeout)
        if timeout <= 0:
            raise failures.expired("connect", "not_sent")
        with ExitStack() as opened:
            connection = self._connection(destination, timeout)
            opened.callback(connection.close)
            with failures.told("connect", "not_sent"):
                connection.connect()
            with failures.told("write", "ambiguous"):
                written(connection, request, destination.target)
            with failures.told("first_byte", "ambiguous"):
                response = connection.getresponse()
                opened.callback(response.close)
                headers = headers_of(response)
                body = body_of(response, headers, method=request.method)
            return BlockingAnswer(response.status, headers, body, failures, opened.pop_all())

    def _connection(self, destination: "Destination", timeout: float) -> http.client.HTTPConnection:
        host, port = destination.host, destination.port
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        if destination.secure:
            if self._context is None:
                self._context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                host, port, timeout=timeout, context=self._context
            )
        connection.response_class = FinalResponse
        return connection


class BlockingAnswer:
    """An `Answer` whose pieces are read from the socket when they are asked for."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        body: "Body",
        failures: "Failures",
        opened: ExitStack,
    ) -> None:
        self.status = status
        self.headers = headers
        self.ended_by_close = body.ended_by_close
        self._address = failures.address
        self._pieces = pieces_of(body, failures, opened)
        self._opened = opened

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def read(self, limit: int = BODY_LIMIT) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in self:
            size += len(piece)
            if size > limit:
                self.close()
                raise RemoteProtocolError(
                    f"{self._address}: expected a body of at most {limit} bytes, more came"
                )
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        self._opened.close()


def pieces_of(body: "Body", failures: "Failures", opened: ExitStack) -> Iterator[bytes]:
    """The body's pieces; at their end, and at any failure, all that is `opened` is closed."""
    with opened, failures.told("read", "started"):
        yield from body.pieces


class FinalResponse(http.client.HTTPResponse):
    """A response whose head came whole, and is not an interim one.

    `http.client` takes a head that was cut for a shorter one, and passes over no interim answer
    but 100.
    """

    def begin(self) -> None:
        reader = self.fp
        # Strict for as long as the head is read, which asks for `readline` and `close` alone.
        self.fp = HeadReader(reader)  # type: ignore[assignment]  # no BufferedReader for once
        try:
            super().begin()
            for _ in range(INTERIM_LIMIT):
                if self.status >= 200 or self.status == http.client.SWITCHING_PROTOCOLS:
                    break
                # What `begin` looks at to know whether a head has been read.
                self.headers = None  # type: ignore[assignment]  # typed as set from the start
                super().begin()
        finally:
            if self.fp is not None:  # `begin` lets go of it when it gives up
                self.fp = reader
        if self.status < 200:
            raise http.client.HTTPException(f"status {self.status} is no final answer")


class HeadReader(NamedTuple):
    reader: BufferedReader

    def readline(self, limit: int) -> bytes:
        return line_of(self.reader, limit)

    def close(self) -> None:
        self.reader.close()


class Failures(NamedTuple):
    """Turns what sockets and `http.client` raise into our errors, which name the address."""

    address: str
    timeout: float

    @contextmanager
    def told(self, phase: str, attempt_class: AttemptClass) -> Iterator[None]:
        code = "stream_truncated" if phase == "read" else None
        where = f"{self.address}: {WHILE[phase]}"
        try:
            yield
        except TimeoutError as error:
            raise self.expired(phase, attempt_class) from error
        except ssl.SSLCertVerificationError as error:
            raise APIConnectionError(
                f"{where}: its certificate is not trusted ({error.verify_message});"
                " SSL_CERT_FILE may name a file with the authorities to trust",
                attempt_class=attempt_class,
            ) from error
        except (OSError, EOFError) as error:
            # EOFError is what the framing below says of a message that was cut.
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise APIConnectionError(
                f"{where}: {reason}", code=code, attempt_class=attempt_class
            ) from error
        except http.client.HTTPException as error:
            # The text of a subclass may be a line of the answer, which no traceback is to show.
            reason = str(error) if type(error) is http.client.HTTPException else "no HTTP/1.1"
            raise RemoteProtocolError(f"{where}: {reason}") from None

    def expired(self, phase: str, attempt_class: AttemptClass) -> APITimeoutError:
        return APITimeoutError(
            f"{self.address}: {WHILE[phase]}: nothing within {self.timeout:g} s",
            phase=phase,
            attempt_class=attempt_class,
        )


class Destination(NamedTuple):
    """Where a URL leads; `address` is what messages call it."""

    secure: bool
    host: str
    port: int
    target: str

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def destination_of(url: str) -> Destination:
    if not URL_TEXT.fullmatch(url):
        raise bad_url("it holds a blank, a control or a character outside ASCII")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")  # The resolver does, and its UnicodeError would name no URL.
    except ValueError:
        raise bad_url("its host is malformed") from None
    if parts.scheme not in PORTS:
        raise bad_url("its scheme is neither http nor https")
    if parts.username is not None:
        raise bad_url("user information is not taken from it; send an authorization header")
    if not host:
        raise bad_url("its host is missing")
    if parts.fragment:
        raise bad_url("a fragment is never sent")
    try:
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise bad_url("its port is not a number from 1 to 65535")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme == "https", host, port, target)


def bad_url(what: str) -> ConfigurationError:
    # The URL itself stays out: it may hold a key wherever somebody put one.
    return ConfigurationError(f"URL: {what}", param="url")


def check(request: Request) -> None:
    """Refuses what could smuggle a line into the head; `http.client` lets NUL and folds pass."""
    if not TOKEN.fullmatch(request.method):
        raise ConfigurationError("the method holds a character that HTTP does not allow there")
    for name, value in request.headers.items():
        if not TOKEN.fullmatch(name):
            raise ConfigurationError(
                "the name of a header holds a character that HTTP does not allow there"
            )
        if not FIELD_VALUE.fullmatch(value):
            raise ConfigurationError(
                f"the value of header {name!r} holds a character that HTTP does not allow there"
            )
        if name.lower() in OURS:
            raise ConfigurationError(f"header {name!r} is written by the transport alone")


def written(connection: http.client.HTTPConnection, request: Request, target: str) -> None:
    headers = {**request.headers, "Connection": "close"}
    # Who refuses a body unread closes early, with the answer already on its way. If there is
    # none, reading it fails in the same class.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(request.method, target, request.body or None, headers)


def headers_of(response: http.client.HTTPResponse) -> dict[str, str]:
    # Where a line is no field, `email` takes the rest of the head for a body and tells it here.
    if response.headers.defects:
        raise http.client.HTTPException("a line of the head is no field")
    headers: dict[str, str] = {}
    for name, raw in response.headers.items():
        key, value = name.lower(), raw.strip()
        if not FIELD_VALUE.fullmatch(value):
            raise http.client.HTTPException("a field of the head holds a control character")
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    coding = headers.get("content-encoding", "identity")
    if coding.lower() != "identity":
        raise http.client.HTTPException(f"asked for identity, got content-encoding {coding:.40}")
    return headers


class Body(NamedTuple):
    pieces: Iterator[bytes]
    ended_by_close: bool = False


def body_of(response: http.client.HTTPResponse, headers: Mapping[str, str], *, method: str) -> Body:
    """The body as the head frames it; two framings, or one we cannot read, are refused."""
    reader = response.fp
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if method == "HEAD" or response.status in (204, 304):
        return Body(iter(()))
    if coding is not None:
        if coding.lower() != "chunked" or length is not None or response.version != 11:
            raise http.client.HTTPException("transfer-encoding is not chunked alone, on HTTP/1.1")
        return Body(chunked(reader))
    if length is not None:
        if not LENGTH.fullmatch(length):
            raise http.client.HTTPException("content-length is not one number")
        return Body(exactly(reader, int(length)))
    return Body(iter(lambda: reader.read1(PIECE), b""), ended_by_close=True)


def exactly(reader: BufferedReader, size: int) -> Iterator[bytes]:
    while size:
        piece = reader.read1(min(size, PIECE))
        if not piece:
            raise EOFError(f"closed with {size} bytes still owed")
        size -= len(piece)
        yield piece


def chunked(reader: BufferedReader) -> Iterator[bytes]:
    while size := chunk_size(line_of(reader)):
        yield from exactly(reader, size)
        if line_of(reader) != b"\r\n":
            raise http.client.HTTPException("a chunk is longer than its size")
    for _ in range(TRAILER_LIMIT):
        if line_of(reader) == b"\r\n":
            return
    raise http.client.HTTPException(f"over {TRAILER_LIMIT} trailers")


def chunk_size(line: bytes) -> int:
    found = CHUNK_SIZE.fullmatch(line)
    if found is None:
        raise http.client.HTTPException("the size of a chunk is not a hexadecimal number")
    return int(found[1], 16)


def line_of(reader: BufferedReader, limit: int = LINE_LIMIT) -> bytes:
    """The next line with its CRLF; a lone LF ends none, since others read it differently."""
    line = reader.readline(limit)
    if line.endswith(b"\r\n"):
        return line
    if line.endswith(b"\n"):
        raise http.client.HTTPException("a line ends in a lone LF")
    if len(line) == limit:
        raise http.client.HTTPException(f"a line is over {limit} bytes")
    raise EOFError("closed in the middle of a line")
