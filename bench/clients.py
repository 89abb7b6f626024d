"""What it costs to ask with us, beside `openai` and `litellm`: 2.4 kB each way, a chunk of 300 B.

The provider is `bench.echo`, in a process of its own that is not counted; each client has a process
of its own too. A client that waits for another core is woken by it, which on a virtual machine
takes longer than all that we do, and says nothing of either client: so `create` is judged where
provider and client share a core, and told besides as it is where they do not.
"""

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.pairs import Bar, Row, Run, WrongAnswerError

ROOT: Final = Path(__file__).parents[1]

REQUESTS: Final = {"openai": 500, "litellm": 150, "dragoman": 5000}
"""So many are one run of `create`: about half a second each."""

STREAMS: Final = {"openai": 5, "litellm": 1, "dragoman": 100}

BARS: Final = {"create": 12.0, "stream": 20.0}

ONE_CORE: Final = 0
"""The core that client and provider share where a row says so."""


def rows(pythons: Mapping[str, Path], into: ExitStack, *, quick: bool) -> list[Callable[[], Row]]:
    """Each row, made when it is called; its processes end with `into`.

    `pythons` are the interpreters that have the libraries; ours is found by all of them.
    """
    made = functools.partial(row, pythons, into, quick=quick)
    return [
        functools.partial(made, library, kind, what, core)
        for library in pythons
        for kind in ("sync", "async")
        for what, core in (("create", ONE_CORE), ("create", None), ("stream", None))
        if core is None or sys.platform == "linux"
    ]


def row(
    pythons: Mapping[str, Path],
    into: ExitStack,
    library: str,
    kind: str,
    what: str,
    core: int | None,
    *,
    quick: bool,
) -> Row:
    """This library beside ours, in one environment."""
    python = pythons[library]
    port = Asking.started(into, core, python, "bench.echo").said()

    def run(library: str) -> Run:
        asking = Asking.started(into, core, python, "bench.asking", library, kind, what, port)
        times = 1 if quick else (REQUESTS if what == "create" else STREAMS)[library]
        asking.told(max(1, times // 10))  # warms up, and shows that the answers are right
        return lambda: asking.told(times)

    title = f"{kind} {'create' if what == 'create' else 'stream, a chunk'}"
    place = "" if core is None else ", on one core with the provider"
    judged = library == "openai" and (what == "stream" or core is not None)
    return Row(
        f"{title}{place}: {library} ÷ ours",
        run(library),
        run("dragoman"),
        Bar("at least", BARS[what]) if judged else None,
    )


class Asking:
    """A process that answers a line with a line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    def started(cls, into: ExitStack, core: int | None, python: Path, *module: str) -> "Asking":
        """The process that runs this module, on this core if it is not None."""
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        process = subprocess.Popen(
            [python, "-m", *module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )
        if core is not None and sys.platform == "linux":
            os.sched_setaffinity(process.pid, {core})
        into.enter_context(process)
        into.callback(process.terminate)
        return cls(process)

    def said(self) -> str:
        """The next line; raises `WrongAnswerError` where the process has ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise WrongAnswerError(f"{self._process.args!r} ended")
        return line

    def asked(self, line: str) -> str:
        """The line that it answers with."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.said()

    def told(self, times: int) -> float:
        """What a unit costs, in processor seconds."""
        return float(self.asked(str(times)))
