"""The command, as a user runs it: every example of every help page."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from dragoman.cli.commands import dragoman as command
from dragoman.providers.table import PROVIDERS
from tests.doors import opened

REQUEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
RESPONSE = {
    "choices": [{"message": {"role": "assistant", "content": "Oslo."}, "finish_reason": "stop"}]
}
STREAM = """\
data: {"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Oslo."}}]}

data: {"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

"""

SETTINGS = '[models.fast]\ntargets = ["sim/echo"]\n'

PAGES = {"": command, **{f"{name} ": each for name, each in command.commands.items()}}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the examples name."""
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    (tmp_path / "response.json").write_text(json.dumps(RESPONSE))
    (tmp_path / "stream.txt").write_text(STREAM)
    (tmp_path / "dragoman.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples() -> list[str]:
    """Every example, from the help pages themselves."""
    helps = [each.help or "" for each in PAGES.values()]
    return [
        line.strip()
        for text in helps
        for line in text.partition("Examples:")[2].splitlines()
        if line.strip()
    ]


def surroundings(**environ: str) -> dict[str, str]:
    """This environment without the keys that somebody may have in it, and with these variables."""
    keys = {row.key_variable for row in PROVIDERS.values()}
    plain = {name: value for name, value in os.environ.items() if name not in keys}
    return {**plain, "PYTHONIOENCODING": "utf-8", **environ}


def run(*arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    program = "from dragoman.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=surroundings(**environ),
    )


SERVERS = ("dragoman sim", "dragoman serve")
"""Examples that begin like this run until Ctrl-C."""


@contextmanager
def started(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, with Ctrl-C as a terminal has it.

    What a shell starts in the background is told to ignore it, and so would be its children.
    """
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from dragoman.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(**environ),
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def welcome(running: subprocess.Popen[str]) -> tuple[str, str]:
    """What a server says when it listens, and the `curl` line at the end."""
    assert running.stdout is not None
    said = ""
    for line in running.stdout:
        if line.startswith("curl "):
            return said, line
        said += line
    raise AssertionError(f"no curl line in {said!r}")


def asked_as_pasted(curl: str) -> Any:
    """What the answer to this `curl` line is; machines without curl run it, too."""
    if shutil.which("curl") is not None and os.name == "posix":
        pasted = subprocess.run(curl, shell=True, capture_output=True, text=True, timeout=60)
        return json.loads(pasted.stdout)
    program, url, *options = shlex.split(curl)
    headers = {
        name: value
        for option, told in zip(options[::2], options[1::2], strict=True)
        for name, _, value in [told.partition(": ")]
        if option == "-H"
    }
    assert (program, options[-2]) == ("curl", "-d")
    asked = urllib.request.Request(url, options[-1].encode(), headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.parametrize("example", [line for line in examples() if line.startswith(SERVERS)])
def test_every_example_of_a_server_answers_and_ends_with_ctrl_c(example: str, files: Path) -> None:
    _, *arguments = shlex.split(example)

    # The port of the example may be taken on this machine; the last one named counts.
    with started(*arguments, "--port", "0") as running:
        said, curl = welcome(running)
        answer = asked_as_pasted(curl)
        running.send_signal(signal.SIGINT)
        rest, entries = running.communicate(timeout=60)

    assert "Ctrl-C" in said
    assert answer["choices"][0]["message"]["content"].startswith("Hello!")
    assert (running.returncode, rest) == (0, "")
    assert all(json.loads(entry)["status"] == 200 for entry in entries.splitlines())


def test_ctrl_c_ends_the_simulator_in_the_middle_of_an_answer() -> None:
    with started("sim", "--port", "0") as running:
        _, curl = welcome(running)
        _, url, _, body = shlex.split(curl)
        asked = body.replace("sim/hello", "sim/hello?stall_at_event=1").replace(
            "{", '{"stream": true, ', 1
        )
        with urllib.request.urlopen(url, asked.encode(), timeout=60) as answer:
            answer.readline()
            running.send_signal(signal.SIGINT)
            _, complaints = running.communicate(timeout=60)

    assert (running.returncode, complaints) == (0, "")


def test_a_simulator_that_others_can_reach_says_so() -> None:
    with started("sim", "--host", "0.0.0.0", "--port", "0") as running:
        _, curl = welcome(running)
        answer = asked_as_pasted(curl)
        running.send_signal(signal.SIGINT)
        _, complaints = running.communicate(timeout=60)

    assert answer["object"] == "chat.completion"
    assert "whoever reaches 0.0.0.0" in complaints
    assert running.returncode == 0


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("sim", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 1
    assert done.stderr.startswith("Error: 127.0.0.1:")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("example", [line for line in examples() if not line.startswith(SERVERS)])
def test_every_example_of_the_help_runs(example: str, files: Path) -> None:
    *before, line = example.split(" | ")
    echoed = shlex.split(before[0])[1] if before else ""

    with opened() as door:
        program, *arguments = shlex.split(line.replace(":4000", f":{door.port}"))
        done = run(*arguments, stdin=echoed)

    assert program == "dragoman"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize("page", PAGES)
def test_every_option_has_an_example(page: str) -> None:
    text = PAGES[page].help or ""
    shown = text.partition("Examples:")[2]

    for parameter in PAGES[page].params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            assert any(re.search(rf"{option}\b", shown) for option in parameter.opts)


def test_chat_answers_in_this_process_with_nothing_configured() -> None:
    done = run("chat", "sim/echo", "Say this again")

    assert done.stdout == "Say this again\n"


def test_chat_reads_the_prompt_from_standard_input() -> None:
    assert run("chat", "sim/echo", stdin="from a pipe").stdout == "from a pipe\n"


def test_chat_gives_the_response_as_json() -> None:
    response = json.loads(run("chat", "sim/echo", "Hi", "--json").stdout)

    assert response["object"] == "chat.completion"
    assert response["choices"][0]["message"]["content"] == "Hi"


def test_chat_takes_its_model_as_an_option_or_first() -> None:
    assert run("chat", "-m", "sim/echo", "Hi").stdout == "Hi\n"
    assert run("chat", "Hi", "-m", "sim/echo").stdout == "Hi\n"
    assert run("chat", "sim/echo", "Hi").stdout == "Hi\n"
    assert run("chat", "-m", "sim/echo", stdin="from a pipe").stdout == "from a pipe\n"
    assert run("chat").returncode == run("chat", "-m", "sim/echo", "a", "b").returncode == 2


def test_chat_says_what_is_wrong_and_fails() -> None:
    done = run("chat", "simm/hello", "Hi")

    assert done.returncode == 1
    assert "sim/hello" in done.stderr
    assert "Traceback" not in done.stderr


def test_translating_a_request_tells_what_it_lost(files: Path) -> None:
    (files / "request.json").write_text(json.dumps({**REQUEST, "verbosity": "low"}))

    done = run("translate", "--from", "openai-chat", "--to", "openai-chat", "request.json")

    assert json.loads(done.stdout) == REQUEST
    assert done.stderr.startswith("dropped /verbosity: ")


def test_translating_a_response_completes_it(files: Path) -> None:
    done = run("translate", "--from", "openai-chat", "--to", "openai-chat", "response.json")

    message = json.loads(done.stdout)["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "Oslo.", "refusal": None}


GEMINIS = [
    "gemini",
    '{"contents": [{"parts": [{"text": "Oslo?"}]}]}',
    '{"candidates": [{"content": {"parts": [{"text": "Cold."}]}, "finishReason": "STOP"}]}',
]
RESPONSES = [
    "openai-responses",
    '{"model": "m", "input": "Oslo?"}',
    '{"output": [{"type": "message", "content": [{"type": "output_text", "text": "Cold."}]}]}',
]


@pytest.mark.parametrize(("dialect", "asked", "said"), [GEMINIS, RESPONSES])
def test_a_dialect_is_translated_into_another_and_what_comes_is_told_by_its_keys(
    dialect: str, asked: str, said: str
) -> None:
    request = run("translate", "--from", dialect, "--to", "openai-chat", stdin=asked)
    response = run("translate", "--from", dialect, "--to", "openai-chat", stdin=said)

    assert json.loads(request.stdout)["messages"] == [{"role": "user", "content": "Oslo?"}]
    assert json.loads(response.stdout)["choices"][0]["message"]["content"] == "Cold."


def test_translating_a_cut_stream_ends_in_an_error_event(files: Path) -> None:
    (files / "stream.txt").write_text(STREAM.partition("\n\n")[0] + "\n\n")

    arguments = ["--from", "openai-chat", "--to", "openai-chat", "--stream", "stream.txt"]
    done = run("translate", *arguments)

    last = json.loads(done.stdout.strip().rpartition("data: ")[2])
    assert done.returncode == 1
    assert last["error"]["code"] == "stream_truncated"
    assert "[DONE]" not in done.stdout


def test_translating_an_error_keeps_it_one() -> None:
    done = run(
        "translate",
        *["--from", "openai-chat", "--to", "openai-chat"],
        stdin='{"error": {"message": "no", "code": 429}}',
    )

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == {
        "message": "no",
        "type": "rate_limit_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }


OLLAMAS = '{"model":"m","message":{"content":"Oslo."},"done":true}'


def test_an_answer_of_ollamas_is_told_from_a_request() -> None:
    done = run("translate", "--from", "ollama", "--to", "openai-chat", stdin=OLLAMAS)

    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Oslo."


def test_whoever_speaks_ollamas_dialect_is_answered_in_it() -> None:
    whole = run("translate", "--from", "ollama", "--to", "ollama", stdin=OLLAMAS)
    lines = run("translate", "--from", "ollama", "--to", "ollama", "--stream", stdin=OLLAMAS)

    assert json.loads(whole.stdout)["message"] == {"role": "assistant", "content": "Oslo."}
    assert [json.loads(line)["done"] for line in lines.stdout.splitlines()] == [False, True]


def test_translating_an_answer_of_coheres_does_not_take_it_for_a_request() -> None:
    done = run(
        "translate",
        *["--from", "cohere-v2", "--to", "openai-chat"],
        stdin='{"id": "c1", "message": {"content": [{"text": "Oslo."}]}}',
    )

    assert done.returncode == 0
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Oslo."


def test_wrong_usage_is_code_two() -> None:
    assert run("translate", "--from", "latin", "--to", "openai-chat").returncode == 2


def test_without_click_one_line_names_the_extra() -> None:
    program = "import sys; sys.modules['click'] = None; from dragoman.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "dragoman[cli]" in done.stderr


def test_help_is_short_enough_to_read() -> None:
    for name in PAGES:
        shown = CliRunner().invoke(command, [*name.split(), "--help"]).output
        assert len(shown.splitlines()) < 40
