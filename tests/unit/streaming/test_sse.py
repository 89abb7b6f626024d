"""The framing of server-sent events, rule by rule, and the torture stream at every cut."""

import json
import tracemalloc
from collections.abc import Iterable

import pytest

from dragoman.errors import RemoteProtocolError
from dragoman.streaming import sse
from dragoman.streaming.sse import Event

TORTURE = (
    "\ufeff: OPENROUTER PROCESSING\n\n"
    'event: message\r\ndata:{"a":1,\r\ndata:  "b":"é"}\r\nid: 7\r\n\r\n'
    'data: {"c":2}\r\r'
    ": ping\n\n"
    "data:\n\n"
    "data: [DONE]\n\n"
    'data: {"late":true}\n\n'
).encode()

TOLD = [
    Event('{"a":1,\n "b":"é"}'.encode(), "message"),
    Event(b'{"c":2}'),
    Event(b"[DONE]"),
    Event(b'{"late":true}'),
]


def events_of(reads: Iterable[bytes]) -> list[Event]:
    splitter = sse.Splitter()
    events = [event for read in reads for event in splitter.receive(read)]
    return events + splitter.finish()


def pieces_of(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


@pytest.mark.parametrize("cut", range(len(TORTURE) + 1))
def test_the_torture_stream_may_be_cut_anywhere(cut: int) -> None:
    events = events_of([TORTURE[:cut], TORTURE[cut:]])

    assert events == TOLD


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_torture_stream_may_come_in_crumbs(size: int) -> None:
    events = events_of(pieces_of(TORTURE, size))

    assert events == TOLD


def test_a_reader_of_the_torture_stream_finds_two_values_before_the_end() -> None:
    data = [event.data for event in events_of([TORTURE])]

    before = data[: data.index(b"[DONE]")]

    assert [json.loads(one) for one in before] == [{"a": 1, "b": "é"}, {"c": 2}]


# Rule 1: lines


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_ends_with_lf_cr_or_both(end: str) -> None:
    stream = f"data: 1{end}{end}data: 2{end}{end}".encode()

    assert events_of([stream]) == [Event(b"1"), Event(b"2")]


def test_line_ends_may_be_mixed_within_an_event() -> None:
    events = events_of([b"event: a\rdata: 1\r\ndata: 2\n\r\ndata: 3\n\r"])

    assert events == [Event(b"1\n2", "a"), Event(b"3")]


def test_a_cr_in_a_read_that_ends_with_two_lf_ends_a_line() -> None:
    events = events_of([b": hi\n\n", b"data: 1\r\rdata: 2\n\n", b"data: 3\rdata: 4\n\n"])

    assert events == [Event(b"1"), Event(b"2"), Event(b"3\n4")]


def test_a_cr_at_the_end_of_a_read_waits_for_its_lf() -> None:
    splitter = sse.Splitter()

    heard = [splitter.receive(read) for read in (b"data: 1\r", b"\ndata: 2\r\n\r", b"\n")]

    assert heard == [[], [], [Event(b"1\n2")]]


def test_a_cr_at_the_end_of_a_read_may_stand_alone() -> None:
    splitter = sse.Splitter()

    heard = [splitter.receive(read) for read in (b"data: 1\r\r", b"data: 2\r", b"\r", b"\r")]

    assert heard == [[], [Event(b"1")], [], [Event(b"2")]]


def test_a_cr_at_the_end_of_the_stream_stands_alone() -> None:
    splitter = sse.Splitter()

    heard = splitter.receive(b"data: 1\r\r")

    assert (heard, splitter.finish()) == ([], [Event(b"1")])


def test_an_empty_read_changes_nothing() -> None:
    events = events_of([b"", b"data: 1\r", b"", b"\n\r", b"", b"\ndata", b"", b": 2\n\n", b""])

    assert events == [Event(b"1"), Event(b"2")]


def test_other_line_ends_of_unicode_are_data() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf".encode()

    assert events_of([b": hi\n\n", b"data: " + text + b"\n\n"]) == [Event(text)]


def test_data_are_not_decoded() -> None:
    assert events_of([b": hi\n\n", b"data: \xff\xc3\n\n"]) == [Event(b"\xff\xc3")]


# Rule 2: the byte order mark


@pytest.mark.parametrize("cut", range(4))
def test_one_byte_order_mark_is_dropped_at_the_start(cut: int) -> None:
    stream = b"\xef\xbb\xbfdata: 1\n\n"

    assert events_of([stream[:cut], stream[cut:]]) == [Event(b"1")]


def test_a_second_byte_order_mark_spoils_the_field_name() -> None:
    assert events_of([b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n"]) == [Event(b"2")]


def test_a_byte_order_mark_after_the_start_spoils_the_field_name() -> None:
    events = events_of([b"data: 1\n\n", b"\xef\xbb\xbfdata: 2\n\n", b"data: 3\n\n"])

    assert events == [Event(b"1"), Event(b"3")]


def test_a_byte_order_mark_within_data_is_data() -> None:
    assert events_of([b"data: \xef\xbb\xbf1\n\n"]) == [Event(b"\xef\xbb\xbf1")]


# Rule 3: dispatch


def test_an_event_ends_with_an_empty_line_and_not_before() -> None:
    splitter = sse.Splitter()

    heard = [splitter.receive(read) for read in (b"data: 1\n", b"\n", b"\n\n")]

    assert heard == [[], [Event(b"1")], []]


def test_one_read_may_hold_several_events() -> None:
    events = events_of([b": hi\n\n", b"data: 1\n\ndata: 2\n\ndata: 3\n\n"])

    assert events == [Event(b"1"), Event(b"2"), Event(b"3")]


def test_an_event_without_a_data_line_is_not_given_and_its_name_is_forgotten() -> None:
    events = events_of([b"event: ping\n\ndata: 1\n\n"])

    assert events == [Event(b"1")]


def test_an_event_may_be_cut_within_a_line_and_between_lines() -> None:
    events = events_of(
        [b": hi\n\n", b"data: 1\nid: 7\nda", b"ta: 2\n", b"data: 3\n\n", b"data: 4\n\n"]
    )

    assert events == [Event(b"1\n2\n3"), Event(b"4")]


def test_a_name_waits_for_the_data_of_the_next_read() -> None:
    events = events_of([b": hi\n\n", b"event: delta\n", b"data: 1\n\n", b"data: 2\n\n"])

    assert events == [Event(b"1", "delta"), Event(b"2")]


# Rule 4: comments


@pytest.mark.parametrize("comment", [b":", b": ping", b":data: 1", sse.KEEP_ALIVE])
def test_a_comment_is_no_event(comment: bytes) -> None:
    events = events_of([b"data: 1\n\n", comment, b"\n\n", b"data: 2\n\n"])

    assert events == [Event(b"1"), Event(b"2")]


def test_a_comment_within_an_event_does_not_end_it() -> None:
    assert events_of([b"data: 1\n: ping\ndata: 2\n\n"]) == [Event(b"1\n2")]


# Rule 5: fields


def test_at_most_one_space_after_the_colon_is_dropped() -> None:
    events = events_of([b": hi\n\n", b"data:1\n\n", b"data: 2\n\n", b"data:  3 \n\n"])

    assert events == [Event(b"1"), Event(b"2"), Event(b" 3 ")]


def test_a_tab_after_the_colon_is_data() -> None:
    assert events_of([b"data:\t1\n\n"]) == [Event(b"\t1")]


def test_a_field_name_ends_with_the_first_colon() -> None:
    assert events_of([b'data: {"a":1}\n\n']) == [Event(b'{"a":1}')]


def test_a_field_without_colon_has_an_empty_value() -> None:
    assert events_of([b"event: a\ndata: 1\ndata\nevent\n\n"]) == [Event(b"1\n")]


def test_data_lines_are_joined_by_lf() -> None:
    assert events_of([b": hi\n\n", b"data: 1\ndata:\ndata: 3\n\n"]) == [Event(b"1\n\n3")]


def test_the_last_name_of_an_event_counts() -> None:
    assert events_of([b"event: a\ndata: 1\nevent: b\n\n"]) == [Event(b"1", "b")]


def test_a_name_that_is_no_utf8_is_repaired() -> None:
    assert events_of([b"event: \xc3\xa9\xff\ndata: 1\n\n"]) == [Event(b"1", "é\ufffd")]


@pytest.mark.parametrize(
    "line", [b"id: 7", b"id: 7\x00", b"retry: 3000", b"retry: soon", b"Data: 2", b" data: 2", b"x"]
)
def test_other_fields_are_passed_over(line: bytes) -> None:
    assert events_of([b"data: 1\n" + line + b"\n\n"]) == [Event(b"1")]


def test_the_old_error_line_of_llama_cpp_is_an_event_named_error() -> None:
    events = events_of([b"data: 1\n\n", b'error: {"code":500}\n\n', b"data: 2\n\n"])

    assert events == [Event(b"1"), Event(b'{"code":500}', "error"), Event(b"2")]


# Rule 6: the end of input


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_the_last_event_needs_no_empty_line(end: bytes) -> None:
    events = events_of([b"data: 1\n\n", b"event: a\ndata: [DONE]" + end])

    assert events == [Event(b"1"), Event(b"[DONE]", "a")]


def test_half_an_event_at_the_end_is_given_for_the_reader_to_judge() -> None:
    splitter = sse.Splitter()
    splitter.receive(b'data: {"a":')

    assert splitter.finish() == [Event(b'{"a":')]


@pytest.mark.parametrize("rest", [b"", b"event: a", b": ping", b"dat", b"\xef\xbb"])
def test_nothing_is_left_at_the_end_where_no_data_came(rest: bytes) -> None:
    assert events_of([rest]) == []


def test_the_end_comes_once() -> None:
    splitter = sse.Splitter()
    splitter.receive(b"data: 1\r")

    assert [splitter.finish(), splitter.finish()] == [[Event(b"1")], []]


# Rule 7: the terminator, and nothing said


def test_what_follows_the_terminator_is_left_to_the_reader() -> None:
    events = events_of([b": hi\n\n", sse.DONE, b"data: 1\n\n"])

    assert events == [Event(b"[DONE]"), Event(b"1")]


@pytest.mark.parametrize(
    "empty", [b"data:\n\n", b"data: \n\n", b"data\n\n", b"event: a\ndata:\n\n"]
)
def test_an_event_with_empty_data_is_dropped(empty: bytes) -> None:
    events = events_of([b"data: 1\n\n", empty, empty + empty, b"data: 2\n\n" + empty])

    assert events == [Event(b"1"), Event(b"2")]


# Rule 9: errors


@pytest.mark.parametrize("stream", [b"event: error\ndata:\n\n", b"error:\n\n", b"error\n\n"])
def test_an_error_is_given_even_if_it_says_nothing(stream: bytes) -> None:
    assert events_of([stream]) == [Event(b"", "error")]


# The cap, and the cost of small pieces


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "event",
    [
        b"data: " + b"x" * 95 + b"\n\n",
        b"data: 0123456789\n" * 10 + b"\n",
        b"data: " + b"x" * 60 + b"\ndata: " + b"x" * 60,
        b":" + b" " * 100,
    ],
)
def test_an_event_over_the_cap_is_the_providers_mistake(event: bytes, size: int) -> None:
    splitter = sse.Splitter(max_event_bytes=100)
    splitter.receive(b"data: 1\n\n")

    with pytest.raises(RemoteProtocolError, match=r"at most 100 bytes, got .* 1\d\d$") as caught:
        list(map(splitter.receive, pieces_of(event, size)))

    assert caught.value.code == "bad_gateway"


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_the_cap_holds_for_one_event_and_not_for_the_stream(size: int) -> None:
    splitter = sse.Splitter(max_event_bytes=100)
    stream = (b"data: " + b"x" * 94 + b"\n\n" + b": ping\n") * 100

    events = [event for piece in pieces_of(stream, size) for event in splitter.receive(piece)]

    assert events == [Event(b"x" * 94)] * 100


@pytest.mark.parametrize("line", [b"x" * 8 * 2**20, b"x" * 61 + b"\n" + b"data: "])
def test_a_large_event_in_small_pieces_is_looked_at_once(line: bytes) -> None:
    """Looking again at what is held, at each piece, would copy half a terabyte here."""
    lines = line * (8 * 2**20 // len(line))
    stream = b"data: " + lines + b"\n\n"
    splitter = sse.Splitter()

    heard = [splitter.receive(piece) for piece in pieces_of(stream, 64)]

    assert heard[:-1] == [[]] * (len(heard) - 1)
    assert heard[-1] == [Event(lines.replace(b"\ndata: ", b"\n"))]


def test_an_event_in_tiny_pieces_holds_no_more_memory_than_its_bytes() -> None:
    pieces = pieces_of(b"data: " + b"xy" * 2**16, 2)
    splitter = sse.Splitter()

    tracemalloc.start()
    for piece in pieces:
        splitter.receive(piece)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 2 * 2**17


# The writer


def test_an_event_is_written_on_one_line() -> None:
    assert sse.encode(b'{"a":1}') == b'data: {"a":1}\n\n'


def test_what_is_written_can_be_read() -> None:
    stream = sse.encode(b'{"a":1}') + sse.KEEP_ALIVE + sse.DONE

    assert events_of([stream]) == [Event(b'{"a":1}'), Event(b"[DONE]")]


@pytest.mark.parametrize("data", [b"1\n2", b"1\r2", b"1\r\n", b"\n"])
def test_data_with_a_raw_line_break_are_not_written(data: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        sse.encode(data)
