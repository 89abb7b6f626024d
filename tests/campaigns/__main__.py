"""Runs the campaigns at full size, prints what they measured, and writes `docs/reliability.md`.

    python -m tests.campaigns [--seed N] [--only NUMBER …] [--quick]

Without `--seed` a new one is drawn; it is printed, and stands in the page, so that each run can be
repeated. `--only` leaves the other campaigns' lines of the page as they are. `--quick` runs a
fiftieth, which shows that it runs, and measures nothing. The exit code is 1 where a figure was
missed.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.campaigns import (
    desync,
    exhausting,
    overloading,
    test_aborts,
    test_bombs,
    test_deadlines,
    test_faults,
    test_fragments,
    test_gateway_aborts,
    test_gateway_desync,
    test_gateway_drain,
    test_gateway_endings,
    test_gateway_fragments,
    test_gateway_fuzz,
    test_gateway_memory,
    test_gateway_reload,
    test_gateway_slow_callers,
    test_gateway_stalls,
    test_memory,
    test_resolving,
)
from tests.campaigns.figures import Figure

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
HEAD: Final = "| Campaign | What was done | Figure to reach | Measured | Met | Seed |"

QUICK: Final = 0.02

Sized = Callable[[int], int]
"""The size of a campaign's part, from its full one."""

CAMPAIGNS: Final[Mapping[str, Callable[[Sized, int], list[Figure]]]] = {
    "11": lambda sized, seed: [
        *test_aborts.campaign(sized(10_000), seed),
        *test_gateway_aborts.figures(sized(10_000), seed),
    ],
    "12": lambda sized, seed: test_faults.campaign(),
    "13": lambda sized, seed: test_gateway_endings.figures(sized(40), sized(300), seed),
    "14": lambda sized, seed: [
        *test_fragments.campaign(sized(1_000_000), seed),
        *test_gateway_fragments.figures(sized(100_000), seed),
    ],
    "17": lambda sized, seed: test_deadlines.campaign(sized(100)),
    "18": lambda sized, seed: overloading.figures(sized(4)),
    "19": lambda sized, seed: test_gateway_slow_callers.figures(sized(4_000)),
    "20": lambda sized, seed: exhausting.figures(sized(5_000)),
    "21": lambda sized, seed: [
        *test_memory.campaign(sized(200_000), seed),
        *test_gateway_memory.figures(sized(70_000), seed),
    ],
    "22": lambda sized, seed: test_gateway_drain.figures(sized(200)),
    "23": lambda sized, seed: test_gateway_reload.figures(sized(10_000), seed),
    "24": lambda sized, seed: test_gateway_stalls.stalls(sized(20)),
    "29": lambda sized, seed: test_resolving.campaign(sized(200)),
    "33": lambda sized, seed: test_gateway_stalls.limits(sized(20)),
    "34": lambda sized, seed: [
        *desync.campaign(sized(1_000_000), seed),
        *test_gateway_desync.figures(sized(100_000), seed),
    ],
    "36": lambda sized, seed: test_bombs.campaign(sized(1024)),
    "38": lambda sized, seed: test_gateway_fuzz.campaign(sized(6_000), seed),
}
"""Campaigns 32 and 37 have nothing to measure: they are whole in the test suite."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", nargs="*", choices=list(CAMPAIGNS), default=list(CAMPAIGNS))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    given: int | None = options.seed
    seed = random.SystemRandom().randrange(10**6) if given is None else given

    def sized(full: int) -> int:
        return max(1, int(full * QUICK)) if options.quick else full

    figures: list[Figure] = []
    for number in options.only:
        print(f"campaign {number}, seed {seed}", flush=True)
        begun = time.monotonic()
        for figure in CAMPAIGNS[number](sized, seed):
            figures.append(figure)
            print(f"    {figure.done}\n        {verdict(figure)}: {figure.measured}")
        print(f"    ({time.monotonic() - begun:.0f} s)", flush=True)
    if not options.quick:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(written(text, figures), encoding="utf-8")
    return 0 if all(figure.met for figure in figures) else 1


def verdict(figure: Figure) -> str:
    return "met" if figure.met else f"NOT MET ({figure.wanted})"


def written(page: str, figures: Sequence[Figure]) -> str:
    """The page with these figures in place of those their campaigns had."""
    above, head, below = page.partition(HEAD)
    if not head:
        raise ValueError(f"expected a table under {HEAD!r}")
    rule, *rows = below.strip("\n").split("\n")
    table = [row for row in rows if row.startswith("|")]
    after = rows[len(table) :]
    measured = {figure.campaign for figure in figures}
    kept = [row for row in table if row.split(" ")[1] not in measured]
    table = sorted([*kept, *map(line, figures)], key=lambda row: row.split(" ")[1])
    return "\n".join([above + head, rule, *table, *after]) + "\n"


def line(figure: Figure) -> str:
    cells: Iterator[str] = iter(
        (
            figure.campaign,
            figure.done,
            figure.wanted,
            figure.measured,
            "yes" if figure.met else "**no**",
            "" if figure.seed is None else str(figure.seed),
        )
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main())
