"""AWS's binary event stream: bytes to messages and back, however the network cuts them.

    total length | length of the headers | CRC32 of these | headers | payload | CRC32 of all
         u32     |          u32          |       u32      |         |         |      u32

Framing only. What `:message-type` and `:event-type` say, and whether a payload is JSON, is for
whoever reads the messages. Nothing that was cut or changed on its way is given: both checksums are
verified, and headers have to fill their place exactly.

Reference: https://smithy.io/2.0/aws/amazon-eventstream.html, and botocore's `eventstream`, whose
limits these are.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from dragoman.errors import RemoteProtocolError

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"

HEADERS_LIMIT: Final = 128 * 1024
"""Bytes of all headers of one message."""

PAYLOAD_LIMIT: Final = 24 * 1024 * 1024
"""Bytes of one payload."""

PRELUDE: Final = struct.Struct("!III")
CRC: Final = struct.Struct("!I")
AROUND: Final = PRELUDE.size + CRC.size
"""Bytes of a message besides its headers and its payload."""

Value: TypeAlias = bool | int | bytes | str
"""A header's value; a timestamp is its milliseconds since 1970, a UUID its 16 bytes."""

CONSTANTS: Final = {0: True, 1: False}
INTEGERS: Final = {
    2: struct.Struct("!b"),
    3: struct.Struct("!h"),
    4: struct.Struct("!i"),
    5: struct.Struct("!q"),
    8: struct.Struct("!q"),
}
BYTES: Final = 6
STRING: Final = 7
UUID: Final = 9
UUID_SIZE: Final = 16


class Message(msgspec.Struct, frozen=True):
    """One message; the payload is not decoded."""

    headers: Mapping[str, Value]
    payload: bytes


class Splitter:
    """Bytes of one event stream in, its messages out.

    A message that is not one is the provider's mistake, and the end: what came before it is
    given, then `error` is raised.
    """

    __slots__ = ("_block", "_headers", "_held", "_max_payload_bytes", "error")

    error: RemoteProtocolError | None
    """Why nothing more will come; set once the last good message has been given."""

    def __init__(self, max_payload_bytes: int = PAYLOAD_LIMIT) -> None:
        self._max_payload_bytes = max_payload_bytes
        self._held = bytearray()
        # Nearly all messages of a stream have the same headers, and those are most of the work.
        self._block = b""
        self._headers: Mapping[str, Value] = {}
        self.error = None

    def receive(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete; raises `error` where there is nothing else."""
        messages: list[Message] = []
        if self.error is None:
            self._held += data
            at = 0
            try:
                while (end := self._end(at)) is not None and end <= len(self._held):
                    messages.append(self._message(bytes(self._held[at:end])))
                    at = end
            except RemoteProtocolError as error:
                self.error = error
                at = len(self._held)
            del self._held[:at]
        if self.error is not None and not messages:
            raise self.error
        return messages

    def finish(self) -> list[Message]:
        """At the end of the body: nothing more, since a message is given when it is complete.

        Raises `error`; it is `stream_truncated` where the last message was cut.
        """
        if self.error is None and self._held:
            self.error = RemoteProtocolError(
                f"expected whole messages; the stream ended {len(self._held)} bytes into one",
                code="stream_truncated",
            )
            self._held.clear()
        if self.error is not None:
            raise self.error
        return []

    def _end(self, at: int) -> int | None:
        """Where the message that starts here ends; None while its prelude is not all there.

        Checked before anything is waited for, so that no length, right or wrong, makes us hold
        more than a message may have.
        """
        if len(self._held) - at < PRELUDE.size:
            return None
        total, headers, crc = PRELUDE.unpack_from(self._held, at)
        _verify(bytes(self._held[at : at + PRELUDE.size - CRC.size]), crc, "the prelude")
        payload = total - headers - AROUND
        if headers > HEADERS_LIMIT:
            raise RemoteProtocolError(
                f"expected headers of at most {HEADERS_LIMIT} bytes, got {headers}"
            )
        if not 0 <= payload <= self._max_payload_bytes:
            raise RemoteProtocolError(
                f"expected a payload of 0 to {self._max_payload_bytes} bytes, got {payload}"
            )
        return at + int(total)

    def _message(self, data: bytes) -> Message:
        """The message that these bytes are, whose prelude is known to be right."""
        end = len(data) - CRC.size
        _verify(data[:end], CRC.unpack_from(data, end)[0], "the whole")
        start = PRELUDE.size + PRELUDE.unpack_from(data)[1]
        block = data[PRELUDE.size : start]
        if block != self._block:
            try:
                self._headers = _headers(block)
            except (struct.error, UnicodeDecodeError):
                raise RemoteProtocolError("expected headers, got bytes that are none") from None
            self._block = block
        return Message(self._headers, data[start:end])


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message, all of whose headers are strings, as those of Bedrock are.

    Raises `ValueError` for a name, a value, headers or a payload that have no room in one.
    """
    try:
        written = b"".join(_header(name, value) for name, value in headers.items())
    except struct.error:
        raise ValueError("expected names of at most 255 bytes, values of at most 65535") from None
    if len(written) > HEADERS_LIMIT or len(payload) > PAYLOAD_LIMIT:
        raise ValueError(f"expected at most {HEADERS_LIMIT} and {PAYLOAD_LIMIT} bytes")
    lengths = struct.pack("!II", AROUND + len(written) + len(payload), len(written))
    message = lengths + CRC.pack(zlib.crc32(lengths)) + written + payload
    return message + CRC.pack(zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", STRING, len(text)) + text


def _verify(data: bytes, crc: int, what: str) -> None:
    found = zlib.crc32(data)
    if found != crc:
        raise RemoteProtocolError(
            f"{what} of a message: expected the checksum {crc:08x}, got {found:08x}"
        )


def _headers(data: bytes) -> dict[str, Value]:
    """Raises `struct.error` and `UnicodeDecodeError` too."""
    headers: dict[str, Value] = {}
    at = 0
    while at < len(data):
        size = data[at]
        name, at = _cut(data, at + 1, size)
        kind, at = _cut(data, at, 1)
        key = name.decode()
        if key in headers:
            raise RemoteProtocolError(f"expected each header once, got {key[:64]!r} again")
        headers[key], at = _value(kind[0], data, at)
    return headers


def _value(kind: int, data: bytes, at: int) -> tuple[Value, int]:
    """The value of this type that starts here, and where it ends."""
    if kind in CONSTANTS:
        return CONSTANTS[kind], at
    if kind in INTEGERS:
        integer = INTEGERS[kind]
        return int(integer.unpack_from(data, at)[0]), at + integer.size
    if kind == UUID:
        return _cut(data, at, UUID_SIZE)
    if kind not in (BYTES, STRING):
        raise RemoteProtocolError(f"expected a header of a type from 0 to 9, got {kind}")
    (size,) = struct.unpack_from("!H", data, at)
    found, end = _cut(data, at + 2, size)
    return (found.decode() if kind == STRING else found), end


def _cut(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """That many bytes from here, and where they end."""
    end = at + size
    if end > len(data):
        raise struct.error
    return data[at:end], end
