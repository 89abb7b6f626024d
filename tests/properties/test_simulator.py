"""Whatever is asked of the simulator, its answer is a proper one, streamed and whole.

Answers are judged as the bytes that a caller gets, by `json`, `jsonschema` and the schema that
was written from OpenAI's document.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dragoman import translate
from dragoman.simulator.in_process import InProcess
from dragoman.streaming.folding import fold
from dragoman.transport import Request
from dragoman.transport.timeouts import Timeout
from tests.schema import faults
from tests.simulated import MADE

Json = dict[str, Any]

names = st.sampled_from(["a", "b c", "é"])
leaves: st.SearchStrategy[Json] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 3},
        {"type": "integer", "minimum": 3},
        {"type": ["null", "boolean"]},
        {"enum": ["one two", "three four"]},
        {"const": {"x": [1, "y z"]}},
        {"type": "number", "exclusiveMinimum": 0.5, "multipleOf": 0.25},
    ]
)


def objects_of(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.dictionaries(names, inner, max_size=3).map(
        lambda properties: {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )


schemas: st.SearchStrategy[Json] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects_of(inner),
        st.builds(lambda items: {"type": "array", "items": items, "minItems": 2}, inner),
        st.builds(lambda branch: {"anyOf": [branch, {"type": "string"}]}, inner),
    ),
    max_leaves=5,
)
functions = st.builds(
    lambda name, parameters: {"name": name, "parameters": parameters},
    st.sampled_from(["f", "g"]),
    objects_of(schemas),
)
tools = st.one_of(
    functions.map(lambda function: {"type": "function", "function": function}),
    st.just({"type": "custom", "custom": {"name": "shell"}}),
)

texts = st.one_of(
    st.text(max_size=30), st.sampled_from(["one two three", " the end \n", "a\tb  c"])
)
users: st.SearchStrategy[Json] = st.builds(lambda text: {"role": "user", "content": text}, texts)
turns: st.SearchStrategy[list[Json]] = st.sampled_from(
    [
        [{"role": "system", "content": "be kind"}],
        [{"role": "assistant", "content": None, "refusal": "no, thank you"}],
        [
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": "it is noon"},
        ],
    ]
)
conversations = st.lists(users.map(lambda message: [message]) | turns, min_size=1, max_size=4).map(
    lambda parts: [message for part in parts for message in part]
)
models = st.sampled_from(["echo", "hello", "words?n=0", "words?n=7&rate=5", "words?first=1s&n=30"])
stops = st.one_of(
    texts.filter(bool), st.lists(st.sampled_from(["e", "o ", "d\n", "th"]), min_size=1, max_size=4)
)
formats = st.one_of(
    st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    schemas.map(lambda s: {"type": "json_schema", "json_schema": {"name": "n", "schema": s}}),
)
wishes = st.fixed_dictionaries(
    {"model": models, "messages": conversations},
    optional={
        "n": st.integers(1, 3),
        "stop": stops,
        "max_completion_tokens": st.integers(1, 9),
        "max_tokens": st.integers(1, 9),
        "temperature": st.floats(0, 2),
        "logprobs": st.booleans(),
        "response_format": formats,
        "seed": st.integers(0, 9),
        "tools": st.lists(tools, min_size=1, max_size=3),
        "functions": st.lists(functions, min_size=1, max_size=2),
        "unheard_of": st.just({"a": [1, None]}),
    },
)


def with_tool_choice(wish: Json) -> st.SearchStrategy[Json]:
    offered = wish.get("tools", [])
    if not offered:
        return st.just(wish)
    picked = offered[-1]
    kind = picked["type"]
    name = {"type": kind, kind: {"name": picked[kind]["name"]}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [name]}}
    choices = st.sampled_from([None, "auto", "none", "required", name, allowed])
    return choices.map(lambda choice: {**wish, "tool_choice": choice})


requests = wishes.flatmap(with_tool_choice)


def answered(wish: Json) -> bytes:
    request = Request(
        method="POST", url="sim:/chat/completions", headers={}, body=json.dumps(wish).encode()
    )
    transport = InProcess(sleep=lambda _: None, made=lambda: MADE)
    answer = transport.send(request, timeout=Timeout.of(1000))
    body = answer.read()
    assert answer.status == 200, body
    return body


def streamed(wish: Json) -> bytes:
    return answered({**wish, "stream": True, "stream_options": {"include_usage": True}})


def events(stream: bytes) -> list[Json]:
    *heard, done, rest = stream.decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in heard]


def content_words(choice: Json) -> int:
    """The words of the text and of whatever is called."""
    message = choice["message"]
    calls = [call.get("function", call.get("custom")) for call in message.get("tool_calls", [])]
    called = [*calls, message.get("function_call", {})]
    said = [message["content"] or ""]
    said += [call.get("arguments", call.get("input", "")) for call in called]
    return sum(len(text.split()) for text in said)


@given(wish=requests)
def test_answers_are_valid_whole_and_streamed(wish: Json) -> None:
    assert faults("CreateChatCompletionResponse", json.loads(answered(wish))) == []
    for chunk in events(streamed(wish)):
        assert faults("CreateChatCompletionStreamResponse", chunk) == []


@given(wish=requests)
def test_a_stream_folds_into_the_whole_answer(wish: Json) -> None:
    whole = translate.response(answered(wish), "openai-chat")
    stream = translate.stream([streamed(wish)], "openai-chat")

    assert fold(stream) == whole


@given(wish=requests)
def test_who_streams_hears_the_same_text(wish: Json) -> None:
    heard: dict[int, str] = {}
    for chunk in events(streamed(wish)):
        for choice in chunk["choices"]:
            piece = choice["delta"].get("content", "")
            heard[choice["index"]] = heard.get(choice["index"], "") + piece
    said = {
        choice["index"]: choice["message"]["content"] or ""
        for choice in json.loads(answered(wish))["choices"]
    }

    assert heard == said


@given(wish=requests)
def test_equal_requests_get_equal_answers(wish: Json) -> None:
    assert answered(wish) == answered(wish)
    assert streamed(wish) == streamed(wish)


@given(wish=requests)
def test_usage_adds_up_to_the_words_that_were_said(wish: Json) -> None:
    answer = json.loads(answered(wish))
    usage = answer["usage"]

    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] == sum(map(content_words, answer["choices"]))


@given(wish=requests)
def test_there_are_as_many_choices_as_asked_for_and_none_is_over_its_bound(wish: Json) -> None:
    choices = json.loads(answered(wish))["choices"]
    most = wish.get("max_completion_tokens", wish.get("max_tokens"))

    assert [choice["index"] for choice in choices] == list(range(wish.get("n", 1)))
    if most is not None:
        assert all(content_words(choice) <= most for choice in choices)


@given(wish=requests)
def test_a_stop_text_is_never_said(wish: Json) -> None:
    stop = wish.get("stop", [])
    stops = [stop] if isinstance(stop, str) else stop
    said = [choice["message"]["content"] or "" for choice in json.loads(answered(wish))["choices"]]

    assert not any(text in one for text in stops for one in said)


@given(wish=requests)
def test_arguments_and_structured_answers_follow_their_schemas(wish: Json) -> None:
    unbounded = {k: v for k, v in wish.items() if not k.startswith("max_") and k != "stop"}
    offered = wish.get("functions", []) + [t.get("function", {}) for t in wish.get("tools", [])]
    wanted = wish.get("response_format", {}).get("json_schema")
    for choice in json.loads(answered(unbounded))["choices"]:
        message = choice["message"]
        calls = [call.get("function", {}) for call in message.get("tool_calls", [])]
        for call in filter(None, [*calls, message.get("function_call")]):
            arguments = json.loads(call["arguments"])
            fitting = [f["parameters"] for f in offered if f.get("name") == call["name"]]
            assert any(Draft202012Validator(schema).is_valid(arguments) for schema in fitting)
        if wanted is not None and message["content"] is not None:
            content = json.loads(message["content"])
            assert Draft202012Validator(wanted["schema"]).is_valid(content)


@given(wish=requests)
def test_logprobs_cover_the_text_byte_by_byte_where_asked_for(wish: Json) -> None:
    for choice in json.loads(answered(wish))["choices"]:
        text = choice["message"]["content"]
        logprobs = choice["logprobs"]
        if not (wish.get("logprobs") and text):
            assert logprobs is None
            continue
        told = [number for token in logprobs["content"] for number in token["bytes"]]
        assert bytes(told).decode() == text
        assert all(token["logprob"] <= 0 for token in logprobs["content"])
