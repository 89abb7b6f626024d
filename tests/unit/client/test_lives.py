"""Where clients live: in many threads, on several loops, inside a running one, and forgotten."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dragoman import AsyncClient, Client
from tests.upstream import END, STREAM, Act, Script, Seen, Upstream, event, whole

THREADS = 8
CALLS = 25


class Parrot(Upstream):
    """Says what it is asked, whole or as a stream."""

    def script_of(self, seen: Seen) -> Script:
        self.note(lambda: self.requests.append(seen))
        request = json.loads(seen.body)
        text = request["messages"][0]["content"]
        if request.get("stream"):
            return [STREAM, *[event(letter) for letter in text], *END]
        message = {"role": "assistant", "content": text}
        return [whole({"choices": [{"message": message, "finish_reason": "stop"}]})]


def settings(upstream: Upstream) -> dict[str, Any]:
    return {"providers": {"lab": {"base_url": f"{upstream.url}/v1"}}, "timeout": 10}


def request(text: str, *, stream: bool = False) -> dict[str, Any]:
    return {
        "model": "lab/m",
        "messages": [{"role": "user", "content": text}],
        "stream": stream,
    }


def said(answer: Any) -> str:
    return "".join((choice.delta.content or "") for chunk in answer for choice in chunk.choices)


def test_threads_that_share_a_client_hear_their_own_answers() -> None:
    def talk(name: int) -> bool:
        heard = []
        for number in range(CALLS):
            text = f"thread {name}, call {number}"
            answer: Any = client.chat.completions.create(**request(text, stream=number % 2 == 0))
            spoken = said(answer) if number % 2 == 0 else answer.choices[0].message.content
            heard.append(spoken == text)
        return all(heard)

    with Parrot() as upstream, Client(**settings(upstream)) as client:
        with ThreadPoolExecutor(THREADS) as threads:
            assert all(threads.map(talk, range(THREADS)))
        assert len(upstream.sockets) <= THREADS


def test_loops_in_threads_of_their_own_share_a_client() -> None:
    async def talk(name: int) -> bool:
        texts = [f"loop {name}, call {number}" for number in range(CALLS)]
        answers = await asyncio.gather(
            *[client.chat.completions.create(**request(text)) for text in texts]
        )
        return [answer.choices[0].message.content for answer in answers] == texts

    with Parrot() as upstream:
        client = AsyncClient(**settings(upstream))
        with ThreadPoolExecutor(THREADS) as threads:
            assert all(threads.map(lambda name: asyncio.run(talk(name)), range(THREADS)))
        client.close()


def test_a_blocking_client_works_where_a_loop_is_running() -> None:
    # As in a notebook.
    async def cell() -> list[str]:
        with Client(**settings(upstream)) as client:
            whole_answer = client.chat.completions.create(**request("whole"))
            stream = client.chat.completions.create(**request("streamed", stream=True))
            return [str(whole_answer.choices[0].message.content), said(stream)]

    with Parrot() as upstream:
        assert asyncio.run(cell()) == ["whole", "streamed"]


def test_an_asynchronous_stream_that_is_forgotten_warns_and_lets_go() -> None:
    async def forgotten() -> bool:
        client = AsyncClient(**settings(upstream))
        stream = await client.chat.completions.create(**request("", stream=True))
        await anext(stream)
        with pytest.warns(ResourceWarning, match="not closed"):
            del stream
        return await asyncio.to_thread(upstream.until, lambda upstream: upstream.closed == 1)

    with Upstream([STREAM, event("a"), event("b"), Act.STALL]) as upstream:
        assert asyncio.run(forgotten())
