"""Ollama's dialect under bytes that nobody would send: no crash, no lie, whatever comes."""

import json
from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import ollama
from dragoman.errors import Error
from tests import judge, schema
from tests.unit.dialects.ollama.saying import MADE, done, line

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=5)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=9)
calls = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {"name": names, "arguments": st.dictionaries(names, JSON, max_size=2)}
        )
    },
    optional={"id": st.uuids().map(str)},
)
messages = st.fixed_dictionaries(
    {"content": texts},
    optional={"thinking": texts, "tool_calls": st.lists(calls, max_size=2)},
)
reasons = st.sampled_from(["stop", "length", "load", "new", ""])


@given(said=st.lists(messages, max_size=5), last=messages, reason=reasons, step=st.integers(1, 40))
def test_whoever_streams_hears_what_was_said(
    said: list[dict[str, Any]], last: dict[str, Any], reason: str, step: int
) -> None:
    stream = b"".join([*map(line, said), done(last, reason)])
    decoder = ollama.stream_decoder(made=MADE)
    chunks = [
        chunk
        for at in range(0, len(stream), step)
        for chunk in decoder.receive(stream[at : at + step])
    ]

    told = msgspec.json.encode(dragoman.fold([*chunks, *decoder.finish()]))
    whole = msgspec.json.encode(ollama.decode_response(stream, made=MADE))

    assert judge.heard(told) == judge.EARS["ollama"].said_stream(stream)
    assert schema.faults("CreateChatCompletionResponse", json.loads(told)) == []
    assert whole == told


odd_fields = st.dictionaries(
    st.sampled_from(
        ["message", "done", "done_reason", "created_at", "model", "logprobs", "error", "eval_count"]
    ),
    JSON | messages,
)
odd_messages = st.dictionaries(
    st.sampled_from(["content", "thinking", "tool_calls", "role"]), JSON | st.lists(calls)
)
odd_lines = st.one_of(
    st.builds(lambda fields: json.dumps(fields).encode() + b"\n", odd_fields),
    st.builds(line, odd_messages),
    st.builds(lambda logprobs: line({"content": "x"}, logprobs=logprobs), JSON),
    st.just(done()),
    st.binary(max_size=20),
)


@given(pieces=st.lists(odd_lines, max_size=6), started=st.booleans())
def test_no_stream_is_a_crash(pieces: list[bytes], started: bool) -> None:
    decoder = ollama.stream_decoder(made=MADE)
    chunks: list[Any] = []

    with suppress(Error):
        for piece in [line({"content": "x"})] * started + pieces:
            chunks += decoder.receive(piece)
        chunks += decoder.finish()
    with suppress(Error):
        ollama.decode_response(b"".join(pieces), made=MADE)

    for chunk in chunks:
        value = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", value) == []


@given(pieces=st.lists(odd_lines, max_size=4), step=st.integers(1, 40))
def test_however_it_is_cut_the_same_is_heard(pieces: list[bytes], step: int) -> None:
    stream = b"".join(pieces)

    assert heard(stream, len(stream) + 1) == heard(stream, step)


def heard(stream: bytes, step: int) -> tuple[list[bytes], str | None]:
    """The chunks of this stream, cut into steps, and the message of what ended it."""
    decoder = ollama.stream_decoder(made=MADE)
    chunks: list[bytes] = []
    try:
        for at in range(0, len(stream), step):
            chunks += map(msgspec.json.encode, decoder.receive(stream[at : at + step]))
        chunks += map(msgspec.json.encode, decoder.finish())
    except Error as error:
        return chunks, error.message
    return chunks, None if decoder.error is None else decoder.error.message


@given(data=st.binary(max_size=60))
def test_no_bytes_are_a_crash(data: bytes) -> None:
    decoder = ollama.stream_decoder(made=MADE)

    with suppress(Error):
        decoder.receive(data)
        decoder.finish()
    with suppress(Error):
        ollama.decode_response(data, made=MADE)
    with suppress(Error):
        ollama.decode_models(data)
    ollama.decode_error(500, {}, data)
