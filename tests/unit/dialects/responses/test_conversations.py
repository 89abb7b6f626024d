"""Conversations as items: who says what, and what of earlier answers goes back."""

from typing import Any

import pytest

from dragoman.dialects.openai_responses.items import FORMAT
from tests.unit.dialects.responses.sending import answer, call, encrypted, items, sent, summary

Message = dict[str, Any]

ASKED: Message = {"role": "user", "content": "Go"}

WHOLE = [summary("Look."), encrypted("gAAA")]
"""Reasoning as it came, with what the model needs of it."""

REASONING: Message = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Look."}],
    "encrypted_content": "gAAA",
}


def told(answer: Message, model: str = "gpt-6-sol", **fields: Any) -> tuple[list[Any], list[str]]:
    """The items of an earlier answer, and the losses."""
    body, losses = sent(model, messages=[ASKED, answer], **fields)
    return body["input"][1:], losses


def native(*content: Message, format: str = FORMAT) -> Message:
    return {"format": format, "content": list(content)}


def text(said: str, **fields: Any) -> Message:
    return {"type": "message", "content": [{"type": "output_text", "text": said}], **fields}


@pytest.mark.parametrize(("model", "role"), [("gpt-5.1", "developer"), ("gpt-4o", "system")])
@pytest.mark.parametrize("said", ["system", "developer"])
def test_instructions_stand_where_they_stood_under_the_role_of_the_model(
    model: str, role: str, said: str
) -> None:
    found = items(ASKED, {"role": said, "content": "Brief."}, model=model)

    assert found[1] == {"role": role, "content": [{"type": "input_text", "text": "Brief."}]}


def test_calls_and_results_are_items_of_the_same_kind() -> None:
    custom = {"id": "call_2", "type": "custom", "custom": {"name": "c", "input": "x"}}

    found = items(
        ASKED,
        answer(tool_calls=[call("call_1", ""), custom]),
        {"role": "tool", "tool_call_id": "call_2", "content": "two"},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "one"}]},
    )

    assert found[1:] == [
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "c", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "two"},
        {
            "type": "function_call_output",
            "call_id": "call_1",
            "output": [{"type": "input_text", "text": "one"}],
        },
    ]


def test_results_of_the_deprecated_functions_find_their_calls() -> None:
    asked = [
        ASKED,
        answer(function_call={"name": "f", "arguments": '{"a":1}'}),
        {"role": "function", "name": "f", "content": "one"},
        answer(function_call={"name": "f", "arguments": "{}"}),
        {"role": "function", "name": "f", "content": "two"},
    ]

    found = items(*asked)

    ids = [item["call_id"] for item in found[1:]]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_reasoning_goes_back_before_what_it_led_to() -> None:
    found, losses = told(
        answer(reasoning_details=WHOLE, reasoning_content="Look.", content="Done.")
    )

    assert found == [REASONING, {"role": "assistant", "content": "Done."}]
    assert losses == []


def test_reasoning_of_several_items_goes_back_as_several() -> None:
    details = [*WHOLE, encrypted("gBBB", "rs_2")]

    found, _ = told(answer(reasoning_details=details, tool_calls=[call("call_1")]))

    assert [item.get("encrypted_content") for item in found] == ["gAAA", "gBBB", None]


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ({"reasoning_details": [summary("Look.")], "content": "x"}, ["/reasoning_details/0"]),
        ({"reasoning_content": "Look.", "content": "x"}, ["/reasoning_content"]),
        (
            {"reasoning_details": [{**summary("L"), "format": "unknown"}], "content": "x"},
            ["/reasoning_details/0"],
        ),
        ({"thinking_blocks": [{"type": "thinking"}], "content": "x"}, ["/thinking_blocks"]),
    ],
)
def test_reasoning_that_the_provider_does_not_know_stays_away(
    fields: Message, losses: list[str]
) -> None:
    found, lost = told(answer(**fields))

    assert found == [{"role": "assistant", "content": "x"}]
    assert lost == [f"dropped /messages/1{pointer}" for pointer in losses]


def test_reasoning_is_not_for_models_that_do_not_reason() -> None:
    found, losses = told(answer(reasoning_details=WHOLE, content="x"), "gpt-4o")

    assert found == [{"role": "assistant", "content": "x"}]
    assert losses == [f"dropped /messages/1/reasoning_details/{n}" for n in (0, 1)]


def test_reasoning_that_led_to_nothing_stays_away() -> None:
    found, losses = told(answer(reasoning_details=WHOLE, content=None, tool_calls=[]))

    assert found == []
    assert losses == [f"dropped /messages/1/reasoning_details/{n}" for n in (0, 1)]


def test_what_is_stored_may_go_back_without_its_encrypted_content() -> None:
    found, losses = told(answer(reasoning_details=[summary("Look.")], content="x"), store=True)

    assert found[0] == {
        key: value for key, value in REASONING.items() if key != "encrypted_content"
    }
    assert losses == []


def test_open_reasoning_goes_back_as_it_is() -> None:
    detail = {"type": "reasoning.text", "text": "Look.", "id": "rs_1", "format": FORMAT}

    found, losses = told(answer(reasoning_details=[detail], content="x"), "gpt-oss-120b")

    assert found[0]["content"] == [{"type": "reasoning_text", "text": "Look."}]
    assert losses == []


def test_the_providers_own_items_go_back_without_what_only_they_knew() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    own = native(
        {**REASONING, "status": None},
        search,
        text("Hm. ", id="msg_1", status="completed", phase="commentary"),
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "f",
            "arguments": "{}",
        },
    )

    found, losses = told(answer(native_content=own, content="Hm. ", tool_calls=[call("call_1")]))

    assert found == [
        REASONING,
        search,
        {"role": "assistant", "content": "Hm. ", "phase": "commentary"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]
    assert losses == []


@pytest.mark.parametrize(
    ("content", "model", "expected", "losses"),
    [
        ([{"phase": "commentary"}], "gpt-5.4", {"phase": "commentary"}, []),
        ([{"phase": "commentary"}], "gpt-5.1", {}, ["dropped /messages/1/native_content"]),
        ([{"phase": "overture"}], "gpt-5.4", {}, ["dropped /messages/1/native_content"]),
        ([{}], "gpt-5.4", {}, ["dropped /messages/1/native_content"]),
        ([], "gpt-5.4", {}, ["dropped /messages/1/native_content"]),
    ],
)
def test_a_phase_that_was_kept_goes_back(
    content: list[Any], model: str, expected: dict[str, Any], losses: list[str]
) -> None:
    kept = {"content": content, "format": "openai-responses-phase-v1"}

    found, lost = told(answer(content="Hm.", native_content=kept), model)

    assert found == [{"role": "assistant", "content": "Hm.", **expected}]
    assert lost == losses


def test_a_phase_is_for_models_that_know_of_phases() -> None:
    own = native(text("Hm.", phase="final_answer"))

    found, losses = told(answer(native_content=own, content="Hm."), "gpt-5.1")
    _, lost = told(answer(content="Hm.", phase="final_answer"), "gpt-5.1")
    by_hand, _ = told(answer(content="Hm.", phase="final_answer"))

    assert found == [{"role": "assistant", "content": "Hm."}]
    assert losses == ["dropped /messages/1/native_content"]
    assert lost == ["dropped /messages/1/phase"]
    assert by_hand == [{"role": "assistant", "content": "Hm.", "phase": "final_answer"}]


@pytest.mark.parametrize(
    "own",
    [native(text("Hm.")), native(text("Changed."), format="anthropic-claude-v1")],
)
def test_items_that_do_not_say_what_the_message_says_stay_away(own: Message) -> None:
    found, losses = told(answer(native_content=own, content="Changed."))

    assert found == [{"role": "assistant", "content": "Changed."}]
    assert losses == ["dropped /messages/1/native_content"]


def test_a_reasoning_item_that_cannot_go_back_is_a_loss_and_the_rest_goes() -> None:
    bare = {"type": "reasoning", "id": "rs_1", "summary": []}
    own = native(bare, text("Hm.", phase="final_answer"))

    found, losses = told(answer(native_content=own, content="Hm."))

    assert found == [{"role": "assistant", "content": "Hm.", "phase": "final_answer"}]
    assert losses == ["dropped /messages/1/native_content"]


def test_reasoning_at_the_end_of_the_providers_own_items_stays_away() -> None:
    own = native(text("Hm."), REASONING)

    found, losses = told(answer(native_content=own, content="Hm."))

    assert found == [{"role": "assistant", "content": "Hm."}]
    assert losses == ["dropped /messages/1/native_content"]


def test_a_refusal_goes_back_as_text() -> None:
    found, losses = told(answer(content=None, refusal="No."))

    assert found == [{"role": "assistant", "content": "No."}]
    assert losses == ["renamed /messages/1/refusal"]


def test_a_longer_conversation_begins_with_the_same_items() -> None:
    messages = [
        {"role": "system", "content": "Brief."},
        ASKED,
        answer(reasoning_details=WHOLE, content=None, tool_calls=[call("call_1")]),
        {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
        answer(content="Done."),
        ASKED,
    ]
    longest = items(*messages)

    for length in range(1, len(messages)):
        shorter = items(*messages[:length])
        assert shorter == longest[: len(shorter)]
