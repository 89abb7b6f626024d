"""The page about providers says what the table says."""

import re
from pathlib import Path

import pytest

from dragoman.providers.provider import Provider
from dragoman.providers.table import ROWS

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_provider_stands_on_the_page(row: Provider) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (line,) = [one for one in lines if re.match(rf"\|.*`{re.escape(row.name)}`.*\|.*\|", one)]

    assert row.key_variable is None or f"`{row.key_variable}`" in line
    assert row.base_url in (None, "sim:") or f"`{row.base_url}`" in line
