"""Callers who speak Cohere's dialect: what they are answered."""

import json
from typing import Any

import pytest

from dragoman.dialects import cohere_v2, openai_chat
from dragoman.errors import APIStatusError, APITimeoutError, RemoteProtocolError, status_error
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter
from tests import corpus, judge, spoken
from tests.unit.dialects.cohere.saying import MADE

RECORDS = [
    one
    for one in corpus.records("cohere-v2")
    if not one.refused and b"INVALID_TOOL_GENERATION" not in one.sent
]


def answered(*, finish_reason: str = "stop", native: str | None = None, **message: Any) -> Any:
    """What a caller is answered for a response with this message."""
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    choice["native_finish_reason"] = native
    body = json.dumps({"id": "x", "model": "m", "choices": [choice]}).encode()
    return json.loads(
        cohere_v2.encode_response(openai_chat.decode_response(body, made=spoken.MADE))
    )


@corpus.each(RECORDS)
def test_an_answer_of_coheres_passed_on_in_events_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["cohere-v2"]
    decoder = cohere_v2.stream_decoder(made=MADE)
    if record.streamed:
        chunks = [*decoder.receive(record.sent), *decoder.finish()]
    else:
        decoder.hear_whole(record.sent)
        chunks = decoder.finish()
    encoder = cohere_v2.stream_encoder(include_usage=True)

    told = b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()

    said = ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    again = cohere_v2.stream_decoder(made=MADE)
    assert ears.said_stream(told) == said
    assert fold([*again.receive(told), *again.finish()]) == fold(chunks)


@corpus.each([record for record in RECORDS if not record.streamed])
def test_an_answer_of_coheres_passed_on_whole_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["cohere-v2"]
    response = cohere_v2.decode_response(record.sent, made=MADE)

    told = cohere_v2.encode_response(response)

    assert ears.said(told) == ears.said(record.sent)
    assert cohere_v2.decode_response(told, made=MADE) == response


@pytest.mark.parametrize(
    ("finish", "native", "word"),
    [
        ("stop", None, "COMPLETE"),
        ("stop", "STOP_SEQUENCE", "STOP_SEQUENCE"),
        ("stop", "end_turn", "COMPLETE"),
        ("stop", "ERROR", "ERROR"),
        ("length", None, "MAX_TOKENS"),
        ("function_call", None, "TOOL_CALL"),
        ("content_filter", None, "ERROR_TOXIC"),
    ],
)
def test_every_finish_reason_has_its_word(finish: str, native: str | None, word: str) -> None:
    assert answered(content="x", finish_reason=finish, native=native)["finish_reason"] == word


def test_a_refusal_is_told_as_text_and_a_deprecated_call_as_a_call() -> None:
    refused = answered(content=None, refusal="No.")["message"]
    called = answered(content=None, function_call={"name": "f", "arguments": "{}"})["message"]

    assert refused["content"] == [{"type": "text", "text": "No."}]
    assert called["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}
    assert called["tool_calls"][0]["id"] == "call_x"


def told(writer: ChunkWriter) -> bytes:
    writer.end()
    encoder = cohere_v2.stream_encoder(include_usage=False)
    return b"".join(encoder.encode(chunk) for chunk in writer.take()) + encoder.end()


def test_items_follow_each_other_and_calls_may_come_in_turns() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.reasoning(0, "Hm.")
    writer.text(0, "No")
    writer.text(0, "on.")
    writer.tool_call(0, 0, "a", "f", '{"x":')
    writer.tool_call(0, 1, "b", "g", "say", custom=True)
    writer.tool_call(0, 0, arguments="1}")
    writer.tool_call(0, 1, arguments=" hi", custom=True)
    writer.finish(0, "tool_calls")

    stream = told(writer)

    heard = judge.EARS["cohere-v2"].said_stream(stream).choices[0]
    assert (heard.reasoning, heard.content) == ("Hm.", "Noon.")
    assert [(call.id, call.name, call.arguments) for call in heard.tool_calls] == [
        ("a", "f", '{"x": 1}'),
        ("b", "g", '{"input": "say hi"}'),
    ]
    kinds = [line[7:].decode() for line in stream.splitlines() if line.startswith(b"event: ")]
    assert kinds == [
        "message-start",
        *("content-start", "content-delta", "content-end"),
        *("content-start", "content-delta", "content-delta", "content-end"),
        *("tool-call-start", "tool-call-delta", "tool-call-start", "tool-call-delta"),
        *("tool-call-end", "tool-call-delta", "tool-call-end"),
        "message-end",
    ]
    assert stream.endswith(b"data: [DONE]\n\n")


def test_a_stream_that_says_nothing_has_an_empty_text() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.choice(0)
    writer.finish(0, "stop")

    heard = judge.EARS["cohere-v2"].said_stream(told(writer)).choices[0]

    assert (heard.content, heard.finish_reason) == ("", "stop")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (status_error("no", status_code=429), 429),
        (status_error("no", status_code=503), 503),
        (APITimeoutError("no", phase="total"), 504),
        (RemoteProtocolError("no"), 502),
    ],
)
def test_an_error_is_a_message_and_in_a_stream_its_end(error: APIStatusError, status: int) -> None:
    encoded = cohere_v2.encode_error(error)
    decoder = cohere_v2.stream_decoder(made=MADE)
    event = cohere_v2.stream_encoder(include_usage=False).error(error)

    assert encoded.status_code == status
    assert cohere_v2.decode_error(status, {}, encoded.body).message == "no"
    with pytest.raises(APIStatusError, match="no"):
        decoder.receive(event)


def test_a_stream_of_openais_is_passed_on() -> None:
    stream = spoken.said({"content": "No"}, {"content": "on."}) + spoken.DONE
    encoder = cohere_v2.stream_encoder(include_usage=False)

    passed = b"".join(encoder.encode(chunk) for chunk in spoken.heard(stream)) + encoder.end()

    heard = judge.EARS["cohere-v2"].said_stream(passed)
    assert (heard.id, heard.choices[0].content) == ("chatcmpl-GEN1", "Noon.")
