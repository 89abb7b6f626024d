"""What Claude answers, where the recorded traffic has no example or forgives too much."""

import json
from typing import Any

import pytest

from dragoman.dialects import anthropic_messages
from dragoman.errors import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
    RemoteProtocolError,
)
from dragoman.streaming import eventstream
from tests import corpus, judge
from tests.unit.dialects.claude.saying import (
    MADE,
    STOP,
    added,
    begun,
    chunks,
    ended,
    event,
    folded,
    framed,
    message,
    start,
    whole,
)

TEXT = begun(0, type="text", text="")


def test_thoughts_of_several_blocks_are_read_a_blank_line_apart() -> None:
    stream = [
        begun(0, type="thinking", thinking="", signature=""),
        added(0, "thinking_delta", thinking="First"),
        added(0, "thinking_delta", thinking="ly."),
        added(0, "signature_delta", signature="S1"),
        event("content_block_stop", index=0),
        begun(1, type="thinking", thinking="", signature=""),
        added(1, "signature_delta", signature="S2"),
        event("content_block_stop", index=1),
        begun(2, type="thinking", thinking="Then.", signature="S3"),
        event("content_block_stop", index=2),
    ]

    told = message(folded(start(), *stream, ended(), STOP))
    assert told["reasoning_content"] == "Firstly.\n\nThen."
    assert [(d["index"], d.get("text"), d["signature"]) for d in told["reasoning_details"]] == [
        (0, "Firstly.", "S1"),
        (1, None, "S2"),
        (2, "Then.", "S3"),
    ]


def test_a_call_is_numbered_by_its_place_among_the_calls() -> None:
    told = chunks(
        start(),
        begun(0, type="text", text="Hm"),
        begun(1, type="server_tool_use", id="s", name="web_search", input={}),
        added(1, "input_json_delta", partial_json='{"query":"x"}'),
        begun(2, type="tool_use", id="a", name="f", input={}),
        begun(3, type="tool_use", id="b", name="g", input={"x": 1}),
        added(2, "input_json_delta", partial_json='{"y":2}'),
        event("content_block_stop", index=2),
        event("content_block_stop", index=3),
        ended("tool_use"),
        STOP,
    )

    pieces = [
        (piece.index, piece.id, piece.function.name, piece.function.arguments)
        for chunk in told
        for choice in chunk.choices
        for piece in choice.delta.tool_calls or ()
    ]
    assert pieces == [
        (0, "a", "f", ""),
        (1, "b", "g", ""),
        (0, None, None, '{"y":2}'),
        (1, None, None, '{"x":1}'),
    ]


@pytest.mark.parametrize("second", [0, 1])
def test_a_block_that_nobody_stops_is_told_whole(second: int) -> None:
    told = message(
        folded(
            start(),
            begun(0, type="tool_use", id="a", name="f", input={"x": 1}),
            begun(second, type="tool_use", id="b", name="g", input={"y": 2}),
            ended("tool_use"),
            STOP,
        )
    )

    assert [call["function"]["arguments"] for call in told["tool_calls"]] == ['{"x":1}', '{"y":2}']


def test_numbers_and_keys_of_arguments_come_as_they_were_written() -> None:
    body = (
        b'{"content":[{"type":"tool_use","id":"a","name":"f","input": {"b": 1.0, "a": 1e2,'
        b' "n": 123456789012345678901234567890}}],"stop_reason":"tool_use"}'
    )

    response = anthropic_messages.decode_response(body, made=MADE)

    calls = response.choices[0].message.tool_calls or []
    assert [call.to_dict()["function"]["arguments"] for call in calls] == [
        '{"b":1.0,"a":1e2,"n":123456789012345678901234567890}'
    ]


def test_what_a_text_cites_is_told_with_its_place_in_the_whole_text() -> None:
    page = {"type": "web_search_result_location", "url": "https://a.example", "title": None}
    source = {"type": "search_result_location", "source": "https://b.example", "title": "B"}
    notes = {"type": "search_result_location", "source": "notes.txt", "title": "N"}

    told = message(
        whole(
            {"type": "text", "text": "Häfen: "},
            {"type": "text", "text": "noon", "citations": [page, notes, source]},
            {"type": "text", "text": "."},
        )
    )

    assert [
        (c["url_citation"]["url"], c["url_citation"]["start_index"], c["url_citation"]["end_index"])
        for c in told["annotations"]
    ] == [("https://a.example", 7, 11), ("https://b.example", 7, 11)]
    assert told["annotations"][0]["url_citation"]["title"] == ""


@pytest.mark.parametrize(
    ("tier", "ours"), [("standard", "default"), ("priority", "priority"), ("batch", None)]
)
def test_the_tier_is_told_in_openais_words(tier: str, ours: str | None) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "service_tier": tier}

    assert whole({"type": "text", "text": "x"}, usage=usage).get("service_tier") == ours


@pytest.mark.parametrize(
    ("word", "called", "ours", "native"),
    [
        ("end_turn", False, "stop", None),
        ("end_turn", True, "tool_calls", None),
        ("stop_sequence", False, "stop", "stop_sequence"),
        ("max_tokens", True, "length", None),
        ("model_context_window_exceeded", False, "length", "model_context_window_exceeded"),
        ("pause_turn", False, "stop", "pause_turn"),
        ("compaction", False, "stop", "compaction"),
        ("a_new_word", True, "tool_calls", "a_new_word"),
        (None, False, "stop", None),
    ],
)
def test_every_reason_to_stop_has_its_word(
    word: str | None, called: bool, ours: str, native: str | None
) -> None:
    block = {"type": "tool_use", "id": "a", "name": "f", "input": {}}

    (choice,) = whole(*([block] if called else []), stop_reason=word)["choices"]
    assert (choice["finish_reason"], choice.get("native_finish_reason")) == (ours, native)


def test_usage_is_the_last_that_was_said_and_never_a_sum() -> None:
    first = {"input_tokens": 25, "cache_read_input_tokens": 4, "output_tokens": 1}
    last = {"input_tokens": 30, "cache_read_input_tokens": None, "output_tokens": 33}
    delta = event("message_delta", delta={"stop_reason": "end_turn"}, usage=last)

    usage = folded(start(usage=first), delta, STOP)["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (34, 33)
    assert usage["prompt_tokens_details"] == {"cached_tokens": 4}


def test_a_refusal_in_a_stream_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Against the policy."}

    response = folded(start(), ended("refusal", stop_details=details), STOP)
    assert message(response)["refusal"] == "Against the policy."
    assert message(response)["content"] is None
    assert response["choices"][0]["finish_reason"] == "content_filter"


def test_blocks_out_of_the_plain_order_are_kept_as_they_came() -> None:
    stream = [
        begun(0, type="text", text="A"),
        begun(1, type="mcp_tool_use", id="m", name="echo", input={}, server_name="s"),
        added(1, "input_json_delta", partial_json='{"message":'),
        added(1, "input_json_delta", partial_json='"hi"}'),
        begun(2, type="compaction", content=None),
        added(2, "compaction_delta", content="So far."),
        begun(3, type="text", text=""),
        added(3, "text_delta", text="B"),
        added(3, "citations_delta", citation={"type": "page_location"}),
        begun(4, type="not_met_yet", anything=[1]),
        added(4, "not_met_yet_delta", more=2),
    ]

    native = message(folded(start(), *stream, ended(), STOP))["native_content"]
    assert native == {
        "format": "anthropic-claude-v1",
        "content": [
            {"type": "text", "text": "A"},
            {
                "type": "mcp_tool_use",
                "id": "m",
                "name": "echo",
                "input": {"message": "hi"},
                "server_name": "s",
            },
            {"type": "compaction", "content": "So far."},
            {"type": "text", "text": "B", "citations": [{"type": "page_location"}]},
            {"type": "not_met_yet", "anything": [1]},
        ],
    }


WHOLE = [
    record
    for record in corpus.records("anthropic-messages")
    if not record.streamed and record.status == 200
]


def in_plain_order(blocks: list[dict[str, Any]]) -> bool:
    """Thinking, at most one text, calls: all that the fields of the hub can say."""
    order = [block["type"].removeprefix("redacted_") for block in blocks]
    ranks = {"thinking": 0, "text": 1, "tool_use": 2}
    if not ranks.keys() >= set(order) or order.count("text") > 1:
        return False
    return order == sorted(order, key=ranks.__getitem__)


@corpus.each(WHOLE)
def test_recorded_blocks_go_round_unless_our_fields_say_the_same(record: corpus.Record) -> None:
    blocks = json.loads(record.sent)["content"]

    response = anthropic_messages.decode_response(record.sent, made=MADE)

    native = response.choices[0].message.native_content
    assert (native and native.content) == (None if in_plain_order(blocks) else blocks)


# What goes wrong.


@pytest.mark.parametrize(
    "out_of_place",
    [
        added(0, "text_delta", text="x"),
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn"}),
        STOP,
    ],
)
def test_an_event_before_the_start_is_the_providers_mistake(out_of_place: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="EXPECTING_START"):
        chunks(event("ping"), out_of_place)


@pytest.mark.parametrize(
    "out_of_place",
    [
        start(),
        added(1, "text_delta", text="x"),
        event("content_block_stop", index=7),
        event("content_block_start", index=1),
        begun(1, text="no type"),
    ],
)
def test_what_came_before_a_mistake_is_given_first(out_of_place: bytes) -> None:
    decoder = anthropic_messages.stream_decoder(made=MADE)

    told = decoder.receive(start() + TEXT + added(0, "text_delta", text="So") + out_of_place)

    assert [chunk.choices[0].delta.content for chunk in told] == ["", "So"]
    assert isinstance(decoder.error, RemoteProtocolError)
    with pytest.raises(RemoteProtocolError):
        decoder.receive(b"")


def test_pings_and_events_that_we_have_not_met_are_passed_over() -> None:
    response = folded(
        event("ping"), start(), event("ping"), event("quite_new", x=1), TEXT, ended(), STOP
    )

    assert message(response)["content"] == ""


def test_a_stream_without_its_last_event_needs_the_end_of_the_message() -> None:
    stream = [start(), TEXT, ended()]

    assert chunks(*stream)[-2].choices[0].finish_reason == "stop"
    with pytest.raises(RemoteProtocolError) as cut:
        chunks(*stream, ended_by_close=True)
    assert cut.value.code == "stream_truncated"


def test_nothing_is_read_after_the_last_event() -> None:
    assert len(chunks(start(), ended(), STOP, event("error", error={"message": "late"}))) == 3


@pytest.mark.parametrize(
    ("error", "status", "retryable"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, 529, True),
        ({"type": "rate_limit_error", "message": "Slow down"}, 429, True),
        ({"type": "invalid_request_error", "message": "prompt is too long: 3"}, 400, False),
        ({"type": "not_met_yet", "message": "?"}, 502, True),
    ],
)
def test_an_error_in_a_stream_has_the_status_of_its_type(
    error: dict[str, Any], status: int, retryable: bool
) -> None:
    decoder = anthropic_messages.stream_decoder(made=MADE)
    decoder.receive(start())

    with pytest.raises(APIStatusError) as told:
        decoder.receive(event("error", error=error))

    assert (told.value.status_code, told.value.retryable) == (status, retryable)
    assert told.value.message == error["message"]


def test_an_error_event_that_is_no_json_is_an_error_all_the_same() -> None:
    with pytest.raises(InternalServerError, match="upstream reset"):
        chunks(start(), b"event: error\ndata: upstream reset\n\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{}", "content: expected a list; got nothing"),
        (b"<html>", "expected JSON; this looks like a page of HTML"),
        (b'{"content":[5]}', r"content\[0\]: expected object; got int"),
        (b'{"content":[{"text":"x"}]}', r"content\[0\].type: expected a value; got nothing"),
        (b'{"content":"x"}', "content: expected array or null; got str"),
    ],
)
def test_what_is_no_message_is_refused_by_its_place(body: bytes, says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        anthropic_messages.decode_response(body, made=MADE)


def test_an_error_under_a_success_is_an_error() -> None:
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}'

    with pytest.raises(RateLimitError, match="Slow down"):
        anthropic_messages.decode_response(body, made=MADE)


def test_lone_surrogates_become_the_sign_for_what_cannot_be_read() -> None:
    told = message(
        whole(
            {"type": "text", "text": "a\ud800b"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": "\udfff"}},
        )
    )

    assert told["content"] == "a\ufffdb"
    assert told["tool_calls"][0]["function"]["arguments"] == '{"x":"\ufffd"}'


# Bedrock.


def test_bedrocks_frames_hold_the_same_events() -> None:
    stream = [start(), TEXT, added(0, "text_delta", text="Noon"), ended(), STOP]

    assert folded(framed(*stream)) == folded(*stream)


def test_an_exception_in_bedrocks_frames_is_the_error_of_the_stream() -> None:
    headers = {":exception-type": "throttlingException", ":message-type": "exception"}
    exception = eventstream.encode(headers, b'{"message":"Too many tokens"}')

    with pytest.raises(RateLimitError, match="Too many tokens"):
        chunks(framed(start()), exception)


def test_what_came_before_a_bad_frame_of_the_same_read_is_heard() -> None:
    bad = eventstream.encode({":message-type": "event"}, b'{"bytes":"?"}')
    decoder = anthropic_messages.stream_decoder(made=MADE)

    heard = decoder.receive(framed(start(), TEXT, added(0, "text_delta", text="Noon")) + bad)

    assert [one.choices[0].delta.content for one in heard] == ["", "Noon"]
    assert isinstance(decoder.error, RemoteProtocolError)


def test_a_frame_that_is_cut_is_no_end() -> None:
    with pytest.raises(RemoteProtocolError) as cut:
        chunks(framed(start(), ended(), STOP)[:-5])
    assert cut.value.code == "stream_truncated"


def test_a_refusal_of_bedrocks_is_understood_from_its_message() -> None:
    error = anthropic_messages.decode_error(
        400, {"x-amzn-requestid": "r"}, b'{"message":"Malformed input request"}'
    )

    assert isinstance(error, BadRequestError)
    assert (error.message, error.request_id) == ("Malformed input request", "r")


def test_the_judge_hears_a_stream_as_it_hears_a_body() -> None:
    stream = start() + TEXT + added(0, "text_delta", text="Noon") + ended() + STOP

    assert judge.EARS["anthropic-messages"].said_stream(stream).choices[0].content == "Noon"
