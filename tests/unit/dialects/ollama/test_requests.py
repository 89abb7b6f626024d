"""What Ollama is sent, and what a request loses on the way."""

import json
from typing import Any, Final

import pytest

from dragoman.dialects import ollama
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.ollama import Profile, Quirks
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import UnsupportedParameterError

ASKED: Final = [{"role": "user", "content": "When is high water in Brest?"}]
PLAIN: Final = Quirks()
DATA: Final = "data:image/png;base64,iVBORw0KGgo="


def sent(
    *, quirks: Quirks = PLAIN, on_loss: OnLoss = "report", **fields: Any
) -> tuple[dict[str, Any], list[str]]:
    """The body, and each loss as `kind pointer`."""
    request = decode_request(json.dumps({"model": "m", "messages": ASKED, **fields}).encode())
    profile = Profile(quirks=quirks, on_loss=on_loss)
    encoded = ollama.encode_request(request, model="qwen3", profile=profile)
    return json.loads(encoded.body), [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]


def said(*content: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    body, losses = sent(messages=[{"role": "user", "content": list(content)}])
    return body["messages"][0], losses


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def image(url: str = DATA, **fields: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **fields}}


def file(**fields: str) -> dict[str, Any]:
    return {"type": "file", "file": fields}


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def called(arguments: str, name: str = "f") -> dict[str, Any]:
    told = {"name": name, "arguments": arguments}
    calls = [{"id": "c1", "type": "function", "function": told}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def test_a_whole_answer_is_asked_for_since_a_stream_is_the_default() -> None:
    assert sent()[0]["stream"] is False
    assert sent(stream=True)[0]["stream"] is True


def test_texts_are_joined_and_images_stand_behind_them() -> None:
    message, losses = said(text("What is it?"), text("And this?"), image(detail="auto"))

    assert message["content"] == "What is it?\nAnd this?"
    assert message["images"] == ["iVBORw0KGgo="]
    assert losses == []


def test_a_text_behind_an_image_loses_its_place() -> None:
    message, losses = said(image(detail="high"), text("What is it?"))

    assert message["content"] == "What is it?"
    assert losses == [
        "dropped /messages/0/content/0/image_url/detail",
        "emulated /messages/0/content/1",
    ]


@pytest.mark.parametrize(
    "part",
    [
        image("https://example.com/x.png"),
        image("data:image/svg+xml,<svg/>"),
        file(file_id="f1"),
        file(file_data="data:application/pdf;base64,JVBERi0="),
        file(file_data="data:text/plain;base64,/w=="),
        file(file_data="data:text/plain,x"),
        {"type": "input_audio", "input_audio": {"data": "eA==", "format": "wav"}},
    ],
)
def test_what_cannot_be_shown_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError) as refused:
        said(part)

    assert refused.value.param == "messages[0].content[0]"


def test_a_file_of_text_is_inlined() -> None:
    message, losses = said(text("Read:"), file(file_data="data:text/plain;base64,xaFhaWxz"))

    assert message["content"] == "Read:\nšails"
    assert losses == ["emulated /messages/0/content/1/file"]


@pytest.mark.parametrize(
    ("arguments", "told", "losses"),
    [
        ('{"a": 123456789012345678901}', {"a": 123456789012345678901}, []),
        (" ", {}, []),
        ("{", {"_raw": "{"}, ["emulated"]),
        ("[1]", {"value": [1]}, ["emulated"]),
    ],
)
def test_arguments_are_an_object(arguments: str, told: Any, losses: list[str]) -> None:
    body, lost = sent(messages=[called(arguments)])

    (call,) = body["messages"][0]["tool_calls"]
    assert call == {"id": "c1", "function": {"name": "f", "arguments": told}}
    assert [loss.partition(" ")[0] for loss in lost] == losses


def test_a_result_names_its_tool() -> None:
    results = [
        {"role": "tool", "tool_call_id": "c1", "content": "5 m"},
        {"role": "tool", "tool_call_id": "c9", "content": [text("a"), text("b")]},
    ]

    body, losses = sent(messages=[called("{}", "tide"), *results])

    assert body["messages"][1:] == [
        {"role": "tool", "content": "5 m", "tool_name": "tide", "tool_call_id": "c1"},
        {"role": "tool", "content": "a\nb", "tool_call_id": "c9"},
    ]
    assert losses == []


def test_the_older_way_to_call_is_carried_as_the_newer() -> None:
    old = {"role": "assistant", "function_call": {"name": "f", "arguments": '{"a": 1}'}}
    result = {"role": "function", "name": "f", "content": "5 m"}

    body, losses = sent(messages=[old, result], functions=[{"name": "f"}])

    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    assert body["messages"] == [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "5 m", "tool_name": "f"},
    ]
    assert losses == ["renamed /messages/0/function_call", "renamed /functions/0"]


def test_reasoning_that_can_be_read_goes_back() -> None:
    details = [{"type": "reasoning.text", "text": "Hm.", "format": "anthropic-claude-v1"}]
    answer = {"role": "assistant", "content": "5 m", "reasoning_content": "Hm."}

    body, losses = sent(messages=[{**answer, "reasoning_details": details, "reasoning": "Other"}])

    assert body["messages"][0]["thinking"] == "Hm."
    assert losses == ["dropped /messages/0/reasoning", "dropped /messages/0/reasoning_details"]


def test_a_refusal_is_part_of_the_text() -> None:
    body, losses = sent(messages=[{"role": "assistant", "content": "", "refusal": "No."}])

    assert body["messages"][0]["content"] == "No."
    assert losses == ["renamed /messages/0/refusal"]


TOOLS: Final = [function("tide"), function("wind", strict=True)]


def test_tools_are_offered_or_not_and_none_is_forced() -> None:
    assert "tools" not in sent(tools=TOOLS, tool_choice="none")[0]
    assert sent(tools=TOOLS, tool_choice="auto")[0]["tools"] == [function("tide"), function("wind")]
    for choice in ("required", function("tide")):
        with pytest.raises(UnsupportedParameterError, match="forces no tool"):
            sent(tools=TOOLS, tool_choice=choice)


def test_only_allowed_tools_are_offered() -> None:
    allowed = {"mode": "auto", "tools": [function("tide")]}

    body, losses = sent(
        tools=TOOLS, tool_choice={"type": "allowed_tools", "allowed_tools": allowed}
    )

    assert body["tools"] == [function("tide")]
    assert losses == ["dropped /tools/1/function/strict", "emulated /tool_choice"]


def test_a_forced_tool_may_be_asked_for_in_words() -> None:
    quirks = Quirks(emulate_forced_tools=True)
    allowed = {"mode": "required", "tools": [function("tide")]}
    choices = ["required", {"type": "allowed_tools", "allowed_tools": allowed}]

    bodies = [sent(quirks=quirks, tools=TOOLS, tool_choice=choice)[0] for choice in choices]

    words = {"role": "system", "content": "Answer only by calling one of the tools."}
    assert [body["messages"][0] for body in bodies] == [words, words]
    assert [len(body["tools"]) for body in bodies] == [2, 1]


def test_a_custom_tool_is_a_function_of_one_text() -> None:
    grammar = {"definition": "a+", "syntax": "regex"}
    custom = {"name": "ask", "format": {"type": "grammar", "grammar": grammar}}
    call = {"id": "c1", "type": "custom", "custom": {"name": "ask", "input": "aa"}}

    body, losses = sent(
        messages=[*ASKED, {"role": "assistant", "tool_calls": [call]}],
        tools=[{"type": "custom", "custom": custom}],
    )

    (tool,) = body["tools"]
    assert tool["function"]["parameters"]["properties"] == {"input": {"type": "string"}}
    assert tool["function"]["description"] == "`input` follows this grammar (regex): a+"
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"input": "aa"}
    assert [loss.partition(" ")[0] for loss in losses] == ["emulated"] * 3


def test_who_speaks_of_json_is_not_told_of_it_again() -> None:
    messages = [{"role": "user", "content": "Answer in JSON."}]

    body, losses = sent(messages=messages, response_format={"type": "json_object"})

    assert (body["format"], body["messages"], losses) == ("json", messages, [])


@pytest.mark.parametrize(
    ("effort", "think", "losses"),
    [
        ("none", False, []),
        ("minimal", "low", ["clamped /reasoning_effort"]),
        ("high", "high", []),
        ("xhigh", "max", ["clamped /reasoning_effort"]),
    ],
)
def test_effort_is_the_nearest_level(effort: str, think: Any, losses: list[str]) -> None:
    body, lost = sent(reasoning_effort=effort)

    assert (body["think"], lost) == (think, losses)


def test_who_thinks_without_levels_may_still_be_told_not_to() -> None:
    assert sent(quirks=Quirks(bool_think=True), reasoning_effort="none") == (
        {**sent()[0], "think": False},
        [],
    )


def test_what_must_not_be_lost_is_refused() -> None:
    with pytest.raises(UnsupportedParameterError, match="single choice"):
        sent(n=2)
    with pytest.raises(UnsupportedParameterError, match="do not speak"):
        sent(modalities=["text", "audio"])


def test_a_loss_is_refused_where_none_may_be() -> None:
    with pytest.raises(UnsupportedParameterError, match="/user"):
        sent(on_loss="refuse", user="u")


def test_values_that_change_nothing_lose_nothing() -> None:
    body, losses = sent(
        n=1, logprobs=False, store=False, parallel_tool_calls=True, modalities=["text"]
    )

    assert body == sent()[0]
    assert losses == []


def test_a_context_of_the_callers_comes_before_the_rows() -> None:
    quirks = Quirks(num_ctx=16_384)

    assert sent(quirks=quirks, num_ctx=8192)[0]["options"] == {"num_ctx": 8192}
    assert sent(quirks=quirks, options={"num_ctx": 4096})[0]["options"] == {"num_ctx": 4096}


def test_a_format_of_the_callers_comes_before_ours() -> None:
    body, losses = sent(format={"type": "object"}, response_format={"type": "json_object"})

    assert body["format"] == {"type": "object"}
    assert losses == ["dropped /response_format"]


def test_a_null_that_only_ollama_knows_is_told_as_lost() -> None:
    _, losses = sent(keep_alive=None)

    assert losses == ["dropped /keep_alive"]
