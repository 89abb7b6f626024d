"""The framing of an array of objects that arrive over time, rule by rule."""

import json
import tracemalloc

import pytest

from dragoman.errors import RemoteProtocolError
from dragoman.streaming import jsonarray
from tests.framed import pieces, recorded, told

ODD = rb'[{"a":"}]\"{[\\"}' + b'\n,\r\n{"b":[{},[{}]],"c":{"d":"\xe2\x82\xac"}} ]\n'
ELEMENTS = [rb'{"a":"}]\"{[\\"}', b'{"b":[{},[{}]],"c":{"d":"\xe2\x82\xac"}}']


@pytest.mark.parametrize("cut", range(len(ODD) + 1))
def test_the_array_may_be_cut_anywhere(cut: int) -> None:
    assert told(jsonarray.Splitter(), [ODD[:cut], ODD[cut:]]) == (ELEMENTS, None)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_array_may_come_in_crumbs(size: int) -> None:
    assert told(jsonarray.Splitter(), pieces(ODD, [size])) == (ELEMENTS, None)


@recorded("json-array", "gemini")
def test_recorded_streams_are_the_objects_of_their_array(stream: bytes) -> None:
    found, error = told(jsonarray.Splitter(), pieces(stream, [1, 50, 3, 400]))

    assert error is None
    assert [json.loads(element) for element in found] == json.loads(stream)


def test_an_object_is_given_when_its_last_bracket_comes() -> None:
    splitter = jsonarray.Splitter()

    heard = [splitter.receive(read) for read in (b"[", b'{"a"', b":1", b"}", b",\n", b"{}{}]")]

    assert heard == [[], [], [], [b'{"a":1}'], [], [b"{}", b"{}"]]
    assert splitter.finish() == []


def test_an_empty_array_ends_well() -> None:
    assert told(jsonarray.Splitter(), [b" [\r\n] "]) == ([], None)


@pytest.mark.parametrize("end", [b"", b" ", b"[", b"[{}", b"[{},", b'[{"a":"]', b'[{"a":[]'])
def test_an_array_that_is_not_closed_is_truncated(end: bytes) -> None:
    found, error = told(jsonarray.Splitter(), [end])

    assert found == [b"{}"] * end.count(b"{}")
    assert error == "stream_truncated"


@pytest.mark.parametrize(
    "stream", [b"{}", b"1", b"data: {}", b"[1]", b'["a"]', b"[[]]", b"[{}]]", b"[{}]{}", b"[}"]
)
def test_what_is_no_array_of_objects_is_the_providers_mistake(stream: bytes) -> None:
    found, error = told(jsonarray.Splitter(), pieces(stream, [1]))

    assert found == ([b"{}"] if stream.startswith(b"[{}") else [])
    assert error == "bad_gateway"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_object_over_the_cap_is_the_providers_mistake(size: int) -> None:
    splitter = jsonarray.Splitter(max_element_bytes=10)

    found = told(splitter, pieces(b'[{"a":"xy"},{"a":"xyz"}]', [size]))

    assert found == ([b'{"a":"xy"}'], "bad_gateway")
    with pytest.raises(RemoteProtocolError, match="at most 10 bytes"):
        splitter.receive(b",{}]")


def test_a_large_object_in_small_pieces_holds_no_more_memory_than_its_bytes() -> None:
    """Looking again at what is held, at each piece, would copy 16 gigabytes here."""
    splitter = jsonarray.Splitter()
    reads = pieces(b'[{"a":"' + b"x" * 2**20, [32])

    tracemalloc.start()
    for read in reads:
        splitter.receive(read)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 2 * 2**20
