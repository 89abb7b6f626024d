"""Callers of Responses: what they ask is a request or refused, what they hear is in order."""

import copy
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

import dragoman
from dragoman.dialects import openai_responses
from dragoman.dialects.openai_responses.items import FORMAT
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter
from tests import judge
from tests.judge.responses_events import faults
from tests.strategies import json_values, requests

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=5)

PARTS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["input_text", "output_text"]), "text": TEXTS},
        optional={"annotations": json_values, "new": json_values},
    ),
    st.fixed_dictionaries({"type": st.just("input_image"), "image_url": TEXTS}),
    st.fixed_dictionaries({"type": st.just("input_file"), "file_id": TEXTS | json_values}),
    st.fixed_dictionaries({"type": TEXTS, "x": json_values}),
    json_values,
)
CONTENT = TEXTS | st.lists(PARTS, max_size=3) | json_values
ITEMS = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "developer"]), "content": CONTENT},
        optional={"phase": TEXTS, "new": json_values},
    ),
    st.fixed_dictionaries(
        {"type": st.just("reasoning"), "id": TEXTS},
        optional={
            "summary": st.lists(st.fixed_dictionaries({"text": TEXTS}), max_size=2) | json_values,
            "encrypted_content": TEXTS | TEXTS.map("gw1.{}".format) | json_values,
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("function_call"), "call_id": TEXTS, "name": TEXTS, "arguments": TEXTS},
        optional={"namespace": TEXTS},
    ),
    st.fixed_dictionaries(
        {"type": st.just("function_call_output"), "call_id": TEXTS, "output": CONTENT}
    ),
    st.fixed_dictionaries({"type": TEXTS, "x": json_values}),
    json_values,
)
FIELDS = (
    "background", "include", "instructions", "max_output_tokens", "max_tool_calls", "metadata",
    "moderation", "new", "parallel_tool_calls", "previous_response_id", "prompt_cache_options",
    "reasoning", "service_tier", "store", "stream", "stream_options", "temperature", "text",
    "tool_choice", "tools", "top_logprobs", "truncation", "user",
)  # fmt: skip

NAMES = {
    "max_output_tokens": "max_completion_tokens",
    "top_logprobs": "logprobs",
    "stream_options": "stream",
}
"""Fields under which another is told, or goes on."""


@given(
    items=st.lists(ITEMS, min_size=1, max_size=4),
    fields=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3),
)
def test_whatever_callers_ask_is_a_request_or_refused(
    items: list[Any], fields: dict[str, Any]
) -> None:
    body = {"model": "gpt-4o", "input": items, **fields}

    try:
        request = openai_responses.decode_request(json.dumps(body).encode())
        sent = openai_responses.encode_request(request, model="gpt-4o")
    except (BadRequestError, UnsupportedParameterError):
        return

    told = {loss.pointer.split("/")[1] for loss in sent.losses}
    there = told | json.loads(sent.body).keys()
    silent = {
        name
        for name, value in fields.items()
        if says_something(value) and not {name, NAMES.get(name, name)} & there
    }
    assert silent - {"instructions"} == set()


def says_something(value: Any) -> bool:
    inner = list(value.values()) if isinstance(value, dict) else [value]
    return any(one not in (None, False, 0, "", [], {}) for one in inner)


SAYING_ALL: Any = {
    "model": "m",
    "instructions": "I",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "a"},
                {"type": "input_image", "image_url": "https://x/a.png", "detail": "low"},
                {"type": "input_file", "file_id": "file_1"},
            ],
        },
        {"type": "message", "role": "developer", "content": "d"},
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "s"}],
            "content": [{"type": "reasoning_text", "text": "t"}],
            "encrypted_content": "gAAA",
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "o", "annotations": [{"type": "file_path"}]},
                {"type": "refusal", "refusal": "r"},
            ],
        },
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "b", "name": "g", "input": "x"},
        {
            "type": "function_call_output",
            "call_id": "a",
            "output": [{"type": "input_text", "text": "q"}],
        },
        {"type": "custom_tool_call_output", "call_id": "b", "output": "z"},
    ],
    "tools": [
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {
            "type": "custom",
            "name": "g",
            "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
        },
        {"type": "web_search", "filters": {}},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "f"}],
    },
    "text": {
        "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}},
        "verbosity": "low",
    },
    "reasoning": {"effort": "low"},
    "moderation": {"model": "o"},
    "prompt_cache_options": {"mode": "explicit"},
    "stream": True,
    "stream_options": {"include_obfuscation": True},
    "metadata": {"a": "b"},
}
"""A request in which everything is said that the hub has a place for."""

TOLD_WHOLE = {("input", 3, "content", 0, "annotations", 0): "/messages/3/annotations"}
"""A place that is told as lost together with all that is in it."""


def objects_in(value: Any, *path: Any) -> list[tuple[Any, ...]]:
    """Where the objects in this value are."""
    if isinstance(value, list):
        return [one for key, inner in enumerate(value) for one in objects_in(inner, *path, key)]
    if not isinstance(value, dict):
        return []
    return [path, *(one for key in value for one in objects_in(value[key], *path, key))]


@pytest.mark.parametrize("path", objects_in(SAYING_ALL), ids=str)
def test_a_key_that_nobody_knows_is_sent_on_or_told_as_lost(path: tuple[Any, ...]) -> None:
    body = place = copy.deepcopy(SAYING_ALL)
    for key in path:
        place = place[key]
    place["unheard_of"] = "x"

    request = openai_responses.decode_request(json.dumps(body).encode())
    sent = openai_responses.encode_request(request, model="gpt-5.4")

    told = [loss.pointer for loss in sent.losses]
    lost = any("unheard_of" in one or one == TOLD_WHOLE.get(path) for one in told)
    assert lost or b'"unheard_of":"x"' in sent.body


LOOSE = ("include", "stream_options", "top_logprobs")
"""Log probabilities are asked for in two ways, and options of a stream only where there is one."""


@given(request=requests)
def test_what_a_provider_is_sent_reads_the_same_as_a_callers(
    request: shared.CreateChatCompletionRequest,
) -> None:
    try:
        sent = openai_responses.encode_request(request, model="gpt-5.4")
        read = openai_responses.decode_request(sent.body)
    except (BadRequestError, UnsupportedParameterError):
        return  # such as a conversation of nothing

    again = openai_responses.encode_request(read, model="gpt-5.4")

    first, second = json.loads(sent.body), json.loads(again.body)
    assert {k: v for k, v in second.items() if k not in LOOSE} == {
        k: v for k, v in first.items() if k not in LOOSE
    }


OWN = st.builds(
    shared.ReasoningDetail,
    type=st.just("reasoning.summary"),
    format=st.just(FORMAT),
    id=st.sampled_from(["rs_1", "rs_2"]),
    summary=TEXTS,
)
FOREIGN = st.builds(
    shared.ReasoningDetail,
    type=st.sampled_from(["reasoning.summary", "reasoning.text", "reasoning.encrypted"]),
    format=st.sampled_from(["anthropic-claude-v1", None]),
    text=TEXTS | st.none(),
    data=TEXTS | st.none(),
    signature=TEXTS | st.none(),
)
CITED = st.builds(
    shared.ChatCompletionResponseMessageAnnotation,
    url_citation=st.builds(
        shared.UrlCitation,
        start_index=st.integers(0, 9),
        end_index=st.integers(0, 9),
        url=TEXTS,
        title=TEXTS,
    ),
)
STEPS = st.one_of(
    st.tuples(st.just("text"), TEXTS),
    st.tuples(st.just("refusal"), TEXTS),
    st.tuples(st.just("thought"), TEXTS),
    st.tuples(st.just("details"), st.lists(OWN | FOREIGN, min_size=1, max_size=2)),
    st.tuples(st.just("cited"), CITED),
    st.tuples(st.just("call"), st.integers(0, 2)),
)


def written(steps: list[Any]) -> list[Any]:
    """The chunks of an answer that is said like this."""
    writer = ChunkWriter(Made(created=1, id="x", model="m"))
    writer.choice(0)
    count = itertools.count()
    for kind, value in steps:
        match kind:
            case "text":
                writer.text(0, value)
            case "refusal":
                writer.refusal(0, value)
            case "thought":
                writer.reasoning(0, value)
            case "details":
                details = [structs.replace(detail, index=next(count)) for detail in value]
                writer.reasoning(0, None, details)
            case "cited":
                writer.annotations(0, [value])
            case "call":
                custom = value == 2
                writer.tool_call(0, value, f"c{value}", "f", custom=custom)
                writer.tool_call(0, value, arguments="1", custom=custom)
    writer.finish(0, "stop")
    writer.end()
    return list(writer.take())


@given(steps=st.lists(STEPS, max_size=8))
def test_whatever_is_said_comes_in_good_order_and_comes_back(steps: list[Any]) -> None:
    chunks = written(steps)
    encoder = openai_responses.stream_encoder(include_usage=False)

    told = b"".join(encoder.encode(chunk) for chunk in chunks) + encoder.end()

    message = dragoman.fold(chunks).choices[0].message
    response = json.loads(told.decode().rstrip().rpartition("data: ")[2])["response"]
    heard = judge.EARS["openai-responses"].said(json.dumps(response).encode()).choices[0]
    assert faults(told) == []
    assert (heard.content or "", heard.refusal) == (message.content or "", message.refusal)
    assert len(heard.tool_calls) == len(message.tool_calls or [])
    assert len(heard.url_citations) == len(message.annotations or [])
    asked = {"model": "m", "input": [{"role": "user", "content": "x"}, *response["output"]]}
    request = openai_responses.decode_request(json.dumps(asked).encode())
    back: list[Any] = request.messages[1:]
    came = [detail for one in back for detail in foreign(one)]
    assert came == foreign(message)


def foreign(message: Any) -> list[Any]:
    return [one for one in message.reasoning_details or () if one.format != FORMAT]
