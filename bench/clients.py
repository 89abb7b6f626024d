"""What it costs to ask with us, beside `openai`: a request of 2.4 kB each way, a chunk of 300 B.

The provider is `bench.echo`, in a process of its own that is not counted; each client has a process
of its own too.
"""

import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.pairs import Bar, Row, Run, WrongAnswerError

ROOT: Final = Path(__file__).parents[1]

REQUESTS: Final = {"openai": 500, "dragoman": 5000}
"""So many are one run of `create`: about half a second each."""

STREAMS: Final = {"openai": 5, "dragoman": 100}

BARS: Final = {"create": 12.0, "stream": 20.0}


def rows(python: Path, into: ExitStack, *, quick: bool) -> list[Callable[[], Row]]:
    """Each row, made when it is called; its processes end with `into`."""
    port = Asking.started(into, python, "bench.echo").said()

    def row(kind: str, what: str) -> Row:
        title = f"{kind} {'create' if what == 'create' else 'stream, a chunk'}"
        return Row(
            f"{title}: openai ÷ ours",
            run(into, python, "openai", kind, what, port, quick=quick),
            run(into, python, "dragoman", kind, what, port, quick=quick),
            Bar("at least", BARS[what]),
        )

    return [
        lambda kind=kind, what=what: row(kind, what)  # type: ignore[misc] # mypy cannot infer it
        for kind in ("sync", "async")
        for what in ("create", "stream")
    ]


def run(
    into: ExitStack, python: Path, library: str, kind: str, what: str, port: str, *, quick: bool
) -> Run:
    """What one unit costs this library."""
    asking = Asking.started(into, python, "bench.asking", library, kind, what, port)
    times = 1 if quick else (REQUESTS if what == "create" else STREAMS)[library]
    asking.told(max(1, times // 10))  # warms up, and shows that the answers are right

    return lambda: asking.told(times)


class Asking:
    """A process that answers a line with a line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    def started(cls, into: ExitStack, python: Path, *module: str) -> "Asking":
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        process = subprocess.Popen(
            [python, "-m", *module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )
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

    def told(self, times: int) -> float:
        """What a unit costs, in processor seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{times}\n")
        self._process.stdin.flush()
        return float(self.said())
