"""Responses under bytes that nobody would send: no crash, no lie, whatever comes."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import openai_chat, openai_responses
from dragoman.dialects.openai_responses.items import FORMAT
from dragoman.errors import Error, UnsupportedParameterError
from dragoman.models import shared
from tests import judge, schema, shape
from tests.properties.test_requests import Strange, leaves, with_strange_keys, with_strange_parts
from tests.properties.test_requests import told as told_of
from tests.strategies import requests
from tests.unit.dialects.responses.saying import (
    MADE,
    START,
    added,
    completed,
    done,
    event,
    response,
    said,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=5)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=9)


def parts(kind: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({"type": st.just(kind), "text": texts}), max_size=2)


reasoning = st.fixed_dictionaries(
    {"type": st.just("reasoning"), "id": names, "summary": parts("summary_text")},
    optional={"encrypted_content": names, "content": parts("reasoning_text")},
)
messages = st.fixed_dictionaries(
    {"type": st.just("message"), "content": parts("output_text")},
    optional={"phase": st.sampled_from(["commentary", "final_answer"])},
)
calls = st.fixed_dictionaries(
    {
        "type": st.just("function_call"),
        "call_id": st.uuids().map(str),
        "name": names,
        "arguments": st.dictionaries(names, JSON, max_size=2).map(json.dumps) | texts,
    }
)
others = st.fixed_dictionaries({"type": st.sampled_from(["web_search_call", "new"]), "id": names})
items = st.one_of(reasoning, messages, calls, others)

statuses = st.sampled_from(["completed", "incomplete"])

FIELDS = {
    "summary": ("response.reasoning_summary_text.delta", "summary_index"),
    "output_text": ("response.output_text.delta", "content_index"),
    "reasoning_text": ("response.reasoning_text.delta", "content_index"),
}


def pieces(index: int, item: dict[str, Any], step: int) -> Iterator[bytes]:
    """The events that would have carried this item, texts cut into steps."""
    plain = {key: value for key, value in item.items() if key not in ("content", "arguments")}
    yield added(index, **plain, **({"arguments": ""} if "arguments" in item else {}))
    for field in ("summary", "content"):
        for n, part in enumerate(item.get(field) or ()):
            kind, place = FIELDS["summary" if field == "summary" else part["type"]]
            for at in range(0, len(part["text"]), step):
                where = {"output_index": index, place: n}
                yield event(kind, **where, delta=part["text"][at : at + step])
    arguments = item.get("arguments", "")
    for at in range(0, len(arguments), step):
        kind = "response.function_call_arguments.delta"
        yield event(kind, output_index=index, delta=arguments[at : at + step])
    yield done(index, **item)


def last(status: str, output: list[dict[str, Any]]) -> bytes:
    return event(f"response.{status}", response=response(*output, status=status))


def heard(stream: bytes, step: int) -> list[Any]:
    """The chunks of this stream, read in steps."""
    decoder = openai_responses.stream_decoder(made=MADE)
    told = [
        chunk
        for at in range(0, len(stream), step)
        for chunk in decoder.receive(stream[at : at + step])
    ]
    return [*told, *decoder.finish()]


@given(output=st.lists(items, max_size=5), status=statuses, step=st.integers(1, 7))
def test_whoever_streams_hears_what_was_said(
    output: list[dict[str, Any]], status: str, step: int
) -> None:
    body = json.dumps(response(*output, status=status)).encode()
    events = [piece for n, item in enumerate(output) for piece in pieces(n, item, step)]
    stream = b"".join([START, *events, last(status, output)])

    whole = msgspec.json.encode(openai_responses.decode_response(body, made=MADE))
    chunks = heard(stream, step * 11)
    told = msgspec.json.encode(dragoman.fold(chunks))

    ears = judge.EARS["openai-responses"]
    assert judge.heard(whole) == ears.said(body)
    assert judge.heard(told) == ears.said_stream(stream)
    assert schema.faults("CreateChatCompletionResponse", json.loads(whole)) == []
    assert shape.faults([json.loads(msgspec.json.encode(chunk)) for chunk in chunks]) == []
    assert json.loads(whole)["choices"] == json.loads(told)["choices"]


INDEXES = st.integers(0, 2) | JSON

odd_events = st.one_of(
    st.builds(event, st.sampled_from(["keepalive", "error", "new", "response.queued"]), x=JSON),
    st.builds(
        event,
        st.sampled_from(sorted([*(kind for kind, _ in FIELDS.values()), "response.refusal.delta"])),
        output_index=INDEXES,
        content_index=INDEXES,
        summary_index=INDEXES,
        delta=JSON,
        logprobs=JSON,
    ),
    st.builds(
        event,
        st.sampled_from(
            [
                "response.function_call_arguments.delta",
                "response.function_call_arguments.done",
                "response.custom_tool_call_input.done",
            ]
        ),
        output_index=INDEXES,
        delta=texts | JSON,
        arguments=texts | JSON,
        input=texts | JSON,
    ),
    st.builds(
        event,
        st.sampled_from(["response.output_item.added", "response.output_item.done"]),
        output_index=INDEXES,
        item=items | JSON,
    ),
    st.builds(
        event,
        st.just("response.output_text.annotation.added"),
        output_index=INDEXES,
        annotation=JSON
        | st.fixed_dictionaries(
            {"type": st.just("url_citation"), "url": names}, optional={"start_index": JSON}
        ),
    ),
    st.builds(
        event,
        st.sampled_from(["response.completed", "response.incomplete", "response.failed"]),
        response=JSON | st.fixed_dictionaries({"output": st.lists(items | JSON, max_size=3)}),
    ),
    st.binary(max_size=20),
)


@given(told=st.lists(odd_events, max_size=8), started=st.booleans())
def test_no_stream_is_a_crash(told: list[bytes], started: bool) -> None:
    decoder = openai_responses.stream_decoder(made=MADE)
    chunks: list[Any] = []

    with suppress(Error):
        for piece in [START] * started + told:
            chunks += decoder.receive(piece)
        chunks += decoder.finish()

    for chunk in chunks:
        value = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", value) == []


def until_its_end(pieces: list[bytes]) -> tuple[list[Any], str | None]:
    """The chunks of a stream, and why it failed where it did."""
    decoder = openai_responses.stream_decoder(made=MADE)
    chunks: list[Any] = []
    try:
        for piece in pieces:
            chunks += decoder.receive(piece)
        chunks += decoder.finish()
    except Error as error:
        return chunks, str(error)
    return chunks, None if decoder.error is None else str(decoder.error)


@given(
    told=st.lists(odd_events, max_size=6),
    places=st.lists(st.integers(0, 2000), max_size=6),
)
def test_however_a_stream_is_cut_the_same_chunks_come(told: list[bytes], places: list[int]) -> None:
    stream = b"".join([START, *told, completed()])
    cuts = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    cut = [stream[start:end] for start, end in pairwise(cuts)]

    assert until_its_end(cut) == until_its_end([stream])


@given(data=st.binary(max_size=60))
def test_no_bytes_are_a_crash(data: bytes) -> None:
    decoder = openai_responses.stream_decoder(made=MADE)

    with suppress(Error):
        decoder.receive(data)
        decoder.finish()
    with suppress(Error):
        openai_responses.decode_response(data, made=MADE)
    with suppress(Error):
        openai_responses.decode_models(data)
    openai_responses.decode_error(500, {}, data)


ABOUT = dict.fromkeys(
    ("id", "model", "status", "usage", "error", "created_at", "metadata", "moderation"), JSON
)
BODIES = st.fixed_dictionaries({"output": st.lists(JSON | items, max_size=3)}, optional=ABOUT)


@given(body=BODIES, status=st.sampled_from([200, 400, 429, 500]))
def test_no_response_is_a_crash(body: dict[str, Any], status: int) -> None:
    text = json.dumps(body).encode()

    openai_responses.decode_error(status, {}, text)
    with suppress(Error):
        told = openai_responses.decode_response(text, made=MADE)
        value = json.loads(msgspec.json.encode(told))

        assert schema.faults("CreateChatCompletionResponse", value) == []


details = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["reasoning.summary", "reasoning.encrypted", "reasoning.text", "new"]
        )
    },
    optional={
        "id": names,
        "data": names,
        "text": texts,
        "summary": texts,
        "format": st.sampled_from([FORMAT, "unknown"]),
    },
)
own_items = st.fixed_dictionaries(
    {"content": st.lists(items | st.dictionaries(names, JSON, max_size=2), max_size=3)}
).map(lambda native: {**native, "format": FORMAT})
answers = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.none() | texts},
    optional={
        "reasoning_details": st.lists(details, max_size=3),
        "native_content": own_items,
        "refusal": texts,
        "new": JSON,
    },
)
asked = st.fixed_dictionaries({"role": st.just("user"), "content": texts})


@settings(max_examples=60)
@given(
    messages=st.lists(answers | asked, min_size=1, max_size=4),
    model=st.sampled_from(["gpt-4o", "gpt-5.1", "gpt-6-sol"]),
    effort=st.sampled_from(["none", "low", "max"]),
)
def test_reasoning_never_goes_back_alone_or_bare(
    messages: list[dict[str, Any]], model: str, effort: str
) -> None:
    body = {"model": "m", "messages": messages, "reasoning_effort": effort}
    request = openai_chat.decode_request(json.dumps(body).encode())

    try:
        encoded = openai_responses.encode_request(request, model=model)
    except UnsupportedParameterError:
        return

    told = json.loads(encoded.body)["input"]
    for item, following in pairwise([*told, {"role": "user"}]):
        if item.get("type") == "reasoning":
            assert item.get("encrypted_content") or item.get("content")
            assert following.get("role") != "user"


@given(index=INDEXES, text=texts)
def test_a_piece_of_text_is_heard_wherever_it_is_said_to_stand(index: Any, text: str) -> None:
    stream = START + said(index, text) + completed()

    told = dragoman.fold(heard(stream, len(stream)))

    assert told.choices[0].message.content == text


@given(
    strange=with_strange_keys() | with_strange_parts(),
    model=st.sampled_from(["gpt-4o", "gpt-5.1", "gpt-6-sol"]),
)
def test_what_nobody_knows_is_sent_or_told_as_lost(strange: Strange, model: str) -> None:
    body, added_to_it = strange
    request = openai_chat.decode_request(json.dumps(body).encode())
    try:
        encoded = openai_responses.encode_request(request, model=model)
    except UnsupportedParameterError:
        return  # refused by name

    sent = [
        (pointer.rpartition("/")[2], value) for pointer, value in leaves(json.loads(encoded.body))
    ]
    silent = [
        pointer
        for pointer, value in added_to_it.items()
        if value not in (None, False)  # as good as no key
        and (pointer.rpartition("/")[2], value) not in sent
        and not told_of(encoded.losses, pointer)
    ]
    assert silent == []


@settings(max_examples=60)
@given(request=requests, model=st.sampled_from(["gpt-4o", "gpt-5.1", "gpt-6-sol"]))
def test_the_same_request_gives_the_same_bytes_and_any_loss_can_be_refused(
    request: shared.CreateChatCompletionRequest, model: str
) -> None:
    strict = openai_responses.Profile(on_loss="refuse")
    try:
        encoded = openai_responses.encode_request(request, model=model)
    except UnsupportedParameterError:
        return

    assert openai_responses.encode_request(request, model=model) == encoded
    if encoded.losses:
        with pytest.raises(UnsupportedParameterError):
            openai_responses.encode_request(request, model=model, profile=strict)
    else:
        assert openai_responses.encode_request(request, model=model, profile=strict) == encoded
