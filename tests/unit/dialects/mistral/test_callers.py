"""What callers ask who speak Mistral's dialect; `test_answers_to_callers` has the answers."""

import json
from typing import Any

import pytest

from dragoman.dialects import mistral
from dragoman.dialects.mistral import Profile, Quirks
from dragoman.errors import BadRequestError
from tests.unit.dialects.mistral.saying import thinking

HI: dict[str, Any] = {"role": "user", "content": "Hi"}
ASKED: dict[str, Any] = {"model": "m", "messages": [HI]}
SCHEMA: dict[str, Any] = {"name": "x", "schema": {"type": "object"}}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The hub's request for a caller's, as it is written."""
    body = {**ASKED, "messages": list(messages) or [HI], **fields}
    return mistral.decode_request(json.dumps(body).encode()).to_dict()


def sent_on(*messages: dict[str, Any], quirks: Quirks | None = None, **fields: Any) -> Any:
    """What Mistral is sent for a caller's request, and the losses."""
    body = {**ASKED, "messages": list(messages) or [HI], **fields}
    request = mistral.decode_request(json.dumps(body).encode())
    encoded = mistral.encode_request(request, model="m", profile=Profile(quirks=quirks or Quirks()))
    return json.loads(encoded.body), [loss.pointer for loss in encoded.losses]


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def answer(content: Any = None, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def call(id: str | None = None, name: str = "f", arguments: Any = "{}") -> dict[str, Any]:
    told = {"function": {"name": name, "arguments": arguments}}
    return told if id is None else {"id": id, **told}


def result(content: str = "ok", **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "content": content, **fields}


def test_parameters_have_the_hubs_names() -> None:
    told = asked(
        max_tokens=7,
        random_seed=5,
        stop="Z",
        stream=True,
        tool_choice="any",
        tools=[{"function": {"name": "f", "parameters": {}, "strict": True}}],
        service_tier="standard_only",
        reasoning_effort="high",
        prediction={"content": "So be it."},
        metadata={"a": "b"},
    )

    assert (told["max_completion_tokens"], told["seed"], told["stop"]) == (7, 5, "Z")
    assert (told["stream"], told["stream_options"]) == (True, {"include_usage": True})
    assert (told["tool_choice"], told["service_tier"]) == ("required", "default")
    function = {"name": "f", "parameters": {}, "strict": True}
    assert told["tools"] == [{"type": "function", "function": function}]
    assert told["prediction"] == {"content": "So be it.", "type": "content"}
    assert (told["reasoning_effort"], told["metadata"]) == ("high", {"a": "b"})
    assert told.keys() & {"max_tokens", "random_seed", "safe_prompt"} == set()


def test_a_tool_may_be_chosen_by_its_name() -> None:
    named = {"type": "function", "function": {"name": "f"}}

    assert asked(tool_choice=named)["tool_choice"] == named
    assert asked(tool_choice={"function": {"name": "f"}})["tool_choice"] == named


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ({}, {"type": "text"}),
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "json_schema": {"name": "x", "schema": {}, "strict": True}},
            {"type": "json_schema", "json_schema": {"name": "x", "schema": {}, "strict": True}},
        ),
    ],
)
def test_a_format_is_the_hubs(format: Any, told: Any) -> None:
    assert asked(response_format=format)["response_format"] == told


def test_what_is_mistrals_alone_comes_back_to_mistral() -> None:
    own: dict[str, Any] = {
        "safe_prompt": True,
        "prompt_mode": "reasoning",
        "min_tokens": 3,
        "top_k": 5,
        "repetition_penalty": 1.1,
        "guardrails": [{"block_on_error": True}],
        "prediction": {"type": "content", "content": "So be it."},
    }

    body, losses = sent_on(HI, answer("So: ", prefix=True), random_seed=7, **own)

    assert {key: body[key] for key in own} == own
    assert (body["random_seed"], body["messages"][1]["prefix"]) == (7, True)
    assert losses == []


def test_what_says_nothing_is_not_kept() -> None:
    told = asked(HI, answer("x", prefix=False), HI, safe_prompt=False, logprobs=False, stop=[])

    assert told.keys() == {"messages", "model"}
    assert told["messages"][1] == {"role": "assistant", "content": "x"}


def test_thinking_before_the_text_is_reasoning() -> None:
    content = [thinking("Hm", "."), {**thinking(" So."), "closed": True}, {"type": "text"}]
    content[2]["text"] = "4"

    (_, told) = asked(HI, answer(content))["messages"]

    assert told["reasoning_content"] == "Hm. So."
    assert told["content"] == [{"type": "text", "text": "4"}]
    assert "reasoning_details" not in told


def test_signed_thinking_comes_back_to_mistral_as_it_was() -> None:
    thoughts = [{**thinking(text), "signature": "Sg==", "closed": True} for text in ("Hm.", "So.")]
    said = answer([*thoughts, {"type": "text", "text": "4"}])

    body, losses = sent_on(HI, said, HI, quirks=Quirks(reasoning_replay=True))

    assert body["messages"][1] == said
    assert losses == []


@pytest.mark.parametrize(
    "thought",
    [
        {**thinking("Hm."), "closed": False},
        {"type": "thinking", "thinking": [{"type": "reference", "reference_ids": [1]}]},
        {**thinking("Hm."), "later": 1},
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm.", "later": 1}]},
        {"type": "reference", "reference_ids": [1]},
    ],
)
def test_thinking_that_is_more_than_a_text_comes_back_to_mistral(thought: dict[str, Any]) -> None:
    said = answer([thought, {"type": "text", "text": "4"}])

    body, losses = sent_on(HI, said, HI)

    assert body["messages"][1]["content"] == said["content"]
    assert losses == []


def test_thinking_behind_a_text_stays_there() -> None:
    said = answer([{"type": "text", "text": "4"}, thinking("Or 5?")])

    body, losses = sent_on(HI, said, HI)

    assert body["messages"][1]["content"] == said["content"]
    assert losses == []


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (
            {"type": "image_url", "image_url": "https://x"},
            {"type": "image_url", "image_url": {"url": "https://x"}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://x", "detail": "low"}},
        ),
        (
            {"type": "input_audio", "input_audio": "UklGRgAA"},
            {"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}},
        ),
        (
            {"type": "input_audio", "input_audio": "//uQxAAA"},
            {"type": "input_audio", "input_audio": {"data": "//uQxAAA", "format": "mp3"}},
        ),
        (
            {"type": "file", "file_id": "f1"},
            {"type": "file", "file": {"file_id": "f1"}},
        ),
        (
            {
                "type": "document_url",
                "document_url": f"data:{WORD};base64,UEs=",
                "document_name": "a.docx",
            },
            {
                "type": "file",
                "file": {"file_data": f"data:{WORD};base64,UEs=", "filename": "a.docx"},
            },
        ),
    ],
)
def test_parts_are_the_hubs_and_come_back_as_mistrals(part: Any, told: Any) -> None:
    body, losses = sent_on(user(part))

    assert asked(user(part))["messages"][0]["content"] == [told]
    assert losses == []
    again = json.dumps(body["messages"][0]["content"][0])
    assert asked(user(json.loads(again)))["messages"][0]["content"] == [told]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "document_url", "document_url": "https://x/a.pdf"},
        {"type": "input_audio", "input_audio": "https://x/a.ogg"},
        {"type": "resource", "uri": "mcp://x", "content": {"type": "text", "text": "x"}},
    ],
)
def test_parts_that_only_mistral_has_come_back_to_it(part: dict[str, Any]) -> None:
    body, losses = sent_on(user(part))

    assert body["messages"][0]["content"] == [part]
    assert losses == []


@pytest.mark.parametrize("role", ["system", "assistant", "tool"])
def test_a_part_that_the_hub_has_not_in_a_role_is_kept_as_it_came(role: str) -> None:
    calls = answer("", tool_calls=[call("a")])
    document = {"type": "document_url", "document_url": "data:application/pdf;base64,JVBERi0="}
    parts = [document, {"type": "file", "file_id": "f1"}]
    if role != "tool":
        parts.append({"type": "image_url", "image_url": "https://x"})
    told = {"role": role, "content": parts, **({"tool_call_id": "a"} if role == "tool" else {})}

    body, losses = sent_on(HI, calls, told)

    assert asked(HI, calls, told)["messages"][2]["content"] == parts
    assert body["messages"][2]["content"] == [document]
    places = [f"/messages/2/content/{place}" for place in range(1, len(parts))]
    assert losses == places


def test_what_has_no_field_is_kept_in_its_place() -> None:
    part = {"type": "text", "text": "Hi", "later": 1}
    image = {"type": "image_url", "image_url": {"url": "https://x", "later": 2}}

    told = asked(
        {**user(part, image), "later": 3},
        answer([thinking("Hm."), part], tool_calls=[{**call("a"), "later": 4}]),
        result(tool_call_id="a", name="g"),
        later=5,
        metadata={"a": 6},
        response_format={"type": "json_schema", "json_schema": {**SCHEMA, "later": 7}},
    )

    assert told["messages"][0] == {"role": "user", "content": [part, image], "later": 3}
    assert told["messages"][1]["content"] == [part]
    assert told["messages"][1]["tool_calls"][0]["later"] == 4
    assert told["messages"][2]["name"] == "g"
    assert (told["later"], told["metadata"]) == (5, {"a": 6})
    assert told["response_format"]["json_schema"] == {**SCHEMA, "later": 7}


def test_calls_and_results_without_ids_find_each_other() -> None:
    told = asked(
        HI,
        answer("", tool_calls=[call("null", "f", {"x": 1}), call(None, "g"), call("c1")]),
        result("of g", name="g"),
        result("of f"),
        result("of c1", tool_call_id="c1", name="f"),
        answer("", tool_calls=[call(None, "f")]),
        result("of f, later"),
    )["messages"]

    first, second = told[1]["tool_calls"][:2]
    assert len({first["id"], second["id"], "null"}) == 3
    assert first["function"] == {"arguments": '{"x":1}', "name": "f"}
    assert [one["tool_call_id"] for one in told[2:5]] == [second["id"], first["id"], "c1"]
    assert all("name" not in one for one in told)
    assert told[6]["tool_call_id"] == told[5]["tool_calls"][0]["id"] != first["id"]


def test_calls_of_two_answers_in_a_row_are_answered_together() -> None:
    calls = [{**call(None, name), "index": 0} for name in ("f", "g")]
    messages = (HI, *(answer("", tool_calls=[one]) for one in calls), result("f"), result("g"))

    told = asked(*messages)["messages"]
    _, losses = sent_on(*messages)

    ids = [told[at]["tool_calls"][0]["id"] for at in (1, 2)]
    assert [one["tool_call_id"] for one in told[3:]] == ids
    assert losses == []


def test_a_call_that_was_never_answered_is_not_answered_by_a_later_result() -> None:
    told = asked(
        answer("", tool_calls=[call(None, "f")]),
        HI,
        answer("", tool_calls=[call(None, "f")]),
        result(),
    )["messages"]

    assert told[3]["tool_call_id"] == told[2]["tool_calls"][0]["id"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": 5}, "model: expected str; got int"),
        ({"messages": []}, "messages: expected array of length >= 1"),
        ({"messages": ["Hi"]}, "messages[0]: expected object; got str"),
        ({"messages": [{"role": "x"}]}, "messages[0].role: expected one of system, user"),
        ({"messages": [user({"text": "x"})]}, "messages[0].content[0].type: expected a value"),
        (
            {"messages": [user({"type": "image_url", "image_url": {"url": "x", "detail": "x"}})]},
            "messages[0].content[0].image_url.detail: expected one of auto, low, high; got 'x'",
        ),
        (
            {"messages": [answer("", tool_calls=[{**call("a"), "type": "x"}])]},
            "messages[0].tool_calls[0].type: expected one of function; got 'x'",
        ),
        (
            {"messages": [answer("", tool_calls=[call("a")]), result(), result()]},
            "messages[2].tool_call_id: expected the id of a call, as none waits for this result",
        ),
        ({"top_p": True}, "top_p: expected number; got bool"),
        ({"tool_choice": "x"}, "tool_choice: expected one of auto, none, any, required"),
        ({"tool_choice": {"type": "x"}}, "tool_choice.type: expected one of function; got 'x'"),
        ({"response_format": {"type": "x"}}, "response_format.type: expected one of text"),
        ({"reasoning_effort": "x"}, "reasoning_effort: expected one of none, minimal"),
        ({"service_tier": "flex"}, "service_tier: expected one of auto, standard_only"),
        ({"prediction": {"type": "x"}}, "prediction.type: expected one of content; got 'x'"),
        ({"stop": ["a", 5]}, "stop[1]: expected str; got int"),
        ({"logprobs": True}, "logprobs: expected false, answers cannot tell them here"),
        ({"prompt_logprobs": True}, "prompt_logprobs: expected false"),
    ],
)
def test_what_is_no_request_is_refused_by_its_place(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        mistral.decode_request(json.dumps({**ASKED, **fields}).encode())

    assert refused.value.message.startswith(says)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(BadRequestError, match="expected JSON"):
        mistral.decode_request(b"{")
