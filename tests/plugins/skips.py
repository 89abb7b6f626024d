"""A test that is skipped proves nothing, so every skip has to be on a list.

The list is `tests/allowed_skips.toml`. A skipped test or module, or an expected failure, that is
not on it fails, and says so: tests cannot fade away unnoticed, when a wheel is missing on some
machine, say. Which skips are right is decided there, not here.
"""

import tomllib
from collections.abc import Generator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

Report = pytest.TestReport | pytest.CollectReport

LIST = Path(__file__).parents[1] / "allowed_skips.toml"


class AllowedSkip(NamedTuple):
    """A row of the list: two shell patterns, which both have to match, and why."""

    test: str
    says: str
    because: str


@cache
def allowed_skips() -> Sequence[AllowedSkip]:
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["skip"]
    return [AllowedSkip(**row) for row in rows]


def reason(report: Report) -> str:
    """What the skip, or the mark of an expected failure, says for itself."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    # A skip's longrepr is (path, line, text).
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ").removeprefix("Skipped")


def is_allowed(test: str, says: str) -> bool:
    return any(
        fnmatchcase(test, row.test) and fnmatchcase(says, row.says) for row in allowed_skips()
    )


def judged(report: Report) -> Report:
    """The report as it came, or as a failure when it is a skip that is not on the list."""
    if not report.skipped or is_allowed(report.nodeid, says := reason(report)):
        return report
    report.outcome = "failed"
    report.longrepr = (
        f"{report.nodeid} was skipped ({says or 'no reason given'}), "
        f"which tests/{LIST.name} does not allow"
    )
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, Report, Report]:
    return judged((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, Report, Report]:
    return judged((yield))
