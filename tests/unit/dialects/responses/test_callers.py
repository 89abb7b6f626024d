"""What callers ask who speak Responses, as the hub has it."""

import json
from typing import Any

import msgspec
import pytest

from dragoman.dialects import openai_responses
from dragoman.dialects.openai_responses.carrying import Carried, packed
from dragoman.dialects.openai_responses.items import FORMAT
from dragoman.errors import BadRequestError
from dragoman.models import shared

HEARD = {"role": "user", "content": "Hi"}

ASKED: dict[str, Any] = {"model": "m", "input": "Hi"}


def asked(**fields: Any) -> dict[str, Any]:
    """The hub's request for a caller's, as it is written."""
    body = json.dumps({**ASKED, **fields}).encode()
    return openai_responses.decode_request(body).to_dict()


def heard(*items: Any) -> list[Any]:
    """The messages that these items are."""
    told: list[Any] = asked(input=list(items))["messages"]
    return told


def parted(*content: Any) -> list[Any]:
    """The parts of a user's message with these."""
    told: list[Any] = heard({"role": "user", "content": list(content)})[0]["content"]
    return told


def thought(**fields: Any) -> dict[str, Any]:
    return {"type": "reasoning", "id": "rs_1", "summary": [], **fields}


def spoken(text: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {"type": "message", "role": "assistant", "content": content, **fields}


CALL = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}

CALLED = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_a_text_alone_is_what_the_user_says_behind_the_instructions() -> None:
    assert asked()["messages"] == [HEARD]
    assert asked(instructions="Brief.")["messages"] == [
        {"role": "system", "content": "Brief."},
        HEARD,
    ]


def test_what_is_said_is_in_parts_as_the_hub_has_them() -> None:
    mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}
    sound = {"data": "AAAA", "format": "wav"}
    paper = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}

    assert parted(
        {"type": "input_text", "text": "See", **mark},
        {"type": "input_image", "image_url": "https://x/a.png", "detail": "low", "file_id": None},
        {"type": "input_file", **paper},
        {"type": "input_file", "file_id": "file_1"},
        {"type": "input_audio", "input_audio": sound},
    ) == [
        {"type": "text", "text": "See", **mark},
        {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "low"}},
        {"type": "file", "file": paper},
        {"type": "file", "file": {"file_id": "file_1"}},
        {"type": "input_audio", "input_audio": sound},
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "file_id": "file_1", "detail": "auto"},
        {"type": "input_image", "file_id": "file_1", "image_url": "https://x/a.png"},
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "input_video", "url": "https://x"},
    ],
)
def test_a_part_that_the_hub_has_no_place_for_goes_along_as_it_came(part: Any) -> None:
    assert parted(part) == [part]
    assert heard({"role": "developer", "content": [part]})[0]["content"] == [part]


def test_results_are_messages_with_texts_or_parts() -> None:
    image = {"type": "input_image", "image_url": "https://x/a.png"}
    file = {"type": "input_file", "file_id": "file_1"}

    told = heard(
        CALL,
        {"type": "function_call_output", "id": "fco_1", "call_id": "a", "output": "ok"},
        {"type": "custom_tool_call_output", "call_id": "b", "output": [image, file]},
    )

    assert told[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": "ok"},
        {
            "role": "tool",
            "tool_call_id": "b",
            "content": [{"type": "image_url", "image_url": {"url": "https://x/a.png"}}, file],
        },
    ]


def test_what_a_model_says_thinks_and_calls_is_one_message_until_somebody_else_speaks() -> None:
    summary = [{"type": "summary_text", "text": "A"}, {"type": "summary_text", "text": "B"}]
    custom = {"type": "custom_tool_call", "call_id": "b", "name": "c", "input": "x"}

    told = heard(
        HEARD,
        thought(summary=summary, encrypted_content="gAAA", status="completed"),
        spoken("Look.", id="msg_1", status="completed"),
        {**CALL, "id": "fc_1", "status": "completed"},
        custom,
        {"role": "user", "content": "And?"},
    )

    mine = {"id": "rs_1", "format": FORMAT}
    assert told == [
        HEARD,
        {
            "role": "assistant",
            "content": "Look.",
            "reasoning_content": "A\n\nB",
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "A", "index": 0, **mine},
                {"type": "reasoning.summary", "summary": "B", "index": 1, **mine},
                {"type": "reasoning.encrypted", "data": "gAAA", "index": 2, **mine},
            ],
            "tool_calls": [
                CALLED,
                {"id": "b", "type": "custom", "custom": {"name": "c", "input": "x"}},
            ],
        },
        {"role": "user", "content": "And?"},
    ]


def test_items_that_our_fields_cannot_say_are_kept_as_they_came() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    wordy = {"role": "assistant", "content": "So."}

    (told,) = heard(search, spoken("A", phase="commentary"), wordy)
    (named,) = heard({**CALL, "namespace": "crm"})

    written = {**wordy, "type": "message", "content": [{"type": "output_text", "text": "So."}]}
    assert (told["content"], told.get("phase")) == ("ASo.", None)
    assert told["native_content"] == {
        "format": FORMAT,
        "content": [search, spoken("A", phase="commentary"), written],
    }
    assert named["tool_calls"] == [CALLED]
    assert named["native_content"]["content"] == [{**CALL, "namespace": "crm"}]


def test_a_call_that_xai_answers_itself_is_no_call() -> None:
    served = {**CALL, "call_id": "xs_call_1"}

    (told,) = heard(served)

    assert "tool_calls" not in told
    assert told["native_content"]["content"] == [served]


def test_what_an_earlier_answer_says_besides_is_kept_in_its_place() -> None:
    page = {"type": "url_citation", "url": "https://x", "start_index": 0, "end_index": 1}
    cited = {"type": "output_text", "text": "A", "annotations": [page], "logprobs": []}
    refused = {"type": "refusal", "refusal": "No."}
    strange = {"type": "output_image", "image": "x"}

    (told,) = heard(spoken("", content=[cited, refused], phase="final_answer", later=1))
    (other,) = heard(spoken("", content=[cited, strange]))

    assert (told["content"], told["refusal"], told["phase"]) == ("A", "No.", "final_answer")
    assert (told["annotations"], told["later"]) == ([page], 1)
    assert other["content"] == [{"type": "text", "text": "A"}, strange]


def test_reasoning_that_holds_nothing_is_told_all_the_same() -> None:
    (told,) = heard(thought())

    assert [detail["id"] for detail in told["reasoning_details"]] == ["rs_1"]


def test_what_we_gave_along_comes_back() -> None:
    detail = {"type": "reasoning.text", "text": "Hm.", "signature": "X", "format": "unknown"}
    native = {"format": "anthropic-claude-v1", "content": [{"type": "text", "text": "A"}]}
    beside = {"google": {"thought_signature": "S"}}
    fields: dict[str, Any] = {"reasoning_details": [detail], "native_content": native}
    fields |= {"extra_content": beside, "extra_content_of_calls": {"a": beside}}
    carried = msgspec.convert(fields, Carried)
    shown = [{"type": "summary_text", "text": "Hm."}]

    (told,) = heard(thought(summary=shown, encrypted_content=packed(carried)), spoken("A"), CALL)

    assert told == {
        "role": "assistant",
        "content": "A",
        "extra_content": beside,
        "native_content": native,
        "reasoning_content": "Hm.",
        "reasoning_details": [detail],
        "tool_calls": [{**CALLED, "extra_content": beside}],
    }


def test_all_that_we_gave_along_with_an_answer_is_taken_together() -> None:
    blocks = shared.NativeContent(content=[{"type": "text", "text": "A"}], format="unknown")
    first = Carried(native_content=blocks, extra_content_of_calls={"a": {"x": 1}})
    second = Carried(extra_content={"y": 2}, extra_content_of_calls={"b": {"z": 3}})
    calls = [CALL, {**CALL, "call_id": "b"}]

    (told,) = heard(*(thought(encrypted_content=packed(one)) for one in (first, second)), *calls)

    assert (told["native_content"], told["extra_content"]) == (blocks.to_dict(), {"y": 2})
    assert [call["extra_content"] for call in told["tool_calls"]] == [{"x": 1}, {"z": 3}]


def test_reasoning_for_reading_alone_comes_back_as_that() -> None:
    shown = [{"type": "summary_text", "text": "Hm."}]

    (told,) = heard(thought(summary=shown, encrypted_content=packed(Carried())), spoken("A"))

    assert told == {"role": "assistant", "content": "A", "reasoning_content": "Hm."}


@pytest.mark.parametrize("text", ["", "e30", "é", "*e30=", "W10=", "eyJ4IjoxfQ=="])
def test_what_we_gave_along_may_not_be_changed(text: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        heard(thought(encrypted_content=f"gw1.{text}"))

    assert refused.value.param == "input[0].encrypted_content"


def test_parameters_have_the_hubs_names() -> None:
    told = asked(
        max_output_tokens=7,
        reasoning={"effort": "low", "summary": "auto"},
        text={"verbosity": "low", "format": {"type": "json_object"}},
        top_logprobs=3,
        metadata={"a": "b"},
        service_tier="flex",
        moderation={"model": "omni"},
        prompt_cache_options={"mode": "explicit", "ttl": "30m"},
        stream=True,
        stream_options={"include_obfuscation": False},
    )

    assert told == {
        "model": "m",
        "messages": [HEARD],
        "max_completion_tokens": 7,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {"type": "json_object"},
        "logprobs": True,
        "top_logprobs": 3,
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "moderation": {"model": "omni"},
        "prompt_cache_options": {"mode": "explicit", "ttl": "30m"},
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
    }


def test_log_probabilities_are_asked_for_in_two_ways() -> None:
    named = asked(include=["message.output_text.logprobs", "reasoning.encrypted_content"])

    assert named == {"model": "m", "messages": [HEARD], "logprobs": True}
    assert asked(top_logprobs=0) == asked()


def test_what_asks_for_what_there_is_anyway_asks_for_nothing() -> None:
    quiet = {"store": False, "stream": False, "background": False, "truncation": "disabled"}

    assert asked(**quiet, previous_response_id=None, metadata={}, tools=[]) == asked()


def test_what_has_no_field_is_kept_in_its_place() -> None:
    others = {
        "include": ["file_search_call.results"],
        "reasoning": {"effort": "huge", "summary": "detailed"},
        "prompt_cache_retention": "1h",
        "max_tool_calls": 3,
        "truncation": "auto",
        "service_tier": "ultrafast",
        "text": {"verbosity": "huge", "later": 1},
        "prompt_cache_options": {"ttl": "12h", "comparison_response_id": "resp_1"},
        "tool_choice": {"type": "file_search"},
        "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}],
    }

    request = openai_responses.decode_request(json.dumps({**ASKED, **others}).encode())
    assert request.to_dict() == {"model": "m", "messages": [HEARD], **others}
    assert {pointer.split("/")[1] for pointer in request.extra} == others.keys() - {"tools"}


CLOSED: dict[str, Any] = {"type": "object", "properties": {"x": {}}, "required": ["x"]}
CLOSED["additionalProperties"] = False
NESTED = {**CLOSED, "properties": {"x": {"anyOf": [{"type": "object"}]}}}


@pytest.mark.parametrize(
    ("said", "strict"),
    [
        ({"parameters": CLOSED}, True),
        ({"parameters": CLOSED, "strict": None}, True),
        ({"parameters": CLOSED, "strict": False}, False),
        ({"parameters": {**CLOSED, "required": []}}, False),
        ({"parameters": {**CLOSED, "required": "x"}}, False),
        ({"parameters": {**CLOSED, "additionalProperties": {}}}, False),
        ({"parameters": NESTED}, False),
        ({"parameters": {"type": "object"}, "strict": True}, True),
        ({"parameters": None}, True),
    ],
)
def test_a_function_is_strict_if_its_schema_can_be(said: dict[str, Any], strict: bool) -> None:
    (tool,) = asked(tools=[{"type": "function", "name": "f", **said}])["tools"]

    assert tool["function"]["strict"] is strict


def test_tools_and_the_choice_among_them_are_nested() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}
    custom = {"type": "custom", "name": "c", "format": grammar}
    function = {"type": "function", "name": "f", "strict": False, "defer_loading": True}
    search = {"type": "web_search"}
    names = [{"type": "function", "name": "f"}, search]

    told = asked(
        tools=[function, custom, {"type": "custom", "name": "d", "format": {"type": "text"}}],
        tool_choice={"type": "allowed_tools", "mode": "required", "tools": names},
    )

    rules = {"syntax": "lark", "definition": "start: WORD"}
    assert told["tools"] == [
        {"type": "function", "function": {"name": "f", "strict": False}, "defer_loading": True},
        {
            "type": "custom",
            "custom": {"name": "c", "format": {"type": "grammar", "grammar": rules}},
        },
        {"type": "custom", "custom": {"name": "d", "format": {"type": "text"}}},
    ]
    allowed = [{"type": "function", "function": {"name": "f"}}, search]
    assert told["tool_choice"] == {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": allowed},
    }


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("required", "required"),
        ({"type": "function", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
        ({"type": "custom", "name": "c"}, {"type": "custom", "custom": {"name": "c"}}),
    ],
)
def test_a_choice_is_nested(choice: Any, told: Any) -> None:
    assert asked(tool_choice=choice)["tool_choice"] == told


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": 5}, "model: expected str; got int"),
        ({"input": None}, "input: expected a value; got nothing"),
        ({"input": []}, "input: expected array of length >= 1"),
        ({"input": 5}, "input: expected str or array; got int"),
        ({"input": ["Hi"]}, "input[0]: expected object; got str"),
        ({"input": [{"content": "x"}]}, "input[0].role: expected a value; got nothing"),
        ({"input": [{"role": "tool"}]}, "input[0].role: expected one of user, assistant"),
        ({"input": [{"role": "user"}]}, "input[0].content: expected a value; got nothing"),
        (
            {"input": [{"role": "user", "content": [{"text": "x"}]}]},
            "input[0].content[0].type: expected a value; got nothing",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "output_text"}]}]},
            "input[0].content[0].text: expected a value; got nothing",
        ),
        ({"input": [{**CALL, "arguments": {}}]}, "input[0].arguments: expected str; got object"),
        (
            {"input": [thought(summary=[{"text": 5}])]},
            "input[0].summary[0].text: expected str; got int",
        ),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type: expected the item"),
        ({"previous_response_id": "resp_1"}, "previous_response_id: expected a request that says"),
        ({"conversation": {"id": "conv_1"}}, "conversation: expected a request that says all"),
        ({"background": True}, "background: expected a request that says all"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt: expected a request that says all"),
        ({"temperature": True}, "temperature: expected number; got bool"),
        ({"metadata": {"a": 5}}, "metadata.a: expected str; got int"),
        ({"tool_choice": "any"}, "tool_choice: expected one of none, auto, required; got 'any'"),
        ({"tool_choice": 5}, "tool_choice: expected str or object; got int"),
        ({"tool_choice": {"type": "x"}}, "tool_choice.type: expected one of function, custom"),
        ({"tools": [{"name": "f"}]}, "tools[0].type: expected a value; got nothing"),
        ({"tools": [{"type": "function"}]}, "tools[0].name: expected a value; got nothing"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type: expected one of text, json"),
        ({"reasoning": {"effort": 5}}, "reasoning.effort: expected str; got int"),
        ({"moderation": {"model": 5}}, "moderation.model: expected str; got int"),
    ],
)
def test_a_mistake_is_refused_by_its_place(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        asked(**fields)

    assert refused.value.message.startswith(says)
    assert refused.value.param == says.partition(":")[0]


DEEP = b'{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":%b1%b}]}' % (
    b'{"x":' * 900,
    b"}" * 900,
)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff", b"[" * 100_000, DEEP])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError):
        openai_responses.decode_request(body)
