"""The client and a server that answers in lines, asked to stream or not."""

import json
from typing import Any

import pytest

import dragoman
from dragoman.errors import InternalServerError, NotFoundError, RemoteProtocolError
from tests.scripted import ScriptedServer
from tests.unit.dialects.ollama.saying import done, line

LINES = line({"content": "No"}) + done({"content": "on."})


def answer(
    body: bytes, *, status: str = "200 OK", type: str = "application/x-ndjson"
) -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return [head.encode() + body]


def ask(*script: list[bytes], **fields: Any) -> Any:
    messages: Any = [{"role": "user", "content": "When?"}]
    with ScriptedServer(*script) as server:
        providers: Any = {"ollama-native": {"base_url": server.url}}
        client = dragoman.Client(providers=providers, max_retries=0)
        create: Any = client.chat.completions.create
        response = create(model="ollama-native/qwen3", messages=messages, **fields)
        if fields.get("stream"):
            response = dragoman.fold(list(response))
        head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/chat HTTP/1.1\r\n")
    assert json.loads(body)["stream"] is bool(fields.get("stream"))
    return response


def test_lines_are_a_stream() -> None:
    response = ask(answer(LINES), stream=True)

    assert response.choices[0].message.content == "Noon."


def test_lines_are_an_answer_though_none_were_asked_for() -> None:
    response = ask(answer(LINES))

    assert response.choices[0].message.content == "Noon."
    assert response.usage.total_tokens == 8


@pytest.mark.parametrize("stream", [False, True])
def test_one_object_is_an_answer_asked_to_stream_or_not(stream: bool) -> None:
    response = ask(answer(done({"content": "Noon."}), type="application/json"), stream=stream)

    assert response.choices[0].message.content == "Noon."


def test_a_refusal_is_read_in_the_dialect() -> None:
    with pytest.raises(NotFoundError) as refused:
        ask(answer(b'{"error":"model \'qwen3\' not found"}', status="404 Not Found"))

    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_its_last_line_is_no_success(stream: bool) -> None:
    with pytest.raises(RemoteProtocolError) as cut:
        ask(answer(line({"content": "No"})), stream=stream)

    assert cut.value.code == "stream_truncated"


def test_an_error_among_the_lines_is_raised() -> None:
    with pytest.raises(InternalServerError, match="has terminated"):
        ask(answer(line({"content": "No"}) + b'{"error":"it has terminated"}\n'), stream=True)
