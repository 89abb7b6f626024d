"""Gemini asked by a client, against a server that plays a script."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import dragoman
from dragoman.models import params
from tests.gemini import said, stream
from tests.scripted import ScriptedServer

ASKED: list[params.ChatCompletionRequestMessage] = [{"role": "user", "content": "Oslo?"}]


def answer(body: bytes, *, status: str = "200 OK", type: str = "application/json") -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return [head.encode() + body]


@contextmanager
def gemini(body: bytes, **head: str) -> Iterator[tuple[ScriptedServer, dragoman.Client]]:
    with ScriptedServer(answer(body, **head)) as server:
        row = {"base_url": f"{server.url}/v1beta", "api_key": "key-1"}
        with dragoman.Client(providers={"gemini": row}, max_retries=0) as client:
            yield server, client


def test_the_key_stands_in_a_header_and_the_model_in_the_path() -> None:
    whole = json.dumps(said({"text": "Cold."})).encode()

    with gemini(whole) as (server, client):
        response = client.chat.completions.create(
            model="gemini/gemini-3-flash", messages=ASKED, verbosity="low"
        )

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1beta/models/gemini-3-flash:generateContent HTTP/1.1")
    assert b"x-goog-api-key: key-1" in head
    assert b"authorization" not in head.lower()
    assert json.loads(body) == {"contents": [{"role": "user", "parts": [{"text": "Oslo?"}]}]}
    assert response.choices[0].message.content == "Cold."
    assert response.model == "gemini-3-flash"
    assert [loss.pointer for loss in response.losses] == ["/verbosity"]


def test_a_stream_is_heard_as_it_comes() -> None:
    events = stream(said({"text": "Co"}, finish=None), said({"text": "ld."}))

    with gemini(events, type="text/event-stream") as (server, client):
        told = client.chat.completions.create(
            model="gemini/gemini-3-flash", messages=ASKED, stream=True
        )
        pieces: list[Any] = [chunk.choices[0].delta.content for chunk in told]

    assert pieces == ["", "Co", "ld.", None]
    assert b":streamGenerateContent?alt=sse HTTP/1.1" in server.heard[0]


def test_a_refusal_is_one_of_our_errors() -> None:
    refusal = {"error": {"code": 429, "message": "wait", "status": "RESOURCE_EXHAUSTED"}}

    with gemini(json.dumps(refusal).encode(), status="429 No") as (_, client):
        with pytest.raises(dragoman.RateLimitError, match="wait"):
            client.chat.completions.create(model="gemini/gemini-3-flash", messages=ASKED)


def test_its_models_are_listed_under_the_names_they_are_asked_by() -> None:
    listed = {"models": [{"name": "models/gemini-3-flash", "displayName": "Flash"}]}

    with gemini(json.dumps(listed).encode()) as (server, client):
        models = client.models.list(provider="gemini")

    assert [model.id for model in models] == ["gemini-3-flash"]
    assert server.heard[0].startswith(b"GET /v1beta/models?pageSize=1000 HTTP/1.1")
