"""`mistralai` for Python, pointed at the simulator: it takes what is said in Mistral's dialect."""

from collections.abc import Iterator
from typing import Any

import pytest

sdk = pytest.importorskip("mistralai.client", reason="mistralai stands in the extra `clients`")
errors = pytest.importorskip(
    "mistralai.client.errors", reason="mistralai stands in the extra `clients`"
)

SAID: Any = {"messages": [{"role": "user", "content": "hi there"}]}

CHECK: Any = {
    "type": "function",
    "function": {
        "name": "check",
        "description": "Checks it.",
        "parameters": {
            "type": "object",
            "properties": {"ok": {"type": "boolean"}},
            "required": ["ok"],
        },
    },
}


@pytest.fixture(scope="module")
def client(simulator_url: str) -> Iterator[Any]:
    with sdk.Mistral(api_key="any", server_url=f"{simulator_url}/mistral") as client:
        yield client


def streamed(client: Any, **fields: Any) -> list[Any]:
    """The chunks of a stream."""
    with client.chat.stream(**fields) as stream:
        return [event.data for event in stream]


def test_a_whole_answer(client: Any) -> None:
    answer = client.chat.complete(model="echo", **SAID)

    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("hi there", "stop")
    assert (answer.usage.completion_tokens, answer.object) == (2, "chat.completion")


def test_a_stream(client: Any) -> None:
    chunks = streamed(client, model="echo", **SAID)

    said = [chunk.choices[0].delta.content for chunk in chunks]
    assert "".join(said) == "hi there"
    assert (chunks[-1].choices[0].finish_reason, chunks[-1].usage.completion_tokens) == ("stop", 2)
    assert len({chunk.id for chunk in chunks}) == 1


def test_several_choices(client: Any) -> None:
    chunks = streamed(client, model="echo", n=2, **SAID)

    assert len(client.chat.complete(model="echo", n=2, **SAID).choices) == 2
    ended = [c.choices[0].index for c in chunks if c.choices[0].finish_reason == "stop"]
    assert ended == [0, 1]


def test_a_call(client: Any) -> None:
    forced = {"tools": [CHECK], "tool_choice": "any"}

    (choice,) = client.chat.complete(model="echo", **SAID, **forced).choices
    (last,) = streamed(client, model="echo", **SAID, **forced)[-1].choices

    for told, message in ((choice, choice.message), (last, last.delta)):
        (call,) = message.tool_calls
        assert (told.finish_reason, call.function.name) == ("tool_calls", "check")
        assert (call.function.arguments, call.id != "null") == ('{"ok":false}', True)


def test_a_call_is_answered(client: Any) -> None:
    offered = {"tools": [CHECK], "tool_choice": {"type": "function", "function": {"name": "check"}}}
    (asked,) = client.chat.complete(model="echo", **SAID, **offered).choices
    result = {
        "role": "tool",
        "tool_call_id": asked.message.tool_calls[0].id,
        "name": "check",
        "content": "fine",
    }
    talk = [*SAID["messages"], asked.message, result, {"role": "user", "content": "and now"}]

    answer = client.chat.complete(model="echo", messages=talk, tools=[CHECK], tool_choice="none")

    assert answer.choices[0].message.content == "and now"


def test_an_answer_by_a_schema(client: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema_definition": schema}}

    answer = client.chat.complete(model="echo", response_format=wanted, random_seed=7, **SAID)

    assert answer.choices[0].message.content == '{"a":0}'


def test_an_answer_that_is_bounded(client: Any) -> None:
    answer = client.chat.complete(model="words?n=9", max_tokens=3, **SAID)

    assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("stream", [False, True])
def test_an_error(client: Any, status: int, stream: bool) -> None:
    ask = client.chat.stream if stream else client.chat.complete
    with pytest.raises(errors.SDKError) as refused:
        ask(model=f"fail?status={status}", **SAID)

    assert refused.value.status_code == status
    assert f"failing with {status}" in refused.value.message
    assert refused.value.headers["mistral-correlation-id"].startswith("req_sim_")


def test_what_cannot_be_carried_out_is_told_as_a_list_of_mistakes(client: Any) -> None:
    with pytest.raises(errors.HTTPValidationError) as refused:
        client.chat.complete(model="fail?status=422", **SAID)

    (mistake,) = refused.value.data.detail
    assert "failing with 422" in mistake.msg


def test_an_error_in_a_stream_is_no_chunk(client: Any) -> None:
    with pytest.raises(errors.ResponseValidationError) as failed:
        streamed(client, model="fail?status=503&after=3", **SAID)

    assert "failing with 503" in failed.value.body


def test_the_models(client: Any) -> None:
    listed = client.models.list().data

    assert [model.id for model in listed] == ["echo", "hello", "words", "fail"]
    assert client.models.retrieve(model_id="echo").capabilities.completion_chat is True
