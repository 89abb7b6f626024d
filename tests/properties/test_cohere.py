"""Cohere's dialect under bytes that nobody would send: no crash, no lie, whatever comes."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import cohere_v2
from dragoman.errors import Error
from tests import judge, schema, shape
from tests.unit.dialects.cohere.saying import MADE, START, adds, ended, event

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)

CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])
names = st.text(CHARACTERS, min_size=1, max_size=5)
texts = st.text(CHARACTERS, max_size=9)
counts = st.integers(0, 999) | st.integers(0, 999).map(float)
items = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": texts}),
)
arguments = st.dictionaries(names, JSON, max_size=2).map(json.dumps)
functions = st.fixed_dictionaries(
    {"name": names, "arguments": arguments | st.sampled_from(["", "null", "nul", " ", '"null"'])}
)
calls = st.fixed_dictionaries({"id": st.uuids().map(str), "function": functions})
pages = st.fixed_dictionaries({"url": st.just("https://a.example") | texts, "title": texts})
sources = st.dictionaries(st.sampled_from(["document", "tool_output", "x"]), pages, max_size=1)
citations = st.fixed_dictionaries(
    {"start": st.integers(0, 9), "end": st.integers(0, 9), "sources": st.lists(sources, max_size=2)}
)
messages = st.fixed_dictionaries(
    {
        "content": st.lists(items, max_size=3),
        "tool_plan": texts,
        "tool_calls": st.lists(calls, max_size=3),
        "citations": st.lists(citations, max_size=2),
    }
)
tokens = st.dictionaries(
    st.sampled_from(["input_tokens", "output_tokens", "reasoning_tokens"]), counts
).map(lambda told: {"input_tokens": 7, **told})
usages = st.fixed_dictionaries(
    {}, optional={"tokens": tokens, "billed_units": tokens, "cached_tokens": counts}
)
reasons = st.sampled_from(["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR_TOXIC"])

KINDS = (
    "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start",
    "tool-call-delta", "tool-call-end", "citation-start", "message-start", "message-end", "debug",
)  # fmt: skip
FIELDS = ("content", "tool_plan", "tool_calls", "citations")
odd_events = st.one_of(
    st.builds(event, st.sampled_from(KINDS), index=st.integers(0, 2) | JSON, delta=JSON),
    st.builds(
        lambda kind, index, message: adds(kind, index, **message),
        st.sampled_from(KINDS),
        st.integers(0, 2) | st.none(),
        st.dictionaries(st.sampled_from(FIELDS), JSON | items | calls | citations),
    ),
    st.builds(lambda word, error: ended(word, error=error), reasons, JSON),
    st.builds(lambda usage: event("message-end", delta={"usage": usage}), usages | JSON),
    st.just(b"data: [DONE]\n\n"),
    st.binary(max_size=20),
)


def streamed(message: dict[str, Any], reason: str, usage: Any, step: int) -> bytes:
    """The stream that would have carried this message, texts cut into steps."""
    told = [START]
    for index, item in enumerate(message["content"]):
        key = item["type"]
        told.append(adds("content-start", index, content={**item, key: ""}))
        told += [adds("content-delta", index, content={key: s}) for s in steps(item[key], step)]
        told.append(event("content-end", index=index))
    told += [adds("tool-plan-delta", tool_plan=s) for s in steps(message["tool_plan"], step)]
    for index, call in enumerate(message["tool_calls"]):
        function = call["function"]
        begun = {**call, "function": {**function, "arguments": ""}}
        told.append(adds("tool-call-start", index, tool_calls=begun))
        for piece in steps(function["arguments"], step):
            delta = {"function": {"arguments": piece}}
            told.append(adds("tool-call-delta", index, tool_calls=delta))
        told.append(event("tool-call-end", index=index))
    told += [adds("citation-start", 0, citations=one) for one in message["citations"]]
    end = event("message-end", delta={"finish_reason": reason, "usage": usage})
    return b"".join([*told, end, b"data: [DONE]\n\n"])


def steps(text: str, step: int) -> list[str]:
    return [text[at : at + step] for at in range(0, len(text), step)]


@given(message=messages, reason=reasons, usage=usages, step=st.integers(1, 7))
def test_whoever_streams_hears_what_was_said(
    message: dict[str, Any], reason: str, usage: Any, step: int
) -> None:
    answer = {"id": "c1", "message": message, "finish_reason": reason, "usage": usage}
    body = json.dumps(answer).encode()
    stream = streamed(message, reason, usage, step)

    whole = msgspec.json.encode(cohere_v2.decode_response(body, made=MADE))
    chunks = heard(stream, range(0, len(stream), step * 11))
    told = msgspec.json.encode(dragoman.fold(chunks))

    ears = judge.EARS["cohere-v2"]
    assert judge.heard(whole) == ears.said(body)
    assert judge.heard(told) == ears.said_stream(stream)
    assert schema.faults("CreateChatCompletionResponse", json.loads(whole)) == []
    assert shape.faults([json.loads(msgspec.json.encode(chunk)) for chunk in chunks]) == []
    assert json.loads(whole) == json.loads(told)


def heard(stream: bytes, places: Any) -> list[Any]:
    """Our chunks, when the stream is cut at these places."""
    decoder = cohere_v2.stream_decoder(made=MADE)
    cuts = [0, *sorted({place % (len(stream) + 1) for place in places}), len(stream)]
    chunks = [c for start, end in pairwise(cuts) for c in decoder.receive(stream[start:end])]
    return [*chunks, *decoder.finish()]


def outcome(stream: bytes, places: list[int]) -> tuple[list[Any], str]:
    """All chunks that came, and how it ended."""
    decoder = cohere_v2.stream_decoder(made=MADE)
    cuts = [0, *sorted({place % (len(stream) + 1) for place in places}), len(stream)]
    chunks: list[Any] = []
    try:
        for start, end in pairwise(cuts):
            chunks += decoder.receive(stream[start:end])
        while more := decoder.finish():
            chunks += more
            if decoder.error is None:
                break
    except Error as error:
        return chunks, repr(error)
    return chunks, ""


@given(
    pieces=st.lists(odd_events, max_size=6),
    places=st.lists(st.integers(0, 4000), max_size=6),
    started=st.booleans(),
)
def test_however_a_stream_is_cut_the_same_chunks_come(
    pieces: list[bytes], places: list[int], started: bool
) -> None:
    stream = b"".join([START] * started + pieces)

    assert outcome(stream, places) == outcome(stream, [])


@given(pieces=st.lists(odd_events, max_size=8), started=st.booleans())
def test_no_stream_is_a_crash(pieces: list[bytes], started: bool) -> None:
    chunks, _ = outcome(b"".join([START] * started + pieces), [])

    for chunk in chunks:
        value = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", value) == []


@given(data=st.binary(max_size=60), status=st.integers(200, 599))
def test_no_bytes_are_a_crash(data: bytes, status: int) -> None:
    for stream in (data, b"data: " + data + b"\n\n", START + data):
        outcome(stream, [])
    for decode in (
        cohere_v2.decode_models,
        lambda body: cohere_v2.decode_response(body, made=MADE),
    ):
        with suppress(Error):
            decode(data)

    assert cohere_v2.decode_error(status, {}, data).message


ABOUT = {"id": JSON, "finish_reason": JSON, "usage": JSON | usages}
BODIES = st.fixed_dictionaries(
    {"message": JSON | st.dictionaries(st.sampled_from(FIELDS), JSON | st.lists(JSON | items))},
    optional=ABOUT,
)


@given(body=BODIES, status=st.integers(200, 599))
def test_no_answer_is_a_crash(body: dict[str, Any], status: int) -> None:
    with suppress(Error):
        response = cohere_v2.decode_response(json.dumps(body).encode(), made=MADE)
        value = json.loads(msgspec.json.encode(response))

        assert schema.faults("CreateChatCompletionResponse", value) == []

    assert cohere_v2.decode_error(status, {}, json.dumps(body).encode()).message
