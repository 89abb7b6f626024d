"""Events come out as the standard says, however their bytes are cut.

The judge reads the whole stream at once, in the plainest way.
"""

import re
from itertools import cycle

from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.errors import RemoteProtocolError
from dragoman.streaming import sse

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Told = list[tuple[str, bytes]]


def by_the_book(stream: bytes) -> Told:
    """What a whole stream says: name and data of each event."""
    told: Told = []
    name, data = "", list[bytes]()
    for line in [*re.split(rb"\r\n|\r|\n", stream.removeprefix(BYTE_ORDER_MARK)), b""]:
        if line == b"":
            joined = b"\n".join(data)
            if joined or (data and name == "error"):
                told.append((name, joined))
            name, data = "", []
        elif line.startswith(b":"):
            pass
        else:
            field, value = line.split(b":", 1) if b":" in line else (line, b"")
            if value.startswith(b" "):
                value = value[1:]
            if field == b"event":
                name = value.decode("utf-8", "replace")
            if field == b"error":
                name = "error"
            if field in (b"data", b"error"):
                data.append(value)
    return told


def split(reads: list[bytes], *, max_event_bytes: int = 2**20) -> Told:
    splitter = sse.Splitter(max_event_bytes)
    events = [event for read in reads for event in splitter.receive(read)]
    return [(event.name, event.data) for event in events + splitter.finish()]


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    reads = []
    for size in cycle(sizes):
        reads.append(stream[:size])
        stream = stream[size:]
        if not stream:
            break
    return reads


read_sizes = st.lists(st.integers(1, 9) | st.integers(10, 100), min_size=1, max_size=20)
payloads = st.binary(max_size=12).map(lambda data: re.sub(rb"[\r\n]", b"", data))
fields = st.sampled_from([b"data:", b"data: ", b":", b": ", b"event: ", b"error: ", b"id:", b"x"])
line_ends = st.sampled_from([b"\n", b"\r", b"\r\n"])
lines = st.builds(lambda field, value, end: field + value + end, fields, payloads, line_ends)
events = st.builds(lambda lines, end: b"".join(lines) + end, st.lists(lines, max_size=5), line_ends)
streams = st.builds(
    lambda mark, events, rest: mark + b"".join(events) + rest,
    st.sampled_from([b"", BYTE_ORDER_MARK]),
    st.lists(events, max_size=8),
    st.just(b"") | lines | payloads,
)

words = st.sampled_from([b"data: ", b"data:", b"data", b"event: e", b"error: 1", b":", b" ", b"1"])
marks = st.sampled_from([BYTE_ORDER_MARK, b"\xef", b"\xbb", b"\xbf"])
whole_events = st.sampled_from([b"data: 1\n\n", b"data: \n\n"])
scraps = words | marks | line_ends | whole_events
reads_of_scraps = st.lists(st.lists(scraps, max_size=6).map(b"".join), max_size=8)


@given(stream=streams, sizes=read_sizes)
def test_events_come_out_as_the_standard_says(stream: bytes, sizes: list[int]) -> None:
    assert split(cut(stream, sizes)) == by_the_book(stream)


@given(reads=reads_of_scraps)
@example(reads=[b"", b"data: 1\n\n", b"\xef\xbb\xbfdata: 2\n\n"])
@example(reads=[b": hi\n\n", b"data: 1\r\rdata: 2\n\n"])
@example(reads=[b": hi\n\n", b"data: 1\nid: 7\nda", b"ta: 2\n\n"])
def test_scraps_of_the_grammar_are_read_as_the_standard_says(reads: list[bytes]) -> None:
    assert split(reads) == by_the_book(b"".join(reads))


@given(data=st.lists(payloads.filter(bool)), sizes=read_sizes)
def test_what_is_written_is_what_is_read(data: list[bytes], sizes: list[int]) -> None:
    written = [sse.encode(one) for one in data]
    told = [("", one) for one in data]

    assert split(written) == told
    assert split([b": hi\n\n", *written]) == told
    assert split([b": hi\n\n", b"".join(written)]) == told
    assert split(cut(b"".join(written), sizes)) == told


@given(stream=streams, sizes=read_sizes, cap=st.integers(1, 40))
def test_what_is_too_large_does_not_depend_on_the_cuts(
    stream: bytes, sizes: list[int], cap: int
) -> None:
    def outcome(reads: list[bytes]) -> Told | None:
        try:
            return split(reads, max_event_bytes=cap)
        except RemoteProtocolError:
            return None

    assert outcome(cut(stream, sizes)) == outcome([stream])
