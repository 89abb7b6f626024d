"""Campaign 18 at full size: `serve` is asked up to ten times as much as it takes.

An answer takes two to four seconds, and the gateway has 512 requests under way at most: so what it
takes is known, and a tenfold is not yet more than the machine takes, which callers and upstream
share. Arrivals do not wait for answers. In the test suite, where it is small, it is
`test_gateway_overload`.

    python -m tests.campaigns.overloading     is the upstream: prints its port, serves until it ends
"""

import asyncio
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.calling import Answer, Connection, connected
from tests.campaigns.figures import Figure, judged, quantile
from tests.campaigns.test_memory import Forgetful
from tests.gateway_process import serving
from tests.gateways import COMPLETIONS
from tests.upstream import Pause, Script, Seen, whole

ROOT: Final = Path(__file__).parents[2]

TAKES: Final = 3.0
"""Seconds of an answer, in the middle: if all took the same, they would end together."""

CAPACITY: Final = 512 / TAKES
"""Answers a second, since so many requests may be under way."""

LEVELS: Final = (0.8, 1.0, 2.0, 5.0, 10.0, 0.8)
"""Of the capacity, one after the other."""

SHARES: Final[Mapping[float, float]] = {2.0: 0.95, 5.0: 0.85, 10.0: 0.7}
"""Of the best goodput, which is to be reached where so much is asked."""

SETTLING: Final = TAKES + 2
"""Seconds after which a level is what it is."""

QUEUE_SECONDS: Final = 0.25
REFUSED_SECONDS: Final = QUEUE_SECONDS + 0.05
HEALTH_SECONDS: Final = 0.1

ADDRESSES: Final = 8
PATIENCE_SECONDS: Final = 15

BODY: Final = b'{"model":"lab/m","messages":[{"role":"user","content":"Hi"}]}'
ASKED: Final = (
    b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (COMPLETIONS.encode(), len(BODY), BODY)
)
HEALTH: Final = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Slow(Forgetful):
    """Answers each request after its time, and keeps no account."""

    _chance = random.Random(18)

    def script_of(self, seen: Seen) -> Script:
        message = {"role": "assistant", "content": "!"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "c", "created": 1, "model": "m", "choices": [choice]}
        return [Pause(self._chance.uniform(TAKES - 1, TAKES + 1)), whole(body)]


@dataclass
class Level:
    """What came of asking so much."""

    times: float
    asked: int = 0
    """Arrivals a second."""
    good: float = 0.0
    """Answers a second."""
    admitted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    """How long each took to be told."""
    health: list[float] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = f"{self.times:g}x: {self.good:.0f}/s of {self.asked}/s"
        for name, seconds in (
            ("answers", self.admitted),
            ("refusals", self.refused),
            ("health", self.health),
        ):
            if seconds:
                told += f", {name} p99 {quantile(seconds, 0.99) * 1000:.0f} ms"
        return told


class Crowd:
    """Callers who come at their time, each on a connection that is free, or a new one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []
        self._opened = 0

    async def ask(self, request: bytes) -> Answer:
        while self._free:
            connection = self._free.pop()
            if not connection.transport.is_closing():
                break
        else:
            self._opened += 1
            source = f"127.0.0.{2 + self._opened % ADDRESSES}"
            connection = await connected(self._port, source)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await connection.ask(request)
        except BaseException:
            connection.transport.abort()
            raise
        self._free.append(connection)
        return answer


async def level(crowd: Crowd, times: float, seconds: float) -> Level:
    """Asks so much, for so long; what came once it had settled."""
    counted = Level(times)
    begun = time.monotonic()
    settled, over = begun + SETTLING, begun + SETTLING + seconds

    async def come() -> None:
        try:
            answer = await crowd.ask(ASKED)
        except (OSError, TimeoutError) as flaw:
            counted.flaws.append(f"{times:g}x: {flaw!r}")
            return
        took = answer.last - answer.asked
        if answer.status not in (200, 503) or (
            answer.status == 503 and b"overloaded" not in answer.body
        ):
            counted.flaws.append(f"{times:g}x: {answer!r}")
        elif settled <= answer.last < over:
            (counted.admitted if answer.status == 200 else counted.refused).append(took)

    async def look() -> None:
        while time.monotonic() < over:
            answer = await crowd.ask(HEALTH)
            counted.health.append(answer.last - answer.asked)
            await asyncio.sleep(0.05)

    rate = times * CAPACITY
    async with asyncio.TaskGroup() as group:
        group.create_task(look())
        for number in range(int(rate * (SETTLING + seconds))):
            wait = begun + number / rate - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(come())
        counted.asked = int(rate * (SETTLING + seconds) / (time.monotonic() - begun))
    counted.good = len(counted.admitted) / seconds
    return counted


async def played(port: int, seconds: float) -> list[Level]:
    crowd = Crowd(port)
    return [await level(crowd, times, seconds) for times in LEVELS]


def missed(levels: Sequence[Level]) -> list[str]:
    """What should have been otherwise."""
    best = max(one.good for one in levels)
    calm = quantile(levels[0].admitted, 0.99)
    found = [flaw for one in levels for flaw in one.flaws[:3]]
    for one in levels:
        name = f"{one.times:g}x"
        if one.good < SHARES.get(one.times, 0.0) * best:
            found.append(f"{name}: goodput {one.good / best:.0%} of the best")
        if quantile(one.admitted, 0.99) > 2 * calm:
            found.append(f"{name}: what is admitted takes too long")
        if one.refused and quantile(one.refused, 0.99) > REFUSED_SECONDS:
            found.append(f"{name}: what is refused takes too long")
        if quantile(one.health, 0.99) > HEALTH_SECONDS:
            found.append(f"{name}: its health takes too long")
    return found


@contextmanager
def upstream() -> Iterator[str]:
    """The port of an upstream that is a process of its own: callers have no time to spare."""
    command = [sys.executable, "-m", "tests.campaigns.overloading"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def figures(rounds: int) -> list[Figure]:
    """Each level takes so many times as long as an answer."""
    seconds = rounds * TAKES

    def measure() -> tuple[str, bool]:
        with TemporaryDirectory() as folder, upstream() as upstream_port:
            settings = f'[providers.lab]\nbase_url = "http://127.0.0.1:{upstream_port}/v1"\n'
            with serving(Path(folder), settings) as gateway:
                levels = asyncio.run(played(gateway.port, seconds))
        found = missed(levels)
        return "; ".join([*map(str, levels), *found]), not found

    return [
        judged(
            "18",
            done=f"{', '.join(f'{one:g}' for one in LEVELS)} times the {CAPACITY:.0f} requests a"
            f" second that `serve` takes where each takes about {TAKES:g} s, {seconds:g} s each",
            wanted="of the best goodput 95 % at 2x, 85 % at 5x, 70 % at 10x; p99 of what is"
            " admitted at most twice that at 0.8x; refusals within 50 ms of the 250 ms in the"
            " queue, health within 100 ms (p99); nobody is cut or left waiting",
            measure=measure,
        )
    ]


if __name__ == "__main__":
    with Slow() as slow:
        sys.stdout.write(f"{slow.port}\n")
        sys.stdout.flush()
        threading.Event().wait()
