"""The pages of promises: what is promised, and which tests hold it.

    python -m tools.promises            write them to docs
    python -m tools.promises --check    name every page that is stale or missing

A page is one file of `tests/conformance`: an introduction in Markdown, then a table for each group
of promises. Where the introduction has a path in double brackets on a line of its own, that file is
shown. Whether the tests are there, and all of them named, is asked by `tests/conformance` itself.
"""

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs"

INCLUDED = re.compile(r"^\[\[(.+)\]\]$", re.MULTILINE)


def pages() -> dict[str, str]:
    """Every page there should be: text by file name."""
    files = sorted((ROOT / "tests" / "conformance").glob("*.toml"))
    read = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    return {promises["page"]: page(promises) for promises in read}


def page(promises: dict[str, Any]) -> str:
    """The page of one file of promises."""
    introduction = INCLUDED.sub(lambda found: shown(found[1]), promises["introduction"])
    tables = [
        f"### {group.capitalize()}\n\n{says}\n\n{table(rows_of(group, promises))}"
        for group, says in promises["groups"].items()
    ]
    return "\n".join([introduction.lstrip(), *tables])


def shown(path: str) -> str:
    """This file, as a block of code."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return f"```python\n{text}```"


def rows_of(group: str, promises: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in promises["promise"] if group_of(row, promises) == group]


def group_of(row: dict[str, Any], promises: dict[str, Any]) -> str:
    """The group that the row's id begins with; empty where there is none."""
    return next((name for name in promises["groups"] if row["id"].startswith(f"{name}-")), "")


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"| {cell(row['says'])} | {'<br>'.join(map(shortened, row['tests']))} |" for row in rows
    ]
    return "\n".join(["| promise | tests |", "|---|---|", *lines, ""])


def cell(text: str) -> str:
    return text.replace("|", r"\|")


def shortened(identifier: str) -> str:
    return f"`{identifier.removeprefix('tests/')}`"


def complaints(folder: Path, expected: dict[str, str]) -> list[str]:
    """Each page that is not as it should be; empty when all is well."""
    there = {name: (folder / name).read_bytes() for name in expected if (folder / name).exists()}
    missing = [f"{name}: missing" for name in expected if name not in there]
    stale = [f"{name}: stale" for name in there if there[name] != expected[name].encode()]
    return sorted(missing + stale)


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.promises [--check]")
        return 2
    if not arguments:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages().items():
            (folder / name).write_bytes(text.encode())
        return 0
    found = complaints(folder, pages())
    for line in found:
        print(f"docs/{line}")
    if found:
        print("python -m tools.promises writes them anew")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
