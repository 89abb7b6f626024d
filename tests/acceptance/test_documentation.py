"""The documentation runs: every Python example of README and docs says what it says."""

import doctest
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sybil import Document, Region, Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("dialects/*.md"))]
"""Generated reference pages have no examples, decisions no running ones."""

PARSERS: list[Callable[[Document], Iterable[Region]]] = [
    SkipParser(),  # for the README's program that wants a server; test_readme.py runs it
    DocTestParser(optionflags=doctest.ELLIPSIS),
    PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    document = Sybil(PARSERS, path=str(page.parent), pattern=page.name).parse(page)

    for example in document.examples():
        example.evaluate()


def test_the_readme_reaches_a_call_within_thirty_lines() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    assert any("dragoman.create(" in line for line in lines[:30])
