"""Campaign 21, on the client's side: however much is asked, nothing is left behind.

The asking is done by a process of its own (`tests.campaigns.soaking`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.campaigns.faults import COMPLETE, ENDED, NO, TEXT
from tests.campaigns.figures import Figure, seeds
from tests.upstream import STREAM, Act, Connection, Script, Seen, Upstream, whole

ROOT: Final = Path(__file__).parents[2]

SCRIPTS: Final[dict[str, Script]] = {
    "whole": [COMPLETE],
    "stream": ENDED,
    "left": [STREAM, TEXT, Act.STALL],
    "refused": [whole(NO, status=400)],
    "cut": [STREAM, TEXT, Act.RESET],
}

MIB: Final = 1024 * 1024

Sample = dict[str, int]


class Forgetful(Upstream):
    """Plays the script that the model names, and keeps no account: it would grow, too."""

    def opened(self, connection: Connection) -> None:
        self._connections.add(connection)

    def script_of(self, seen: Seen) -> Script:
        return SCRIPTS[json.loads(seen.body)["model"]]


def soaked(count: int, seed: int, *, traced: bool) -> list[Sample]:
    """What a process held that asked so often: before, meanwhile, and once its clients closed."""
    with Forgetful() as upstream:
        arguments = [f"{upstream.url}/v1", str(count), str(seed), *["--traced"] * traced]
        said = subprocess.run(
            [sys.executable, "-W", "error", "-m", "tests.campaigns.soaking", *arguments],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
            check=False,
            text=True,
        )
    assert (said.returncode, said.stderr) == (0, "")
    return [json.loads(line) for line in said.stdout.splitlines()]


def slope(samples: Sequence[Sample], what: str) -> float:
    """By how much it grows with each request, by the least squares."""
    xs, ys = [one["asked"] for one in samples], [one[what] for one in samples]
    middle, level = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - middle) ** 2 for x in xs
    )


def least(samples: Sequence[Sample], what: str) -> int:
    """What is held at any time: now and then some connections are open besides."""
    return min(one[what] for one in samples)


def idle(samples: Sequence[Sample]) -> list[str]:
    """What was not given back when the clients had been closed."""
    first, last = samples[0], samples[-1]
    kept = ("descriptors", "threads", "tasks", "timers")
    return [f"{last[what] - first[what]} {what}" for what in kept if last[what] > first[what]]


@pytest.mark.parametrize("seed", seeds("21"))
def test_however_much_is_asked_nothing_is_left_behind(seed: int) -> None:
    samples = soaked(3_000, seed, traced=True)
    quarter = len(samples) // 4
    warm, late = samples[quarter : 2 * quarter], samples[-quarter:-1]

    assert idle(samples) == []
    assert least(late, "traced") - least(warm, "traced") < 64 * 1024
    assert least(late, "objects") - least(warm, "objects") < 500


def campaign(count: int, seed: int) -> list[Figure]:
    """The figures after so many requests; the first quarter is for warming up."""
    samples = soaked(count, seed, traced=False)
    steady = samples[len(samples) // 4 : -1]
    growth = slope(steady, "memory") * 100_000 / MIB
    objects = slope(steady, "objects") * 100_000
    kept = idle(samples)
    return [
        Figure(
            campaign="21",
            done=f"{count} requests of one process: whole, streamed, left, cancelled, refused, cut;"
            " blocking and on a loop",
            wanted="resident memory grows by at most 1 MiB in 100,000 requests; descriptors,"
            " threads, tasks and timers are as many as before",
            measured=f"{growth:+.2f} MiB and {objects:+.0f} objects in 100,000 requests, at"
            f" {samples[-2]['memory'] / MIB:.0f} MiB; left: {', '.join(kept) or 'nothing'}",
            met=growth <= 1 and not kept,
            seed=seed,
        )
    ]
