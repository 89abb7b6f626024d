"""The HTTP/1.1 cases: bytes, and what is to be made of them.

They lie beside the repository (`../shared/hostile`), not in it: without them, tests that run with
each of them are skipped, and say so by name.

Authority: http.md beside the cases.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[2] / "shared" / "hostile" / "http-cases.toml"

ABSENT = "the HTTP cases (../shared/hostile) are not here"

Case = dict[str, Any]


@cache
def cases_of(table: str) -> list[Case]:
    """The cases of this table, `request` or `response`; none where they are not here."""
    if not CASES.exists():
        return []
    cases: list[Case] = tomllib.loads(CASES.read_text(encoding="utf-8"))[table]
    return cases


def each(table: str, *names: str) -> pytest.MarkDecorator:
    """Runs a test with each case of this table, or with those of these names.

    Skips it by name where there are none.
    """
    cases = [case for case in cases_of(table) if not names or case["name"] in names]
    rows = [pytest.param(case, id=f"{case['id']}-{case['name']}") for case in cases]
    absent = pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
    return pytest.mark.parametrize("case", rows or [absent])


def bytes_of(case: Case) -> bytes:
    text: str = case["bytes"]
    if fill := case.get("fill"):
        text = text.replace("<FILL>", fill["text"] * fill["times"])
    return text.encode("latin-1")


def accepted(case: Case) -> bool:
    """Whether we take it, where the standards leave that open, too."""
    expect = case.get("ours", case["expect"])
    return str(expect) == "accept"
