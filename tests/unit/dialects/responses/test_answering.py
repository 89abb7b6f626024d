"""What callers are answered who speak Responses: whole, in events, and when it fails."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import dragoman
from dragoman.dialects import openai_responses
from dragoman.dialects.openai_responses.carrying import Carried, packed
from dragoman.dialects.openai_responses.items import FORMAT
from dragoman.errors import APIStatusError, APITimeoutError, RemoteProtocolError, status_error
from dragoman.models import shared
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter
from tests import corpus, judge, spoken
from tests.judge.responses_events import events_of, faults
from tests.unit.dialects.responses.saying import MADE

EARS = judge.EARS["openai-responses"]


def is_answer(record: corpus.Record) -> bool:
    try:
        (EARS.said_stream if record.streamed else EARS.said)(record.sent)
    except judge.NoAnswer:
        return False
    return not record.refused


RECORDS = [record for record in corpus.records("openai-responses") if is_answer(record)]


def answered(**message: Any) -> dict[str, Any]:
    """A caller's body for our response with this message."""
    beside = {key: message.pop(key) for key in BESIDE if key in message}
    choice = {"index": 0, "logprobs": message.pop("logprobs", None)}
    choice["finish_reason"] = message.pop("finish_reason", "stop")
    told = {"role": "assistant", "content": None, "refusal": None, **message}
    response = {"id": "chatcmpl-1", "created": 1, "model": "m", **beside}
    typed = msgspec.convert(
        {**response, "choices": [{**choice, "message": told}]}, shared.CreateChatCompletionResponse
    )
    body: dict[str, Any] = json.loads(openai_responses.encode_response(typed))
    return body


BESIDE = ("usage", "service_tier", "metadata", "moderation", "id")


def streamed(write: Callable[[ChunkWriter], None]) -> bytes:
    """The events of a stream that is written like this."""
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    write(writer)
    writer.end()
    encoder = openai_responses.stream_encoder(include_usage=False)
    return b"".join(encoder.encode(chunk) for chunk in writer.take()) + encoder.end()


def kinds(raw: bytes) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events_of(raw)]


# Recorded answers, passed on to a caller of the same dialect.


def ours(response: shared.CreateChatCompletionResponse) -> dict[str, Any]:
    """A response with what the dialect always says, and without what we carry in a stream."""
    told = response.to_dict()
    told["id"] = f"resp_{told['id'].removeprefix('resp_')}"
    told.setdefault("service_tier", "default")
    if (usage := told.get("usage")) is not None:
        counted = {"cached_tokens": 0, "cache_write_tokens": 0}
        usage["prompt_tokens_details"] = counted | usage.get("prompt_tokens_details", {})
        counted = {"reasoning_tokens": 0}
        usage["completion_tokens_details"] = counted | usage.get("completion_tokens_details", {})
    message = told["choices"][0]["message"]
    details = message.pop("reasoning_details", [])
    message["details"] = [
        {key: value for key, value in one.items() if key != "id"}
        for one in details
        if not str(one.get("data")).startswith("gw1.")
    ]
    return told


@corpus.each(RECORDS)
def test_an_answer_passed_on_in_events_says_the_same(record: corpus.Record) -> None:
    decoder = openai_responses.stream_decoder(made=MADE)
    if record.streamed:
        chunks = [*decoder.receive(record.sent), *decoder.finish()]
    else:
        decoder.hear_whole(record.sent)
        chunks = decoder.finish()
    encoder = openai_responses.stream_encoder(include_usage=True)

    told = b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()

    again = openai_responses.stream_decoder(made=MADE)
    came = ours(dragoman.fold([*again.receive(told), *again.finish()]))
    expected = ours(dragoman.fold(chunks))
    for response in (came, expected):
        response["choices"][0]["message"].pop("native_content", None)  # known at the end alone
    assert came == expected
    assert faults(told) == []
    said = EARS.said_stream(record.sent) if record.streamed else EARS.said(record.sent)
    heard = EARS.said_stream(told)
    assert heard.choices[0].tool_calls == said.choices[0].tool_calls
    assert heard.choices[0].content == said.choices[0].content
    assert heard.choices[0].finish_reason == said.choices[0].finish_reason


@corpus.each([record for record in RECORDS if not record.streamed])
def test_an_answer_passed_on_whole_says_the_same(record: corpus.Record) -> None:
    response = openai_responses.decode_response(record.sent, made=MADE)

    told = openai_responses.encode_response(response)

    said, heard = EARS.said(record.sent), EARS.said(told)
    assert heard.choices == said.choices
    assert ours(openai_responses.decode_response(told, made=MADE)) == ours(response)


# Whole answers.


def test_an_answer_has_all_that_a_response_must_have() -> None:
    assert answered(content="Hi") == {
        "id": "resp_chatcmpl-1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": "m",
        "output": [
            {
                "id": "msg_chatcmpl-1_0",
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}
                ],
            }
        ],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": None,
        "metadata": {},
    }


def test_what_stands_beside_the_message_is_told() -> None:
    verdict: dict[str, Any] = {
        "categories": {},
        "category_applied_input_types": {},
        "category_scores": {},
    }
    verdict |= {"flagged": False, "model": "omni", "type": "moderation_result"}
    results = {"type": "moderation_results", "model": "omni", "results": [verdict]}
    failed = {"type": "error", "code": "c", "message": "no"}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}

    told = answered(
        content="Hi",
        id="resp_1",
        usage=usage,
        service_tier="flex",
        metadata={"a": "b"},
        moderation={"input": results, "output": failed},
    )

    assert (told["id"], told["output"][0]["id"]) == ("resp_1", "msg_1_0")
    assert (told["service_tier"], told["metadata"]) == ("flex", {"a": "b"})
    assert told["moderation"] == {"input": verdict, "output": failed}
    assert told["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 8,
    }


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("function_call", "completed", None),
        ("length", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filter", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_every_finish_reason_has_its_status(finish: str, status: str, reason: Any) -> None:
    told = answered(content="x", finish_reason=finish)

    assert (told["status"], told["incomplete_details"]) == (status, reason)


def test_items_stand_in_the_order_of_thinking_saying_and_calling() -> None:
    mine = {"format": FORMAT, "id": "rs_7"}
    details = [
        {"type": "reasoning.summary", "summary": "A", "index": 0, **mine},
        {"type": "reasoning.summary", "summary": "B", "index": 1, **mine},
        {"type": "reasoning.text", "text": "Hm.", "index": 2, **mine},
        {"type": "reasoning.encrypted", "data": "gAAA", "index": 3, **mine},
    ]
    function = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    custom = {"id": "b", "type": "custom", "custom": {"name": "c", "input": "x"}}

    thought, said, called, asked = answered(
        content="Look.", reasoning_details=details, tool_calls=[function, custom]
    )["output"]

    assert thought == {
        "id": "rs_7",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "A"}, {"type": "summary_text", "text": "B"}],
        "content": [{"type": "reasoning_text", "text": "Hm."}],
        "encrypted_content": "gAAA",
    }
    assert said["content"][0]["text"] == "Look."
    assert called == {
        "id": "fc_chatcmpl-1_2",
        "type": "function_call",
        "status": "completed",
        "call_id": "a",
        "name": "f",
        "arguments": "{}",
    }
    assert (asked["id"], asked["type"]) == ("ctc_chatcmpl-1_3", "custom_tool_call")
    assert (asked["call_id"], asked["name"], asked["input"]) == ("b", "c", "x")


def test_a_refusal_is_a_part_of_the_message() -> None:
    (said,) = answered(content="Well.", refusal="No.")["output"]

    assert said["content"][1:] == [{"type": "refusal", "refusal": "No."}]


def test_log_probabilities_and_citations_are_the_texts() -> None:
    token = {"token": "Hi", "bytes": None, "logprob": -0.5}
    other = {"token": "Ho", "bytes": [72, 111], "logprob": -1.5}
    likely = {"content": [{**token, "top_logprobs": [other]}], "refusal": None}
    page = {"start_index": 0, "end_index": 2, "url": "https://x", "title": "X"}

    (said,) = answered(
        content="Hi",
        logprobs=likely,
        annotations=[{"type": "url_citation", "url_citation": page}],
    )["output"]

    assert said["content"][0]["logprobs"] == [{**token, "bytes": [], "top_logprobs": [other]}]
    assert said["content"][0]["annotations"] == [{"type": "url_citation", **page}]


def test_reasoning_of_somebody_else_is_shown_and_carried_along() -> None:
    detail = {"type": "reasoning.text", "text": "Hm.", "signature": "X", "format": "unknown"}

    thought, _ = answered(content="x", reasoning_details=[detail])["output"]
    plain, _ = answered(content="x", reasoning_content="Hm.")["output"]

    carried = msgspec.convert({"reasoning_details": [detail]}, Carried)
    shown = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    shown["id"] = "rs_chatcmpl-1_0"
    assert thought == {**shown, "encrypted_content": packed(carried)}
    assert plain == {**shown, "encrypted_content": packed(Carried())}


def test_reasoning_of_openais_without_an_id_is_carried_as_if_it_were_somebody_elses() -> None:
    detail = {"type": "reasoning.summary", "summary": "Hm.", "format": FORMAT}

    thought, _ = answered(content="x", reasoning_details=[detail])["output"]

    carried = msgspec.convert({"reasoning_details": [detail]}, Carried)
    assert thought["encrypted_content"] == packed(carried)


def test_blocks_of_somebody_else_are_carried_behind_the_answer_and_openais_items_are_it() -> None:
    blocks = {"format": "anthropic-claude-v1", "content": [{"type": "text", "text": "x"}]}
    items = {"format": FORMAT, "content": [{"type": "web_search_call", "id": "ws_1"}]}

    *_, last = answered(content="x", native_content=blocks)["output"]

    carried = msgspec.convert({"native_content": blocks}, Carried)
    assert (last["summary"], last["encrypted_content"]) == ([], packed(carried))
    assert answered(content="x", native_content=items)["output"] == items["content"]


def test_no_two_items_have_the_same_id() -> None:
    mine = {"format": FORMAT, "id": "rs_7", "type": "reasoning.encrypted"}

    output = answered(
        content="x", reasoning_details=[{**mine, "data": "a"}, {**mine, "data": "b"}]
    )["output"]

    assert [item["id"] for item in output] == ["rs_7", "rs_chatcmpl-1_1", "msg_chatcmpl-1_2"]


def test_a_call_by_the_deprecated_functions_is_a_call() -> None:
    (called,) = answered(function_call={"name": "f", "arguments": "{}"})["output"]

    assert (called["call_id"], called["name"]) == ("call_chatcmpl-1", "f")


# Streams.


def test_each_thing_said_is_an_item_opened_told_and_closed() -> None:
    def write(writer: ChunkWriter) -> None:
        mine = {"type": "reasoning.summary", "format": FORMAT, "id": "rs_7"}
        for index, text in ((0, "A"), (0, "B"), (1, "C")):
            detail = shared.ReasoningDetail(**mine, index=index, summary=text)
            writer.reasoning(0, text, [detail])
        writer.text(0, "No")
        writer.text(0, "on.")
        writer.refusal(0, "No.")
        writer.finish(0, "length")

    stream = streamed(write)

    assert faults(stream) == []
    assert kinds(stream) == [
        *("created", "in_progress", "output_item.added", "reasoning_summary_part.added"),
        *("reasoning_summary_text.delta", "reasoning_summary_text.delta"),
        *("reasoning_summary_text.done", "reasoning_summary_part.done"),
        *("reasoning_summary_part.added", "reasoning_summary_text.delta"),
        *("reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"),
        *("output_item.added", "content_part.added", "output_text.delta", "output_text.delta"),
        *("output_text.done", "content_part.done", "content_part.added", "refusal.delta"),
        *("refusal.done", "content_part.done", "output_item.done", "incomplete"),
    ]


def test_what_is_encrypted_may_come_in_pieces() -> None:
    def write(writer: ChunkWriter) -> None:
        mine = {"type": "reasoning.encrypted", "format": FORMAT, "id": "rs_7"}
        for index, data in ((0, "gA"), (0, "AA"), (1, "gB")):
            detail = shared.ReasoningDetail(**mine, index=index, data=data)
            writer.reasoning(0, None, [detail])
        writer.finish(0, "stop")

    stream = streamed(write)

    output = events_of(stream)[-1]["response"]["output"]
    assert faults(stream) == []
    assert [item["encrypted_content"] for item in output] == ["gAAA", "gB"]


def test_calls_stand_open_beside_each_other() -> None:
    def write(writer: ChunkWriter) -> None:
        writer.text(0, "Look.")
        writer.tool_call(0, 0, "a", "f", '{"x":')
        writer.tool_call(0, 1, "b", "g", "say", custom=True)
        writer.tool_call(0, 0, arguments="1}")
        writer.tool_call(0, 1, arguments=" hi", custom=True)
        writer.finish(0, "tool_calls")

    stream = streamed(write)

    heard = EARS.said_stream(stream).choices[0]
    assert faults(stream) == []
    assert [(call.type, call.id, call.name, call.arguments) for call in heard.tool_calls] == [
        ("function", "a", "f", '{"x": 1}'),
        ("custom", "b", "g", "say hi"),
    ]
    assert kinds(stream)[8:] == [
        *("output_item.added", "function_call_arguments.delta"),
        *("output_item.added", "custom_tool_call_input.delta"),
        *("function_call_arguments.delta", "custom_tool_call_input.delta"),
        *("function_call_arguments.done", "output_item.done"),
        *("custom_tool_call_input.done", "output_item.done", "completed"),
    ]


def test_a_citation_counts_from_the_text_that_it_begins_in_even_when_that_is_over() -> None:
    def write(writer: ChunkWriter) -> None:
        writer.text(0, "Häfen: ")
        writer.reasoning(0, "Hm.")
        writer.text(0, "noon.")
        writer.tool_call(0, 0, "a", "f", "{}")
        for start, end in ((0, 5), (7, 11)):
            page = shared.UrlCitation(start_index=start, end_index=end, url="https://x", title="")
            cited = shared.ChatCompletionResponseMessageAnnotation(url_citation=page)
            writer.annotations(0, [cited])
        writer.finish(0, "tool_calls")

    stream = streamed(write)

    told = [event for event in events_of(stream) if event["type"].endswith("annotation.added")]
    assert faults(stream) == []
    assert [
        (one["output_index"], one["annotation"]["start_index"], one["annotation"]["end_index"])
        for one in told
    ] == [(0, 0, 5), (2, 0, 4)]
    output = events_of(stream)[-1]["response"]["output"]
    assert [len(output[place]["content"][0]["annotations"]) for place in (0, 2)] == [1, 1]


def test_a_citation_that_comes_before_all_text_waits_in_an_empty_one() -> None:
    def write(writer: ChunkWriter) -> None:
        page = shared.UrlCitation(start_index=0, end_index=0, url="https://x", title="")
        cited = shared.ChatCompletionResponseMessageAnnotation(url_citation=page)
        writer.annotations(0, [cited])
        writer.text(0, "noon.")
        writer.finish(0, "stop")

    stream = streamed(write)

    (said,) = events_of(stream)[-1]["response"]["output"]
    assert faults(stream) == []
    assert (said["content"][0]["text"], len(said["content"][0]["annotations"])) == ("noon.", 1)


def test_a_stream_that_says_nothing_has_no_items() -> None:
    def write(writer: ChunkWriter) -> None:
        writer.choice(0)
        writer.finish(0, "stop")

    assert kinds(streamed(write)) == ["created", "in_progress", "completed"]


def test_a_stream_of_openais_is_passed_on() -> None:
    stream = spoken.said({"content": "No"}, {"content": "on."}) + spoken.DONE
    encoder = openai_responses.stream_encoder(include_usage=False)

    told = b"".join(encoder.encode(chunk) for chunk in spoken.heard(stream)) + encoder.end()

    heard = EARS.said_stream(told)
    assert (heard.id, heard.choices[0].content) == ("resp_chatcmpl-GEN1", "Noon.")


# Failures.


ERRORS = [
    (status_error("no", status_code=429), 429, "rate_limit_exceeded"),
    (status_error("no", status_code=400), 400, "invalid_prompt"),
    (status_error("no", status_code=500), 500, "server_error"),
    (status_error("no", status_code=529, code="overloaded"), 503, "overloaded"),
    (APITimeoutError("no", phase="total"), 504, "timeout"),
    (RemoteProtocolError("no"), 502, "bad_gateway"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
def test_an_error_is_told_as_everywhere_at_openais(
    error: APIStatusError, status: int, code: str
) -> None:
    encoded = openai_responses.encode_error(error)

    told = {"message": "no", "type": error.type, "param": None, "code": error.code}
    assert (encoded.status_code, json.loads(encoded.body)) == (status, {"error": told})


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
def test_a_failure_in_the_middle_is_a_response_that_failed(
    error: APIStatusError, status: int, code: str
) -> None:
    (chunk, *_) = spoken.heard(spoken.said({"content": "No"}))
    encoder = openai_responses.stream_encoder(include_usage=False)

    told = encoder.encode(chunk) + encoder.error(error)

    last = events_of(told)[-1]
    assert (last["type"], last["sequence_number"]) == ("response.failed", 2)
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"]["code"] == code
    assert last["response"]["error"]["message"] == "no"


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
def test_a_failure_before_everything_is_an_error(
    error: APIStatusError, status: int, code: str
) -> None:
    told = openai_responses.stream_encoder(include_usage=False).error(error)

    (event,) = events_of(told)
    decoder = openai_responses.stream_decoder(made=MADE)
    assert (event["type"], event["sequence_number"], event["code"]) == ("error", 0, code)
    with pytest.raises(APIStatusError, match="no"):
        decoder.receive(told)
