"""Campaign 34, with the whole gateway as the server: alone, and behind nginx and HAProxy.

Every request of the HTTP cases, then mutated attacks, each with a bystander who asks for a chat
completion over connections that the proxy shares between callers. The upstream hears what the
bystanders said and nothing else, each of them is told its own, and no attack is answered with 500.
The server itself is tested with a handler that sees every request, in `test_desync`.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.background import PATIENCE_SECONDS
from tests.campaigns.desync import LANES, STATUS, Bystander, known_requests, told_to
from tests.campaigns.figures import Figure, judged
from tests.campaigns.test_desync import all_told
from tests.campaigns.test_memory import Forgetful
from tests.fronts import FRONTS, each_front, program
from tests.gateway_process import GatewayProcess, serving
from tests.gateways import COMPLETIONS, until
from tests.http_cases import Case, accepted, bytes_of, cases_of, each
from tests.plain import Caller
from tests.smuggling import attack
from tests.upstream import Script, Seen, whole

PAIRS: Final = 1_000

SEED: Final = 34

OWN: Final = {403, 404, 405, 415}
"""What the gateway answers to a request that it has read, and that asks for nothing it has."""

SAID: Final = re.compile(r"v\d+")


class Repeating(Forgetful):
    """Says what it was told, and notes what no bystander has said."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: Counter[str] = Counter()

    def script_of(self, seen: Seen) -> Script:
        said = str(json.loads(seen.body)["messages"][-1]["content"])
        self.heard[said] += 1
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return [whole({"id": "c", "created": 1, "model": "m", "choices": [choice]})]

    @property
    def flaws(self) -> list[str]:
        return [
            f"heard {said!r} {times} times"
            for said, times in self.heard.items()
            if times > 1 or not SAID.fullmatch(said)
        ]


class Asking(Bystander):
    """A second caller, who asks for chat completions on a connection that is kept."""

    async def ask(self, number: int) -> None:
        """Raises where the answer is not the one to this request."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        messages = [{"role": "user", "content": f"v{number}"}]
        body = json.dumps({"model": "lab/m", "messages": messages}).encode()
        writer.write(
            b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (COMPLETIONS.encode(), len(body), body)
        )
        told = b""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not told.endswith(b"}") and (piece := await reader.read(65536)):
                    told += piece
        if STATUS.findall(told) != [b"200"] or b'"content":"v%d"' % number not in told:
            raise AssertionError(f"the bystander got {told!r}")


def judge(told: bytes) -> None:
    """Raises where an attacker was told something that it should not have been."""
    if b"500" in STATUS.findall(told) or b'"content":"v' in told:
        raise AssertionError(f"got {told!r}")


@contextmanager
def placed() -> Iterator[tuple[GatewayProcess, Repeating]]:
    with TemporaryDirectory() as folder, Repeating() as upstream:
        settings = f'[providers.lab]\nbase_url = "{upstream.url}/v1"\n'
        with serving(Path(folder), settings) as gateway:
            yield gateway, upstream


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[GatewayProcess, Repeating]]:
    with placed() as both:
        yield both


def read(gateway: GatewayProcess) -> list[str]:
    """The paths of the requests that were read, those of bystanders aside."""
    told = [one for one in gateway.log() if one.get("method", "-") != "-"]
    return [one["path"] for one in told if one["path"] != COMPLETIONS]


@each("request")
def test_the_gateway_takes_and_refuses_requests_as_the_cases_say(
    place: tuple[GatewayProcess, Repeating], case: Case
) -> None:
    gateway, upstream = place
    before = len(read(gateway))
    with Caller(gateway.port) as caller:
        statuses = [int(status) for status in STATUS.findall(all_told(case, caller))]

    if accepted(case):
        garbage = [400] if "garbage" in case["name"] else []
        answers = case.get("answers", 1) + (not case.get("close"))
        assert len(statuses) == answers + len(garbage)
        assert set(statuses) <= OWN | set(garbage)
        assert until(lambda: len(read(gateway)) == before + answers)
    else:
        assert statuses in ([status] for status in case.get("status", [400]))
        assert len(read(gateway)) == before
    assert upstream.heard == Counter()


@each_front()
def test_behind_a_proxy_no_more_is_read_than_was_sent(front: str) -> None:
    cases = cases_of("request")
    with placed() as (gateway, upstream), FRONTS[front](gateway.port) as port:

        async def all_of_them() -> None:
            bystander = Asking(port)
            for number, case in enumerate(cases):
                data = bytes_of(case) + case.get("then", "").encode("latin-1")
                judge(await told_to(port, data, bystander, number))
            await bystander.leave()

        asyncio.run(all_of_them())

        assert len(read(gateway)) <= sum(case.get("answers", 1) for case in cases)
        assert upstream.flaws == []
        assert len(upstream.heard) == len(cases)


def bent(seed: int, number: int, known: list[bytes]) -> bytes:
    """The attack of this number; every other one is at a path that the gateway has."""
    data = attack(seed, number, known)
    if number % 2:
        data = data.replace(b"/a%d-o" % number, COMPLETIONS.encode())
        data = data.replace(b"/a%d-s" % number, b"/v1/models")
    return data


async def played(port: int, numbers: Iterator[int], seed: int) -> None:
    known = known_requests()

    async def lane() -> None:
        bystander = Asking(port)
        for number in numbers:
            data = bent(seed, number, known)
            try:
                judge(await told_to(port, data, bystander, number))
            except AssertionError as flaw:
                raise AssertionError(
                    f"seed {seed}, pair {number} (or one of the last {LANES}): {flaw}\n"
                    f"attack: {data!r}"
                ) from None
        await bystander.leave()

    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(lane())


def run(front: str, pairs: int, seed: int) -> None:
    """So many pairs through this front, or through none."""
    with placed() as (gateway, upstream):
        behind = nullcontext(gateway.port) if front == "none" else FRONTS[front](gateway.port)
        with behind as port:
            try:
                asyncio.run(played(port, iter(range(pairs)), seed))
            except* AssertionError as flaws:
                raise flaws.exceptions[0] from None
        assert upstream.flaws == []
        assert len(upstream.heard) == pairs
        assert gateway.process.poll() is None
        failed = [one for one in gateway.log() if "exception" in one]
        assert failed == []


def test_no_mutated_attack_harms_who_asks_the_gateway() -> None:
    run("none", PAIRS, SEED)


@each_front()
def test_no_mutated_attack_gets_past_a_proxy_to_the_gateway(front: str) -> None:
    run(front, PAIRS, SEED)


def figures(count: int, seed: int) -> list[Figure]:
    """So many pairs in all, shared between the fronts that are on this machine."""
    fronts = [front for front in FRONTS if program(front) is not None]
    return [figure(front, count // len(fronts), seed) for front in fronts]


def figure(front: str, pairs: int, seed: int) -> Figure:
    def measure() -> tuple[str, bool]:
        run(front, pairs, seed)
        return "0 desync", True

    return judged(
        "34",
        done=f"{pairs} pairs of a mutated request and a chat completion behind it, through {front}"
        " to `serve`",
        wanted="each is told its own answer, no answer is 500, and the upstream hears nothing that"
        " nobody asked",
        measure=measure,
        seed=seed,
    )
