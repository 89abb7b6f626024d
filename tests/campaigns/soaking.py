"""A program that asks very often, in every way, and tells from time to time what it holds.

    python -m tests.campaigns.soaking URL COUNT SEED [--traced]

The upstream lives in another process, so that nothing here is held but by the library. Each line
of its output is a sample, in JSON; the last one was taken when the clients had been closed.
"""

import asyncio
import gc
import json
import mmap
import os
import random
import sys
import threading
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dragoman import AsyncClient, Client
from dragoman.errors import Error

MODELS: Final = ("whole", "stream", "left", "refused", "cut")
TOGETHER: Final = 10
SAMPLES: Final = 20


def request(model: str, number: int) -> dict[str, Any]:
    return {
        "model": f"lab/{model}",
        "messages": [{"role": "user", "content": f"number {number}"}],
        "stream": model in ("stream", "left", "cut"),
    }


def asked(client: Client, model: str, number: int) -> None:
    with suppress(Error):
        answer: Any = client.chat.completions.create(**request(model, number))
        if model == "whole":
            return
        with answer:
            for _ in answer:
                if model == "left":
                    return


async def asked_later(client: AsyncClient, model: str, number: int) -> None:
    with suppress(Error):
        answer: Any = await client.chat.completions.create(**request(model, number))
        if model == "whole":
            return
        async with answer:
            async for _ in answer:
                if model == "left" and number % 2:
                    return


async def together(client: AsyncClient, models: list[str], number: int) -> None:
    """Asks all of them; those that stand still in the middle are cancelled, or leave."""
    tasks = [
        asyncio.create_task(asked_later(client, model, number + offset))
        for offset, model in enumerate(models)
    ]
    standing = [
        task
        for offset, (model, task) in enumerate(zip(models, tasks, strict=True))
        if model == "left" and (number + offset) % 2 == 0
    ]
    await asyncio.gather(*[task for task in tasks if task not in standing])
    for task in standing:
        task.cancel()
    await asyncio.gather(*standing, return_exceptions=True)


def held(loop: asyncio.AbstractEventLoop, asked: int) -> dict[str, int]:
    """What this process holds now."""
    gc.collect()
    descriptors, memory = Path("/dev/fd"), Path("/proc/self/statm")
    pages = int(memory.read_text().split()[1]) if memory.exists() else 0  # Linux only
    things = gc.get_objects()
    return {
        "asked": asked,
        "memory": pages * mmap.PAGESIZE,
        "traced": tracemalloc.get_traced_memory()[0],
        "objects": len(things),
        "descriptors": len(os.listdir(descriptors)) if descriptors.exists() else 0,
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks(loop)),
        "timers": sum(
            isinstance(one, asyncio.TimerHandle) and not one.cancelled() for one in things
        ),
    }


def main(url: str, count: int, seed: int, *, traced: bool) -> None:
    chance = random.Random(seed)
    settings: dict[str, Any] = {"providers": {"lab": {"base_url": url}}, "max_retries": 0}
    client, later = Client(**settings), AsyncClient(**settings)
    samples = {count * sample // SAMPLES for sample in range(1, SAMPLES + 1)}
    if traced:
        tracemalloc.start()
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        print(json.dumps(held(loop, 0)), flush=True)
        for number in range(0, count, 2 * TOGETHER):
            for offset in range(TOGETHER):
                asked(client, chance.choice(MODELS), number + offset)
            models = [chance.choice(MODELS) for _ in range(TOGETHER)]
            runner.run(together(later, models, number))
            over = {at for at in samples if at <= number + 2 * TOGETHER}
            if over:
                samples -= over
                print(json.dumps(held(loop, number + 2 * TOGETHER)), flush=True)
        client.close()

        async def close() -> None:
            later.close()

        runner.run(close())
        runner.run(asyncio.sleep(0))
        print(json.dumps(held(loop, count)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), traced="--traced" in sys.argv)
