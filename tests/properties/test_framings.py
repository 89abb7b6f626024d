"""Lines and arrays come out as whole streams say, however their bytes are cut.

The judges read a stream at once, in the plainest way: `splitlines` after a fashion, and `json`.
"""

import json

from hypothesis import given
from hypothesis import strategies as st

from dragoman.streaming import jsonarray, ndjson
from tests.framed import pieces, sizes, told

scraps = st.sampled_from([b"\n", b"\r", b"\r\n", b" ", b"{}", b'"a"', b"\xff", b"x"])
lines = st.lists(scraps | st.binary(max_size=10), max_size=30).map(b"".join)

leaves = st.none() | st.integers(-9, 9) | st.text(alphabet='ab"\\{}[],\n€', max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=4)
indents = st.none() | st.integers(0, 2)
structure = st.sampled_from([b"[", b"]", b"{", b"}", b",", b'"', b"\\", b" ", b"1", b'{"a":1}'])
arrays = st.lists(structure, max_size=30).map(b"".join)


@given(stream=lines, sizes=sizes)
def test_lines_come_out_however_they_are_cut(stream: bytes, sizes: list[int]) -> None:
    found = told(ndjson.Splitter(), pieces(stream, sizes))

    ended = [line[:-1] if line.endswith(b"\r") else line for line in stream.split(b"\n")]
    assert found == ([line for line in ended if line.strip()], None)


@given(stream=lines, sizes=sizes, cap=st.integers(1, 12))
def test_what_line_is_too_long_does_not_depend_on_the_cuts(
    stream: bytes, sizes: list[int], cap: int
) -> None:
    assert told(ndjson.Splitter(cap), pieces(stream, sizes)) == told(ndjson.Splitter(cap), [stream])


@given(told_first=st.lists(objects, max_size=5), indent=indents, ascii=st.booleans(), sizes=sizes)
def test_objects_come_out_of_an_array_however_it_is_cut(
    told_first: list[object], indent: int | None, ascii: bool, sizes: list[int]
) -> None:
    stream = json.dumps(told_first, indent=indent, ensure_ascii=ascii).encode()

    found, error = told(jsonarray.Splitter(), pieces(stream, sizes))

    assert error is None
    assert [json.loads(element) for element in found] == told_first


@given(stream=arrays, sizes=sizes, cap=st.integers(1, 30))
def test_what_is_no_array_is_told_alike_however_it_is_cut(
    stream: bytes, sizes: list[int], cap: int
) -> None:
    whole = told(jsonarray.Splitter(cap), [stream])

    assert told(jsonarray.Splitter(cap), pieces(stream, sizes)) == whole
