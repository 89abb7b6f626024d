"""The asynchronous client says what the blocking one says, and waits otherwise."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

import dragoman
from dragoman import AsyncClient, Timeout
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    RemoteProtocolError,
)
from dragoman.simulator.in_process_later import AsyncInProcess
from dragoman.transport.protocol import Request
from tests.scripted import Act, ScriptedServer
from tests.unit.client.test_client import BUSY
from tests.unit.client.test_create import SAID, SPOKEN, STOPPED, WHOLE, answer, events, piece

STREAM = events(*SPOKEN, STOPPED, b"[DONE]")


def run(awaited: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(awaited, 20))


async def ask(server: ScriptedServer, **fields: Any) -> Any:
    settings = {key: fields.pop(key) for key in ("max_retries",) if key in fields}
    fields = {"model": "openai/gpt-4o", "messages": [SAID], "timeout": 5, **fields}
    async with AsyncClient(base_url=server.url + "/v1", api_key="k", **settings) as client:
        answer = await client.chat.completions.create(**fields)
        if fields.get("stream"):
            return [chunk async for chunk in answer]
        return answer


def texts(chunks: Any) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_a_whole_answer_is_a_response() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        response = run(ask(server))

    assert response.choices[0].message.content == "Oslo."
    assert response.meta.attempts == 1


def test_a_stream_is_told_as_it_comes() -> None:
    with ScriptedServer(STREAM) as server:
        assert texts(run(ask(server, stream=True))) == "Oslo."


def test_a_busy_provider_is_asked_again() -> None:
    with ScriptedServer(BUSY, answer(WHOLE)) as server:
        assert run(ask(server)).meta.attempts == 2


def test_a_stream_that_fails_before_its_first_content_is_asked_for_again() -> None:
    silent = events(piece({"role": "assistant", "content": ""}), cut=True)
    with ScriptedServer(silent, STREAM) as server:
        assert texts(run(ask(server, stream=True))) == "Oslo."


def test_a_stream_that_fails_after_content_is_never_asked_for_again() -> None:
    with ScriptedServer(events(*SPOKEN, cut=True)) as server:
        with pytest.raises(APIConnectionError) as raised:
            run(ask(server, stream=True))

    assert raised.value.attempt_class == "content"


def test_a_whole_answer_to_a_stream_request_is_told_in_chunks() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        assert texts(run(ask(server, stream=True))) == "Oslo."


def test_a_stream_that_answers_a_whole_request_is_folded() -> None:
    with ScriptedServer(STREAM) as server:
        assert run(ask(server)).choices[0].message.content == "Oslo."


def test_a_wrong_request_is_refused_before_anything_is_sent() -> None:
    with ScriptedServer() as server:
        with pytest.raises(BadRequestError):
            run(ask(server, messages=[]))

    assert server.heard == []


def test_a_provider_that_says_nothing_is_given_up() -> None:
    with ScriptedServer([Act.STALL]) as server:
        with pytest.raises(APITimeoutError) as raised:
            run(ask(server, timeout=Timeout(first_byte=0.1), max_retries=0))

    assert raised.value.phase == "first_byte"


def test_a_cancelled_task_lets_go_of_its_connection() -> None:
    async def cancelled(server: ScriptedServer) -> None:
        task = asyncio.create_task(ask(server))
        while not server.heard:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with ScriptedServer([Act.STALL]) as server:
        run(cancelled(server))
        assert server.gone.wait(5)


def test_one_client_serves_several_loops_in_turn() -> None:
    with ScriptedServer(answer(WHOLE), answer(WHOLE)) as server:
        client = AsyncClient(base_url=server.url + "/v1", api_key="k")

        async def once() -> Any:
            return await client.chat.completions.create(model="openai/gpt-4o", messages=[SAID])

        for _ in range(2):
            assert run(once()).choices[0].message.content == "Oslo."


def test_closing_may_be_awaited_as_users_of_openai_do() -> None:
    async def closed() -> list[Any]:
        client = AsyncClient()
        stream = await client.chat.completions.stream(model="sim/echo", messages=[SAID])
        await stream.close()
        await client.close()
        return [chunk async for chunk in stream]

    assert run(closed()) == []


def test_the_simulator_answers_on_the_loop() -> None:
    async def both() -> tuple[Any, list[Any]]:
        async with AsyncClient() as client:
            whole = await client.chat.completions.create(model="sim/echo", messages=[SAID])
            stream = await client.chat.completions.stream(
                model="sim/words?n=5&first=20ms&rate=500", messages=[SAID]
            )
            return whole, [chunk async for chunk in stream]

    whole, chunks = run(both())
    assert whole.choices[0].message.content == SAID["content"]
    assert dragoman.fold(chunks).choices[0].finish_reason == "stop"


def test_pauses_of_the_simulator_do_not_hold_up_others() -> None:
    async def slow_and_quick() -> list[str]:
        order: list[str] = []

        async def ask(client: AsyncClient, model: str) -> None:
            await client.chat.completions.create(model=model, messages=[SAID])
            order.append(model)

        async with AsyncClient() as client:
            await asyncio.gather(ask(client, "sim/words?n=1&first=300ms"), ask(client, "sim/echo"))
        return order

    assert run(slow_and_quick())[0] == "sim/echo"


def test_the_simulator_keeps_to_the_limit_of_its_reader() -> None:
    body = b'{"model": "hello", "messages": [{"role": "user", "content": "Hi"}]}'
    asked = Request(method="POST", url="sim:/chat/completions", headers={}, body=body)

    async def read() -> bytes:
        answer = await AsyncInProcess().send(asked, timeout=Timeout())
        return await answer.read(limit=100)

    with pytest.raises(RemoteProtocolError, match="at most 100 bytes"):
        run(read())
