"""Prints the figures, each a ratio within this run.

    python -m bench [--install] [--quick]

`--install` makes throw-away environments with `openai` and `litellm`, which else are measured only
where they are installed. `--quick` runs everything once and briefly, which shows that it runs and
measures nothing. The exit code is 1 where an answer was wrong or a bar was missed.
"""

import argparse
import importlib.metadata
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from bench import clients, decoding, gateway, importing, memory, others, waiting
from bench.pairs import PAIRS, Row, WrongAnswerError, figure
from bench.reading import Reading

SECONDS = 1.0
"""The length of a run."""

INTERPRETERS = 5
"""So many fresh interpreters are one run."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    pairs = 1 if options.quick else PAIRS
    print(
        f"Python {platform.python_version()}, msgspec {importlib.metadata.version('msgspec')}, "
        f"{platform.system()} {platform.machine()}; {pairs} pairs, processor time"
    )
    verdicts = [printed(row, pairs) for row in decoding.rows(0.001 if options.quick else SECONDS)]
    with ExitStack() as stack:
        pythons = {}
        for library in importing.OTHERS:
            try:
                pythons[library] = importing.environment(stack, library, make=options.install)
            except importing.NotMeasuredError as missing:
                print(f"{library}: not measured: {missing}")
        rows = clients.rows(pythons, stack, quick=options.quick)
        if "openai" in pythons:
            rounds = 1 if options.quick else INTERPRETERS
            rows = importing.rows(pythons["openai"], stack, rounds) + rows
        try:
            rows += gateway.rows(stack, quick=options.quick)
        except importing.NotMeasuredError as missing:
            print(f"gateway: not measured: {missing}")
        verdicts += [printed(row, pairs) for row in rows]
        for read in (memory.readings, waiting.readings):
            verdicts += [told(one, options.quick) for one in read(stack, quick=options.quick)]
        beside = others.rows(stack, install=options.install, quick=options.quick)
        verdicts += [printed(row, min(pairs, others.PAIRS)) for row in beside]
    return 0 if all(verdicts) else 1


def printed(make: Callable[[], Row], pairs: int) -> bool:
    """Measure and print a row; whether it was right, and met its bar."""
    try:
        row = make()
        measured = figure(row, pairs)
    except WrongAnswerError as wrong:
        print(f"no figure, since an answer was wrong: {wrong}")
        return False
    low, high = min(measured.ratios), max(measured.ratios)
    line = (
        f"{row.title:<60} {measured.median:6.2f}  ({low:.2f} to {high:.2f})  "
        f"{spelt(measured.upper_seconds)} ÷ {spelt(measured.lower_seconds)}"
    )
    if row.bar is None or pairs < PAIRS:
        print(line)
        return True
    met = measured.meets(row.bar)
    print(f"{line}  {row.bar.side} {row.bar.value:g}: {'met' if met else 'NOT MET'}")
    return met


def told(measure: Callable[[], list[Reading]], quick: bool) -> bool:
    """Measure and print some readings; whether they were right, and met their bars."""
    try:
        found = measure()
    except WrongAnswerError as wrong:
        print(f"no figure, since an answer was wrong: {wrong}")
        return False
    except importing.NotMeasuredError as missing:
        print(f"gateway: not measured: {missing}")
        return True
    for reading in found:
        print(reading if quick else reading.judged())
    return quick or all(reading.met for reading in found)


def spelt(seconds: float) -> str:
    return f"{seconds * 1e6:.2f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
