"""A process that loads any proxy, and looks at every answer: connections that ask again at once.

    python -m bench.visiting PORT MODEL create|stream CONNECTIONS [HEADERS]

The headers are an object in JSON. Reads a number of requests a line; answers with how many units
(requests, or chunks of content) were right. One that is wrong ends it.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Final

from bench.calling import Answer, Connection, connected, lines, request, say, wrong
from bench.echo import STREAM

WORDS: Final = [f"word {number} " for number in range(STREAM)]


def units(answer: Answer, *, streamed: bool) -> int:
    """How many there are in this answer, which is the provider's whole one, or ends it."""
    if answer.status != 200:
        wrong("expected 200", answer)
    if not streamed:
        said = json.loads(answer.body)["choices"][0]["message"]["content"]
        if said != "One word after another. " * 84:
            wrong("expected what the provider said", answer.body)
        return 1
    if [text for text in words(answer.body) if text] != WORDS or b"[DONE]" not in answer.body:
        wrong("expected every word that the provider said", answer.body[-2000:])
    return STREAM


def words(body: bytes) -> Iterator[str | None]:
    """What each event says, those of usage aside."""
    for line in body.splitlines():
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:])["choices"]:
                yield choice["delta"].get("content")


async def main(port: int, model: str, what: str, connections: int, headers: str) -> None:
    streamed = what == "stream"
    asked = request(port, model, stream=streamed, headers=json.loads(headers))
    callers = [await connected(port) for _ in range(connections)]
    left = 0

    async def visit(caller: Connection) -> int:
        nonlocal left
        told = 0
        while left:
            left -= 1
            if caller.transport.is_closing():  # it was idle for longer than some have patience
                caller = await connected(port)
            told += units(await caller.ask(asked), streamed=streamed)
        return told

    heard = await lines()
    while line := await heard.readline():
        left = int(line)
        say(str(sum(await asyncio.gather(*map(visit, callers)))))


if __name__ == "__main__":
    _, port, model, what, connections, *headers = sys.argv
    asyncio.run(main(int(port), model, what, int(connections), *headers or ["{}"]))
