"""Converse under bytes that nobody would send: no crash, no lie, whatever comes."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import dragoman
from dragoman.dialects import bedrock_converse
from dragoman.errors import Error
from tests import judge, schema
from tests.unit.dialects.bedrock.saying import (
    MADE,
    METADATA,
    START,
    USAGE,
    added,
    begun,
    called,
    ended,
    event,
    exception,
    framed,
    stopped,
    thought,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=9)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=5)
blobs = st.binary(min_size=1, max_size=5).map(lambda data: msgspec.json.encode(data).decode()[1:-1])
blocks = st.one_of(
    st.fixed_dictionaries({"text": texts}),
    st.builds(
        lambda text, signature: {
            "reasoningContent": {"reasoningText": {"text": text, "signature": signature}}
        },
        texts,
        names,
    ),
    st.builds(lambda data: {"reasoningContent": {"redactedContent": data}}, blobs),
    st.builds(
        lambda id, name, input: {"toolUse": {"toolUseId": str(id), "name": name, "input": input}},
        st.uuids(),
        names,
        st.dictionaries(names, JSON, max_size=2),
    ),
    st.builds(
        lambda text, url: {
            "citationsContent": {
                "content": [{"text": text}],
                "citations": [{"title": "t", "location": {"web": {"url": url}}}],
            }
        },
        texts,
        names,
    ),
)
reasons = st.sampled_from(
    ["end_turn", "max_tokens", "tool_use", "guardrail_intervened", "stop_sequence", "new"]
)

odd_frames = st.one_of(
    st.builds(lambda kind, x: event(kind, x=x), st.sampled_from(["new", "metadata"]), JSON),
    st.builds(
        lambda i, start: event("contentBlockStart", contentBlockIndex=i, start=start), JSON, JSON
    ),
    st.builds(
        lambda i, delta: event("contentBlockDelta", contentBlockIndex=i, delta=delta), JSON, JSON
    ),
    st.builds(called, st.integers(0, 2), JSON, JSON, type=JSON),
    st.builds(lambda i, result: begun(i, toolResult=result), st.integers(0, 2), JSON),
    st.builds(
        lambda i, kind, value: added(i, **{kind: value}),
        st.integers(0, 2),
        st.sampled_from(["text", "toolUse", "reasoningContent", "citation", "toolResult", "new"]),
        JSON,
    ),
    st.builds(lambda i, text: added(i, toolUse={"input": text}), st.integers(0, 2), texts),
    st.builds(lambda i, data: thought(i, redactedContent=data), st.integers(0, 2), texts),
    st.builds(stopped, st.integers(0, 2)),
    st.builds(ended, reasons),
    st.just(START),
    st.just(METADATA),
    st.builds(lambda message: exception("throttlingException", message=message), JSON),
    st.builds(
        framed,
        st.fixed_dictionaries(
            {":event-type": st.sampled_from(["messageStart", "contentBlockDelta"])}
        ),
        st.binary(max_size=9),
    ),
)
places = st.lists(st.integers(0, 2**12), max_size=5)


def streamed(content: list[dict[str, Any]], reason: str, step: int) -> bytes:
    """The stream that would have carried this content, texts cut into steps."""
    told = [START]
    for index, block in enumerate(content):
        for kind, value in block.items():
            told += pieces_of(index, kind, value, step)
        told.append(stopped(index))
    return b"".join([*told, ended(reason), METADATA])


def pieces_of(index: int, kind: str, value: Any, step: int) -> Iterator[bytes]:
    match kind:
        case "text":
            for piece in steps(value, step):
                yield added(index, text=piece)
        case "toolUse":
            yield called(index, value["toolUseId"], value["name"])
            for piece in steps(json.dumps(value["input"], separators=(",", ":")), step):
                yield added(index, toolUse={"input": piece})
        case "citationsContent":
            for piece in steps(value["content"][0]["text"], step):
                yield added(index, text=piece)
            for citation in value["citations"]:
                yield added(index, citation=citation)
        case "reasoningContent" if "redactedContent" in value:
            yield thought(index, redactedContent=value["redactedContent"])
        case "reasoningContent":
            for piece in steps(value["reasoningText"]["text"], step):
                yield thought(index, text=piece)
            yield thought(index, signature=value["reasoningText"]["signature"])


def steps(text: str, step: int) -> list[str]:
    return [text[at : at + step] for at in range(0, len(text), step)]


def outcome(pieces: list[bytes]) -> tuple[bytes, str | None]:
    """The chunks, and the error behind them."""
    decoder = bedrock_converse.stream_decoder(made=MADE)
    found = []
    try:
        for piece in pieces:
            found += decoder.receive(piece)
            if decoder.error is not None:
                raise decoder.error
        found += decoder.finish()
        if decoder.error is not None:
            raise decoder.error
    except Error as error:
        return msgspec.json.encode(found), repr(error)
    return msgspec.json.encode(found), None


@given(content=st.lists(blocks, max_size=5), reason=reasons, step=st.integers(1, 7))
def test_whoever_streams_hears_what_was_said(
    content: list[dict[str, Any]], reason: str, step: int
) -> None:
    message = {"role": "assistant", "content": content}
    body = json.dumps({"output": {"message": message}, "stopReason": reason, "usage": USAGE})

    raw = streamed(content, reason, step)
    decoder = bedrock_converse.stream_decoder(made=MADE)
    whole = bedrock_converse.decode_response(body.encode(), made=MADE)
    chunks = decoder.receive(raw)
    folded = dragoman.fold([*chunks, *decoder.finish()])

    ears = judge.EARS["bedrock-converse"]
    assert judge.heard(msgspec.json.encode(whole)) == ears.said(body.encode())
    assert judge.heard(msgspec.json.encode(folded)) == ears.said_stream(raw)
    assert judge.heard(msgspec.json.encode(folded)) == judge.heard(msgspec.json.encode(whole))


@given(frames=st.lists(odd_frames, max_size=8), begins=st.booleans(), places=places)
def test_whatever_comes_is_valid_or_an_error_however_it_is_cut(
    frames: list[bytes], begins: bool, places: list[int]
) -> None:
    raw = (START if begins else b"") + b"".join(frames)

    chunks, error = outcome([raw])

    for chunk in json.loads(chunks):
        assert schema.faults("CreateChatCompletionStreamResponse", chunk) == []
    cuts = [0, *sorted({place % (len(raw) + 1) for place in places}), len(raw)]
    assert outcome([raw[start:end] for start, end in pairwise(cuts)]) == (chunks, error)


@given(raw=st.binary(max_size=60), places=places)
def test_bytes_of_any_kind_raise_nothing_else(raw: bytes, places: list[int]) -> None:
    cuts = [0, *sorted({place % (len(raw) + 1) for place in places}), len(raw)]

    assert outcome([raw[start:end] for start, end in pairwise(cuts)]) == outcome([raw])
    with suppress(Error):
        bedrock_converse.decode_response(raw, made=MADE)
    assert bedrock_converse.decode_error(400, {}, raw).status_code == 400


@given(value=JSON, block=JSON, reason=JSON, usage=JSON)
def test_json_of_any_kind_is_an_answer_or_an_error(
    value: Any, block: Any, reason: Any, usage: Any
) -> None:
    bodies = (
        value,
        {"output": value},
        {"output": {"message": {"content": [{"text": block}, {"toolUse": value}, block]}}},
        {
            "output": {"message": {"content": [{"toolUse": {"name": "f", "input": value}}]}},
            "stopReason": reason,
            "usage": usage,
            "trace": value,
        },
        {"output": {"message": {"content": [{"reasoningContent": value}, {"x": value}]}}},
        {"output": {"message": {"content": [{"citationsContent": {"citations": [block]}}]}}},
    )
    for body in bodies:
        with suppress(Error):
            response = bedrock_converse.decode_response(json.dumps(body).encode(), made=MADE)
            told = json.loads(msgspec.json.encode(response))
            assert schema.faults("CreateChatCompletionResponse", told) == []
        bedrock_converse.decode_error(500, {}, json.dumps(body).encode())


@given(value=JSON, block=JSON, part=st.sampled_from(["text", "toolUse", "toolResult", "document"]))
def test_json_of_any_kind_is_a_request_or_refused(value: Any, block: Any, part: str) -> None:
    bodies = (
        value,
        {"messages": value},
        {"messages": [{"role": "user", "content": [{part: value}, {"cachePoint": block}]}]},
        {"messages": [{"role": "assistant", "content": [{part: value}, block]}]},
        {"messages": [{"role": "assistant", "content": [{"reasoningContent": value}]}]},
        *(
            {"messages": [{"role": "user", "content": []}], key: value}
            for key in ("system", "toolConfig", "inferenceConfig", "outputConfig", "serviceTier")
        ),
        {"messages": [{"role": "user", "content": []}], "toolConfig": {"tools": [value, block]}},
        {"messages": [{"role": "user", "content": []}], "toolConfig": {"toolChoice": value}},
    )
    for body in bodies:
        with suppress(Error):
            request = bedrock_converse.decode_request(json.dumps(body).encode())
            bedrock_converse.encode_request(request, model="us.amazon.nova-2-lite-v1:0")
