"""Claude's dialect under bytes that nobody would send: no crash, no lie, whatever comes."""

import copy
import json
from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import anthropic_messages
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import Error, UnsupportedParameterError
from dragoman.models import shared
from tests import judge, schema
from tests.properties.test_requests import (
    Strange,
    leaves,
    told,
    with_strange_keys,
    with_strange_parts,
)
from tests.unit.dialects.claude.saying import MADE, STOP, added, begun, ended, event, start

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=5)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=9)
blocks = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": texts, "signature": names}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": names}),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["tool_use", "server_tool_use"]),
            "id": st.uuids().map(str),
            "name": names,
            "input": st.dictionaries(names, JSON, max_size=2),
        }
    ),
)
reasons = st.sampled_from(["end_turn", "max_tokens", "tool_use", "refusal", "pause_turn", "new"])

odd_events = st.one_of(
    st.builds(event, st.sampled_from(["ping", "error", "new"]), x=JSON),
    st.builds(begun, st.integers(0, 2), type=st.text(max_size=9), input=JSON, text=JSON),
    st.builds(
        added,
        st.integers(0, 2),
        st.sampled_from(["text_delta", "input_json_delta", "signature_delta", "new"]),
        text=JSON,
        partial_json=JSON,
    ),
    st.builds(lambda i: event("content_block_stop", index=i), st.integers(0, 2) | JSON),
    st.just(STOP),
    st.builds(ended, reasons),
    st.binary(max_size=20),
)


def streamed(content: list[dict[str, Any]], reason: str, step: int) -> bytes:
    """The stream that would have carried this content, texts cut into steps."""
    told = [start()]
    fields = {"text": "text_delta", "thinking": "thinking_delta"}
    for index, block in enumerate(content):
        field = next((key for key in fields if key in block), None)
        empty = {
            **block,
            **({field: ""} if field else {}),
            **({"input": {}} if "input" in block else {}),
        }
        told.append(begun(index, **empty))
        written = (
            json.dumps(block["input"], separators=(",", ":"))
            if "input" in block
            else block.get(field or "", "")
        )
        for at in range(0, len(written), step):
            piece = written[at : at + step]
            if field:
                told.append(added(index, fields[field], **{field: piece}))
            elif "input" in block:
                told.append(added(index, "input_json_delta", partial_json=piece))
        told.append(event("content_block_stop", index=index))
    return b"".join([*told, ended(reason), STOP])


@given(content=st.lists(blocks, max_size=5), reason=reasons, step=st.integers(1, 7))
def test_whoever_streams_hears_what_was_said(
    content: list[dict[str, Any]], reason: str, step: int
) -> None:
    usage = {"input_tokens": 3, "output_tokens": 7}
    body = json.dumps({"content": content, "stop_reason": reason, "usage": usage}).encode()
    stream = streamed(content, reason, step)
    decoder = anthropic_messages.stream_decoder(made=MADE)
    chunks = [
        c
        for at in range(0, len(stream), step * 11)
        for c in decoder.receive(stream[at : at + step * 11])
    ]

    whole = msgspec.json.encode(anthropic_messages.decode_response(body, made=MADE))
    told = msgspec.json.encode(dragoman.fold([*chunks, *decoder.finish()]))

    ears = judge.EARS["anthropic-messages"]
    assert judge.heard(whole) == ears.said(body)
    assert judge.heard(told) == ears.said_stream(stream)
    assert schema.faults("CreateChatCompletionResponse", json.loads(whole)) == []
    assert json.loads(whole)["choices"] == json.loads(told)["choices"]


@given(pieces=st.lists(odd_events, max_size=8), started=st.booleans())
def test_no_stream_is_a_crash(pieces: list[bytes], started: bool) -> None:
    decoder = anthropic_messages.stream_decoder(made=MADE)
    chunks: list[Any] = []

    with suppress(Error):
        for piece in [start()] * started + pieces:
            chunks += decoder.receive(piece)
        chunks += decoder.finish()

    for chunk in chunks:
        value = json.loads(msgspec.json.encode(chunk))
        assert schema.faults("CreateChatCompletionStreamResponse", value) == []


@given(data=st.binary(max_size=60), framed=st.booleans())
def test_no_bytes_are_a_crash(data: bytes, framed: bool) -> None:
    decoder = anthropic_messages.stream_decoder(made=MADE)

    with suppress(Error):
        decoder.receive(b"\0" * framed + data)
        decoder.finish()
    with suppress(Error):
        anthropic_messages.decode_response(data, made=MADE)
    with suppress(Error):
        anthropic_messages.decode_request(data)
    assert anthropic_messages.decode_error(503, {}, data).status_code == 503


ABOUT = dict.fromkeys(("id", "model", "stop_reason", "usage", "stop_details"), JSON)
BODIES = st.fixed_dictionaries({"content": st.lists(JSON | blocks, max_size=3)}, optional=ABOUT)


@given(body=BODIES)
def test_no_message_is_a_crash(body: dict[str, Any]) -> None:
    with suppress(Error):
        response = anthropic_messages.decode_response(json.dumps(body).encode(), made=MADE)
        value = json.loads(msgspec.json.encode(response))

        assert schema.faults("CreateChatCompletionResponse", value) == []


RESULT = st.fixed_dictionaries(
    {"type": st.just("tool_result"), "tool_use_id": names, "content": texts}
)
NEW = st.fixed_dictionaries({"type": names, "x": JSON})


def said_by(role: str, block: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    content = texts | st.lists(block, max_size=3)
    return st.fixed_dictionaries({"role": st.just(role), "content": content})


MESSAGES = st.lists(
    said_by("assistant", blocks) | said_by("user", blocks | RESULT | NEW) | said_by("system", NEW),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(messages=MESSAGES, model=st.sampled_from(["claude-3-opus", "claude-sonnet-4-5", "new"]))
def test_whatever_is_asked_is_asked_in_turns_with_every_call_answered(
    messages: list[dict[str, Any]], model: str
) -> None:
    asked = {"model": "m", "max_tokens": 5, "messages": messages}
    request = anthropic_messages.decode_request(json.dumps(asked).encode())
    assert isinstance(request, shared.CreateChatCompletionRequest)

    encoded = anthropic_messages.encode_request(request, model=model)

    told = json.loads(encoded.body)["messages"]
    assert told
    for before, turn in zip([{"role": "", "content": []}, *told], told, strict=False):
        assert turn["role"] != before["role"]
        assert turn["content"]
        calls = {b["id"] for b in before["content"] if b["type"] == "tool_use"}
        results = [b["tool_use_id"] for b in turn["content"] if b["type"] == "tool_result"]
        assert set(results) == calls
        assert all(b.get("text", "x").strip() for b in turn["content"])
    assert not any(b["type"] == "tool_use" for b in told[-1]["content"])


@given(
    strange=with_strange_keys() | with_strange_parts(),
    model=st.sampled_from(["claude-3-opus", "claude-sonnet-4-5", "claude-opus-4-8", "new"]),
)
def test_what_nobody_knows_is_sent_or_told_as_lost(strange: Strange, model: str) -> None:
    body, added = strange
    request = decode_request(json.dumps(body).encode())
    before = copy.deepcopy(request)

    try:
        encoded = anthropic_messages.encode_request(request, model=model)
    except UnsupportedParameterError:
        return  # the whole request was refused, and nothing sent
    again = anthropic_messages.encode_request(request, model=model)

    sent = [value for _, value in leaves(json.loads(encoded.body))]
    assert [
        pointer
        for pointer, value in added.items()
        if not told(encoded.losses, pointer) and value not in sent
    ] == []
    assert (encoded, request) == (again, before)
