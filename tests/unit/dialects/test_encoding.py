"""Requests on their way out: what is carried, in which place, and what is told as lost."""

import json
from typing import Any

import msgspec
import pytest

from dragoman.dialects import openai_chat
from dragoman.dialects.openai_chat import OPENAI, Profile, Quirks
from dragoman.errors import UnsupportedParameterError
from dragoman.models import shared
from tests.unit.dialects.sending import ASKED, sent

STRICTER = Quirks(extra=False)

UNKNOWN: dict[str, Any] = {
    "top_k": 40,
    "stream_options": {"include_usage": True, "pace": "slow"},
    "tools": [
        {
            "type": "function",
            "function": {"name": "tide_table", "parameters": {"type": "object"}, "returns": "text"},
            "x/y~z": [1, {"deep": None}],
        },
        {"type": "web_search", "web_search": {"depth": 2}},
    ],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?", "lang": "en"},
                {"type": "video_url", "video_url": {"url": "https://tides.example/v.mp4"}},
                {
                    "type": "image_url",
                    "image_url": {"url": "https://tides.example/a.png", "dpi": 9},
                },
            ],
            "mood": "calm",
        }
    ],
    "response_format": {"type": "grammar", "grammar": "root ::= [0-9]+"},
}


def test_what_we_do_not_know_goes_along_in_its_place() -> None:
    body, losses = sent("gpt-4o", stream=True, **UNKNOWN)

    assert {key: body[key] for key in UNKNOWN} == UNKNOWN
    assert losses == []


def test_what_a_stricter_provider_does_not_know_is_told_place_by_place() -> None:
    asked = {key: value for key, value in UNKNOWN.items() if key != "response_format"}

    body, losses = sent("m", quirks=STRICTER, stream=True, **asked)

    assert body["messages"][0] == {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://tides.example/a.png"}},
        ],
    }
    assert [tool["function"]["name"] for tool in body["tools"]] == ["tide_table"]
    assert body["stream_options"] == {"include_usage": True}
    assert sorted(losses) == [
        "dropped /messages/0/content/0/lang",
        "dropped /messages/0/content/1",
        "dropped /messages/0/content/2/image_url/dpi",
        "dropped /messages/0/mood",
        "dropped /stream_options/pace",
        "dropped /tools/0/function/returns",
        "dropped /tools/0/x~1y~0z",
        "dropped /tools/1",
        "dropped /top_k",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "grammar", "grammar": "root ::= [0-9]+"}},
        {"tool_choice": {"type": "mcp", "server_label": "tides"}},
    ],
)
def test_a_kind_of_answer_that_a_stricter_provider_does_not_know_is_refused(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(UnsupportedParameterError) as raised:
        sent("m", quirks=STRICTER, **fields)

    assert [raised.value.param] == list(fields)


def test_a_message_of_nothing_but_unknown_parts_is_sent_empty() -> None:
    asked = [{"role": "user", "content": [{"type": "video_url", "video_url": {}}]}]

    body, losses = sent("m", quirks=STRICTER, messages=asked)

    assert body["messages"] == [{"role": "user", "content": ""}]
    assert losses == ["dropped /messages/0/content/0"]


def test_a_part_of_a_prediction_that_we_do_not_know_goes_along_or_is_told_as_lost() -> None:
    guess = {"type": "content", "content": [{"type": "text", "text": "x"}, {"type": "svg"}]}

    kept, nothing = sent("gpt-4o", prediction=guess)
    strict = Quirks(extra=False, drop=frozenset())
    body, losses = sent("m", quirks=strict, prediction=guess)

    assert (kept["prediction"], nothing) == (guess, [])
    assert body["prediction"]["content"] == [{"type": "text", "text": "x"}]
    assert losses == ["dropped /prediction/content/1"]


def test_nobody_is_asked_to_choose_among_no_tools() -> None:
    tools = [{"type": "web_search"}]

    body, losses = sent("m", quirks=STRICTER, tools=tools, tool_choice="auto")

    assert body.keys() == {"model", "messages"}
    assert losses == ["dropped /tools/0", "dropped /tool_choice"]
    with pytest.raises(UnsupportedParameterError, match="tool_choice: no tool is left"):
        sent("m", quirks=STRICTER, tools=tools, tool_choice="required")


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": " \n"}}


def test_history_has_no_empty_lists_of_calls_and_no_empty_arguments() -> None:
    asked = [
        *ASKED,
        {"role": "assistant", "content": "Hm.", "tool_calls": []},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
    ]

    body, losses = sent("gpt-4o", messages=asked)

    assert body["messages"][1] == {"role": "assistant", "content": "Hm."}
    assert body["messages"][2]["content"] is None
    assert body["messages"][2]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert losses == []


def test_arguments_that_are_no_json_stay_as_the_model_wrote_them() -> None:
    call = {**CALL, "function": {"name": "f", "arguments": '{"a": 1,}'}}

    body, _ = sent("gpt-4o", messages=[*ASKED, {"role": "assistant", "tool_calls": [call]}])

    assert body["messages"][1]["tool_calls"] == [call]


def image(name: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"https://tides.example/{name}.png"}}


def test_images_of_tools_follow_behind_the_whole_group() -> None:
    text = {"type": "text", "text": "Two charts:"}
    asked = [
        *ASKED,
        {"role": "assistant", "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": [text, image("a"), image("b")]},
        {"role": "tool", "tool_call_id": "call_2", "content": [image("c")]},
        {"role": "user", "content": "Well?"},
        {"role": "assistant", "tool_calls": [{**CALL, "id": "call_3"}]},
        {"role": "tool", "tool_call_id": "call_3", "content": [image("d")]},
    ]

    body, losses = sent("gpt-4o", messages=asked)

    said = [(message["role"], message["content"]) for message in body["messages"][2:]]
    follow = {"type": "text", "text": "The images of this result follow in the next user message."}
    assert said == [
        ("tool", [text, follow]),
        ("tool", [follow]),
        ("user", [image("a"), image("b"), image("c")]),
        ("user", "Well?"),
        ("assistant", None),
        ("tool", [follow]),
        ("user", [image("d")]),
    ]
    assert losses == [f"emulated /messages/{place}/content" for place in (2, 3, 6)]


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


CUSTOM = {"type": "custom", "custom": {"name": "f"}}


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_allowed_tools_are_those_offered_where_nobody_knows_the_choice(mode: str) -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [function("g")]}}

    body, losses = sent(
        "m",
        quirks=Quirks(),
        tools=[function("f"), function("g"), CUSTOM],
        tool_choice=choice,
    )

    assert body["tools"] == [function("g")]
    assert body["tool_choice"] == mode
    assert losses == ["emulated /tool_choice"]


def test_a_custom_tool_is_not_the_function_of_its_name() -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [CUSTOM]}}

    body, _ = sent("m", quirks=Quirks(), tools=[function("f"), CUSTOM], tool_choice=choice)

    assert body["tools"] == [CUSTOM]


def test_an_allowed_tool_of_no_sensible_name_allows_nothing() -> None:
    odd = {"type": "function", "function": {"name": ["f"]}}
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [odd]}}

    body, losses = sent("m", quirks=Quirks(), tools=[function("f")], tool_choice=choice)

    assert body.keys() == {"model", "messages"}
    assert losses == ["emulated /tool_choice", "dropped /tool_choice"]


THINKING_BLOCKS = [
    {"type": "thinking", "thinking": "Spring tide.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "b3BhcXVl"},
]
DETAILS = [
    {
        "type": "reasoning.text",
        "text": "Spring tide.",
        "signature": "c2ln",
        "format": "anthropic-claude-v1",
    },
    {"type": "reasoning.encrypted", "data": "b3BhcXVl", "format": "anthropic-claude-v1"},
]


def answered(**fields: Any) -> list[dict[str, Any]]:
    return [*ASKED, {"role": "assistant", "content": "At noon.", **fields}]


def test_thinking_blocks_go_back_as_reasoning_details_where_those_are_read() -> None:
    quirks = Quirks(reasoning_replay="reasoning_details")

    body, losses = sent("m", quirks=quirks, messages=answered(thinking_blocks=THINKING_BLOCKS))

    assert body["messages"] == answered(reasoning_details=DETAILS)
    assert losses == ["renamed /messages/1/thinking_blocks"]


@pytest.mark.parametrize(
    "carrier",
    [
        {"reasoning_content": "Spring tide."},
        {"reasoning": "Spring tide."},
        {"reasoning_details": DETAILS},
        {"thinking_blocks": THINKING_BLOCKS},
        {"native_content": {"format": "anthropic-claude-v1", "content": []}},
        {"extra_content": {"google": {"thought_signature": "c2ln"}}},
    ],
)
def test_nobody_gets_reasoning_that_he_does_not_read(carrier: dict[str, Any]) -> None:
    (field,) = carrier

    body, losses = sent("gpt-5", messages=answered(**carrier))

    assert body["messages"] == answered()
    assert losses == [f"dropped /messages/1/{field}"]


@pytest.mark.parametrize("written", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("read", ["reasoning_content", "reasoning"])
def test_plain_reasoning_goes_back_under_the_key_that_is_read(written: str, read: Any) -> None:
    quirks = Quirks(reasoning_replay=read)

    body, losses = sent("m", quirks=quirks, messages=answered(**{written: "Spring tide."}))

    assert body["messages"] == answered(**{read: "Spring tide."})
    assert losses == []


def test_reasoning_is_signed_for_one_reader_only() -> None:
    quirks = Quirks(reasoning_replay="reasoning_content")
    asked = answered(reasoning_content="Spring tide.", reasoning_details=DETAILS)

    body, losses = sent("m", quirks=quirks, messages=asked)

    assert body["messages"] == answered(reasoning_content="Spring tide.")
    assert losses == ["dropped /messages/1/reasoning_details"]


def test_of_two_texts_of_reasoning_one_is_sent_and_the_other_told() -> None:
    quirks = Quirks(reasoning_replay="reasoning")
    asked = answered(reasoning_content="Spring tide.", reasoning="Neap tide.")

    body, losses = sent("m", quirks=quirks, messages=asked)

    assert body["messages"] == answered(reasoning="Spring tide.")
    assert losses == ["dropped /messages/1/reasoning"]


MARK = {"type": "ephemeral", "ttl": "1h"}


def test_cache_breakpoints_that_nobody_reads_are_told_wherever_they_stand() -> None:
    part = {"type": "text", "text": "Hm?", "prompt_cache_breakpoint": {"mode": "explicit"}}
    asked = [{"role": "user", "content": [part], "cache_control": MARK}]
    tool = {**function("f"), "cache_control": MARK}

    body, losses = sent("m", quirks=Quirks(), messages=asked, tools=[tool])

    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hm?"}]}]
    assert body["tools"] == [function("f")]
    assert losses == [
        "dropped /tools/0/cache_control",
        "dropped /messages/0/cache_control",
        "dropped /messages/0/content/0/prompt_cache_breakpoint",
    ]


def test_a_breakpoint_is_spelt_as_the_provider_spells_it() -> None:
    quirks = Quirks(cache_control="cache_control")
    mark = {"mode": "explicit", "ttl": "1h"}
    asked = {"role": "user", "content": [{"type": "text", "text": "Hm?"}]}
    asked["content"][0]["prompt_cache_breakpoint"] = mark  # type: ignore[index] # a list

    body, losses = sent("m", quirks=quirks, messages=[asked])

    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "Hm?", "cache_control": MARK}
    ]
    assert losses == []


def test_whoever_wants_no_loss_gets_none() -> None:
    with pytest.raises(UnsupportedParameterError) as raised:
        sent("m", quirks=Quirks(), on_loss="refuse", messages=answered(reasoning="Hm."), store=True)

    assert raised.value.message.startswith("/store would be dropped: ")
    assert raised.value.param == "store"
    assert raised.value.code == "unsupported_parameter"


def test_a_place_in_an_error_is_written_as_people_write_it() -> None:
    with pytest.raises(UnsupportedParameterError) as raised:
        sent("gpt-4o", on_loss="refuse", messages=answered(reasoning="Hm."))

    assert raised.value.param == "messages[1].reasoning"


def test_whoever_wants_no_loss_and_has_none_is_served() -> None:
    assert sent("gpt-4o", on_loss="refuse", max_tokens=5).body["max_tokens"] == 5


def test_lone_surrogates_become_replacement_characters() -> None:
    message = shared.ChatCompletionRequestUserMessage(content="a\ud83cb")
    request = shared.CreateChatCompletionRequest(model="m", messages=[message])

    encoded = openai_chat.encode_request(request, model="m\udc00")

    assert json.loads(encoded.body)["messages"][0]["content"] == "a\ufffdb"
    assert json.loads(encoded.body)["model"] == "m\ufffd"


def test_nul_is_a_character_like_any_other() -> None:
    unknown: dict[str, Any] = {"k\0": "\0"}

    body, _ = sent("gpt-4o", messages=[{"role": "user", "content": "a\0b"}], **unknown)

    assert body["messages"][0]["content"] == "a\0b"
    assert body["k\0"] == "\0"


def test_schemas_keep_the_order_of_their_keys_and_their_numbers() -> None:
    schema = (
        '{"type":"object","z":{"maximum":10000000000000000000000001},"a":{"const":1},"b":[1.5]}'
    )
    tool = f'{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}'
    asked = f'{{"model":"m","messages":[{{"role":"user","content":"x"}}],"tools":[{tool}]}}'

    request = openai_chat.decode_request(asked.encode())
    encoded = openai_chat.encode_request(request, model="m")

    assert schema.encode() in encoded.body


def test_the_callers_own_objects_stay_as_they_are() -> None:
    google = Quirks(schema_keyword=False, strict_tools=False, audio_data_uri=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    parameters = shared.FunctionObject(name="f", parameters=schema, strict=True)
    asked = [*answered(reasoning="Hm.", tool_calls=[CALL]), *UNKNOWN["messages"]]
    request = msgspec.structs.replace(
        openai_chat.decode_request(
            json.dumps({**UNKNOWN, "model": "m", "messages": asked}).encode()
        ),
        tools=[shared.ChatCompletionTool(function=parameters)],
    )
    before = msgspec.json.encode(request, enc_hook=lambda kept: kept.value)

    openai_chat.encode_request(request, model="other", profile=Profile(quirks=google))

    assert msgspec.json.encode(request, enc_hook=lambda kept: kept.value) == before
    assert list(schema) == ["$schema", "type"]


@pytest.mark.parametrize(
    ("quirks", "field"), [(OPENAI, "max_completion_tokens"), (Quirks(), "max_tokens")]
)
def test_of_two_bounds_the_newer_counts(quirks: Quirks, field: str) -> None:
    body, losses = sent("gpt-4o", quirks=quirks, max_tokens=10, max_completion_tokens=20)

    assert body == {"model": "gpt-4o", "messages": ASKED, field: 20}
    assert losses == ["dropped /max_tokens"]


def test_two_bounds_of_one_mind_are_one() -> None:
    body, losses = sent("gpt-4o", max_tokens=20, max_completion_tokens=20)

    assert body.keys() == {"model", "messages", "max_completion_tokens"}
    assert losses == []


def test_of_two_words_about_thinking_the_providers_own_counts() -> None:
    quirks = Quirks(thinking_switch=True)

    body, losses = sent("m", quirks=quirks, reasoning_effort="none", thinking={"type": "enabled"})

    assert body == {"model": "m", "messages": ASKED, "thinking": {"type": "enabled"}}
    assert losses == ["dropped /reasoning_effort"]


def test_null_is_the_same_as_not_set() -> None:
    body, losses = sent("gpt-5", temperature=None, stop=None, tools=None, n=None)

    assert body.keys() == {"model", "messages"}
    assert losses == []
