"""Is anything longer than a reader can hold: functions over 60 lines, files over 500?

    python -m tools.size

Text files of every kind are measured, functions only in Python. Data and generated files may be
longer; they stand in `size_exceptions.txt` beside this file, a path and a reason a line. An
exception that nothing needs any more is reported as well, so the list never outlives its causes.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

FOLDERS = ("src", "tests", "tools", "bench", "docs/examples")
FUNCTION_LINES = 60
FILE_LINES = 500
OTHERS = frozenset({"__pycache__", "node_modules"})
"""Folders of what others wrote."""
EXCEPTIONS = Path(__file__).with_name("size_exceptions.txt")


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """Path from `root`, with `/`, and text of what we wrote and can be read as UTF-8."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root)
            hidden = any(part.startswith(".") or part in OTHERS for part in name.parts)
            if hidden or not path.is_file():
                continue
            try:
                yield name.as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def oversized(name: str, text: str) -> list[str]:
    """What is too long in one file, each as a sentence that starts with where."""
    found = []
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        found.append(f"{name}: {lines} lines, where {FILE_LINES} are the most")
    if name.endswith(".py"):
        found += [
            f"{name}:{node.lineno}: {node.name} has {length} lines, "
            f"where {FUNCTION_LINES} are the most"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
        ]
    return found


def exceptions(text: str) -> dict[str, str]:
    """Reason by path. Empty lines and those that start with # are for people."""
    entries = [line.strip() for line in text.splitlines()]
    pairs = [entry.partition(" ") for entry in entries if entry and not entry.startswith("#")]
    return {path: reason.strip() for path, _, reason in pairs}


def complaints(root: Path, excepted: Mapping[str, str]) -> list[str]:
    """Everything wrong below `root`; empty when all is well."""
    found = {name: oversized(name, text) for name, text in text_files(root)}
    too_long = [line for name, lines in found.items() if name not in excepted for line in lines]
    unreasoned = [f"{name}: an exception needs a reason" for name in excepted if not excepted[name]]
    unneeded = [
        f"{name}: an exception nobody needs; take it off the list"
        for name in excepted
        if not found.get(name)
    ]
    return too_long + unreasoned + unneeded


def main() -> int:
    root = EXCEPTIONS.parent.parent
    found = complaints(root, exceptions(EXCEPTIONS.read_text(encoding="utf-8")))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
