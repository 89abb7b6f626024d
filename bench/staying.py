"""A process that opens streams and keeps them open.

    python -m bench.staying PORT SOURCES MODEL …

Reads a number a line; answers with it when so many streams are open, and have said something. They
come from so many loopback addresses, and ask for the models in turns. One that ends ends it.
"""

import asyncio
import sys
from typing import Final

from bench.calling import lines, request, say, wrong
from bench.holding import LAST_WORD, address

TOGETHER: Final = 128
"""Streams that are waited for at once: whoever is asked may bound those that have not begun."""


class Staying(asyncio.Protocol):
    """One stream, from its request on."""

    def __init__(self, asked: bytes) -> None:
        self._request = asked
        self._heard = b""
        self.begun: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.begun is None:
            return
        self._heard += data
        if LAST_WORD in self._heard:
            self.begun.set_result(None)
            self.begun, self._heard = None, b""

    def connection_lost(self, exc: Exception | None) -> None:
        wrong("a stream was not kept open", self._heard)


async def main(port: int, sources: int, models: list[str]) -> None:
    asked = [request(port, model, stream=True) for model in models]
    heard = await lines()
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(TOGETHER)
    count = 0

    async def stay(number: int) -> None:
        async with room:
            _, one = await loop.create_connection(
                lambda: Staying(asked[number % len(asked)]),
                "127.0.0.1",
                port,
                local_addr=(address(number % sources), 0),
            )
            if one.begun is not None:
                await one.begun

    while line := await heard.readline():
        wanted = int(line)
        async with asyncio.TaskGroup() as group:
            for number in range(count, wanted):
                group.create_task(stay(number))
        count = max(count, wanted)
        say(str(count))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
