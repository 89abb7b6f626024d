"""What it costs to import us and to name the client, beside `openai` and its client.

Each import happens in a fresh interpreter, whose processor time (user and system) the kernel
tells when it has ended. The bytecode of both is at hand, as after an install. An interpreter
takes its time to start whatever it imports; that is measured too, and taken off both.
"""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.pairs import Bar, Row, Run, WrongAnswerError

SOURCE: Final = Path(__file__).parents[1] / "src"

OTHERS: Final = {"openai": "openai==3.54.0", "litellm": "litellm==1.106.2"}
"""What `--install` installs, each in an environment of its own: they want different versions."""

OURS: Final = "import dragoman; named = dragoman.create"
THEIRS: Final = "import openai; named = openai.OpenAI"


class NotMeasuredError(Exception):
    """Something that a row needs is not here; says what."""


class Interpreters:
    """Fresh interpreters of one environment, which all find their bytecode in one place."""

    def __init__(self, python: Path, caches: Path, rounds: int) -> None:
        self._python = python
        self._rounds = rounds
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        self._environment = {
            **inherited,
            "PYTHONPATH": str(SOURCE),
            "PYTHONPYCACHEPREFIX": str(caches),
        }

    def started(self, code: str) -> Run:
        """What a whole interpreter takes that runs this; checked, and its bytecode made."""
        self._one(f"{code}\nassert callable(named)")
        return lambda: self._mean(code)

    def imported(self, code: str) -> Run:
        """The same, less what an interpreter takes that imports nothing."""
        whole = self.started(code)
        return lambda: whole() - self._mean("pass")

    def version(self, name: str) -> str:
        """The version of this distribution there."""
        code = f"from importlib import metadata; print(metadata.version({name!r}))"
        output = subprocess.check_output(
            [self._python, "-c", code], env=self._environment, text=True
        )
        return str(output).strip()

    def _mean(self, code: str) -> float:
        return sum(self._one(code) for _ in range(self._rounds)) / self._rounds

    def _one(self, code: str) -> float:
        child = subprocess.Popen(
            [self._python, "-c", code], env=self._environment, stderr=subprocess.PIPE, text=True
        )
        with child:
            assert child.stderr is not None
            complaint = child.stderr.read()
            seconds, status = _reaped(child.pid)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise WrongAnswerError(f"{code}: {complaint.strip()}")
        return seconds


if sys.platform != "win32":

    def _reaped(pid: int) -> tuple[float, int]:
        """The processor time of a child that is over, in seconds, and how it ended."""
        _, status, usage = os.wait4(pid, 0)
        return usage.ru_utime + usage.ru_stime, status

else:

    def _reaped(pid: int) -> tuple[float, int]:
        raise NotMeasuredError("this system does not tell the processor time of a child")


def environment(into: ExitStack, library: str, *, make: bool) -> Path:
    """The interpreter of an environment that has this library; raises `NotMeasuredError`.

    It is the one at hand; with `make`, one that is thrown away when `into` is closed.
    """
    if not make:
        try:
            importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            raise NotMeasuredError(
                f"{library} is not installed; --install makes an environment that has it"
            ) from None
        return Path(sys.executable)
    folder = Path(into.enter_context(TemporaryDirectory(prefix=f"bench-{library}-")))
    python = folder / "bin" / "python"
    ours = [f"{name}=={importlib.metadata.version(name)}" for name in ("httptools", "msgspec")]
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", OTHERS[library], *ours],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NotMeasuredError(f"no environment with {library}: {done.stderr.strip()}")
    return python


def rows(python: Path, into: ExitStack, rounds: int) -> list[Callable[[], Row]]:
    """Each row, made (and its imports checked) when it is called."""
    caches = Path(into.enter_context(TemporaryDirectory(prefix="bench-bytecode-")))
    fresh = Interpreters(python, caches, rounds)
    version = fresh.version("openai")
    return [
        lambda: Row(
            f"import and name the client: openai {version} ÷ ours",
            fresh.imported(THEIRS),
            fresh.imported(OURS),
            Bar("at least", 8),
        ),
        lambda: Row(
            "… with the start of the interpreter in both",
            fresh.started(THEIRS),
            fresh.started(OURS),
        ),
        lambda: Row(
            "… ours ÷ msgspec alone",
            fresh.imported(OURS),
            fresh.imported("import msgspec; named = msgspec.Struct"),
        ),
        lambda: Row(
            "… ours ÷ an interpreter that imports nothing",
            fresh.imported(OURS),
            fresh.started("named = print"),
        ),
    ]
