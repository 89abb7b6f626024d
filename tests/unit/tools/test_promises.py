"""The pages of promises: that they are printed from what is promised."""

from pathlib import Path

import pytest

from tools import promises

PROMISES = {
    "page": "lamps.md",
    "introduction": "\n# Lamps\n",
    "groups": {"light": "By night.", "oil": "By day."},
    "promise": [
        {"id": "oil-cheap", "says": "Oil is cheap.", "tests": ["tests/b.py::test_c"]},
        {"id": "light-bright", "says": "It is a|b.", "tests": ["tests/a.py::test_a", "x::test_b"]},
    ],
}

PAGE = """\
# Lamps

### Light

By night.

| promise | tests |
|---|---|
| It is a\\|b. | `a.py::test_a`<br>`x::test_b` |

### Oil

By day.

| promise | tests |
|---|---|
| Oil is cheap. | `b.py::test_c` |
"""


def test_no_page_is_stale_or_missing() -> None:
    assert promises.complaints(promises.FOLDER, promises.pages()) == []


def test_a_page_is_its_introduction_and_a_table_a_group() -> None:
    assert promises.page(PROMISES) == PAGE


def test_a_file_in_double_brackets_is_shown() -> None:
    page = promises.page({**PROMISES, "introduction": "# Lamps\n\n[[tools/size.py]]\n"})

    shown = (promises.ROOT / "tools" / "size.py").read_text(encoding="utf-8")
    assert page.startswith(f"# Lamps\n\n```python\n{shown}```\n")


def test_the_check_fails_until_the_pages_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = promises.main(["--check"], tmp_path)
    named = capsys.readouterr().out
    written = promises.main([], tmp_path)
    after = promises.main(["--check"], tmp_path)
    (tmp_path / "transport.md").write_text("old")
    stale = promises.main(["--check"], tmp_path)

    assert (before, written, after, stale) == (1, 0, 0, 1)
    assert "docs/transport.md: missing\n" in named
    assert "docs/transport.md: stale\n" in capsys.readouterr().out


def test_an_argument_we_do_not_know_writes_nothing(tmp_path: Path) -> None:
    assert promises.main(["--chekc"], tmp_path) == 2
    assert not list(tmp_path.iterdir())
