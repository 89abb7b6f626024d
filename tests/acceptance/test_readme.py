"""The README's lines, run as they stand there; only a port that may be taken is another one."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.acceptance.test_command import REQUEST, asked_as_pasted, run, started, welcome

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

PROGRAM = ".venv/bin/dragoman "
COMMANDS = [
    line.removeprefix(PROGRAM)
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith(PROGRAM)
]
"""What the README has a reader type, but for the name of the command."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def test_the_program_for_the_served_simulator_says_what_it_is_said_to_say() -> None:
    (served,) = [line for line in COMMANDS if line.startswith("sim ")]
    (program,) = [
        block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "8089" in block
    ]
    *_, promised = program.splitlines()
    port = str(free_port())

    with started(*shlex.split(served.replace("8089", port))) as simulator:
        assert simulator.stdout is not None
        assert f":{port}/v1" in simulator.stdout.readline()
        done = subprocess.run(
            [sys.executable, "-c", program.replace("8089", port)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        simulator.send_signal(signal.SIGINT)
        simulator.communicate(timeout=60)

    assert (done.stdout, done.stderr) == (promised.removeprefix("# "), "")


@pytest.mark.parametrize("command", [line for line in COMMANDS if not line.startswith("sim ")])
def test_every_other_command_runs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    monkeypatch.chdir(tmp_path)

    done = run(*shlex.split(command))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_readme_shows_the_commands() -> None:
    shown = [line.split()[0] for line in COMMANDS]

    assert shown == ["sim", "chat", "models", "doctor", "translate"]


def test_the_gateway_says_and_answers_what_it_is_said_to(tmp_path: Path) -> None:
    (line,) = re.findall(r"^python3 .* \.venv/bin/dragoman (serve.*)$", README, re.MULTILINE)
    (promised,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    (answer,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    port = str(free_port())

    with started(*shlex.split(line), "--port", port, HOME=str(tmp_path)) as gateway:
        said, curl = welcome(gateway)
        told = asked_as_pasted(promised.replace("4000", port).splitlines()[-1])

    assert said + curl == promised.replace("4000", port)
    assert list(told) == list(json.loads(answer))
    changing = {"created": None, "id": None}
    assert {**told, **changing} == {**json.loads(answer), **changing}


def test_the_extra_of_the_gateway_brings_the_command() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")

    extras = tomllib.loads(text)["project"]["optional-dependencies"]

    assert '.venv/bin/pip install ".[gateway]" && .venv/bin/dragoman serve' in README
    assert "dragoman[cli]" in extras["gateway"]
