"""A process that asks with one library, so many times as it is told, and says what it cost.

    python -m bench.asking openai|litellm|dragoman sync|async create|stream PORT

Reads a number of requests a line; answers with the processor seconds of one unit (a request, or
a chunk of content). A process of its own, since one library's objects would be the other's to
collect.
"""

import asyncio
import functools
import importlib
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bench.echo import STREAM

MESSAGES: Final = [
    {"role": "system", "content": "Be brief. " * 30},
    {"role": "user", "content": "Tell me more. " * 140},
]


def asked(library: str, kind: str, port: str) -> Callable[..., Any]:
    """What creates a chat completion; a coroutine where the kind is `async`."""
    base_url = f"http://127.0.0.1:{port}/v1"
    if library == "litellm":
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"  # else it is downloaded at import
        litellm = importlib.import_module("litellm")
        completion = {"sync": litellm.completion, "async": litellm.acompletion}[kind]
        return functools.partial(completion, model="openai/gpt-4o", api_base=base_url, api_key="x")
    module = importlib.import_module(library)
    names = {
        "openai": {"sync": "OpenAI", "async": "AsyncOpenAI"},
        "dragoman": {"sync": "Client", "async": "AsyncClient"},
    }
    client = getattr(module, names[library][kind])(base_url=base_url, api_key="none")
    model = {"openai": "gpt-4o", "dragoman": "openai/gpt-4o"}[library]
    return functools.partial(client.chat.completions.create, model=model)


def blocking(create: Callable[..., Any], what: str) -> Callable[[], int]:
    """One request, and how many units it was; raises where the answer is wrong."""

    def create_once() -> int:
        response = create(messages=MESSAGES)
        assert response.choices[0].message.content.startswith("One word")
        return 1

    def stream_once() -> int:
        chunks = list(create(messages=MESSAGES, stream=True))
        return told(chunks)

    return create_once if what == "create" else stream_once


def waiting(create: Callable[..., Any], what: str) -> Callable[[], Awaitable[int]]:
    """The same on an event loop."""

    async def create_once() -> int:
        response = await create(messages=MESSAGES)
        assert response.choices[0].message.content.startswith("One word")
        return 1

    async def stream_once() -> int:
        stream = await create(messages=MESSAGES, stream=True)
        return told([chunk async for chunk in stream])

    return create_once if what == "create" else stream_once


def told(chunks: list[Any]) -> int:
    spoken = [c for chunk in chunks for c in chunk.choices if c.delta.content]
    assert len(spoken) == STREAM
    return STREAM


def serve_sync(once: Callable[[], int]) -> None:
    for line in sys.stdin:
        began = time.process_time()
        units = sum(once() for _ in range(int(line)))
        answer((time.process_time() - began) / units)


async def serve_async(once: Callable[[], Awaitable[int]]) -> None:
    for line in sys.stdin:
        began = time.process_time()
        units = 0
        for _ in range(int(line)):
            units += await once()
        answer((time.process_time() - began) / units)


def answer(seconds: float) -> None:
    sys.stdout.write(f"{seconds!r}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _, library, kind, what, port = sys.argv
    create = asked(library, kind, port)
    if kind == "sync":
        serve_sync(blocking(create, what))
    else:
        asyncio.run(serve_async(waiting(create, what)))
