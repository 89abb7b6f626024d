"""A process that asks at a steady rate, whether or not answers come, and says how long they took.

    python -m bench.probing PORT MODEL whole|short RATE

Reads a number of requests a line; answers with two numbers of seconds, what half of the answers
and what 99 in 100 came within: an answer in a stream to its first byte, a whole one to its end.
"""

import asyncio
import json
import sys
import time
from typing import Final

from bench.calling import Answer, Connection, connected, lines, request, say, wrong

MOST: Final = 512
"""Connections: a request that finds none free opens another."""

PATIENCE_SECONDS: Final = 10


class Probes:
    """Requests on their way, and what came of them."""

    def __init__(self, port: int, model: str, what: str) -> None:
        self._port = port
        self._streamed = what == "short"
        self._request = request(port, model, stream=self._streamed)
        self._free: list[Connection] = []
        self._opened = 0

    async def run(self, count: int, rate: float) -> list[float]:
        """The seconds of so many, the least first."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            asked = []
            for number in range(count):
                await asyncio.sleep(begun + number / rate - time.monotonic())
                asked.append(group.create_task(self._ask()))
        return sorted(one.result() for one in asked)

    async def _connection(self) -> Connection:
        while self._free:
            connection = self._free.pop()
            if not connection.transport.is_closing():  # one that was idle for long
                return connection
        self._opened += 1
        if self._opened > MOST:
            wrong("answers do not come as fast as they are asked for", self._opened)
        return await connected(self._port)

    async def _ask(self) -> float:
        connection = await self._connection()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await connection.ask(self._request)
        except (TimeoutError, ConnectionError) as failed:
            wrong("expected an answer", failed)
        self._free.append(connection)
        self._check(answer)
        return (answer.first if self._streamed else answer.last) - answer.asked

    def _check(self, answer: Answer) -> None:
        if answer.status != 200:
            wrong("expected 200", answer)
        if self._streamed:
            good = b'"content":"word 0 "' in answer.body and b"data: [DONE]" in answer.body
        else:
            said = json.loads(answer.body)["choices"][0]["message"]["content"]
            good = said.startswith("One word")
        if not good:
            wrong("expected an answer of the provider's", answer)


async def main(port: int, model: str, what: str, rate: float) -> None:
    probes = Probes(port, model, what)
    heard = await lines()
    while line := await heard.readline():
        seconds = await probes.run(int(line), rate)
        say(" ".join(repr(at(seconds, share)) for share in (0.5, 0.99)))


def at(ordered: list[float], share: float) -> float:
    """What so large a share of them does not exceed."""
    return ordered[max(0, round(share * len(ordered)) - 1)]


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])))
