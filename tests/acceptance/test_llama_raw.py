"""The blocking transport against llama.cpp: bytes alone, no dialect."""

import json
from typing import Any

from dragoman.transport import Request
from dragoman.transport.blocking import BlockingAnswer, BlockingTransport
from dragoman.transport.timeouts import Timeout
from tests.llama import CALLING, MODEL

SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}


def asked(base_url: str, **fields: Any) -> BlockingAnswer:
    question = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 8}
    request = Request(
        method="POST",
        url=f"{base_url}/chat/completions",
        headers={"Content-Type": "application/json"},
        body=json.dumps({**question, "temperature": 0, "seed": 1, **fields}).encode(),
    )
    return BlockingTransport().send(request, timeout=Timeout.of(60))


def test_llama_answers_whole(llama: str) -> None:
    answer = asked(llama)
    body = json.loads(answer.read())

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert (body["object"], body["model"]) == ("chat.completion", MODEL)
    assert body["usage"]["completion_tokens"] == 8


def test_llama_streams_events_up_to_done(llama: str) -> None:
    answer = asked(llama, stream=True)
    events = answer.read().split(b"\n\n")

    assert answer.headers["content-type"] == "text/event-stream"
    assert not answer.ended_by_close
    assert events[-2:] == [b"data: [DONE]", b""]
    assert all(json.loads(event.removeprefix(b"data: ")) for event in events[:-2])


def test_llama_says_no_with_a_status_and_a_body(llama: str) -> None:
    answer = asked(llama, messages=[{"role": "user", "content": "hello " * 400}])

    assert answer.status == 400
    assert json.loads(answer.read())["error"]["type"] == "exceed_context_size_error"


def test_llama_keeps_to_a_schema(llama: str) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}
    body = json.loads(asked(llama, max_tokens=64, response_format=wanted).read())

    assert body["choices"][0]["finish_reason"] == "stop"
    assert set(json.loads(body["choices"][0]["message"]["content"])) == {"ok"}


def test_llama_calls_a_tool(llama: str) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
    answer = asked(llama, tools=[tool], tool_choice="required", **CALLING)
    (choice,) = json.loads(answer.read())["choices"]
    (call,) = choice["message"]["tool_calls"]

    assert choice["finish_reason"] == "tool_calls"
    assert set(json.loads(call["function"]["arguments"])) == {"ok"}


def test_llama_is_left_in_the_middle_without_harm(llama: str) -> None:
    left = asked(llama, stream=True, max_tokens=400)
    next(iter(left))
    left.close()

    assert asked(llama).status == 200
