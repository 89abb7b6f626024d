"""Decoders of streams under bytes that nobody would send, for all dialects alike.

Whatever comes, and however it is cut: chunks that are valid and then, perhaps, one of our errors;
and never more memory than what came is worth.
"""

import json
import tracemalloc
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import DIALECTS
from dragoman.errors import Error
from tests import schema
from tests.mutated import Change, answers, changed, changes, scratches, streams
from tests.spoken import MADE

MIB = 1024 * 1024

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
cuts = st.lists(st.integers(0, 9999), max_size=6)

ENDLESS: dict[str, bytes] = {
    "a line": b"data: " + b"x" * MIB,
    "a text": b'{"a":"' + b"x" * MIB,
    "an array": b'[{"a":"' + b"x" * MIB,
    "a message": b"\x00\xff\xff\xff\x00\x00\x00\x00" + b"x" * MIB,
}
"""Beginnings of what never ends, in each of the framings."""


def cut(raw: bytes, places: Iterable[int]) -> list[bytes]:
    ends = [0, *sorted({place % (len(raw) + 1) for place in places}), len(raw)]
    return [raw[start:end] for start, end in pairwise(ends)]


def heard(dialect: str, pieces: Iterable[bytes]) -> tuple[list[Any], str | None]:
    """The chunks, and the error behind them; what is no error of ours goes through."""
    decoder = DIALECTS[dialect].stream_decoder(made=MADE)
    found: list[Any] = []
    try:
        for piece in pieces:
            found += decoder.receive(piece)
            if decoder.error is not None:
                raise decoder.error
        found += decoder.finish()
        if decoder.error is not None:
            raise decoder.error
    except Error as error:
        return found, f"{type(error).__name__} {error.code} {error.param} {error.message}"
    return found, None


@every_dialect
def test_an_unchanged_stream_is_read_whatever_frames_it(dialect: str) -> None:
    assert streams(dialect)
    for said in streams(dialect):
        raw = said.framed(said.events)

        chunks, error = heard(dialect, [raw])

        assert chunks or error is not None, said


@every_dialect
@pytest.mark.parametrize(
    "rest", [b"\x00" * 40, b"\xff\xfe{", b"data: {\n\n", b"{]\n"], ids=["0", "ff", "event", "line"]
)
def test_what_follows_the_terminator_is_not_read(dialect: str, rest: bytes) -> None:
    for said in streams(dialect):
        raw = said.framed(said.events)
        decoder = DIALECTS[dialect].stream_decoder(made=MADE)
        chunks, error = heard(dialect, [raw])
        with suppress(Error):
            decoder.receive(raw)
        if decoder.terminated:
            assert heard(dialect, [raw + rest]) == (chunks, error), said
            assert heard(dialect, [raw, rest]) == (chunks, error), said


@every_dialect
@given(data=st.data(), wanted=changes, scratched=scratches, places=cuts)
def test_a_changed_stream_is_valid_chunks_or_an_error_however_it_is_cut(
    dialect: str,
    data: st.DataObject,
    wanted: list[Change],
    scratched: list[tuple[int, int, bytes]],
    places: list[int],
) -> None:
    raw = changed(data.draw(st.sampled_from(streams(dialect))), wanted, scratched)

    chunks, error = heard(dialect, [raw])

    assert heard(dialect, cut(raw, places)) == (chunks, error)
    for chunk in chunks:
        told = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", told) == []
    if error is None:
        response = json.loads(msgspec.json.encode(dragoman.fold(chunks)))
        assert schema.faults("CreateChatCompletionResponse", response) == []


@every_dialect
def test_a_byte_that_is_no_text_is_an_error_wherever_it_stands(dialect: str) -> None:
    for said in streams(dialect)[:6]:
        for place in range(0, 900, 3):
            changed_once = changed(said, [("bytes", place % 7, place, None)], [])
            heard(dialect, [changed_once])
    for said in answers(dialect)[:6]:
        for place in range(len(b"data: "), 900):
            body = changed(said, [("bytes", 0, place, None)], []).removeprefix(b"data: ")
            with suppress(Error):
                DIALECTS[dialect].decode_response(body, made=MADE)


@every_dialect
@given(data=st.data(), wanted=changes, scratched=scratches)
def test_a_changed_whole_answer_is_a_valid_response_or_an_error(
    dialect: str,
    data: st.DataObject,
    wanted: list[Change],
    scratched: list[tuple[int, int, bytes]],
) -> None:
    said = data.draw(st.sampled_from(answers(dialect)))
    body = changed(said, wanted, scratched).removeprefix(b"data: ")
    try:
        response = DIALECTS[dialect].decode_response(body, made=MADE)
    except Error:
        return

    told = json.loads(msgspec.json.encode(response))

    assert schema.faults("CreateChatCompletionResponse", told) == []


@every_dialect
@given(raw=st.binary(max_size=80), places=cuts)
def test_bytes_of_any_kind_are_valid_chunks_or_an_error(
    dialect: str, raw: bytes, places: list[int]
) -> None:
    chunks, error = heard(dialect, [raw])

    assert heard(dialect, cut(raw, places)) == (chunks, error)


@every_dialect
@pytest.mark.parametrize("beginning", ENDLESS)
def test_what_never_ends_is_given_up(dialect: str, beginning: str) -> None:
    decoder = DIALECTS[dialect].stream_decoder(made=MADE)
    piece = b"x" * (4 * MIB)
    error: Error | None = None
    tracemalloc.start()
    try:
        decoder.receive(ENDLESS[beginning])
        for _ in range(20):
            decoder.receive(piece)
            if decoder.error is not None:
                raise decoder.error
    except Error as raised:
        error = raised
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert error is not None
    assert peak < 300 * MIB


@every_dialect
def test_signs_of_life_are_not_kept(dialect: str) -> None:
    decoder = DIALECTS[dialect].stream_decoder(made=MADE)
    said = streams(dialect)[0]
    decoder.receive(said.framed(said.events[:1]))
    sign = b"\n" if said.framing == "lines" else b": still here\n\n"
    if said.framing == "messages":
        sign = said.framed([({":event-type": "unknown", ":message-type": "event"}, b"{}")])
    decoder.receive(sign)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(200):
        decoder.receive(sign * 100)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert decoder.error is None
    assert after - before < 64 * 1024
