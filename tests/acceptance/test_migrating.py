"""A program written for `openai` does the same here, once its imports and its model are changed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dragoman.simulator.server import handle
from dragoman.transport.handling import Reply, Served, StreamedReply
from tests.served import serving

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGE = ROOT / "docs" / "migrating.md"

CHANGED = {
    "from openai import (": "from dragoman import (",
    "    AsyncOpenAI,": "    AsyncClient as AsyncOpenAI,",
    "    OpenAI,": "    Client as OpenAI,",
    'MODEL = "sim"': 'MODEL = "openai/sim"',
}
"""The names that are imported, and the model."""


def script(client: str) -> str:
    return (EXAMPLES / f"with_{client}.py").read_text(encoding="utf-8")


class Simulator:
    """The simulator over HTTP, which keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    async def __call__(self, request: Served) -> Reply | StreamedReply:
        body = json.loads(request.body) if request.body else None
        self.asked.append((request.method, request.path, body))
        return await handle(request)


class Ran:
    """What one of the scripts said, and what it had asked."""

    def __init__(self, client: str) -> None:
        simulator = Simulator()
        with serving(simulator) as (server, _):
            done = subprocess.run(
                [
                    sys.executable,
                    str(EXAMPLES / f"with_{client}.py"),
                    f"http://127.0.0.1:{server.port}/v1",
                ],
                capture_output=True,
                text=True,
                timeout=100,
            )
        assert done.stderr == ""
        self.said = done.stdout.splitlines()
        self.asked = simulator.asked


@pytest.fixture(scope="module")
def both() -> tuple[Ran, Ran]:
    return Ran("openai"), Ran("dragoman")


def test_only_the_imports_and_the_model_differ() -> None:
    lines = [(CHANGED.get(line, line), line) for line in script("openai").splitlines()]

    assert [changed for changed, _ in lines] == script("dragoman").splitlines()
    assert [line for changed, line in lines if changed != line] == list(CHANGED)


def test_the_page_shows_the_script_and_what_was_changed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (diff,) = re.findall(r"```diff\n(.*?)```", page, re.DOTALL)

    assert shown == script("dragoman")
    assert [line[1:] for line in diff.splitlines() if line.startswith("-")] == list(CHANGED)
    assert [line[1:] for line in diff.splitlines() if line.startswith("+")] == [
        *CHANGED.values(),
    ]


def test_both_say_the_same_line_by_line(both: tuple[Ran, Ran]) -> None:
    theirs, ours = both

    assert ours.said == theirs.said
    assert len(ours.said) > 20


def test_both_ask_the_same(both: tuple[Ran, Ran]) -> None:
    theirs, ours = both

    assert list(map(meant, ours.asked)) == list(map(meant, theirs.asked))
    assert sum("status=429" in str(asked) for asked in ours.asked) == 2


def meant(asked: tuple[str, str, Any]) -> tuple[str, str, Any]:
    """The same without what says nothing, the ids of calls, and what decorates a schema."""
    method, path, body = asked
    if body is not None and "response_format" in body:
        told = body["response_format"]["json_schema"]
        told["schema"] = {key: told["schema"][key] for key in ("type", "required")}
    return method, path, plain(body)


def plain(value: Any) -> Any:
    match value:
        case dict():
            told = {
                key: inner
                for key, inner in value.items()
                if inner is not None and inner is not False
            }
            return {key: plain(inner) for key, inner in told.items()}
        case list():
            return [plain(item) for item in value]
        case str() if value.startswith("call_"):
            return "call_"
    return value
