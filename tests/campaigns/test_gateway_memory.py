"""Campaign 21, on the gateway's side: however much is asked, nothing is left behind.

Callers ask for whole answers and streams, leave in the middle, are refused and cut off, and the
process is looked at from outside: what of it is resident, and how many descriptors it has. What it
holds besides (tasks, timers, things) it says itself on a signal, and the gateway has no part in it.
"""

import json
import mmap
import os
import random
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from bench.clients import Asking
from tests.campaigns.faults import COMPLETE, ENDED, NO, TEXT
from tests.campaigns.figures import Figure, judged, seeds
from tests.campaigns.test_memory import MIB, Forgetful, Sample, idle, least, slope
from tests.gateway_process import GatewayProcess, serving
from tests.gateways import HI, ask, begin, until
from tests.plain import Caller
from tests.upstream import STREAM, Act, Script, Seen, whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prlimit and /proc")

COMMAND: Final = (sys.executable, "-m", "tests.campaigns.counted", "serve")

ROOT: Final = Path(__file__).parents[2]

SCRIPTS: Final[dict[str, Script]] = {
    "whole": [COMPLETE],
    "stream": ENDED,
    "left": [STREAM, TEXT, Act.STALL],
    "left early": [Act.STALL],
    "refused": [whole(NO, status=400)],
    "cut": [STREAM, TEXT, Act.RESET],
}

CALLERS: Final = 4

SAMPLES: Final = 20

WARM: Final = 0.25
"""Of all requests; what is held after them is what is held for good."""


class Mixed(Forgetful):
    """An upstream that keeps no account, and plays the script that the model names."""

    def script_of(self, seen: Seen) -> Script:
        return SCRIPTS[json.loads(seen.body)["model"]]


def settings(upstream: Mixed, echo: str) -> str:
    """Some providers are odd; two always answer, and one of them needs no translation."""
    return (
        f'[gateway]\nlog = "failures"\n[providers.lab]\nbase_url = "{upstream.url}/v1"\n'
        f'[providers.relayed]\nbase_url = "http://127.0.0.1:{echo}/v1"\nexact = true\n'
        f'[providers.translated]\nbase_url = "http://127.0.0.1:{echo}/v1"\n'
    )


def asked(gateway: GatewayProcess, count: int, chance: random.Random) -> None:
    """So many requests on kept connections; whoever leaves comes back on another."""
    caller = Caller(gateway.port)
    for number in range(count):
        model = chance.choice([*SCRIPTS, "no such model", "no JSON", "another path"])
        fields: dict[str, Any] = {
            "model": model if model == "no such model" else f"lab/{model}",
            "messages": [*HI, {"role": "user", "content": f"number {number}"}],
            "stream": model in ("stream", "left", "cut"),
        }
        if model == "no JSON":
            assert ask(caller, b"{").status == 400
        elif model == "another path":
            assert ask(caller, fields, path=f"/v1/{number}").status == 404
        elif model.startswith("left"):
            begin(caller, fields)
            if model == "left":
                caller.read_until(b"data: ")
            if number % 2:
                caller.reset()
            caller.socket.close()
            caller = Caller(gateway.port)
        else:
            heard = ask(caller, fields)
            assert heard.status in (200, 400, 404), heard
    caller.socket.close()


def held(gateway: GatewayProcess, file: Path, asked: int) -> Sample:
    """What the process holds now; its callers have gone, and their requests are over."""
    before = len(file.read_text("ascii").splitlines()) if file.exists() else 0
    told: list[str] = []

    def answered() -> bool:
        told[:] = file.read_text("ascii").splitlines() if file.exists() else []
        return len(told) > before

    if sys.platform != "win32":
        gateway.signal(signal.SIGUSR1)
    assert until(answered)
    place = Path(f"/proc/{gateway.process.pid}")
    return {
        **json.loads(told[-1]),
        "asked": asked,
        "memory": int((place / "statm").read_text("ascii").split()[1]) * mmap.PAGESIZE,
        "descriptors": len(list((place / "fd").iterdir())),
    }


def rest(gateway: GatewayProcess, written: str, number: int) -> None:
    """Have it let go of its connections to the upstream, by other settings."""
    gateway.write(f"{written}\n[models.m{number}]\ntargets = ['lab/whole']\n")
    assert until(
        lambda: sum("read again" in one.get("message", "") for one in gateway.log()) == number
    )


def soaked(folder: Path, odd: int, plain: int, seed: int) -> list[Sample]:
    """What a gateway holds that was asked so often: before, meanwhile, and when it has rested.

    Of the requests some are odd; the plain ones are many at a time, relayed and translated.
    """
    file = folder / "watched"
    chances = [random.Random(f"{seed}/{number}") for number in range(CALLERS)]
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environ = {"WATCHED": str(file), "PYTHONPATH": os.pathsep.join(paths)}
    share, many = max(1, odd // SAMPLES // CALLERS), plain // SAMPLES
    each = share * CALLERS + many
    with ExitStack() as stack:
        started = partial(Asking.started, stack, None, Path(sys.executable))
        echo = started("bench.echo").said()
        upstream = stack.enter_context(Mixed())
        callers = stack.enter_context(ThreadPoolExecutor(CALLERS))
        written = settings(upstream, echo)
        with serving(folder, written, environ, command=COMMAND) as gateway:
            port = str(gateway.port)
            for model in ("relayed/m", "translated/m"):
                started("bench.loading", port, model, "create").told(64)
            asked(gateway, 100, chances[0])
            rest(gateway, written, 1)
            samples = [held(gateway, file, 0)]
            for number in range(1, SAMPLES + 1):
                done = [callers.submit(asked, gateway, share, chance) for chance in chances]
                for one in done:
                    one.result()
                with ExitStack() as load:
                    model = "relayed/m" if number % 2 else "translated/m"
                    asking = Asking.started(
                        load, None, Path(sys.executable), "bench.loading", port, model, "create"
                    )
                    assert asking.told(max(64, many)) == max(64, many)
                samples.append(held(gateway, file, number * each))
            rest(gateway, written, 2)
            until(lambda: idle([samples[0], held(gateway, file, 0)]) == [])
            samples.append(held(gateway, file, number * each))
    return samples


def steady(samples: Sequence[Sample]) -> Sequence[Sample]:
    return samples[int(WARM * len(samples)) : -1]


@pytest.mark.parametrize("seed", seeds("21"))
def test_however_much_a_gateway_is_asked_nothing_is_left_behind(tmp_path: Path, seed: int) -> None:
    samples = soaked(tmp_path, 3_000, 200_000, seed)
    quarter = len(samples) // 4
    warm, late = samples[quarter : 2 * quarter], samples[-quarter:-1]

    assert idle(samples) == []
    # Connections that are kept, and their timers, come and go by the dozen; a hundred thousand
    # requests lie between, so that one object in a hundred requests would be seen.
    assert least(late, "objects") - least(warm, "objects") < 1_000
    assert least(late, "memory") - least(warm, "memory") < MIB


def figures(count: int, seed: int) -> list[Figure]:
    """Of this many odd requests, and fifteen times as many plain ones."""

    def measure() -> tuple[str, bool]:
        with TemporaryDirectory() as folder:
            samples = soaked(Path(folder), count, 15 * count, seed)
        growth = slope(steady(samples), "memory") * 100_000 / MIB
        objects = slope(steady(samples), "objects") * 100_000
        kept = idle(samples)
        told = f"{growth:+.2f} MiB and {objects:+.0f} objects in 100,000 requests, at"
        told += f" {samples[-2]['memory'] / MIB:.0f} MiB; left: {', '.join(kept) or 'nothing'}"
        return told, growth <= 1 and not kept

    return [
        judged(
            "21",
            done=f"{count} requests to `serve`: whole, streamed, left early and in the middle,"
            f" refused, cut, and no requests at all; {15 * count} plain ones on 64 connections,"
            " relayed and translated",
            wanted="resident memory grows by at most 1 MiB in 100,000 requests; descriptors,"
            " threads, tasks and timers are as many as before",
            measure=measure,
            seed=seed,
        )
    ]
