"""What becomes of a conversation with Claude: turns, results, reasoning that goes round."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from dragoman.dialects import anthropic_messages
from dragoman.streaming.made import Made
from tests.unit.dialects.claude.sending import (
    ASKED,
    called,
    function,
    result,
    sent,
    user,
)

PNG = "iVBORw0KGgo="
JPEG = "/9j/4AAQ"


# Messages.


def test_results_stand_in_front_of_what_the_user_says_and_in_one_message() -> None:
    talk = [*ASKED, called("a", "b"), result("a"), result("b", ""), user("Well?")]

    told = sent(messages=talk).body["messages"]
    assert [message["role"] for message in told] == ["user", "assistant", "user"]
    assert told[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": "5 m"},
        {"type": "tool_result", "tool_use_id": "b"},
        {"type": "text", "text": "Well?"},
    ]


def test_a_result_that_comes_after_the_users_words_stands_in_front_of_them() -> None:
    talk = [*ASKED, called("a"), user("Well?"), result("a")]

    content = sent(messages=talk).body["messages"][2]["content"]
    assert [block["type"] for block in content] == ["tool_result", "text"]


def test_answers_in_a_row_are_one_and_their_calls_are_answered_together() -> None:
    talk = [*ASKED, called("a"), called("b"), result("b"), result("a")]

    told, losses, _ = sent(messages=talk)
    _, answer, results = told["messages"]
    assert [block["id"] for block in answer["content"]] == ["a", "b"]
    assert [block["tool_use_id"] for block in results["content"]] == ["b", "a"]
    assert losses == []


def test_a_failed_result_is_marked_and_loses_the_word_that_stood_for_the_mark() -> None:
    talk = [*ASKED, called("a"), result("a", "Error: bad", is_error=True)]

    body, losses, _ = sent(messages=talk)
    assert body["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": "bad", "is_error": True}
    ]
    assert losses == []


def test_ids_are_the_same_in_both_places_and_no_two_become_one() -> None:
    talk = [*ASKED, called("a.b", "a/b"), result("a/b"), result("a.b")]

    _, answer, results = sent(messages=talk).body["messages"]
    assert [block["id"] for block in answer["content"]] == ["a_b", "a_b_2"]
    assert [block["tool_use_id"] for block in results["content"]] == ["a_b_2", "a_b"]


def test_texts_that_say_nothing_are_left_out() -> None:
    talk = [user("Well?"), {"role": "assistant", "content": ""}, user(" \n"), user("So?")]

    body, losses, _ = sent(messages=talk)
    said = [block["text"] for block in body["messages"][0]["content"]]
    assert said == ["Well?", "So?"]
    assert losses == ["dropped /messages/2/content"]


def test_a_longer_conversation_begins_with_the_same_bytes() -> None:
    instructions = {"role": "system", "content": "Be brief."}
    talk: list[Any] = [instructions, *ASKED, called("a"), result("a"), user("And tomorrow?")]
    talk += [{"role": "assistant", "content": "Noon."}, {"role": "developer", "content": "Kind."}]
    talk += [user("Sure?"), called("b", "c"), result("b"), result("c"), user("Thanks.")]
    complete = [2, 4, 5, 6, 8, 11, 12]

    bodies = [sent(messages=talk[:end], tools=[function("f")]).body for end in complete]

    for shorter, longer in pairwise(bodies):
        before, after = json.dumps(shorter["messages"]), json.dumps(longer["messages"])
        assert after.startswith(before.rstrip("]}"))
        assert (shorter["system"], shorter["tools"]) == (longer["system"], longer["tools"])


def test_instructions_alone_are_what_the_user_says() -> None:
    body, losses, _ = sent(messages=[{"role": "system", "content": "Be brief."}])

    assert "system" not in body
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Be brief."}]}
    ]
    assert losses == ["emulated /messages/0/role"]


def test_blanks_at_the_end_of_a_begun_answer_are_cut_where_they_are_refused() -> None:
    talk = [*ASKED, {"role": "assistant", "content": "At "}]

    assert sent("claude-sonnet-4-5", messages=talk).body["messages"][1]["content"] == [
        {"type": "text", "text": "At"}
    ]


@pytest.mark.parametrize(
    ("model", "first"), [("claude-3-opus", "user"), ("claude-sonnet-4-5", "assistant")]
)
def test_older_models_hear_the_user_first(model: str, first: str) -> None:
    talk = [{"role": "assistant", "content": "Hello?"}, *ASKED]

    assert sent(model, messages=talk).body["messages"][0]["role"] == first


# Reasoning.

SIGNED = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}


def answered(**fields: Any) -> list[Any]:
    return [*ASKED, {"role": "assistant", "content": "Noon.", **fields}, user("Sure?")]


def blocks_of(**fields: Any) -> tuple[list[Any], list[str]]:
    """The blocks of an earlier answer with these fields, and the losses."""
    body, losses, _ = sent(messages=answered(**fields))
    return body["messages"][1]["content"], losses


def test_thinking_goes_back_as_it_was_signed_also_where_its_text_is_left_out() -> None:
    details = [{**SIGNED, "signature": "S=="}, {**SIGNED, "text": "Hm.", "signature": "T=="}]

    blocks, losses = blocks_of(reasoning_details=details, reasoning_content="Hm.")
    assert blocks[:2] == [
        {"type": "thinking", "thinking": "", "signature": "S=="},
        {"type": "thinking", "thinking": "Hm.", "signature": "T=="},
    ]
    assert losses == []


def test_thinking_goes_back_whole_or_not_at_all() -> None:
    details = [{**SIGNED, "text": "Hm.", "signature": "S=="}, {**SIGNED, "text": "So."}]

    blocks, losses = blocks_of(reasoning_details=details)
    assert blocks == [{"type": "text", "text": "Noon."}]
    assert losses == ["dropped /messages/1/reasoning_details"]


def test_thinking_blocks_as_other_clients_keep_them_go_back() -> None:
    kept = [{"type": "thinking", "thinking": "Hm.", "signature": "S=="}]

    blocks, losses = blocks_of(thinking_blocks=kept, reasoning_content="Hm.")
    assert blocks[0] == kept[0]
    assert losses == []


def test_claudes_own_blocks_go_back_while_they_say_what_the_message_says() -> None:
    native = [
        {"type": "text", "text": ""},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
        {"type": "text", "text": "No"},
        {"type": "text", "text": "on.", "citations": []},
    ]
    carrier = {"format": "anthropic-claude-v1", "content": native}

    assert blocks_of(native_content=carrier) == (native[1:], [])
    blocks, losses = blocks_of(content="Noon!", native_content=carrier)
    assert blocks == [{"type": "text", "text": "Noon!"}]
    assert losses == ["dropped /messages/1/native_content"]
    assert blocks_of(native_content={**carrier, "format": "google-gemini-v1"})[1] == losses


def test_an_answer_goes_round() -> None:
    body = {
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "S=="},
            {"type": "redacted_thinking", "data": "R=="},
            {"type": "text", "text": "Noon."},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": [1, 2.5]}},
        ],
        "stop_reason": "tool_use",
    }
    made = Made(created=1, id="x")

    response = anthropic_messages.decode_response(json.dumps(body).encode(), made=made)

    message = msgspec.to_builtins(response.choices[0].message)
    told = sent(messages=[*ASKED, message, result("toolu_1")], tools=[function("f")])
    assert told.body["messages"][1]["content"] == body["content"]
    assert told.losses == []


def test_a_breakpoint_is_not_set_on_thinking() -> None:
    details = [{**SIGNED, "text": "Hm.", "signature": "S=="}]
    fields = {"reasoning_details": details, "cache_control": {"type": "ephemeral"}}

    blocks, _ = blocks_of(**fields)
    assert ["cache_control" in block for block in blocks] == [False, True]
    _, losses = blocks_of(**fields, content=None)
    assert losses == ["dropped /messages/1/cache_control"]
