"""Campaigns 24 and 33, measured: what one body costs the gateway, and everybody else on its loop.

The gateway is a process of its own, which watches its loop (`tests.campaigns.watched`); the memory
and the processor time that it takes are read from outside.
"""

import json
import signal
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from tests import gateway_process
from tests.campaigns.figures import Figure
from tests.gateway_process import GatewayProcess
from tests.gateways import HI, ByModel, ask, error_in, until
from tests.plain import Caller
from tests.upstream import whole

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")

KIB: Final = 1024
MIB: Final = 1024 * KIB

STALL_SECONDS: Final = 0.05
SMALL_STALL_SECONDS: Final = 0.01
PROCESSOR_SECONDS: Final = 0.05
TIMES_THE_BODY: Final = 8

SMALL_BYTES: Final = 256 * KIB
"""Bodies up to this size are held to the smaller bound on a callback."""

GUARD: Final = 20
"""A bar in time is so many times as high in the test suite, where others share the processor."""

FLOOR_BYTES: Final = 3 * MIB
"""In the test suite a smaller body is held to eight times this: the smallest values take a hundred
bytes each, so that small bodies of many take more than eight times their own size.
"""

SAID: Final = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "!"}, "finish_reason": "stop"}
    ],
}


def request(messages: Any = HI, **fields: Any) -> bytes:
    asked = {"model": "lab/m", "messages": messages, **fields}
    return json.dumps(asked, ensure_ascii=False).encode()


def holding(value: bytes) -> bytes:
    """A request with an unknown field of this value."""
    return request()[:-1] + b',"x_new":%b}' % value


def prose(size: int, unit: str = 'Well, he said: ["it\'s so"], {and then}\n') -> bytes:
    return request([{"role": "user", "content": unit * (size // len(json.dumps(unit).encode()))}])


def image(size: int) -> bytes:
    url = "data:image/png;base64," + "iVBORw0KGgo5" * (size // 12)
    return request(
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
    )


def history(turns: int, **fields: Any) -> bytes:
    """So many calls of a tool, each with its result: 100 tokens a turn."""
    messages: list[dict[str, Any]] = list(HI)
    for number in range(turns):
        function = {"name": "look", "arguments": '{"path":"src/one.py","lines":[1,20]}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        result = '{"found": ["a", "b"], "text": "' + "some words of it, " * 12 + '"}'
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": result})
    return request(messages, **fields)


def tools(count: int, keys: int) -> bytes:
    properties = {f"k{n}": {"type": "string", "description": "what, and why"} for n in range(keys)}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"description": "does it", "parameters": schema}
    return request(
        tools=[
            {"type": "function", "function": {"name": f"t{n}", **function}} for n in range(count)
        ]
    )


def deep(depth: int, count: int) -> bytes:
    """So many schemas that are nested so deep."""
    value: Any = {"type": "string"}
    for _ in range(depth):
        value = {"type": "object", "properties": {"a": value}}
    return request(
        tools=[
            {"type": "function", "function": {"name": f"t{n}", "parameters": value}}
            for n in range(count)
        ]
    )


def odd_parts(count: int) -> bytes:
    """Parts of a type that nobody knows; each is read twice."""
    return request([{"role": "user", "content": [{"type": "z"}] * count}])


def odd_messages(count: int) -> bytes:
    return request([{"role": "user", "content": "", "z": 1}] * count)


def odd_keys(count: int) -> bytes:
    return request(**{f"k{number}": 1 for number in range(count)})


TAKEN: Final[Mapping[str, Callable[[], bytes]]] = {
    "256 KiB of prose": lambda: prose(SMALL_BYTES - KIB),
    "an image of 256 KiB": lambda: image(SMALL_BYTES - KIB),
    "a history of 250 KiB": lambda: history(550),
    "63 KiB of parts of an unknown type": lambda: odd_parts(4_500),
    "256 KiB of parts of an unknown type": lambda: odd_parts(16_000),
    "256 KiB of messages with an unknown key": lambda: odd_messages(5_300),
    "256 KiB of unknown keys": lambda: odd_keys(20_000),
    "96 KiB of empty arrays": lambda: holding(b"[%b[]]" % (b"[]," * 32_000)),
    "10 MiB of prose": lambda: prose(10 * MIB),
    "10 MiB of emoji": lambda: prose(10 * MIB, "\U0001f600 and an, "),
    "an image of 10 MiB": lambda: image(10 * MIB),
    "200,000 tokens in 4,000 messages": lambda: history(2_000),
    "the same with an unknown field": lambda: history(2_000, x_new=1),
    "128 tools of 40 properties": lambda: tools(128, 40),
    "128 schemas, 60 deep": lambda: deep(60, 128),
    "65,536 keys and values, parts of an unknown type": lambda: odd_parts(21_800),
    "65,536 keys and values, messages with an unknown key": lambda: odd_messages(9_300),
    "65,536 keys and values, unknown keys": lambda: odd_keys(32_700),
    "65,536 numbers of 20 digits": lambda: holding(
        b"[%b1]" % (b"0.12345678901234567890," * 65_000)
    ),
    "4 MiB of numbers of 64 digits": lambda: holding(b"[%b1]" % ((b"9" * 64 + b",") * 65_000)),
}
REFUSED: Final[Mapping[str, Callable[[], bytes]]] = {
    "256 KiB of []": lambda: b"[%b[]]" % (b"[]," * 87_000),
    "9 MiB of []": lambda: b"[%b[]]" % (b"[]," * (3 * MIB)),
    "9 MiB of texts": lambda: b'[%b""]' % (b'"",' * (3 * MIB)),
    "a million keys": lambda: holding(
        b"{%b}" % b",".join(b'"k%d":1' % number for number in range(1_000_000))
    ),
    "opened a million times": lambda: b"[" * 1_000_000,
    "4 MiB of numbers of 65 digits": lambda: holding(b"[%b1]" % ((b"9" * 65 + b",") * 65_000)),
    "10 MiB of numbers of 4,000 digits": lambda: holding(
        b"[%b1]" % ((b"9" * 4_000 + b",") * 2_600)
    ),
    "10 MiB in one text that does not end": lambda: b'{"model":"' + b"a" * (10 * MIB),
}


@dataclass(frozen=True)
class Cost:
    """What one request took of the gateway."""

    name: str
    status: int
    code: str | None
    body_bytes: int

    worked: float
    """Seconds of the processor in a millisecond of the loop, or in its longest callback."""

    late: float
    """Seconds that the loop came late at worst."""

    processor: float
    memory_bytes: int

    @property
    def times_the_body(self) -> float:
        return self.memory_bytes / self.body_bytes

    @property
    def small(self) -> bool:
        return self.body_bytes <= SMALL_BYTES


class Watched:
    """The gateway as it is seen from outside, and what its watch tells."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.gateway = gateway
        self._proc = Path(f"/proc/{gateway.process.pid}")

    def cost(self, body: bytes) -> Cost:
        with Caller(self.gateway.port) as caller:
            # On a machine that is busy the loop may still be late from the body before.
            assert until(lambda: ask(caller, {"model": "lab/m", "messages": HI}).status == 200)
            self._worst()
            before, used = self._level(), self._processor_seconds()
            (self._proc / "clear_refs").write_text("5")  # the peak is counted from here on
            heard = ask(caller, body)
            used = self._processor_seconds() - used
            worst = self._worst()
        return Cost(
            name="",
            status=heard.status,
            code=None if heard.status == 200 else error_in(heard.body)["code"],
            body_bytes=len(body),
            processor=used,
            memory_bytes=self._level("VmHWM") - before,
            **worst,
        )

    def _worst(self) -> dict[str, float]:
        self.gateway.signal(signal.Signals["SIGUSR1"])
        stdout = self.gateway.process.stdout
        assert stdout is not None
        for line in stdout:
            if line.startswith('{"worked"'):
                told: dict[str, float] = json.loads(line)
                return told
        raise AssertionError("the gateway has ended")

    def _level(self, what: str = "VmRSS") -> int:
        for line in (self._proc / "status").read_text("ascii").splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) * KIB
        raise AssertionError(what)

    def _processor_seconds(self) -> float:
        tasks = (self._proc / "task").glob("*/schedstat")
        return sum(int(task.read_text("ascii").split()[0]) for task in tasks) / 1e9


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    command = (sys.executable, "-m", "tests.campaigns.watched")
    with ByModel({"m": [whole(SAID)]}) as upstream:
        settings = f'[providers.lab]\nbase_url = "{upstream.url}/v1"\n'
        with gateway_process.serving(folder, settings, command=command) as gateway:
            yield Watched(gateway)


def cost(gateway: Watched, name: str, body: bytes, rounds: int) -> Cost:
    """What this body costs in so many rounds after a first.

    What the loop works is the worst of them all; what others on the machine delay, the middle one.
    Memory is that of the first time: what a process has once had, it keeps for the next.
    """
    first = gateway.cost(body)
    several = [gateway.cost(body) for _ in range(rounds)] or [first]
    middle = {
        what: statistics.median_low(getattr(cost, what) for cost in several)
        for what in ("late", "processor")
    }
    worked = max(cost.worked for cost in [first, *several])
    return replace(first, name=name, worked=worked, **middle)


@needs_linux
def test_no_body_keeps_everybody_else_waiting(tmp_path: Path) -> None:
    with watched(tmp_path) as gateway:
        taken = [cost(gateway, name, made(), 0) for name, made in TAKEN.items()]
        refused = [cost(gateway, name, made(), 0) for name, made in REFUSED.items()]

    for one in [*taken, *refused]:
        stall = SMALL_STALL_SECONDS if one.small else STALL_SECONDS
        assert one.worked < GUARD * stall, one
        assert one.late < GUARD * STALL_SECONDS, one
        assert one.processor < GUARD * PROCESSOR_SECONDS, one
        assert one.memory_bytes <= TIMES_THE_BODY * max(one.body_bytes, FLOOR_BYTES), one
    assert [one.name for one in taken if one.status != 200] == []
    assert {one.status for one in refused} == {400}
    assert {one.code for one in refused} == {"too_complex", "invalid_json"}


def costs(bodies: Mapping[str, Callable[[], bytes]], rounds: int) -> list[Cost]:
    """What each body costs a gateway of its own."""
    found = []
    with TemporaryDirectory() as folder:
        for name, made in bodies.items():
            with watched(Path(folder)) as gateway:
                found.append(cost(gateway, name, made(), rounds))
    return found


def worst(costs: Sequence[Cost], what: str) -> str:
    cost = max(costs, key=lambda cost: getattr(cost, what))
    return f"{getattr(cost, what) * 1000:.1f} ms ({cost.name})"


def stalls(rounds: int) -> list[Figure]:
    """Campaign 24."""
    everything = costs({**TAKEN, **REFUSED}, rounds)
    small = [cost for cost in everything if cost.small]
    large = [cost for cost in everything if not cost.small]
    return [
        Figure(
            campaign="24",
            done=f"{len(bodies)} bodies {size}, {rounds} times each: how long the gateway's loop"
            " worked at most between two looks at a clock, a millisecond apart; and how late it"
            " came to one, in the middle one of these times",
            wanted=f"no callback above {bar * 1000:.0f} ms, and the loop at most"
            f" {STALL_SECONDS * 1000:.0f} ms late",
            measured=f"{worst(bodies, 'worked')}; late {worst(bodies, 'late')}",
            met=all(cost.worked <= bar and cost.late <= STALL_SECONDS for cost in bodies),
        )
        for bodies, size, bar in (
            (small, "up to 256 KiB", SMALL_STALL_SECONDS),
            (large, "up to 11 MiB", STALL_SECONDS),
        )
    ]


def limits(rounds: int) -> list[Figure]:
    """Campaign 33."""
    figures = []
    for bodies, what, answered in ((TAKEN, "taken", 200), (REFUSED, "refused", 400)):
        found = costs(bodies, rounds)
        greedy = [cost for cost in found if cost.times_the_body > TIMES_THE_BODY]
        most = max(found, key=lambda cost: cost.memory_bytes)
        right = sum(cost.status == answered for cost in found)
        over = (
            f"{len(greedy)} take more than 8 times their size, of"
            f" {max(cost.body_bytes for cost in greedy) / MIB:.2f} MiB at most, and"
            f" {max(cost.memory_bytes for cost in greedy) / MIB:.0f} MiB at most"
            if greedy
            else "none takes more than 8 times its size"
        )
        figures.append(
            Figure(
                campaign="33",
                done=f"{len(found)} bodies up to 11 MiB that are {what}, {rounds} times each: what"
                " a request takes in all, its bytes received, read, written and sent; of the"
                " processor in the middle one of these times, of memory in the first",
                wanted="processor at most 50 ms; memory at most 8 times the body",
                measured=f"{right} of {len(found)} {what}; {worst(found, 'processor')};"
                f" {most.memory_bytes / MIB:.0f} MiB ({most.name}); {over}",
                met=right == len(found)
                and all(cost.processor <= PROCESSOR_SECONDS for cost in found)
                and not greedy,
            )
        )
    return figures
