"""The client and a provider that speaks Responses: a server with a script."""

import json
from typing import Any

import pytest

import dragoman
from dragoman.errors import NotFoundError
from tests.scripted import ScriptedServer
from tests.unit.dialects.responses.saying import (
    START,
    called,
    completed,
    done,
    message,
    response,
    said,
    thought,
)

ASKED: Any = [{"role": "user", "content": "When is high water?"}]


def answer(body: bytes, *, status: str = "200 OK", type: str = "application/json") -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nx-request-id: req_1\r\n"
    return [head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def client_of(server: ScriptedServer) -> dragoman.Client:
    own = {"api_key": "sk-1", "base_url": f"{server.url}/v1"}
    return dragoman.Client(providers={"openai-responses": own})


def body_of(heard: bytes) -> Any:
    return json.loads(heard.partition(b"\r\n\r\n")[2])


def test_a_model_is_asked_by_the_other_api_and_gets_its_reasoning_back() -> None:
    first = response(thought("Look.", encrypted_content="gAAA"), called("call_1"))
    second = START + said(0, "At six.") + completed()
    script = [
        answer(json.dumps(first).encode()),
        answer(second, type="text/event-stream; charset=utf-8"),
    ]

    with ScriptedServer(*script) as server:
        create: Any = client_of(server).chat.completions.create
        told = create(model="openai-responses/gpt-5-pro", messages=ASKED)
        turn = told.choices[0].message.to_dict()
        result = {"role": "tool", "tool_call_id": "call_1", "content": "18:00"}
        stream = create(
            model="openai-responses/gpt-5-pro", messages=[*ASKED, turn, result], stream=True
        )
        streamed = dragoman.fold(list(stream))

    assert server.heard[0].startswith(b"POST /v1/responses HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer sk-1" in server.heard[0]
    assert body_of(server.heard[0])["store"] is False
    assert [item.get("type") for item in body_of(server.heard[1])["input"]] == [
        None,
        "reasoning",
        "function_call",
        "function_call_output",
    ]
    assert told.choices[0].finish_reason == "tool_calls"
    assert told.meta.request_id == "req_1"
    assert streamed.choices[0].message.content == "At six."
    assert list(stream.losses) == []


def test_a_model_that_is_not_there_is_not_found() -> None:
    error = {"code": "model_not_found", "message": "It does not exist.", "param": "model"}
    refused = answer(json.dumps({"error": error}).encode(), status="400 Bad Request")

    with ScriptedServer(refused) as server:
        create: Any = client_of(server).chat.completions.create
        with pytest.raises(NotFoundError) as failed:
            create(model="openai-responses/gpt-0", messages=ASKED)

    assert (failed.value.code, failed.value.param) == ("model_not_found", "model")


def test_openais_other_api_has_openais_address_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://proxy/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-usual")
    told = {"openai": {"base_url": "http://lab/v1", "api_key": "sk-lab"}}
    own = {"openai-responses": {"base_url": "http://own/v1", "api_key": "sk-own"}}

    usual = dragoman.Client().providers["openai-responses"]
    by_arguments = dragoman.Client(base_url="http://b/v1", api_key="sk-b", organization="org-1")
    by_settings = dragoman.Client(providers=told).providers["openai-responses"]
    apart = dragoman.Client(base_url="http://b/v1", providers=own).providers["openai-responses"]

    assert (usual.row.base_url, key_of(usual)) == ("http://proxy/v1", "sk-usual")
    given = by_arguments.providers["openai-responses"]
    assert (given.row.base_url, key_of(given)) == ("http://b/v1", "sk-b")
    assert given.headers == {"openai-organization": "org-1"}
    assert (by_settings.row.base_url, key_of(by_settings)) == ("http://lab/v1", "sk-lab")
    assert (apart.row.base_url, key_of(apart)) == ("http://own/v1", "sk-own")


def key_of(provider: Any) -> str:
    key: str = provider.api_key.reveal()
    return key


def test_a_cut_stream_is_no_success() -> None:
    cut = START + said(0, "At") + done(0, **message("At"))

    with ScriptedServer(answer(cut, type="text/event-stream")) as server:
        create: Any = client_of(server).chat.completions.create
        stream = create(model="openai-responses/gpt-5-pro", messages=ASKED, stream=True)
        with pytest.raises(dragoman.RemoteProtocolError) as failed:
            list(stream)

    assert failed.value.code == "stream_truncated"


def test_the_simulator_speaks_it() -> None:
    response = dragoman.create(
        model="openai-responses/echo",
        messages=ASKED,
        providers={"openai-responses": {"base_url": "sim:"}},
    )

    assert response.choices[0].message.content == ASKED[-1]["content"]
