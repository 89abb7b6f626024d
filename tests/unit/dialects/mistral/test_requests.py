"""What Mistral is sent, and what a request loses on the way."""

import json
import re
from typing import Any, Final

import pytest

from dragoman.dialects import mistral
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.mistral import Profile, Quirks
from dragoman.dialects.mistral.conversation import sent_id
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import UnsupportedParameterError

ASKED: Final = [{"role": "user", "content": "When is high water in Brest?"}]
PLAIN: Final = Quirks()


def sent(
    *, quirks: Quirks = PLAIN, on_loss: OnLoss = "report", **fields: Any
) -> tuple[dict[str, Any], list[str]]:
    """The body, and each loss as `kind pointer`."""
    request = decode_request(json.dumps({"model": "m", "messages": ASKED, **fields}).encode())
    profile = Profile(quirks=quirks, on_loss=on_loss)
    encoded = mistral.encode_request(request, model="mistral-small", profile=profile)
    return json.loads(encoded.body), [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def file(**fields: str) -> dict[str, Any]:
    return {"type": "file", "file": fields}


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def answer(content: Any = None, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def called(id: str) -> dict[str, Any]:
    return answer(tool_calls=[{"id": id, **function("f", arguments="")}])


def test_ids_of_mistrals_are_kept_and_others_made_like_them() -> None:
    assert sent_id("D681PevKs") == "D681PevKs"
    for id in ("call_1", "D681PevKs2", "D681Pev-s", "", "\ud800"):
        assert re.fullmatch("[a-zA-Z0-9]{9}", sent_id(id))
        assert sent_id(id) == sent_id(id)
    assert sent_id("call_1") != sent_id("call_2")


def test_a_call_and_its_result_have_one_id() -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": "5 m"}

    body, losses = sent(messages=[*ASKED, called("call_1"), result])

    _, call, told = body["messages"]
    assert call["content"] == ""
    assert call["tool_calls"][0]["function"]["arguments"] == "{}"
    assert told["tool_call_id"] == call["tool_calls"][0]["id"]
    assert told["name"] == "f"
    assert losses == []


def test_the_older_way_to_call_is_carried_as_the_newer() -> None:
    old = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
    result = {"role": "function", "name": "f", "content": None}

    body, losses = sent(
        messages=[*ASKED, old, result], functions=[{"name": "f"}], function_call={"name": "f"}
    )

    _, call, told = body["messages"]
    assert told["tool_call_id"] == call["tool_calls"][0]["id"]
    assert body["tool_choice"] == function("f")
    assert body["tools"] == [function("f", parameters={"type": "object", "properties": {}})]
    assert [loss.partition(" ")[0] for loss in losses] == ["renamed"] * 3


def test_what_the_user_says_in_several_messages_is_one() -> None:
    body, losses = sent(messages=[user("a"), user([text("b")]), user("c")])

    assert body["messages"] == [user([text("a"), text("b"), text("c")])]
    assert losses == []


@pytest.mark.parametrize(
    ("last", "prefix"),
    [
        (answer("At "), True),
        (answer("At ", prefix=False), False),
        (called("D681PevKs"), None),
        (user("x"), None),
    ],
)
def test_an_answer_at_the_end_is_the_beginning_of_the_next(last: Any, prefix: Any) -> None:
    body, losses = sent(messages=[*ASKED, answer("x", prefix=True), *ASKED, last])

    assert body["messages"][1]["prefix"] is True
    assert body["messages"][-1].get("prefix") is prefix
    assert losses == []


def test_an_answer_that_says_nothing_is_left_out() -> None:
    body, losses = sent(messages=[*ASKED, answer(""), *ASKED])

    assert [message["role"] for message in body["messages"]] == ["user"]
    assert losses == ["dropped /messages/1"]


def test_a_refusal_is_part_of_the_text() -> None:
    both = answer([text("Well."), {"type": "refusal", "refusal": "No."}], refusal="Never.")

    body, losses = sent(messages=[*ASKED, both, answer(refusal="No."), *ASKED])

    assert body["messages"][1]["content"] == [text("Well."), text("No."), text("Never.")]
    assert body["messages"][2]["content"] == "No."
    assert [loss.partition(" ")[0] for loss in losses] == ["renamed"] * 3


THOUGHT: Final = {"type": "thinking", "thinking": [text("Hm.")], "closed": True}
DETAILS: Final = [
    {"type": "reasoning.text", "text": "Hm.", "signature": "s", "format": "unknown"},
    {"type": "reasoning.text", "text": "Foreign", "format": "anthropic-claude-v1"},
]


def test_reasoning_goes_back_to_those_who_want_it() -> None:
    quirks = Quirks(reasoning_replay=True)
    detailed = answer("5 m", reasoning_content="Hm.", reasoning_details=DETAILS)

    body, losses = sent(quirks=quirks, messages=[*ASKED, detailed, *ASKED])

    assert body["messages"][1]["content"] == [{**THOUGHT, "signature": "s"}, text("5 m")]
    assert losses == ["dropped /messages/1/reasoning_details/1"]


def test_reasoning_beside_that_of_another_provider_is_its_own() -> None:
    quirks = Quirks(reasoning_replay=True)
    foreign = answer("5 m", reasoning_content="Foreign", reasoning_details=DETAILS[1:])

    body, losses = sent(quirks=quirks, messages=[*ASKED, foreign, *ASKED])

    assert body["messages"][1]["content"] == "5 m"
    assert losses == [
        "dropped /messages/1/reasoning_details/0",
        "dropped /messages/1/reasoning_content",
    ]


@pytest.mark.parametrize(
    "part",
    [
        file(filename="x"),
        file(file_data="data:application/zip;base64,eA=="),
        file(file_data="x"),
        file(file_data="data:text/plain;base64,/w=="),
        file(file_data="data:text/plain,x"),
    ],
)
def test_a_file_that_mistral_cannot_read_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError) as refused:
        sent(messages=[user([part])])

    assert refused.value.param == "messages[0].content[0]"


def test_a_file_of_text_is_inlined_and_an_id_beside_data_left_out() -> None:
    part = file(file_data="data:text/plain;base64,xaFhaWxz", file_id="f1")

    body, losses = sent(messages=[user([part])])

    assert body["messages"][0]["content"] == [text("šails")]
    assert losses == [
        "dropped /messages/0/content/0/file/file_id",
        "emulated /messages/0/content/0/file",
    ]


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "any"),
        (function("tide"), function("tide")),
        ({"type": "custom", "custom": {"name": "ask"}}, function("ask")),
    ],
)
def test_a_tool_is_chosen_in_mistrals_words(choice: Any, told: Any) -> None:
    tools = [function("tide"), {"type": "custom", "custom": {"name": "ask"}}]

    assert sent(tools=tools, tool_choice=choice)[0]["tool_choice"] == told


def test_only_allowed_tools_are_offered() -> None:
    allowed = {"mode": "required", "tools": [function("tide")]}

    body, losses = sent(
        tools=[function("tide", strict=True), function("wind")],
        tool_choice={"type": "allowed_tools", "allowed_tools": allowed},
    )

    (tool,) = body["tools"]
    assert (tool["function"]["name"], tool["function"]["strict"]) == ("tide", True)
    assert body["tool_choice"] == "any"
    assert losses == ["emulated /tool_choice"]


def test_a_custom_tool_is_a_function_of_one_text() -> None:
    grammar = {"definition": "a+", "syntax": "regex"}
    custom = {
        "name": "ask",
        "description": "Ask.",
        "format": {"type": "grammar", "grammar": grammar},
    }
    call = {"id": "c1", "type": "custom", "custom": {"name": "ask", "input": "aa"}}

    body, losses = sent(
        messages=[*ASKED, answer(tool_calls=[call])], tools=[{"type": "custom", "custom": custom}]
    )

    (tool,) = body["tools"]
    assert tool["function"]["description"] == "Ask.\n`input` follows this grammar (regex): a+"
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"input":"aa"}'
    assert [loss.partition(" ")[0] for loss in losses] == ["emulated"] * 3


def test_who_speaks_of_json_is_not_told_of_it_again() -> None:
    format = {"type": "json_object"}
    spoken = sent(messages=[user([text("In JSON.")])], response_format=format)
    silent = sent(response_format=format)

    assert (len(spoken[0]["messages"]), spoken[1]) == (1, [])
    assert silent[0]["messages"][0]["role"] == "system"
    assert silent[1] == ["emulated /response_format"]


def test_a_schema_goes_along_with_its_name() -> None:
    schema = {
        "name": "tide",
        "description": "A tide.",
        "strict": True,
        "schema": {"type": "object"},
    }

    body, losses = sent(response_format={"type": "json_schema", "json_schema": schema})

    assert body["response_format"] == {"type": "json_schema", "json_schema": schema}
    assert losses == []


def test_own_words_come_before_those_that_say_the_same() -> None:
    body, losses = sent(
        seed=1, random_seed=2, safe_prompt=True, max_tokens=5, max_completion_tokens=6, other=1
    )

    assert (body["random_seed"], body["safe_prompt"], body["max_tokens"]) == (2, True, 6)
    assert "other" not in body
    assert losses == ["dropped /max_tokens", "dropped /seed", "dropped /other"]


def test_what_a_stream_is_asked_for_beside_is_not_sent() -> None:
    body, losses = sent(stream=True, stream_options={"include_usage": True})

    assert body["stream"] is True
    assert "stream_options" not in body
    assert losses == []


def test_what_must_not_be_lost_is_refused() -> None:
    with pytest.raises(UnsupportedParameterError, match="logprobs"):
        sent(logprobs=True)
    with pytest.raises(UnsupportedParameterError, match="do not speak"):
        sent(modalities=["text", "audio"])
    with pytest.raises(UnsupportedParameterError, match="/user"):
        sent(on_loss="refuse", user="u")


def test_values_that_change_nothing_lose_nothing() -> None:
    assert sent(logprobs=False, store=False, modalities=["text"]) == (sent()[0], [])


def test_a_prediction_is_one_text() -> None:
    prediction = {"type": "content", "content": [text("a"), text("b")]}

    assert sent(prediction=prediction)[0]["prediction"] == {"type": "content", "content": "ab"}


@pytest.mark.parametrize(
    ("tier", "told"), [("auto", "auto"), ("default", "standard_only"), ("flex", None)]
)
def test_a_service_tier_is_sent_in_mistrals_words(tier: str, told: str | None) -> None:
    body, losses = sent(service_tier=tier)

    assert body.get("service_tier") == told
    assert losses == ([] if told else ["dropped /service_tier"])


def test_a_word_document_is_sent_as_one() -> None:
    url = "data:application/vnd.openxmlformats-officedocument.wordprocessingml.document;base64,UEs="

    body, losses = sent(messages=[user([file(file_data=url, filename="a.docx")])])

    document = {"type": "document_url", "document_url": url, "document_name": "a.docx"}
    assert (body["messages"][0]["content"], losses) == ([document], [])


def test_a_null_that_only_mistral_knows_is_told_as_lost() -> None:
    assert sent(guardrails=None)[1] == ["dropped /guardrails"]


def test_reasoning_of_several_pieces_is_sent_once() -> None:
    piece = {"type": "reasoning.text", "format": "mistral", "signature": "Sg=="}
    details = [{**piece, "text": "Hm.", "index": 0}, {**piece, "text": "So.", "index": 1}]
    said = answer("4", reasoning_content="Hm.So.", reasoning_details=details)

    body, losses = sent(messages=[*ASKED, said, *ASKED], quirks=Quirks(reasoning_replay=True))

    kinds = [chunk["type"] for chunk in body["messages"][1]["content"]]
    assert (kinds, losses) == (["thinking", "thinking", "text"], [])
