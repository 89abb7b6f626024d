"""The framing of JSON values one a line, rule by rule."""

import json
import tracemalloc

import pytest

from dragoman.errors import RemoteProtocolError
from dragoman.streaming import ndjson
from tests.framed import pieces, recorded, told

DOCUMENTED = (
    b'{"model":"qwen3","created_at":"2026-11-23T03:30:00.1Z","message":{"role":"assistant",'
    b'"content":"","thinking":"Use it."},"done":false}\n'
    b'{"model":"qwen3","created_at":"2026-11-23T03:30:00.3Z","message":{"role":"assistant",'
    b'"content":""},"done":true,"done_reason":"stop","prompt_eval_count":20,"eval_count":9}\n'
)


@pytest.mark.parametrize("cut", range(len(DOCUMENTED) + 1))
def test_the_documented_stream_may_be_cut_anywhere(cut: int) -> None:
    found = told(ndjson.Splitter(), [DOCUMENTED[:cut], DOCUMENTED[cut:]])

    assert found == (DOCUMENTED.splitlines(), None)


@recorded("ndjson", "ollama")
def test_recorded_streams_are_their_lines(stream: bytes) -> None:
    found, error = told(ndjson.Splitter(), pieces(stream, [1, 50, 3, 400]))

    assert error is None
    assert [json.loads(line) for line in found] == [json.loads(s) for s in stream.splitlines()]
    assert json.loads(found[-1])["done"] is True


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b"1\n2\n", [b"1", b"2"]),
        (b"1\r\n2\r\n", [b"1", b"2"]),
        (b"1\n2", [b"1", b"2"]),
        (b"1\n2\r", [b"1", b"2"]),
        (b"\n\r\n \t\n1\n\n\n2\n\n", [b"1", b"2"]),
        (b"  \t", []),
        (b"", []),
        (b"1\r2\n", [b"1\r2"]),
        (b"1\r\r\n", [b"1\r"]),
        (b" 1 \n", [b" 1 "]),
        (b"\xff\xc3\n", [b"\xff\xc3"]),
        ('"a\u2028b\u0085"\n'.encode(), ['"a\u2028b\u0085"'.encode()]),
    ],
)
def test_a_line_ends_with_lf_or_crlf_or_the_stream(
    stream: bytes, lines: list[bytes], size: int
) -> None:
    assert told(ndjson.Splitter(), pieces(stream, [size])) == (lines, None)


def test_a_line_is_given_when_its_end_comes() -> None:
    splitter = ndjson.Splitter()

    heard = [splitter.receive(read) for read in (b'{"a"', b":1}", b"\n", b'{"b":2}\r', b"\n{")]

    assert heard == [[], [], [b'{"a":1}'], [], [b'{"b":2}']]
    assert splitter.finish() == [b"{"]
    assert splitter.finish() == []


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_line_over_the_cap_is_the_providers_mistake(size: int, end: bytes) -> None:
    splitter = ndjson.Splitter(max_line_bytes=10)

    found = told(splitter, pieces(b"1\n" + b"x" * 10 + b"\r\n" + b"y" * 11 + end, [size]))

    assert found == ([b"1", b"x" * 10], "bad_gateway")
    assert splitter.error is not None
    with pytest.raises(RemoteProtocolError, match="at most 10 bytes, got one of at least 11"):
        splitter.receive(b"2\n")
    with pytest.raises(RemoteProtocolError, match="at most 10 bytes"):
        splitter.finish()


def test_a_large_line_in_small_pieces_holds_no_more_memory_than_its_bytes() -> None:
    """Looking again at what is held, at each piece, would copy 16 gigabytes here."""
    splitter = ndjson.Splitter()
    reads = pieces(b"x" * 2**20, [32])

    tracemalloc.start()
    for read in reads:
        splitter.receive(read)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 2 * 2**20


def test_what_is_written_can_be_read() -> None:
    stream = ndjson.encode(b'{"a":1}') + ndjson.encode(b"2")

    assert stream == b'{"a":1}\n2\n'
    assert ndjson.Splitter().receive(stream) == [b'{"a":1}', b"2"]


@pytest.mark.parametrize("data", [b"1\n2", b"1\r2", b"\n"])
def test_a_value_with_a_raw_line_break_is_not_written(data: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        ndjson.encode(data)
