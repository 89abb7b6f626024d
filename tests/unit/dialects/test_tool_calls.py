"""Pieces of tool calls: which belongs to which, however the source counts and names them."""

import json

import msgspec

from dragoman.dialects.openai_chat import decode_response
from tests.spoken import DONE, MADE, call, calls, heard, message, said


def test_a_reused_index_with_another_id_and_a_name_is_another_call() -> None:
    stream = said(
        call(index=0, id="a", name="f", arguments="{}"),
        call(index=0, id="b", name="g", arguments='{"x"'),
        call(index=0, arguments=":1}"),
        finish="tool_calls",
    )

    assert calls(stream) == [("a", "f", "{}"), ("b", "g", '{"x":1}')]


def test_calls_without_an_index_are_told_apart_by_id_and_name() -> None:
    stream = said(
        call(id="a", name="f", arguments='{"x"'),
        call(arguments=":1}"),
        call(id="b", name="f", arguments='{"x":2}'),
        call(id="a", arguments=" "),
        finish="tool_calls",
    )

    assert calls(stream) == [("a", "f", '{"x":1} '), ("b", "f", '{"x":2}')]


def test_an_empty_id_does_not_overwrite_the_real_one() -> None:
    stream = said(
        call(index=0, id="a", name="f", arguments="{"),
        call(index=0, id="", name="", arguments="}"),
        finish="tool_calls",
    )

    assert calls(stream) == [("a", "f", "{}")]


def test_a_repeated_name_is_not_joined_to_itself() -> None:
    stream = said(
        call(index=0, id="a", name="f", arguments="{"),
        call(index=0, id="a", name="f", arguments="}"),
        finish="tool_calls",
    )

    assert calls(stream) == [("a", "f", "{}")]


def test_a_call_without_an_id_gets_one_and_keeps_it() -> None:
    stream = said(
        call(index=0, name="f", arguments="{"), call(index=0, arguments="}"), finish="tool_calls"
    )

    assert calls(stream) == [(MADE.call_id(1), "f", "{}")]


def test_calls_are_numbered_in_order_of_appearance_whatever_the_source_counted() -> None:
    stream = said(call(index=7, id="a", name="f"), call(index=3, id="b", name="g"))
    chunks = heard(stream, DONE)

    pieces = [p for chunk in chunks for c in chunk.choices for p in c.delta.tool_calls or []]
    assert [(p.index, p.id) for p in pieces if p.id] == [(0, "a"), (1, "b")]


def test_empty_arguments_become_an_empty_object() -> None:
    stream = said(call(index=0, id="a", name="f", arguments=""), finish="tool_calls")

    assert calls(stream) == [("a", "f", "{}")]


def test_arguments_that_came_parsed_are_written_again() -> None:
    stream = said(call(index=0, id="a", name="f", arguments={"x": 1}), finish="tool_calls")

    assert calls(stream) == [("a", "f", '{"x":1}')]


def test_arguments_that_are_no_json_are_kept_as_they_are() -> None:
    stream = said(call(index=0, id="a", name="f", arguments="{x:"), finish="tool_calls")

    assert calls(stream) == [("a", "f", "{x:")]


def test_calls_of_a_whole_answer_that_share_an_id_are_told_apart() -> None:
    both = [{"id": "0", "function": {"name": name, "arguments": {}}} for name in "fg"]
    body = {"choices": [{"message": {"tool_calls": both}, "finish_reason": "stop"}]}

    response = decode_response(json.dumps(body).encode(), made=MADE)
    ids = [c.id for c in response.choices[0].message.tool_calls or []]
    assert ids == ["0", MADE.call_id(1)]


def test_a_custom_tool_call_is_one_streamed_and_whole() -> None:
    piece = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}
    body = {"choices": [{"message": {"tool_calls": [piece]}, "finish_reason": "tool_calls"}]}

    streamed = message(said({"tool_calls": [piece]}, finish="tool_calls"))
    whole = decode_response(json.dumps(body).encode(), made=MADE).choices[0].message
    assert streamed["tool_calls"] == [
        {"type": "custom", "id": "a", "custom": {"name": "f", "input": "x"}}
    ]
    assert json.loads(msgspec.json.encode(whole)) == streamed


def test_calls_of_a_stream_that_share_an_id_are_told_apart() -> None:
    stream = said(
        call(index=0, id="0", name="f", arguments="{}"),
        call(index=1, id="0", name="g", arguments='{"x"'),
        call(index=1, id="0", arguments=":1}"),
        finish="tool_calls",
    )

    assert calls(stream) == [("0", "f", "{}"), (MADE.call_id(1), "g", '{"x":1}')]


def test_arguments_of_blanks_alone_are_none() -> None:
    stream = said(call(index=0, id="a", name="f"), call(index=0, arguments=" \n"), finish="stop")

    assert calls(stream) == [("a", "f", "{}")]
