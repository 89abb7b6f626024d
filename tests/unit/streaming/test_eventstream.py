"""AWS's event stream: byte for byte as documented, and as botocore reads it."""

import json
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from dragoman.errors import RemoteProtocolError
from dragoman.streaming import eventstream
from dragoman.streaming.eventstream import Message
from tests.framed import pieces, recorded, told

MESSAGE_START = bytes.fromhex(
    "000000760000005296d5fade0b3a6576656e742d7479706507000c6d65737361"
    "676553746172740d3a636f6e74656e742d747970650700106170706c69636174"
    "696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22"
    "726f6c65223a22617373697374616e74227d6fa8c599"
)
BLOCK_DELTA = bytes.fromhex(
    "0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e7465"
    "6e74426c6f636b44656c74610d3a636f6e74656e742d74797065070010617070"
    "6c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576"
    "656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461"
    "223a7b2274657874223a224869227d7d1f944657"
)
THROTTLED = bytes.fromhex(
    "000000b0000000614f5086b30f3a657863657074696f6e2d7479706507001374"
    "68726f74746c696e67457863657074696f6e0d3a636f6e74656e742d74797065"
    "0700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970"
    "65070009657863657074696f6e7b226d657373616765223a22546f6f206d616e"
    "7920746f6b656e732c20706c656173652077616974206265666f726520747279"
    "696e6720616761696e2e227df70ae57f"
)
STREAM = MESSAGE_START + BLOCK_DELTA + THROTTLED

JSON_EVENT = {":content-type": "application/json", ":message-type": "event"}
TOLD = [
    Message({":event-type": "messageStart", **JSON_EVENT}, b'{"role":"assistant"}'),
    Message(
        {":event-type": "contentBlockDelta", **JSON_EVENT},
        b'{"contentBlockIndex":0,"delta":{"text":"Hi"}}',
    ),
    Message(
        {
            ":exception-type": "throttlingException",
            ":content-type": "application/json",
            ":message-type": "exception",
        },
        b'{"message":"Too many tokens, please wait before trying again."}',
    ),
]


def framed(
    headers: bytes, payload: bytes = b"", *, lengths: tuple[int, int] | None = None
) -> bytes:
    """A message of these bytes, whose checksums are right whatever else is wrong."""
    total, size = lengths or (16 + len(headers) + len(payload), len(headers))
    prelude = struct.pack("!II", total, size)
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


def header(name: bytes, kind: int, value: bytes = b"") -> bytes:
    return bytes([len(name)]) + name + bytes([kind]) + value


def by_botocore(stream: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    return [(message.headers, message.payload) for message in buffer]


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_the_documented_stream_may_be_cut_anywhere(cut: int) -> None:
    found = told(eventstream.Splitter(), [STREAM[:cut], STREAM[cut:]])

    assert found == (TOLD, None)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_documented_stream_may_come_in_crumbs(size: int) -> None:
    found = told(eventstream.Splitter(), pieces(STREAM, [size]))

    assert found == (TOLD, None)


def test_messages_are_written_byte_for_byte_as_documented() -> None:
    written = [
        eventstream.encode({k: str(v) for k, v in message.headers.items()}, message.payload)
        for message in TOLD
    ]

    assert written == [MESSAGE_START, BLOCK_DELTA, THROTTLED]


@recorded("aws-eventstream", "bedrock-converse", "anthropic-messages")
def test_recorded_streams_are_read_as_botocore_reads_them(stream: bytes) -> None:
    found, error = told(eventstream.Splitter(), pieces(stream, [700]))

    assert error is None
    assert [(one.headers, one.payload) for one in found] == by_botocore(stream)
    assert all(json.loads(one.payload) for one in found)


@recorded("aws-eventstream", "bedrock-converse", "anthropic-messages")
def test_recorded_streams_are_written_again_to_the_byte(stream: bytes) -> None:
    messages = eventstream.Splitter().receive(stream)

    written = b"".join(
        eventstream.encode({k: str(v) for k, v in one.headers.items()}, one.payload)
        for one in messages
    )

    assert written == stream


# Headers


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (0, b"", True),
        (1, b"", False),
        (2, b"\xff", -1),
        (3, b"\x80\x00", -32768),
        (4, b"\x00\x00\x01\x00", 256),
        (5, b"\x7f" + b"\xff" * 7, 2**63 - 1),
        (6, b"\x00\x02\xff\x00", b"\xff\x00"),
        (7, b"\x00\x03\xe2\x82\xac", "€"),
        (8, b"\x00\x00\x01\x9a\xb0\x00\x00\x00", 0x19AB0000000),
        (9, bytes(range(16)), bytes(range(16))),
    ],
)
def test_a_header_has_the_value_of_its_type(kind: int, value: bytes, meant: object) -> None:
    stream = framed(header(b"a", kind, value) + header(b"b", 0), b"x")

    (message,) = eventstream.Splitter().receive(stream)

    assert message == Message({"a": meant, "b": True}, b"x")  # type: ignore[dict-item]  # any of them
    assert type(message.headers["a"]) is type(meant)
    assert by_botocore(stream) == [(message.headers, b"x")]


@pytest.mark.parametrize(
    "headers",
    [
        b"\x05ab",
        b"\x01a",
        header(b"a", 10),
        header(b"a", 255),
        header(b"a", 2),
        header(b"a", 5, b"1234567"),
        header(b"a", 6, b"\x00"),
        header(b"a", 7, b"\x00\x05four"),
        header(b"a", 7, b"\x00\x02\xc3\x28"),
        header(b"a", 9, b"123456789012345"),
        header(b"\xff", 0),
        header(b"a", 0) + header(b"a", 1),
    ],
)
def test_headers_that_are_none_are_the_providers_mistake(headers: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="header") as caught:
        eventstream.Splitter().receive(framed(headers, b"payload long enough to be read over"))

    assert caught.value.code == "bad_gateway"


def test_a_message_needs_neither_headers_nor_payload() -> None:
    assert eventstream.Splitter().receive(framed(b"")) == [Message({}, b"")]


# What is no message


@pytest.mark.parametrize("at", range(len(MESSAGE_START)))
def test_a_byte_changed_on_its_way_is_noticed(at: int) -> None:
    changed = bytearray(MESSAGE_START)
    changed[at] ^= 0x20

    with pytest.raises(RemoteProtocolError, match="checksum") as caught:
        eventstream.Splitter().receive(bytes(changed))

    assert caught.value.code == "bad_gateway"


@pytest.mark.parametrize(
    "lengths",
    [(0, 0), (15, 0), (16, 1), (1000, 985), (2**32 - 1, 0), (2**32 - 1, 2**32 - 17)],
)
def test_lengths_that_cannot_be_are_noticed_before_anything_is_waited_for(
    lengths: tuple[int, int],
) -> None:
    prelude = framed(b"", lengths=lengths)[:12]

    with pytest.raises(RemoteProtocolError, match="bytes, got"):
        eventstream.Splitter().receive(prelude)


@pytest.mark.parametrize(
    ("headers", "payload", "fits"),
    [
        (128 * 1024, 24 * 2**20, True),
        (128 * 1024 + 1, 0, False),
        (0, 24 * 2**20 + 1, False),
    ],
)
def test_a_message_is_as_large_as_botocore_takes_it(headers: int, payload: int, fits: bool) -> None:
    prelude = framed(b"", lengths=(16 + headers + payload, headers))[:12]
    found, error = told(eventstream.Splitter(), [prelude])

    assert found == []
    assert error == ("stream_truncated" if fits else "bad_gateway")


def test_the_cap_of_a_payload_may_be_lower() -> None:
    splitter = eventstream.Splitter(max_payload_bytes=10)

    assert splitter.receive(framed(b"", b"x" * 10))
    with pytest.raises(RemoteProtocolError, match="0 to 10 bytes, got 11"):
        splitter.receive(framed(b"", b"x" * 11))


def test_what_came_before_a_broken_message_is_given_and_then_its_error() -> None:
    splitter = eventstream.Splitter()
    broken = MESSAGE_START[:-1] + b"\x00"

    heard = splitter.receive(MESSAGE_START + broken + BLOCK_DELTA)

    assert heard == TOLD[:1]
    assert splitter.error is not None
    with pytest.raises(RemoteProtocolError, match="checksum"):
        splitter.receive(BLOCK_DELTA)
    with pytest.raises(RemoteProtocolError, match="checksum"):
        splitter.finish()


@pytest.mark.parametrize("size", [1, 11, 12, 13, len(MESSAGE_START) - 1])
def test_a_message_cut_at_the_end_is_truncated(size: int) -> None:
    splitter = eventstream.Splitter()
    heard = splitter.receive(BLOCK_DELTA + MESSAGE_START[:size])

    with pytest.raises(RemoteProtocolError, match=f"ended {size} bytes into") as caught:
        splitter.finish()

    assert heard == TOLD[1:2]
    assert caught.value.code == "stream_truncated"


def test_a_stream_without_a_message_ends_well() -> None:
    assert eventstream.Splitter().finish() == []


def test_a_large_message_in_small_pieces_holds_no_more_memory_than_its_bytes() -> None:
    """Looking again at what is held, at each piece, would copy 16 gigabytes here."""
    splitter = eventstream.Splitter()
    stream = framed(b"", b"x" * 2**20)[:-1]
    reads = pieces(stream, [32])

    tracemalloc.start()
    for read in reads:
        splitter.receive(read)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 2 * 2**20


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ({"x" * 256: ""}, b""),
        ({"x": "y" * 65536}, b""),
        ({str(n): "y" * 65000 for n in range(3)}, b""),
        ({}, bytes(24 * 2**20 + 1)),
    ],
)
def test_what_has_no_room_is_not_written(headers: dict[str, str], payload: bytes) -> None:
    with pytest.raises(ValueError, match="at most"):
        eventstream.encode(headers, payload)
