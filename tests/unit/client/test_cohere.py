"""The client and Cohere, played by a server with a script."""

import json

import dragoman
from tests.scripted import ScriptedServer
from tests.unit.dialects.cohere.saying import START, content, ended


def answer(body: bytes, *, status: str = "200 OK", type: str = "application/json") -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nx-debug-trace-id: t1\r\n"
    return [head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def test_cohere_is_asked_with_its_key_and_tried_again_when_it_is_down() -> None:
    stream = START + content(0, text="Noon.") + ended() + b"data: [DONE]\n\n"
    script = [
        answer(b'{"message":"down"}', status="503 Service Unavailable"),
        answer(stream, type="text/event-stream"),
    ]

    with ScriptedServer(*script) as server:
        client = dragoman.Client(providers={"cohere": {"api_key": "k1", "base_url": server.url}})
        stream_of_ours = client.chat.completions.create(
            model="cohere/command-a-03-2025",
            messages=[{"role": "user", "content": "x"}],
            top_p=1,
            stream=True,
        )
        response = dragoman.fold(list(stream_of_ours))

    head, _, body = server.heard[1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/chat HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer k1" in head
    assert json.loads(body)["stream"] is True
    assert response.choices[0].message.content == "Noon."
    assert response.model == "command-a-03-2025"
    assert stream_of_ours.meta.request_id == "t1"
    assert stream_of_ours.meta.attempts == 2
    assert [loss.pointer for loss in stream_of_ours.losses] == ["/top_p"]


def test_the_models_are_listed() -> None:
    listed = b'{"models":[{"name":"command-a-03-2025","endpoints":["chat"]}]}'

    with ScriptedServer(answer(listed)) as server:
        client = dragoman.Client(providers={"cohere": {"api_key": "k1", "base_url": server.url}})
        models = client.models.list(provider="cohere").data

    assert server.heard[0].startswith(b"GET /v1/models?page_size=1000&endpoint=chat HTTP/1.1\r\n")
    assert [model.id for model in models] == ["command-a-03-2025"]
