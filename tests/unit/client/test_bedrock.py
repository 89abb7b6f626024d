"""The client and Bedrock: a server with a script, which answers whole and in AWS's frames."""

import asyncio
import json
from typing import Any

import pytest

import dragoman
from dragoman.errors import NotFoundError
from tests.scripted import ScriptedServer
from tests.unit.dialects.bedrock.saying import METADATA, START, USAGE, added, ended, exception

MODEL = "bedrock/us.amazon.nova-2-lite-v1:0"
FRAMES = "application/vnd.amazon.eventstream"
SAID = START + added(0, text="No") + added(0, text="on.") + ended() + METADATA
WHOLE = json.dumps(
    {
        "output": {"message": {"role": "assistant", "content": [{"text": "Noon."}]}},
        "stopReason": "end_turn",
        "usage": USAGE,
    }
).encode()


def answer(body: bytes, *, status: str = "200 OK", type: str = FRAMES) -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nx-amzn-RequestId: 1f2e\r\n"
    return [head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def asking(server: ScriptedServer, **fields: Any) -> Any:
    providers: Any = {"bedrock": {"api_key": "bedrock-api-key-1", "base_url": server.url}}
    messages: Any = [{"role": "user", "content": "When is high water?"}]
    create: Any = dragoman.create
    return create(model=MODEL, messages=messages, providers=providers, max_retries=0, **fields)


def test_bedrock_is_asked_with_a_bearer_token_and_answers() -> None:
    with ScriptedServer(answer(WHOLE, type="application/json")) as server:
        response = asking(server)

    head = server.heard[0]
    assert head.startswith(b"POST /model/us.amazon.nova-2-lite-v1%3A0/converse HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer bedrock-api-key-1\r\n" in head
    assert response.choices[0].message.content == "Noon."
    assert response.meta.request_id == "1f2e"


@pytest.mark.parametrize("type", [FRAMES, "application/json", "binary/octet-stream"])
def test_a_stream_of_frames_is_read_whatever_it_is_called(type: str) -> None:
    with ScriptedServer(answer(SAID, type=type)) as server:
        usage: Any = {"include_usage": True}
        stream = asking(server, stream=True, stream_options=usage)
        response = dragoman.fold(list(stream))

    assert b"converse-stream HTTP/1.1\r\n" in server.heard[0]
    assert response.choices[0].message.content == "Noon."
    assert response.usage is not None
    assert response.usage.total_tokens == 8


def test_a_stream_is_read_on_an_event_loop_too() -> None:
    async def heard(url: str) -> list[Any]:
        providers: Any = {"bedrock": {"api_key": "k", "base_url": url}}
        async with dragoman.AsyncClient(providers=providers) as client:
            stream = await client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "x"}], stream=True
            )
            return [chunk async for chunk in stream]

    with ScriptedServer(answer(SAID)) as server:
        response = dragoman.fold(asyncio.run(heard(server.url)))

    assert response.choices[0].message.content == "Noon."


@pytest.mark.parametrize("stream", [False, True])
def test_what_was_not_asked_for_is_read_all_the_same(stream: bool) -> None:
    sent = answer(WHOLE, type="application/json") if stream else answer(SAID)

    with ScriptedServer(sent) as server:
        came = asking(server, stream=stream)
        response = dragoman.fold(list(came)) if stream else came

    assert response.choices[0].message.content == "Noon."


def test_an_exception_in_a_stream_is_raised() -> None:
    said = START + added(0, text="No") + exception("throttlingException", message="Slower")

    with ScriptedServer(answer(said)) as server:
        stream = asking(server, stream=True)
        with pytest.raises(dragoman.RateLimitError, match="Slower"):
            list(stream)


def test_a_cut_stream_is_no_success() -> None:
    with ScriptedServer(answer(START + added(0, text="No"))) as server:
        stream = asking(server, stream=True)
        with pytest.raises(dragoman.RemoteProtocolError) as cut:
            list(stream)

    assert cut.value.code == "stream_truncated"


def test_a_model_that_there_is_not_is_told() -> None:
    body = b'{"message":"The provided model identifier is invalid."}'

    with (
        ScriptedServer(answer(body, status="400 Bad Request", type="application/json")) as server,
        pytest.raises(NotFoundError) as refused,
    ):
        asking(server)

    assert refused.value.code == "model_not_found"
    assert refused.value.request_id == "1f2e"
