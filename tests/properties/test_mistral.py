"""Mistral's dialect under bytes that nobody would send: no crash, no lie, whatever comes."""

import json
from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import mistral
from dragoman.errors import Error
from tests import judge, schema
from tests.unit.dialects.mistral.saying import DONE, MADE, ended, event, said, thinking

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=5)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=9)
contents = texts | st.lists(
    st.builds(thinking, texts) | st.builds(lambda text: {"type": "text", "text": text}, texts),
    max_size=3,
)
reasons = st.sampled_from(["stop", "length", "model_length", "tool_calls", "new"])


def calls(ids: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    arguments = st.dictionaries(names, JSON, max_size=2)
    function = st.fixed_dictionaries(
        {"name": names, "arguments": arguments | arguments.map(json.dumps)}
    )
    return st.fixed_dictionaries({"id": ids, "function": function})


@given(
    pieces=st.lists(contents, max_size=4),
    called=st.lists(calls(st.uuids().map(str)), max_size=3),
    reason=reasons,
    step=st.integers(1, 40),
)
def test_whoever_streams_hears_what_was_said(
    pieces: list[Any], called: list[Any], reason: str, step: int
) -> None:
    told = [said({"content": content}) for content in pieces]
    told += [said({"tool_calls": [call]}) for call in called]
    stream = b"".join([*told, ended(reason)])
    decoder = mistral.stream_decoder(made=MADE)
    chunks = [
        chunk
        for at in range(0, len(stream), step)
        for chunk in decoder.receive(stream[at : at + step])
    ]

    response = msgspec.json.encode(dragoman.fold([*chunks, *decoder.finish()]))

    assert judge.heard(response) == judge.EARS["mistral"].said_stream(stream)
    assert schema.faults("CreateChatCompletionResponse", json.loads(response)) == []


@given(content=contents | st.none(), called=st.lists(calls(st.uuids().map(str)), max_size=3))
def test_a_whole_answer_says_what_was_said(content: Any, called: list[Any]) -> None:
    message = {"role": "assistant", "content": content, "tool_calls": called or None}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"id": "a", "created": 7, "model": "m", "choices": [choice]}).encode()

    response = msgspec.json.encode(mistral.decode_response(body, made=MADE))

    assert judge.heard(response) == judge.EARS["mistral"].said(body)
    assert schema.faults("CreateChatCompletionResponse", json.loads(response)) == []


KEYS = ["content", "tool_calls", "role", "index"]
odd_calls = st.lists(st.dictionaries(st.sampled_from(["id", "index", "function"]), JSON))
odd_deltas = st.dictionaries(
    st.sampled_from(KEYS), JSON | contents | odd_calls | st.lists(calls(texts))
)
odd_chunks = st.dictionaries(
    st.sampled_from(["choices", "usage", "message", "object", "detail", "error", "id", "created"]),
    JSON,
)
odd_pieces = st.one_of(
    st.builds(said, odd_deltas, st.none() | reasons | st.just("error")),
    st.builds(lambda usage: said({}, usage=usage), JSON),
    st.builds(event, JSON | odd_chunks),
    st.just(DONE),
    st.binary(max_size=20),
)


@given(pieces=st.lists(odd_pieces, max_size=6), started=st.booleans())
def test_no_stream_is_a_crash(pieces: list[bytes], started: bool) -> None:
    decoder = mistral.stream_decoder(made=MADE)
    chunks: list[Any] = []

    with suppress(Error):
        for piece in [said({"content": "x"})] * started + pieces:
            chunks += decoder.receive(piece)
        chunks += decoder.finish()

    for chunk in chunks:
        value = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", value) == []


@given(pieces=st.lists(odd_pieces, max_size=4), step=st.integers(1, 40))
def test_however_it_is_cut_the_same_is_heard(pieces: list[bytes], step: int) -> None:
    stream = b"".join(pieces)

    assert heard(stream, len(stream) + 1) == heard(stream, step)


def heard(stream: bytes, step: int) -> tuple[list[bytes], str | None]:
    """The chunks of this stream, cut into steps, and the message of what ended it."""
    decoder = mistral.stream_decoder(made=MADE)
    chunks: list[bytes] = []
    try:
        for at in range(0, len(stream), step):
            chunks += map(msgspec.json.encode, decoder.receive(stream[at : at + step]))
        chunks += map(msgspec.json.encode, decoder.finish())
    except Error as error:
        return chunks, error.message
    return chunks, None if decoder.error is None else decoder.error.message


ABOUT = dict.fromkeys(("id", "created", "model", "usage", "message", "detail"), JSON)
CHOICES = st.lists(
    st.fixed_dictionaries({"message": odd_deltas}, optional={"finish_reason": JSON | reasons})
)


@given(body=st.fixed_dictionaries({"choices": CHOICES | JSON}, optional=ABOUT))
def test_no_message_is_a_crash(body: dict[str, Any]) -> None:
    with suppress(Error):
        response = mistral.decode_response(json.dumps(body).encode(), made=MADE)
        value = json.loads(msgspec.json.encode(response))

        assert schema.faults("CreateChatCompletionResponse", value) == []


@given(value=JSON | odd_chunks, status=st.integers(200, 599))
def test_no_error_is_a_crash(value: Any, status: int) -> None:
    body = json.dumps(value).encode()

    error = mistral.decode_error(status, {}, body)

    assert error.message
    with suppress(Error):
        mistral.decode_models(body)


@given(data=st.binary(max_size=60))
def test_no_bytes_are_a_crash(data: bytes) -> None:
    decoder = mistral.stream_decoder(made=MADE)

    with suppress(Error):
        decoder.receive(data)
        decoder.finish()
    with suppress(Error):
        mistral.decode_response(data, made=MADE)
    with suppress(Error):
        mistral.decode_models(data)
    mistral.decode_error(500, {}, data)
