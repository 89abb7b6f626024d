"""What callers are answered who speak Mistral's dialect, whole, streamed and in errors."""

import json
from typing import Any

import pytest

from dragoman.dialects import mistral, openai_chat
from dragoman.errors import (
    APIStatusError,
    APITimeoutError,
    Error,
    RemoteProtocolError,
    status_error,
)
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter
from tests import corpus, judge, spoken
from tests.unit.dialects.mistral.saying import MADE, thinking

RECORDS = [one for one in corpus.records("mistral") if not one.refused]


@corpus.each(RECORDS)
def test_an_answer_of_mistrals_passed_on_in_events_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["mistral"]
    decoder = mistral.stream_decoder(made=MADE)
    if record.streamed:
        chunks = [*decoder.receive(record.sent), *decoder.finish()]
    else:
        decoder.hear_whole(record.sent)
        chunks = decoder.finish()
    encoder = mistral.stream_encoder(include_usage=False)

    told = b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()

    again = mistral.stream_decoder(made=MADE)
    said = ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    assert ears.said_stream(told) == said
    assert fold([*again.receive(told), *again.finish()]) == fold(chunks)


@corpus.each(RECORDS)
def test_an_answer_of_mistrals_passed_on_whole_says_the_same(record: corpus.Record) -> None:
    ears = judge.EARS["mistral"]
    decoder = mistral.stream_decoder(made=MADE)
    if record.streamed:
        response = fold([*decoder.receive(record.sent), *decoder.finish()])
    else:
        response = mistral.decode_response(record.sent, made=MADE)

    told = mistral.encode_response(response)

    said = ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    assert ears.said(told) == said
    assert mistral.decode_response(told, made=MADE) == response


def answered(*, finish_reason: str = "stop", native: str | None = None, **message: Any) -> Any:
    """The first choice of what a caller is answered for a response with this message."""
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    choice["native_finish_reason"] = native
    body = json.dumps({"id": "x", "model": "m", "choices": [choice]}).encode()
    response = openai_chat.decode_response(body, made=spoken.MADE)
    return json.loads(mistral.encode_response(response))["choices"][0]


@pytest.mark.parametrize(
    ("finish", "native", "word"),
    [
        ("stop", None, "stop"),
        ("stop", "end_turn", "stop"),
        ("stop", "error", "error"),
        ("length", None, "length"),
        ("length", "model_length", "model_length"),
        ("tool_calls", "length", "tool_calls"),
        ("function_call", None, "tool_calls"),
        ("content_filter", None, "content_filter"),
    ],
)
def test_every_finish_reason_has_its_word(finish: str, native: str | None, word: str) -> None:
    assert answered(content="x", finish_reason=finish, native=native)["finish_reason"] == word


def test_a_refusal_is_told_as_text_and_a_deprecated_call_as_a_call() -> None:
    refused = answered(content=None, refusal="No.")["message"]
    called = answered(content=None, function_call={"name": "f", "arguments": "{}"})["message"]

    assert refused["content"] == "No."
    assert called["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}
    assert len(called["tool_calls"][0]["id"]) == 9


def test_what_was_thought_is_a_chunk_before_the_text() -> None:
    tools = [{"id": "a", "type": "custom", "custom": {"name": "g", "input": "hi"}}]

    both = answered(content="4", reasoning_content="Hm.")["message"]
    alone = answered(content=None, reasoning_content="Hm.", tool_calls=tools)["message"]

    assert both["content"] == [thinking("Hm."), {"type": "text", "text": "4"}]
    assert alone["content"] == [thinking("Hm.")]
    assert alone["tool_calls"][0]["function"] == {"name": "g", "arguments": '{"input":"hi"}'}


def test_usage_counts_sounds_beside_the_prompt_and_is_empty_where_nobody_counted() -> None:
    usage = {
        "prompt_tokens": 384,
        "completion_tokens": 201,
        "total_tokens": 585,
        "prompt_tokens_details": {"audio_tokens": 375, "cached_tokens": 3},
    }
    body = {"id": "x", "model": "m", "choices": [{"index": 0, "message": {"content": "x"}}]}
    counted, uncounted = (
        openai_chat.decode_response(json.dumps(one).encode(), made=spoken.MADE)
        for one in ({**body, "usage": usage}, body)
    )

    told = json.loads(mistral.encode_response(counted))["usage"]
    assert (told["prompt_tokens"], told["total_tokens"]) == (9, 585)
    assert told["prompt_tokens_details"] == {"cached_tokens": 3, "audio_tokens": 375}
    again = mistral.encode_response(uncounted)
    assert json.loads(again)["usage"] == {}
    assert mistral.decode_response(again, made=MADE).usage is None


def events(writer: ChunkWriter) -> list[Any]:
    """What is streamed to a caller, without the terminator."""
    writer.end()
    encoder = mistral.stream_encoder(include_usage=False)
    stream = b"".join(encoder.encode(chunk) for chunk in writer.take()) + encoder.end()
    *told, last = stream.decode().split("\n\n")[:-1]
    assert last == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in told]


def test_calls_are_told_whole_in_the_last_event_beside_the_usage() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.reasoning(0, "Hm.")
    writer.text(0, "So:")
    writer.tool_call(0, 0, "a", "f", '{"x":')
    writer.tool_call(0, 1, "b", "g", "say", custom=True)
    writer.tool_call(0, 0, arguments="1}")
    writer.tool_call(0, 1, arguments=" hi", custom=True)
    writer.finish(0, "tool_calls")
    writer.usage(mistral.decode_response(USED, made=MADE).usage)  # type: ignore[arg-type]

    told = events(writer)

    choices = [event["choices"][0] for event in told]
    assert [choice["delta"]["content"] for choice in choices] == ["", [thinking("Hm.")], "So:", ""]
    assert [call["function"] for call in choices[-1]["delta"]["tool_calls"]] == [
        {"name": "f", "arguments": '{"x":1}'},
        {"name": "g", "arguments": '{"input":"say hi"}'},
    ]
    assert [choice["finish_reason"] for choice in choices] == [None, None, None, "tool_calls"]
    assert ["usage" in event for event in told] == [False, False, False, True]


USED = json.dumps(
    {
        "choices": [{"message": {"content": "x"}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }
).encode()


def test_a_deprecated_call_is_streamed_as_a_call() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.function_call(0, "f", '{"x":')
    writer.function_call(0, None, "1}")
    writer.finish(0, "function_call")

    (choice,) = events(writer)[-1]["choices"]

    (call,) = choice["delta"]["tool_calls"]
    assert call["function"] == {"name": "f", "arguments": '{"x":1}'}
    assert (len(call["id"]), choice["finish_reason"]) == (9, "tool_calls")


def test_of_several_choices_each_has_its_end_and_the_last_the_usage() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    for index in (0, 1):
        writer.text(index, "x")
        writer.finish(index, "stop")
    writer.usage(mistral.decode_response(USED, made=MADE).usage)  # type: ignore[arg-type]

    told = events(writer)

    ends = [event for event in told if event["choices"][0]["finish_reason"]]
    assert [event["choices"][0]["index"] for event in ends] == [0, 1]
    assert ["usage" in event for event in ends] == [False, True]


def test_a_stream_that_says_nothing_ends_all_the_same() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.choice(0)

    told = events(writer)

    assert [event["choices"][0]["finish_reason"] for event in told] == [None, "stop"]
    assert all("usage" not in event for event in told)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (status_error("no", status_code=429, code="rate_limit_exceeded"), 429),
        (status_error("no", status_code=529), 503),
        (APITimeoutError("no", phase="total"), 504),
        (RemoteProtocolError("no"), 502),
    ],
)
def test_an_error_is_an_object_of_mistrals(error: Error, status: int) -> None:
    encoded = mistral.encode_error(error)
    decoder = mistral.stream_decoder(made=MADE)
    event = mistral.stream_encoder(include_usage=False).error(error)

    assert encoded.status_code == status
    assert json.loads(encoded.body) == {
        "object": "error",
        "message": "no",
        "type": error.type,
        "param": None,
        "code": error.code,
    }
    assert mistral.decode_error(status, {}, encoded.body).message == "no"
    with pytest.raises(APIStatusError, match="no"):
        decoder.receive(event)


def test_what_cannot_be_carried_out_is_told_as_a_list_of_mistakes_too() -> None:
    encoded = mistral.encode_error(status_error("no", status_code=422, param="n"))

    told = json.loads(encoded.body)
    assert told["detail"] == [{"loc": ["body", "n"], "msg": "no", "type": "value_error"}]
    assert mistral.decode_error(422, {}, encoded.body).message == told["message"] == "no"


def test_a_stream_of_openais_is_passed_on() -> None:
    stream = spoken.said({"content": "No"}, {"content": "on."}) + spoken.DONE
    encoder = mistral.stream_encoder(include_usage=False)

    passed = b"".join(encoder.encode(chunk) for chunk in spoken.heard(stream)) + encoder.end()

    heard = judge.EARS["mistral"].said_stream(passed)
    assert (heard.id, heard.choices[0].content) == ("chatcmpl-GEN1", "Noon.")
