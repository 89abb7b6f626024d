"""Callers who speak Cohere's dialect: what they ask, and what they are answered."""

import json
from typing import Any

import pytest

from dragoman.dialects import cohere_v2, openai_chat
from dragoman.errors import (
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    RemoteProtocolError,
    status_error,
)
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter
from tests import corpus, judge, spoken
from tests.judge.cohere_requests import meaning
from tests.unit.dialects.cohere.saying import MADE

IMAGE = {"type": "image_url", "image_url": {"url": "https://x", "detail": "x"}}

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


ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def asked(**fields: Any) -> dict[str, Any]:
    """The hub's request for a caller's, as it is written."""
    return cohere_v2.decode_request(json.dumps({**ASKED, **fields}).encode()).to_dict()


# What is asked.


@corpus.each(one for one in corpus.records("cohere-v2") if one.request.get("body"))
def test_a_recorded_request_read_and_sent_on_means_the_same(record: corpus.Record) -> None:
    body = record.request["body"]
    request = cohere_v2.decode_request(json.dumps(body).encode())

    encoded = cohere_v2.encode_request(request, model=body["model"])

    assert meaning(json.loads(encoded.body)) == meaning(body)
    assert [loss.pointer for loss in encoded.losses if loss.kind != "emulated"] == []


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        ({"type": "disabled"}, "none"),
        ({"type": "enabled", "token_budget": 1}, "minimal"),
        ({"type": "enabled", "token_budget": 1024}, "low"),
        ({"type": "enabled", "token_budget": 4096}, "medium"),
        ({"type": "enabled", "token_budget": 4097}, "high"),
        ({"type": "enabled", "token_budget": 99_999}, "xhigh"),
        ({"type": "enabled"}, "xhigh"),
        (None, None),
    ],
)
def test_thinking_is_a_level_of_effort(thinking: Any, effort: str | None) -> None:
    assert asked(thinking=thinking).get("reasoning_effort") == effort


def test_parameters_have_the_hubs_names() -> None:
    told = asked(
        p=0.5,
        k=5,
        max_tokens=7,
        stop_sequences=["Z"],
        stream=True,
        tool_choice="REQUIRED",
        strict_tools=True,
        tools=[{"type": "function", "function": {"name": "f"}}],
    )

    assert (told["top_p"], told["top_k"], told["max_completion_tokens"]) == (0.5, 5, 7)
    assert (told["stop"], told["stream"], told["tool_choice"]) == (["Z"], True, "required")
    assert told["tools"] == [{"type": "function", "function": {"name": "f", "strict": True}}]


def test_plan_and_thinking_are_reasoning() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
    content = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": ""}]
    answer = {"role": "assistant", "content": content, "tool_plan": "Look.", "tool_calls": [call]}

    (told,) = asked(messages=[answer])["messages"]

    assert "content" not in told
    assert told["reasoning_content"] == "Hm.\n\nLook."
    assert told["tool_calls"][0]["function"]["arguments"] == "{}"


def test_what_has_no_field_is_kept_in_its_place() -> None:
    part = {"type": "text", "text": "Hi", "later": 1}
    document = {"type": "document", "document": {"data": "x"}}

    told = asked(
        documents=["x"],
        response_format={"type": "text", "later": 2},
        messages=[
            {"role": "user", "content": [part], "later": 3},
            {"role": "tool", "tool_call_id": "a", "content": [document]},
        ],
    )

    assert told["documents"] == ["x"]
    assert told["response_format"] == {"type": "text", "later": 2}
    assert told["messages"] == [
        {"role": "user", "content": [part], "later": 3},
        {"role": "tool", "tool_call_id": "a", "content": [document]},
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": 5}, "model: expected str; got int"),
        ({"messages": []}, "messages: expected array of length >= 1"),
        ({"messages": ["Hi"]}, "messages[0]: expected object; got str"),
        ({"messages": [{"role": "x"}]}, "messages[0].role: expected one of user, assistant"),
        ({"messages": [{"role": "user"}]}, "messages[0].content: expected a value; got nothing"),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0].type: expected one of text, thinking; got 'image_url'",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"type": "x"}]}]},
            "messages[0].tool_calls[0].type: expected one of function; got 'x'",
        ),
        (
            {"messages": [{"role": "user", "content": [IMAGE]}]},
            "messages[0].content[0].image_url.detail: expected one of auto, low, high; got 'x'",
        ),
        ({"p": True}, "p: expected number; got bool"),
        ({"tool_choice": "auto"}, "tool_choice: expected one of REQUIRED, NONE; got 'auto'"),
        ({"thinking": {"type": "on"}}, "thinking.type: expected one of enabled, disabled"),
        ({"response_format": {"type": "x"}}, "response_format.type: expected one of text"),
        ({"stop_sequences": ["a", 5]}, "stop_sequences[1]: expected str; got int"),
    ],
)
def test_what_is_no_request_is_refused_by_its_place(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        asked(**fields)

    assert refused.value.message.startswith(says)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(BadRequestError, match="expected JSON"):
        cohere_v2.decode_request(b"{")


# What is answered.


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


def events(stream: bytes, kind: str) -> list[Any]:
    """The data of all events of this kind."""
    lines = [line[6:] for line in stream.splitlines() if line.startswith(b"data: {")]
    return [one for one in map(json.loads, lines) if one["type"] == kind]


def test_items_have_places_and_citations_count_from_theirs() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.text(0, "Häfen: ")
    writer.reasoning(0, "Hm.")
    writer.text(0, "noon.")
    cited = shared.UrlCitation(start_index=7, end_index=11, url="https://a.example", title="A")
    annotation = shared.ChatCompletionResponseMessageAnnotation(url_citation=cited)
    writer.annotations(0, [annotation])
    writer.finish(0, "stop")

    stream = told(writer)

    (citation,) = events(stream, "citation-start")
    quoted = citation["delta"]["message"]["citations"]
    items = [one["index"] for one in events(stream, "content-start")]
    assert items == [one["index"] for one in events(stream, "content-end")] == [0, 1, 2]
    assert [one["index"] for one in events(stream, "content-delta")] == [0, 1, 2]
    assert (quoted["content_index"], quoted["start"], quoted["end"]) == (2, 0, 4)
    assert quoted["text"] == "noon"


def test_a_stream_that_says_nothing_has_an_empty_text() -> None:
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.choice(0)
    writer.finish(0, "stop")

    stream = told(writer)

    heard = judge.EARS["cohere-v2"].said_stream(stream).choices[0]
    (item,) = events(stream, "content-start")
    assert item["delta"]["message"]["content"] == {"type": "text", "text": ""}
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
