"""Callers who speak Claude's dialect: what they ask, and what they are answered."""

import json
from typing import Any

import msgspec
import pytest

from dragoman.dialects import anthropic_messages
from dragoman.errors import (
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    RemoteProtocolError,
    status_error,
)
from dragoman.models import shared
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter
from tests import corpus, judge, spoken
from tests.unit.dialects.claude.saying import MADE

ASKED = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}


def asked(**fields: Any) -> dict[str, Any]:
    """The hub's request for a caller's, as it is written."""
    body = json.dumps({**ASKED, **fields}).encode()
    return anthropic_messages.decode_request(body).to_dict()


# What is asked.


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "between_tools"}}, "low"),
        ({"thinking": {"type": "adaptive"}}, "medium"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "max"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 12_000}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 24_000}}, "high"),
        ({"thinking": {"type": "enabled", "budget_tokens": 32_000}}, "xhigh"),
        ({"output_config": {"effort": "low"}}, "low"),
        ({}, None),
    ],
)
def test_thinking_is_a_level_of_effort(fields: dict[str, Any], effort: str | None) -> None:
    assert asked(**fields).get("reasoning_effort") == effort


def test_results_come_before_what_the_user_says() -> None:
    content = [
        {"type": "text", "text": "Again"},
        {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "x"}]},
        {"type": "tool_result", "tool_use_id": "b"},
    ]

    told = asked(messages=[{"role": "user", "content": content}])["messages"]
    assert told == [
        {"role": "tool", "tool_call_id": "a", "content": "x"},
        {"role": "tool", "tool_call_id": "b", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "Again"}]},
    ]


def test_what_has_no_field_is_kept_in_its_place() -> None:
    told = asked(
        top_k=5,
        container="c",
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi", "later": 1}], "x": 2},
        ],
        system=[{"type": "text", "text": "Brief.", "later": 1}],
    )

    assert (told["top_k"], told["container"]) == (5, "c")
    assert told["messages"] == [
        {"role": "system", "content": [{"type": "text", "text": "Brief.", "later": 1}]},
        {"role": "user", "content": [{"type": "text", "text": "Hi", "later": 1}], "x": 2},
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"max_tokens": None}, "max_tokens: expected a value; got nothing"),
        ({"model": 5}, "model: expected str; got int"),
        ({"messages": []}, "messages: expected array of length >= 1"),
        ({"messages": "Hi"}, "messages: expected array; got str"),
        ({"messages": [{"role": "tool"}]}, "messages[0].role: expected one of user, assistant"),
        ({"messages": [{"role": "user"}]}, "messages[0].content: expected a value; got nothing"),
        (
            {"messages": [{"role": "user", "content": 5}]},
            "messages[0].content: expected str or array; got int",
        ),
        ({"system": {"type": "text"}}, "system: expected str or array; got object"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text: expected a value; got nothing",
        ),
        (
            {"messages": [{"role": "assistant", "content": [{"text": "x"}]}]},
            "messages[0].content[0].type: expected a value; got nothing",
        ),
        ({"temperature": True}, "temperature: expected number; got bool"),
        ({"tool_choice": {"type": "any_of"}}, "tool_choice.type: expected one of auto, any"),
        ({"thinking": {"type": "on"}}, "thinking.type: expected one of disabled, enabled"),
        ({"tools": [{"name": 5}]}, "tools[0].name: expected str; got int"),
        ({"stop_sequences": ["a", 5]}, "stop_sequences[1]: expected str; got int"),
        ({"service_tier": "flex"}, "service_tier: expected one of auto, standard_only"),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"ttl": "2h"}}]},
            "system[0].cache_control.ttl: expected one of 5m, 1h; got '2h'",
        ),
    ],
)
def test_a_mistake_is_refused_by_its_place(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        asked(**fields)

    assert refused.value.message.startswith(says)
    assert refused.value.param == says.partition(":")[0]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff", b"[" * 100_000])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError):
        anthropic_messages.decode_request(body)


# What is answered.


def answered(**message: Any) -> dict[str, Any]:
    """A caller's body for our response with this message."""
    finish = message.pop("finish_reason", "stop")
    native = message.pop("native_finish_reason", None)
    choice = {"index": 0, "finish_reason": finish, "logprobs": None}
    told = {"role": "assistant", "content": None, "refusal": None, **message}
    response = {
        "id": "chatcmpl-1",
        "created": 1,
        "model": "m",
        "choices": [{**choice, "message": told, "native_finish_reason": native}],
    }
    typed = msgspec.convert(response, shared.CreateChatCompletionResponse)
    body: dict[str, Any] = json.loads(anthropic_messages.encode_response(typed))
    return body


@pytest.mark.parametrize(
    ("finish", "native", "word"),
    [
        ("stop", None, "end_turn"),
        ("stop", "stop_sequence", "stop_sequence"),
        ("stop", "pause_turn", "pause_turn"),
        ("stop", "STOP", "end_turn"),
        ("length", None, "max_tokens"),
        ("length", "model_context_window_exceeded", "model_context_window_exceeded"),
        ("tool_calls", None, "tool_use"),
        ("function_call", None, "tool_use"),
        ("content_filter", None, "refusal"),
    ],
)
def test_every_finish_reason_has_its_word(finish: str, native: str | None, word: str) -> None:
    body = answered(content="x", finish_reason=finish, native_finish_reason=native)

    assert (body["stop_reason"], body["stop_sequence"]) == (word, None)


def test_what_somebody_else_signed_is_not_passed_off_as_claudes() -> None:
    detail = {"type": "reasoning.text", "text": "Hm.", "signature": "X", "format": "unknown"}

    assert answered(content="x", reasoning_details=[detail])["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": ""},
        {"type": "text", "text": "x"},
    ]


RECORDS = [one for one in corpus.records("anthropic-messages") if not one.refused]


def comparable(heard: judge.Heard) -> Any:
    """What Claude's dialect can say of an answer."""
    (choice,) = heard.choices
    usage = heard.usage
    return (
        choice.content or "",
        choice.refusal,
        choice.reasoning,
        choice.reasoning_details,
        choice.tool_calls,
        choice.finish_reason,
        usage and (usage.prompt, usage.completion, usage.cached or 0, usage.cache_write or 0),
    )


@corpus.each(RECORDS)
def test_an_answer_of_claudes_passed_on_in_events_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["anthropic-messages"]
    decoder = anthropic_messages.stream_decoder(made=MADE)
    if record.streamed:
        chunks = [*decoder.receive(record.sent), *decoder.finish()]
    else:
        decoder.hear_whole(record.sent)
        chunks = decoder.finish()
    encoder = anthropic_messages.stream_encoder(include_usage=True)

    told = b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()

    said = ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    assert comparable(ears.said_stream(told)) == comparable(said)


@corpus.each([record for record in RECORDS if not record.streamed])
def test_an_answer_of_claudes_passed_on_whole_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["anthropic-messages"]
    response = anthropic_messages.decode_response(record.sent, made=MADE)

    told = anthropic_messages.encode_response(response)

    assert comparable(ears.said(told)) == comparable(ears.said(record.sent))


def test_a_call_waits_until_the_open_one_is_whole() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.tool_call(0, 0, "a", "f", '{"x":')
    writer.tool_call(0, 1, "b", "g", '{"y":2}')
    writer.tool_call(0, 0, arguments="1}")
    writer.tool_call(0, 2, "c", "h")
    writer.finish(0, "tool_calls")
    writer.end()
    encoder = anthropic_messages.stream_encoder(include_usage=False)

    told = b"".join(encoder.encode(chunk) for chunk in writer.take()) + encoder.end()

    heard = judge.EARS["anthropic-messages"].said_stream(told).choices[0]
    assert [(call.id, call.name, call.arguments) for call in heard.tool_calls] == [
        ("a", "f", '{"x": 1}'),
        ("b", "g", '{"y": 2}'),
        ("c", "h", "{}"),
    ]
    data = [line[6:] for line in told.splitlines() if b'"index"' in line]
    indexes = [json.loads(one)["index"] for one in data]
    assert indexes == sorted(indexes)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (status_error("no", status_code=400), 400, "invalid_request_error"),
        (status_error("no", status_code=422), 422, "invalid_request_error"),
        (status_error("no", status_code=401), 401, "authentication_error"),
        (status_error("no", status_code=429), 429, "rate_limit_error"),
        (status_error("no", status_code=503), 529, "overloaded_error"),
        (status_error("no", status_code=529), 529, "overloaded_error"),
        (status_error("no", status_code=500), 500, "api_error"),
        (APITimeoutError("no", phase="total"), 504, "timeout_error"),
        (RemoteProtocolError("no"), 502, "api_error"),
    ],
)
def test_an_error_has_anthropics_words(error: APIStatusError, status: int, kind: str) -> None:
    encoded = anthropic_messages.encode_error(error)
    event = anthropic_messages.stream_encoder(include_usage=False).error(error)

    told = {"type": "error", "error": {"type": kind, "message": "no"}}
    assert encoded.status_code == status
    assert json.loads(encoded.body) == told
    assert event == b"event: error\ndata: " + encoded.body + b"\n\n"


def test_a_stream_of_openais_is_passed_on() -> None:
    stream = spoken.said({"content": "No"}, {"content": "on."}) + spoken.DONE
    encoder = anthropic_messages.stream_encoder(include_usage=False)

    told = b"".join(encoder.encode(chunk) for chunk in spoken.heard(stream)) + encoder.end()

    heard = judge.EARS["anthropic-messages"].said_stream(told)
    assert (heard.id, heard.choices[0].content) == ("msg_chatcmpl-GEN1", "Noon.")
