"""Each promise of the transport has its tests, and each test of it keeps a promise.

Tests are found by reading their files, so that one that cannot be imported is missed by name.
"""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tools.promises import group_of

ROOT = Path(__file__).parents[2]
PROMISED: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("transport.toml").read_text(encoding="utf-8")
)
ROWS: list[dict[str, Any]] = PROMISED["promise"]


@cache
def found_in(name: str) -> frozenset[str]:
    """The tests of this file as `file::name`; none where there is no such file."""
    path = ROOT / name
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.parse("")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        f"{name}::{node.name}"
        for node in ast.walk(tree)
        if isinstance(node, functions) and node.name.startswith("test_")
    )


def governed() -> Iterator[str]:
    """The files whose every test keeps a promise."""
    for pattern in PROMISED["governs"]:
        found = sorted(ROOT.glob(pattern))
        assert found, f"{pattern} names no file"
        yield from (path.relative_to(ROOT).as_posix() for path in found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_promise_has_tests_and_they_are_there(row: dict[str, Any]) -> None:
    missing = [test for test in row["tests"] if test not in found_in(test.partition("::")[0])]

    assert row["tests"]
    assert missing == []


def test_every_governed_test_keeps_a_promise() -> None:
    named = {test for row in ROWS for test in row["tests"]}
    there = {test for name in governed() for test in found_in(name)}

    assert sorted(there - named) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_promise_is_a_sentence_in_a_group(row: dict[str, Any]) -> None:
    assert row.keys() == {"id", "says", "tests"}
    assert group_of(row, PROMISED)
    assert row["says"].endswith(".")


def test_no_promise_and_no_test_of_one_stands_twice() -> None:
    ids = Counter(row["id"] for row in ROWS)
    tests = Counter((row["id"], test) for row in ROWS for test in row["tests"])

    assert [entry for entry, times in ids.items() if times > 1] == []
    assert [entry for entry, times in tests.items() if times > 1] == []


def test_every_group_has_a_promise() -> None:
    assert {group_of(row, PROMISED) for row in ROWS} == set(PROMISED["groups"])
