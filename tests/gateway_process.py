"""`dragoman serve` as a process of its own, with a settings file that may change."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

PATIENCE_SECONDS: Final = 30
"""A guard against hanging; no test that passes waits for it."""

COMMAND: Final = (sys.executable, "-c", "from dragoman.cli import main; main()", "serve")


class GatewayProcess:
    """A gateway that listens; its log is in a file."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, settings: Path, log: Path):
        self.process = process
        self.port = port
        self.settings = settings
        self._log = log

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self) -> int:
        """Waits for the end."""
        return self.process.wait(PATIENCE_SECONDS)

    def log(self) -> list[dict[str, Any]]:
        """What it has told so far, one object a line."""
        lines = self._log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def entries(self) -> list[dict[str, Any]]:
        """What it has told of chat completions."""
        return [one for one in self.log() if one.get("method") == "POST"]

    def write(self, text: str) -> None:
        """Exchange the settings at once, as editors and deployments do."""
        fresh = self.settings.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.replace(self.settings)


@contextmanager
def serving(
    folder: Path,
    settings: str,
    environ: Mapping[str, str] | None = None,
    *,
    command: Sequence[str] = COMMAND,
) -> Iterator[GatewayProcess]:
    """The process, from when it listens; it is gone at the end, however that is reached."""
    file, log = folder / "dragoman.toml", folder / "log"
    file.write_text(settings, "utf-8")
    with log.open("w") as err:
        process = subprocess.Popen(
            [*command, "--settings", str(file), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environ or {})},
        )
    assert process.stdout is not None
    try:
        welcome = process.stdout.readline()
        found = re.search(r":(\d+)/v1 ", welcome)
        assert found is not None, welcome + log.read_text("utf-8")
        yield GatewayProcess(process, int(found[1]), file, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()
