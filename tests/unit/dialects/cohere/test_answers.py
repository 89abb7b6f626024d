"""What Cohere answers, where the recorded traffic has no example or forgives too much."""

import json
import re
from typing import Any

import pytest

from dragoman.dialects import cohere_v2
from dragoman.errors import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
    RemoteProtocolError,
)
from tests import corpus, judge
from tests.unit.dialects.cohere.saying import (
    MADE,
    START,
    adds,
    argued,
    called,
    chunks,
    content,
    ended,
    event,
    folded,
    message,
    plan,
    whole,
)
from tests.unit.dialects.recordings import lines, outcome, recordings


def pieces_of(told: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (piece.index, piece.id, piece.function.name, piece.function.arguments)
        for chunk in told
        for choice in chunk.choices
        for piece in choice.delta.tool_calls or ()
    ]


def test_thoughts_and_plan_are_read_a_blank_line_apart() -> None:
    items = [{"type": "thinking", "thinking": "First."}, {"type": "thinking", "thinking": "Then."}]
    stream = [content(0, thinking="Fir"), content(0, thinking="st."), content(1, thinking="Then.")]

    of_body = message(whole({"content": items, "tool_plan": "I will look."}))
    of_stream = message(folded(START, *stream, plan("I will"), plan(" look."), ended()))

    assert of_body["reasoning_content"] == "First.\n\nThen.\n\nI will look."
    assert of_stream == of_body


def test_a_call_is_numbered_as_it_comes_whatever_its_index() -> None:
    told = chunks(
        START,
        called(0, "a", "f"),
        argued(0, '{"x":'),
        argued(None, "1}"),
        event("tool-call-end", index=0),
        called(0, "b", "g", '{"y":2}'),
        called(0, "c", "h"),
        ended("TOOL_CALL"),
    )

    assert pieces_of(told) == [
        (0, "a", "f", ""),
        (0, None, None, '{"x":'),
        (0, None, None, "1}"),
        (1, "b", "g", ""),
        (1, None, None, '{"y":2}'),
        (2, "c", "h", ""),
        (2, None, None, "{}"),
    ]


def test_places_may_be_written_as_floats() -> None:
    stream = [called(0, "a", "f"), argued(0, "{}"), event("tool-call-end", index=0)]
    whole_numbers = b"".join([START, *stream, ended("TOOL_CALL")])

    floats = whole_numbers.replace(b'"index": 0', b'"index": 0.0')

    assert floats != whole_numbers
    assert chunks(floats) == chunks(whole_numbers)


def test_calls_without_ids_under_one_index_are_several() -> None:
    told = message(folded(START, called(0, "", "f", "{}"), called(0, "", "g"), ended("TOOL_CALL")))

    assert [call["function"]["name"] for call in told["tool_calls"]] == ["f", "g"]


@pytest.mark.parametrize("arguments", [["null"], ["n", "ul", "l"], [""], [], [None], [" ", "\n"]])
def test_arguments_that_are_none_are_an_empty_object(arguments: list[Any]) -> None:
    stream = [called(0, "a", "f"), *(argued(0, piece) for piece in arguments)]

    told = message(folded(START, *stream, event("tool-call-end", index=0), ended("TOOL_CALL")))

    assert json.loads(told["tool_calls"][0]["function"]["arguments"]) == {}


@pytest.mark.parametrize("arguments", ["nul", "nullify", "nothing", '{"n": null}'])
def test_what_only_begins_like_null_is_kept(arguments: str) -> None:
    stream = [called(0, "a", "f"), *(argued(0, letter) for letter in arguments)]
    calls = [{"id": "a", "function": {"name": "f", "arguments": arguments}}]

    told = message(folded(START, *stream, ended("TOOL_CALL")))

    assert told["tool_calls"][0]["function"]["arguments"] == arguments
    assert message(whole({"tool_calls": calls})) == told


def test_arguments_that_came_parsed_are_written_again() -> None:
    calls = [{"id": "a", "function": {"name": "f", "arguments": {"b": 1, "a": [2.5]}}}]

    told = message(whole({"tool_calls": calls}))

    assert told["tool_calls"][0]["function"]["arguments"] == '{"b":1,"a":[2.5]}'


def test_a_call_without_an_id_gets_one_of_our_own() -> None:
    told = message(whole({"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}))

    assert told["tool_calls"][0]["id"] == MADE.call_id(1)


def test_a_citation_counts_from_its_item_of_the_content() -> None:
    page = {"document": {"url": "https://example.com/a", "title": "A"}}
    cited = {"start": 0, "end": 4, "content_index": 2, "sources": [page]}
    stream = [
        content(0, thinking="Hm."),
        content(1, text="Häfen: "),
        content(2, text="noon"),
        adds("citation-start", 0, citations=cited),
        event("citation-end", index=0),
    ]

    told = message(folded(START, *stream, ended()))

    assert [a["url_citation"] for a in told["annotations"]] == [
        {"start_index": 7, "end_index": 11, "url": "https://example.com/a", "title": "A"}
    ]


def test_a_citation_lies_inside_the_text() -> None:
    page = {"tool_output": {"url": "https://example.com/a", "title": 5}}
    cited = [
        {"start": -4, "end": 400, "sources": [page]},
        {"start": 9, "end": 2, "sources": [page]},
    ]

    told = message(whole({"content": [{"text": "noon"}], "citations": cited}))

    assert [
        (a["url_citation"]["start_index"], a["url_citation"]["end_index"])
        for a in told["annotations"]
    ] == [(0, 4), (4, 4)]


@pytest.mark.parametrize(
    "source",
    [{"document": {"url": "file:///x"}}, {"document": {"id": "x"}}, {"type": "tool"}, "x", None],
)
def test_a_source_without_an_address_is_no_annotation(source: Any) -> None:
    cited = [{"start": 0, "end": 4, "sources": [source]}]

    assert "annotations" not in message(whole({"content": "noon", "citations": cited}))


def test_images_are_counted_beside_the_input_and_lie_inside_the_prompt() -> None:
    usage = {
        "billed_units": {"input_tokens": 522, "output_tokens": 65},
        "tokens": {"input_tokens": 501, "output_tokens": 65, "image_tokens": 518},
        "cached_tokens": 480,
    }

    told = whole({"content": "x"}, usage=usage)["usage"]

    assert told["prompt_tokens"] == 1019
    assert told["prompt_tokens_details"] == {"cached_tokens": 480, "image_tokens": 518}


def test_billed_units_count_only_where_nothing_else_is_told() -> None:
    billed = {"input_tokens": 5.0, "output_tokens": 3.0}
    of_both = {"billed_units": billed, "tokens": {"input_tokens": 1400.0, "output_tokens": 20.0}}

    assert whole({}, usage=of_both)["usage"]["prompt_tokens"] == 1400
    assert whole({}, usage={"billed_units": billed})["usage"]["prompt_tokens"] == 5
    assert whole({}, usage={"billed_units": billed, "tokens": {}})["usage"]["prompt_tokens"] == 5
    assert "usage" not in whole({}, usage={})
    assert "usage" not in whole({}, usage=None)


@pytest.mark.parametrize(
    ("word", "reason", "native"),
    [
        ("COMPLETE", "stop", None),
        ("STOP_SEQUENCE", "stop", "STOP_SEQUENCE"),
        ("MAX_TOKENS", "length", None),
        ("TIMEOUT", "length", "TIMEOUT"),
        ("ERROR", "stop", "ERROR"),
        ("ERROR_TOXIC", "content_filter", "ERROR_TOXIC"),
        ("NEW", "stop", "NEW"),
        (None, "stop", None),
    ],
)
def test_why_an_answer_ended_is_told_in_openais_words_and_in_cohere_s(
    word: str | None, reason: str, native: str | None
) -> None:
    of_body = whole({"content": [{"text": "Hi"}]}, finish_reason=word)["choices"][0]
    of_stream = folded(START, content(0, text="Hi"), ended(word))["choices"][0]

    assert (of_body["finish_reason"], of_body.get("native_finish_reason")) == (reason, native)
    assert of_stream == of_body


@pytest.mark.parametrize(("word", "status"), [("ERROR", 502), ("TIMEOUT", 504)])
def test_a_failure_before_anything_was_said_is_an_error(word: str, status: int) -> None:
    with pytest.raises(InternalServerError) as of_body:
        whole({"content": []}, finish_reason=word)
    with pytest.raises(InternalServerError) as of_stream:
        folded(START, ended(word))

    assert (of_body.value.status_code, of_body.value.code) == (status, word)
    assert of_stream.value.status_code == status


def test_an_error_at_the_end_is_raised_once_what_was_said_is_given() -> None:
    decoder = cohere_v2.stream_decoder(made=MADE)
    stream = [START, plan("I will"), ended("ERROR", error="bad tool", error_type="INVALID")]

    given = decoder.receive(b"".join(stream))

    assert [c.delta.reasoning_content for chunk in given for c in chunk.choices] == [None, "I will"]
    with pytest.raises(InternalServerError, match="bad tool") as caught:
        decoder.finish()
    assert caught.value.code == "INVALID"
    assert decoder.error is caught.value


@pytest.mark.parametrize("ended_by_close", [True, False])
def test_message_end_is_the_end_with_or_without_done(ended_by_close: bool) -> None:
    stream = [START, content(0, text="Hi"), ended()]

    plain = chunks(*stream, ended_by_close=ended_by_close)

    assert plain == chunks(*stream, b"data: [DONE]\n\n", content(0, text="late"))


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", event("content-end", index=0)])
def test_a_stream_without_message_end_is_cut(end: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        folded(START, content(0, text="Hi"), end)

    assert caught.value.code == "stream_truncated"


@pytest.mark.parametrize(
    "stream",
    [
        [content(0, text="Hi")],
        [START, START],
        [START, argued(0, "{}")],
        [START, called(0, "a", "f"), argued(1, "{}")],
        [START, event("tool-call-end", index=0)],
        [ended()],
    ],
)
def test_an_event_out_of_place_is_the_providers_mistake(stream: list[bytes]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        chunks(*stream, ended())

    assert caught.value.code == "bad_gateway"


def test_events_that_nobody_knows_are_passed_over() -> None:
    odd = [event("debug", prompt="x"), event("new", delta={"message": {"x": 1}}), b"data: {}\n\n"]

    assert message(folded(odd[0], START, *odd, content(0, text="Hi"), ended()))["content"] == "Hi"


def test_an_event_is_known_by_its_name_where_its_data_do_not_tell() -> None:
    stream = START + content(0, text="Hi") + ended()
    unnamed = re.sub(rb'"type": "[a-z-]+", ', b"", stream)

    assert b'"type"' not in unnamed
    assert chunks(unnamed) == chunks(stream)


def test_an_error_in_a_stream_is_told_in_its_own_words() -> None:
    for told in (
        b'data: {"message":"too hot"}\n\n',
        b'event: error\ndata: {"message":"too hot"}\n\n',
    ):
        with pytest.raises(APIStatusError, match="too hot") as caught:
            chunks(START, told)
        assert caught.value.status_code == 502


def test_an_error_under_a_200_is_an_error() -> None:
    with pytest.raises(APIStatusError, match="out of order"):
        cohere_v2.decode_response(b'{"id":"x","message":"out of order"}', made=MADE)
    with pytest.raises(RemoteProtocolError, match="message"):
        cohere_v2.decode_response(b'{"id":"x"}', made=MADE)


def error(status: int, body: Any, **headers: str) -> APIStatusError:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return cohere_v2.decode_error(status, names, json.dumps(body).encode())


def test_a_trial_that_is_spent_is_not_tried_again_and_a_busy_minute_is() -> None:
    spent, busy = error(429, {"message": "Trial key"}), error(429, {"message": "Too fast"})

    assert isinstance(spent, RateLimitError)
    assert (spent.code, spent.retryable) == ("insufficient_quota", False)
    assert (busy.code, busy.retryable) == ("rate_limit_exceeded", True)


def test_a_prompt_that_is_too_long_is_a_400_of_openais_code() -> None:
    told = error(422, {"message": "Too many tokens: the limit is 4081"})

    assert isinstance(told, BadRequestError)
    assert (told.status_code, told.code) == (400, "context_length_exceeded")


def test_too_many_tokens_a_minute_is_no_prompt_that_is_too_long() -> None:
    assert error(429, {"message": "too many tokens a minute"}).code == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("status", "code", "type", "retryable"),
    [
        (400, None, "invalid_request_error", False),
        (402, "insufficient_quota", "billing_error", False),
        (403, None, "permission_error", False),
        (404, "model_not_found", "not_found_error", False),
        (498, "content_filter", "invalid_request_error", False),
        (499, None, "client_closed", False),
        (500, None, "server_error", True),
        (501, None, "invalid_request_error", False),
        (503, None, "service_unavailable_error", True),
        (504, None, "timeout_error", True),
    ],
)
def test_a_status_says_what_it_is(
    status: int, code: str | None, type: str, retryable: bool
) -> None:
    told = error(status, {"message": "no such model"})

    assert (told.status_code, told.code, told.type) == (status, code, type)
    assert told.retryable == retryable


def test_the_request_is_known_by_the_header_or_by_the_body() -> None:
    told = error(500, {"id": "e1", "message": "x"}, x_debug_trace_id="t1", retry_after="2")

    assert (told.request_id, told.retry_after) == ("t1", 2.0)
    assert error(500, {"id": "e1", "message": "x"}).request_id == "e1"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"data":"not today"}', "not today"),
        (b'{"data":{"message":"not today"}}', "not today"),
        (b'{"error":{"message":"not today"}}', "not today"),
        (b"<html>", "<html>"),
        (b"", "the provider answered 503 without a message"),
        (b'{"message":5}', '{"message":5}'),
    ],
)
def test_an_error_of_another_shape_says_what_it_can(body: bytes, said: str) -> None:
    assert cohere_v2.decode_error(503, {}, body).message == said


def test_models_are_listed_by_name() -> None:
    body = {"models": [{"name": "command-a-03-2025", "endpoints": ["chat"]}]}

    listed = cohere_v2.decode_models(json.dumps(body).encode())

    assert [(model.id, model.owned_by) for model in listed.data] == [
        ("command-a-03-2025", "cohere")
    ]


@pytest.mark.parametrize("body", [b"{}", b'{"models":[{}]}', b"x", b'{"models":5}'])
def test_a_list_that_is_none_is_the_providers_mistake(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        cohere_v2.decode_models(body)


def test_a_refusal_in_place_of_the_list_is_told() -> None:
    with pytest.raises(APIStatusError, match="no key"):
        cohere_v2.decode_models(b'{"message":"no key"}')


@corpus.each(
    record
    for record in corpus.records("cohere-v2")
    if record.streamed and b"INVALID_TOOL_GENERATION" in record.sent
)
def test_the_recorded_failure_is_heard_by_neither_judge_nor_decoder(record: corpus.Record) -> None:
    with pytest.raises(judge.NoAnswer):
        judge.EARS["cohere-v2"].said_stream(record.sent)
    with pytest.raises(InternalServerError, match="invalid tool generation"):
        chunks(record.sent)


def test_every_quirk_has_a_recorded_example_that_it_makes_the_difference_in() -> None:
    for field in cohere_v2.Quirks.__struct_fields__:
        (recording,) = [one for one in recordings("cohere_v2") if one.name.endswith(f"/{field}")]

        assert lines(outcome(recording, cohere_v2.Quirks())) != lines(recording.expected)
