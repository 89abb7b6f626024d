"""The judge itself: it hears what the provider pages say is meant, and notices when ours differs.

Bodies are made by hand here; the long ones are the worked examples of the pages.
"""

import json
from typing import Any

import pytest

from tests import judge

Json = dict[str, Any]


def body(message: Json, **choice: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, **choice}]}).encode()


def only(heard: judge.Heard) -> judge.Choice:
    (choice,) = heard.choices
    return choice


def sse(*chunks: Json, end: str = "data: [DONE]\n\n") -> bytes:
    return ("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end).encode()


def deltas(*deltas: Json, finish_reason: str | None = "stop") -> bytes:
    chunks = [{"choices": [{"delta": delta}]} for delta in deltas]
    return sse(*chunks, {"choices": [{"delta": {}, "finish_reason": finish_reason}]})


def calls(*fragments: Json) -> list[tuple[str, str]]:
    """Name and arguments of the calls in a stream of these fragments, one a chunk."""
    heard = only(judge.said_stream(deltas(*({"tool_calls": [part]} for part in fragments))))
    return [(call.name, call.arguments) for call in heard.tool_calls]


def fragment(arguments: str | None = None, *, name: str | None = None, **keys: Any) -> Json:
    return {**keys, "function": {"name": name, "arguments": arguments}}


def usage(**reported: Any) -> judge.Usage:
    answer = {"choices": [{"message": {"content": "a"}}], "usage": reported}
    heard = judge.said(json.dumps(answer).encode()).usage
    assert heard
    return heard


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ({"content": "Oslo."}, "Oslo."),
        ({"content": None}, ""),
        ({}, ""),
        ({"content": "", "refusal": "No."}, None),
        ({"content": "", "tool_calls": [{"id": "c", "function": {"name": "f"}}]}, None),
        ({"content": "Hm.", "tool_calls": [{"id": "c", "function": {"name": "f"}}]}, "Hm."),
        ({"content": "", "audio": {"id": "a", "data": "AA==", "transcript": "Hi"}}, None),
        ({"content": "", "function_call": {"name": "f", "arguments": "{}"}}, None),
        ({"content": [{"type": "text", "text": "Os"}, {"type": "text", "text": "lo"}]}, "Oslo"),
    ],
)
def test_no_text_is_null_beside_something_else_and_empty_alone(
    message: Json, content: str | None
) -> None:
    heard = only(judge.said(body(message)))

    assert heard.content == content


def test_content_that_is_an_object_is_heard_as_its_json() -> None:
    heard = only(judge.said(body({"content": {"age": 32, "name": "Ann"}})))

    assert heard.content == '{"name": "Ann","age":32}'
    assert heard.content != '{"name":"Ann","age":32.0}'
    assert heard.content != "{'age': 32}"


def test_objects_of_empty_strings_are_absent() -> None:
    empty = {
        "content": "",
        "refusal": "",
        "audio": {"id": "", "data": "", "transcript": "", "expires_at": 0},
        "function_call": {"name": "", "arguments": ""},
        "tool_calls": [
            {
                "id": "c",
                "custom": {"name": "", "input": ""},
                "function": {"name": "f", "arguments": '{"a":1}'},
            }
        ],
    }

    heard = only(judge.said(body(empty, finish_reason="")))

    assert (heard.refusal, heard.audio, heard.function_call) == (None, None, None)
    assert heard.tool_calls == [judge.ToolCall("function", "f", "c", '{"a": 1}')]
    assert heard.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ('{"b":1,"a":2}', '{"a": 2, "b": 1}'),
        ("", "{}"),
        (" \n", "{}"),
        (None, "{}"),
        ({"a": 1}, '{"a": 1}'),
        ("[1.0]", "[1.0]"),
        ("[1]", "[1]"),
        ("[true]", "[true]"),
        ('{"a": 1', '{"a": 1'),
        ("[NaN]", "[NaN]"),
    ],
)
def test_arguments_are_heard_as_a_json_value_or_as_they_are(written: Any, heard: str) -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": written}}

    (tool_call,) = only(judge.said(body({"tool_calls": [call]}))).tool_calls

    assert tool_call.arguments == heard


def test_an_id_that_is_missing_or_taken_is_left_to_us() -> None:
    ids = ["0", "0", "", None]

    heard = only(judge.said(body({"tool_calls": [fragment(name="f", id=id_) for id_ in ids]})))

    assert [call.id for call in heard.tool_calls] == ["0", "call_2", "call_3", "call_4"]
    assert heard.tool_calls[0].id != "call_1"


@pytest.mark.parametrize(
    ("native", "alone", "called"),
    [
        ("stop", "stop", "tool_calls"),
        ("", "stop", "tool_calls"),
        (None, "stop", "tool_calls"),
        ("eos", "stop", "tool_calls"),
        ("never heard of", "stop", "tool_calls"),
        ("length", "length", "length"),
        ("max_tokens", "length", "length"),
        ("tool_use", "tool_calls", "tool_calls"),
        ("function_call", "function_call", "tool_calls"),
        ("safety", "content_filter", "content_filter"),
        ("insufficient_system_resource", "length", "length"),
    ],
)
def test_finish_reasons_are_told_in_openais_words(
    native: str | None, alone: str, called: str
) -> None:
    text = judge.said(body({"content": "a"}, finish_reason=native))
    call = judge.said(body({"tool_calls": [fragment(name="f")]}, finish_reason=native))

    assert only(text).finish_reason == alone
    assert only(call).finish_reason == called


def test_the_vision_preview_ended_with_finish_details() -> None:
    heard = judge.said(body({"content": "a"}, finish_details={"type": "max_tokens"}))

    assert only(heard).finish_reason == "length"


@pytest.mark.parametrize(
    "nothing",
    [
        b"",
        b"<html>",
        b'{"contentType":"application/json"}',
        b'{"choices":null,"error":{"code":502,"message":"Provider returned error"}}',
        b'{"choices":[{"message":{"content":""},"finish_reason":"abort"}]}',
    ],
)
def test_what_is_no_answer_is_not_heard_as_one(nothing: bytes) -> None:
    with pytest.raises(judge.NoAnswer):
        judge.said(nothing)


def test_blank_lines_before_a_body_are_not_part_of_it() -> None:
    assert judge.said(b"\n\n" + body({"content": "a"})) == judge.said(body({"content": "a"}))


TORTURE = (
    "\ufeff: OPENROUTER PROCESSING\n\nevent: message\r\ndata:{\"choices\":[{\"delta\":\r\n"
    'data:  {"content":"é\u2028"}}]}\r\nid: 7\r\n\r\n'
    'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\r\r: ping\n\ndata:\n\n'
    'data: [DONE]\n\ndata: {"choices":[{"delta":{"content":"late"}}]}\n\n'
)  # fmt: skip


def test_everything_that_is_legal_in_server_sent_events_is_understood() -> None:
    heard = only(judge.said_stream(TORTURE.encode()))

    assert (heard.content, heard.finish_reason) == ("é\u2028", "stop")


def test_the_last_event_may_lack_its_blank_line_but_not_half_of_its_data() -> None:
    raw = sse({"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}, end="")

    assert only(judge.said_stream(raw.rstrip())).content == "a"
    with pytest.raises(judge.NoAnswer):
        judge.said_stream(raw.rstrip()[:-1])


def test_json_values_glued_together_are_heard_one_after_another() -> None:
    one = '{"choices":[{"delta":{"content":"a"}}]}'

    heard = only(judge.said_stream(f"data: {one}{one}\n\ndata: [DONE]\n\n".encode()))

    assert heard.content == "aa"


@pytest.mark.parametrize(
    "end",
    [
        'data: {"error":{"message":"overloaded"}}\n\n',
        'event: error\ndata: {"message":"overloaded"}\n\n',
        'data: {"object":"error","message":"overloaded","code":503}\n\n',
        'error: {"message":"overloaded"}\n\n',
        'data: {"x_groq":{"error":"overloaded"}}\n\n',
        'data: [{"error":{"message":"overloaded"}}]\n\n',
        "data: overloaded\n\n",
    ],
)
def test_an_error_in_a_stream_is_no_answer(end: str) -> None:
    raw = sse({"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}, end=end)

    with pytest.raises(judge.NoAnswer) as caught:
        judge.said_stream(raw + b"data: [DONE]\n\n")

    assert caught.value.finished == {0}


def test_a_stream_ends_when_all_choices_have_or_when_it_says_so() -> None:
    chunks = [
        {"choices": [{"index": 1, "delta": {"content": "b"}}]},
        {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "length"}]},
    ]
    last = {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}

    told = judge.said_stream(sse(*chunks))
    finished = judge.said_stream(sse(*chunks, last, end=""))

    assert told == finished
    assert [choice.finish_reason for choice in told.choices] == ["length", "stop"]
    with pytest.raises(judge.NoAnswer) as caught:
        judge.said_stream(sse(*chunks, end=""))
    assert caught.value.finished == {0}
    with pytest.raises(judge.NoAnswer):
        judge.said_stream(b"")


def test_a_finish_reason_may_come_again_or_be_corrected_late() -> None:
    raw = sse(
        {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]},
        {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]},
        {"choices": [{"finish_reason": "content_filter"}]},
        {"choices": [{"finish_reason": None}]},
    )

    heard = only(judge.said_stream(raw))

    assert (heard.content, heard.finish_reason) == ("ab", "content_filter")


@pytest.mark.parametrize(
    "fragments",
    [
        pytest.param(
            [
                fragment("[", name="f", index=0, id="a"),
                fragment("[2]", name="g", index=1, id="b"),
                fragment("1]", index=0, id="", type="function"),
            ],
            id="interleaved, the id empty in what continues",
        ),
        pytest.param(
            [
                fragment("[1]", name="f", index=0, id="a"),
                fragment("[2]", name="g", index=0, id="b"),
            ],
            id="one index for two whole calls",
        ),
        pytest.param(
            [fragment("[1", name="f", id="a"), fragment("]"), fragment("[2]", name="g")],
            id="no index at all",
        ),
        pytest.param(
            [
                fragment("[", name="f", id="a"),
                fragment("1", name="f", index=0),
                fragment("]", id="a"),
                fragment("[2]", name="g", id="b"),
            ],
            id="an index only later, the name repeated",
        ),
        pytest.param(
            [
                fragment("[", name="f", index=1, id="a"),
                fragment("[2]", name="g", index=2, id="b"),
                fragment("1]", index=1),
            ],
            id="counted from 1",
        ),
    ],
)
def test_fragments_find_the_call_they_belong_to(fragments: list[Json]) -> None:
    assert calls(*fragments) == [("f", "[1]"), ("g", "[2]")]


def test_details_of_reasoning_are_joined_by_index_and_type() -> None:
    details: list[Json] = [
        {"type": "reasoning.summary", "summary": "Th", "index": 0},
        {"type": "reasoning.summary", "summary": "ink", "index": 0, "signature": "s"},
        {"type": "reasoning.encrypted", "data": "AA==", "index": 0, "signature": None},
        {"type": "reasoning.summary", "summary": ".", "index": 0, "signature": ""},
    ]

    heard = only(judge.said_stream(deltas(*({"reasoning_details": [one]} for one in details))))

    assert heard.reasoning_details == [
        ("reasoning.summary", "Think.", "s"),
        ("reasoning.encrypted", "AA==", None),
    ]


@pytest.mark.parametrize(
    ("reported", "heard"),
    [
        ({}, judge.Usage(20, 2, 22, None, None, None)),
        ({"total_tokens": 22}, judge.Usage(20, 2, 22, None, None, None)),
        ({"total_tokens": 99}, judge.Usage(20, 2, 22, None, None, None)),
        (
            {"total_tokens": 122, "completion_tokens_details": {"reasoning_tokens": 100}},
            judge.Usage(20, 102, 122, None, None, 100),
        ),
        (
            {"total_tokens": 22, "completion_tokens_details": {"reasoning_tokens": 100}},
            judge.Usage(20, 102, 122, None, None, 100),
        ),
        (
            {"total_tokens": 22, "completion_tokens_details": {"reasoning_tokens": 2}},
            judge.Usage(20, 2, 22, None, None, 2),
        ),
        ({"reasoning_tokens": 1}, judge.Usage(20, 2, 22, None, None, 1)),
        (
            {"total_tokens": 29, "prompt_tokens_details": {"audio_tokens": 7}},
            judge.Usage(27, 2, 29, None, None, None),
        ),
        ({"prompt_cache_hit_tokens": 4}, judge.Usage(20, 2, 22, 4, None, None)),
        ({"cached_tokens": 0}, judge.Usage(20, 2, 22, 0, None, None)),
        (
            {"prompt_tokens_details": {"cached_tokens": 161, "cache_write_tokens": 3}},
            judge.Usage(20, 2, 22, 20, 0, None),
        ),
        ({"prompt_tokens_details": None}, judge.Usage(20, 2, 22, None, None, None)),
    ],
)
def test_usage_adds_up_whoever_counted(reported: Json, heard: judge.Usage) -> None:
    assert usage(prompt_tokens=20.0, completion_tokens=2, **reported) == heard


def test_the_last_usage_of_a_stream_counts_wherever_it_stands() -> None:
    first, last = ({"prompt_tokens": n, "completion_tokens": n} for n in (1, 2))
    finish = {"delta": {}, "finish_reason": "stop"}
    places: list[Json] = [
        {"choices": [], "usage": last},
        {"choices": [finish], "usage": last},
        {"choices": [finish], "x_groq": {"usage": last}},
        {"choices": [{**finish, "usage": last}]},
    ]

    for place in places:
        heard = judge.said_stream(
            sse({"choices": [{"delta": {}}], "usage": first}, place, {"usage": None})
        )
        assert heard.usage == judge.Usage(2, 2, 4, None, None, None)


@pytest.mark.parametrize(
    ("status", "sent", "heard"),
    [
        (
            400,
            {"error": {"message": "No.", "type": "x", "param": "stop", "code": "bad_value"}},
            judge.SaidError("No.", 400, "invalid_request_error", "bad_value", "stop"),
        ),
        (
            200,
            {"error": {"code": 502, "message": "Provider returned error"}, "choices": None},
            judge.SaidError("Provider returned error", 502, "upstream_error", None, None),
        ),
        (429, {"error": "Slow."}, judge.SaidError("Slow.", 429, "rate_limit_error", None, None)),
        (
            429,
            {"error": {"message": "Pay.", "code": "insufficient_quota"}},
            judge.SaidError("Pay.", 429, "insufficient_quota", "insufficient_quota", None),
        ),
        (401, {"message": "No."}, judge.SaidError("No.", 401, "authentication_error", None, None)),
        (
            401,
            {"error": {"code": "401", "message": "No."}},
            judge.SaidError("No.", 401, "authentication_error", None, None),
        ),
        (
            422,
            {"detail": [{"msg": "No."}]},
            judge.SaidError("No.", 422, "invalid_request_error", None, None),
        ),
        (
            404,
            [{"error": {"code": 404, "message": "No.", "status": "NOT_FOUND"}}],
            judge.SaidError("No.", 404, "not_found_error", None, None),
        ),
        (
            413,
            {"error": {"message": "Prompt is too long: 9 > 8", "code": 413}},
            judge.SaidError(
                "Prompt is too long: 9 > 8",
                400,
                "invalid_request_error",
                "context_length_exceeded",
                None,
            ),
        ),
        (500, {"oops": 1}, judge.SaidError('{"oops": 1}', 500, "server_error", None, None)),
    ],
)
def test_refusals_are_told_in_openais_words(status: int, sent: Any, heard: judge.SaidError) -> None:
    assert judge.said_error(status, json.dumps(sent).encode()) == heard
