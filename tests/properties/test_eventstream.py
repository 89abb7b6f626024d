"""Messages come out of an event stream as botocore has them, however its bytes are cut.

The streams are put together here by hand: what writes messages shares no code with what reads them.
"""

import struct
import zlib
from itertools import pairwise

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from dragoman.streaming import eventstream
from dragoman.streaming.eventstream import Message
from tests.framed import pieces, sizes, told

text = st.text(max_size=20)
binary = st.binary(max_size=30)
values = st.one_of(
    st.sampled_from([b"\x00", b"\x01"]),
    st.integers(-(2**7), 2**7 - 1).map(lambda n: struct.pack("!Bb", 2, n)),
    st.integers(-(2**15), 2**15 - 1).map(lambda n: struct.pack("!Bh", 3, n)),
    st.integers(-(2**31), 2**31 - 1).map(lambda n: struct.pack("!Bi", 4, n)),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: struct.pack("!Bq", 5, n)),
    binary.map(lambda data: struct.pack("!BH", 6, len(data)) + data),
    text.map(str.encode).map(lambda data: struct.pack("!BH", 7, len(data)) + data),
    st.integers(0, 2**63 - 1).map(lambda n: struct.pack("!Bq", 8, n)),
    st.binary(min_size=16, max_size=16).map(lambda data: b"\x09" + data),
)
headers = st.dictionaries(text, values, max_size=4).map(
    lambda table: b"".join(
        bytes([len(name.encode())]) + name.encode() + value for name, value in table.items()
    )
)


def framed(headers: bytes, payload: bytes) -> bytes:
    lengths = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    whole = lengths + struct.pack("!I", zlib.crc32(lengths)) + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


messages = st.builds(framed, headers, binary)
broken = st.builds(framed, binary, binary)
"""Whose checksums are right and whose headers, mostly, are none."""

scraps = st.lists(messages | broken | binary, max_size=5).map(b"".join)


def by_botocore(stream: bytes) -> list[Message]:
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    return [Message(message.headers, message.payload) for message in buffer]


@given(stream=st.lists(messages, max_size=6).map(b"".join), sizes=sizes)
def test_messages_come_out_as_botocore_has_them(stream: bytes, sizes: list[int]) -> None:
    found, error = told(eventstream.Splitter(), pieces(stream, sizes))

    assert error is None
    assert found == by_botocore(stream)


@given(stream=scraps, sizes=sizes)
def test_what_is_no_event_stream_is_told_alike_however_it_is_cut(
    stream: bytes, sizes: list[int]
) -> None:
    assert told(eventstream.Splitter(), pieces(stream, sizes)) == told(
        eventstream.Splitter(), [stream]
    )


@given(stream=st.lists(messages, min_size=1, max_size=4).map(b"".join), data=st.data())
def test_a_stream_that_ends_within_a_message_is_truncated(
    stream: bytes, data: st.DataObject
) -> None:
    ends = [0]
    while ends[-1] < len(stream):
        ends.append(ends[-1] + int.from_bytes(stream[ends[-1] : ends[-1] + 4]))
    start, end = data.draw(st.sampled_from(list(pairwise(ends))))
    cut = data.draw(st.integers(start + 1, end - 1))

    found, error = told(eventstream.Splitter(), [stream[:cut]])

    assert error == "stream_truncated"
    assert found == by_botocore(stream[:start])


@given(
    total=st.integers(0, 60) | st.integers(0, 2**32 - 1),
    size=st.integers(0, 60) | st.integers(0, 2**32 - 1),
)
def test_no_length_makes_a_reader_wait_for_more_than_a_message_may_have(
    total: int, size: int
) -> None:
    lengths = struct.pack("!II", total, size)
    prelude = lengths + struct.pack("!I", zlib.crc32(lengths))

    found, error = told(eventstream.Splitter(max_payload_bytes=20), [prelude])

    assert found == []
    possible = size <= 128 * 1024 and 0 <= total - size - 16 <= 20
    assert error == ("stream_truncated" if possible else "bad_gateway")


@given(table=st.dictionaries(text, st.text(max_size=50), max_size=5), payload=st.binary())
def test_what_is_written_is_read_by_botocore_and_by_us(
    table: dict[str, str], payload: bytes
) -> None:
    written = eventstream.encode(table, payload)

    assert by_botocore(written) == [Message(dict(table), payload)]
    assert eventstream.Splitter().receive(written) == [Message(dict(table), payload)]
