"""The client and providers of Claude's dialect: the simulator, and a server with a script."""

import json
from typing import Any

import pytest

import dragoman
from dragoman.errors import InternalServerError, RateLimitError
from tests.scripted import ScriptedServer
from tests.unit.dialects.claude.saying import STOP, added, begun, ended, framed, start

SIMULATED = {"claude": {"dialect": "anthropic-messages", "base_url": "sim:"}}

TIDE: Any = {
    "type": "function",
    "function": {
        "name": "tide",
        "parameters": {"type": "object", "properties": {"port": {"type": "string"}}},
    },
}


def ask(model: str, **fields: Any) -> Any:
    messages: Any = [{"role": "user", "content": "Say this again"}]
    return dragoman.create(
        model=f"claude/{model}", messages=messages, providers=SIMULATED, **fields
    )


def test_an_answer_comes_through_two_dialects() -> None:
    response = ask("echo")

    assert response.choices[0].message.content == "Say this again"
    assert response.id.startswith("msg_chatcmpl-sim-")
    assert response.usage.prompt_tokens == 3
    assert response.meta.request_id.startswith("req_sim_")
    assert response.meta.target == "claude/echo"


def test_a_stream_comes_through_two_dialects() -> None:
    stream = ask("echo", stream=True, stream_options={"include_usage": True})

    response = dragoman.fold(list(stream))
    assert response.choices[0].message.content == "Say this again"
    assert response.usage is not None
    assert response.usage.completion_tokens == 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_comes_through_two_dialects(stream: bool) -> None:
    # The newest family, which any unknown name is taken for, cannot be forced.
    own = {"claude": {**SIMULATED["claude"], "quirks": {"families": {"hello": "claude-4-6"}}}}

    create: Any = dragoman.create
    answer = create(
        model="claude/hello",
        messages=[{"role": "user", "content": "x"}],
        tools=[TIDE],
        tool_choice="required",
        stream=stream,
        providers=own,
    )

    response = dragoman.fold(list(answer)) if stream else answer
    (call,) = response.choices[0].message.tool_calls or []
    assert call.to_dict()["function"]["name"] == "tide"
    assert response.choices[0].finish_reason == "tool_calls"


def test_an_error_comes_through_two_dialects() -> None:
    with pytest.raises(RateLimitError, match="as it was asked to") as refused:
        ask("fail?status=429", max_retries=0)

    assert refused.value.code == "rate_limit_exceeded"
    assert (refused.value.request_id or "").startswith("req_sim_")


def test_an_error_in_a_stream_comes_through_two_dialects() -> None:
    stream = ask("fail?status=529&after=6", stream=True)

    with pytest.raises(InternalServerError) as failed:
        list(stream)
    assert failed.value.status_code == 529


def test_a_cut_stream_is_no_success() -> None:
    stream = ask("echo?cut_at_event=4", stream=True)

    with pytest.raises(dragoman.APIConnectionError) as cut:
        list(stream)
    assert cut.value.code == "stream_truncated"


def test_the_models_are_listed() -> None:
    client = dragoman.Client(providers=SIMULATED)

    assert "echo" in [model.id for model in client.models.list(provider="claude").data]


def answer(body: bytes, *, status: str = "200 OK", type: str = "application/json") -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nrequest-id: req_011\r\n"
    return [head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def test_anthropic_is_asked_with_its_own_headers_and_tried_again_when_overloaded() -> None:
    overloaded = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    stream = start() + begun(0, type="text", text="") + added(0, "text_delta", text="Noon.")
    script = [
        answer(overloaded, status="529 Overloaded"),
        answer(stream + ended() + STOP, type="text/event-stream; charset=utf-8"),
    ]

    with ScriptedServer(*script) as server:
        client = dragoman.Client(
            providers={"anthropic": {"api_key": "sk-ant-1", "base_url": server.url}}
        )
        stream_of_ours = client.chat.completions.create(
            model="anthropic/claude-opus-5-5",
            messages=[{"role": "user", "content": "x"}],
            temperature=0.5,
            stream=True,
        )
        response = dragoman.fold(list(stream_of_ours))

    head, _, body = server.heard[1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/messages HTTP/1.1\r\n")
    assert b"\r\nx-api-key: sk-ant-1" in head
    assert b"\r\nanthropic-version: 2026-10-21" in head
    assert b"authorization" not in head.lower()
    assert json.loads(body)["stream"] is True
    assert response.choices[0].message.content == "Noon."
    assert stream_of_ours.meta.request_id == "req_011"
    assert stream_of_ours.meta.attempts == 2
    assert [loss.pointer for loss in stream_of_ours.losses] == ["/temperature"]


def test_bedrock_is_asked_in_the_path_and_answers_in_frames() -> None:
    text = begun(0, type="text", text="Noon.")
    frames = framed(start(), text, ended(), STOP)

    with ScriptedServer(answer(frames, type="application/vnd.amazon.eventstream")) as server:
        client = dragoman.Client(
            providers={"anthropic-bedrock": {"api_key": "bedrock-key", "base_url": server.url}}
        )
        stream = client.chat.completions.create(
            model="anthropic-bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            messages=[{"role": "user", "content": "x"}],
            stream=True,
        )
        response = dragoman.fold(list(stream))

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(
        b"POST /model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream "
    )
    assert b"\r\nauthorization: Bearer bedrock-key" in head
    assert json.loads(body).keys() == {"anthropic_version", "messages", "max_tokens"}
    assert response.choices[0].message.content == "Noon."
