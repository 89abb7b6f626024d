"""Skips that are not on the list fail; those on it are skips."""

from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[1] / "plugins" / "skips.py"

LIST = """
[[skip]]
test = "*::test_recorded*"
says = "*../shared*"
because = "the traffic is elsewhere"
"""

UNLISTED = """
def test_recorded(): pytest.skip("it is Monday")
def test_other(): pytest.skip("no ../shared here")
@pytest.mark.skip
def test_marked(): pass
@pytest.mark.skipif(True, reason="it is Monday")
def test_on_condition(): pass
@pytest.mark.xfail(reason="it is Monday")
def test_expected(): assert 1 == 2
def test_in_passing(): pytest.xfail("it is Monday")
"""


def run(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    """`test` in a project of its own that has the plugin and `LIST`."""
    plugins = pytester.mkdir("tests") / "plugins"
    plugins.mkdir()
    (plugins / "skips.py").write_text(PLUGIN.read_text(encoding="utf-8"), encoding="utf-8")
    (pytester.path / "tests" / "allowed_skips.toml").write_text(LIST, encoding="utf-8")
    (pytester.path / "conftest.py").write_text('pytest_plugins = ["tests.plugins.skips"]\n')
    (pytester.path / "tests" / "test_it.py").write_text(f"import pytest\n\n{test}\n")
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_a_skip_on_the_list_is_a_skip(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_recorded(): pytest.skip('no ../shared here')")

    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK


def test_any_other_skip_or_expected_failure_fails_the_run(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNLISTED)

    result.assert_outcomes(failed=4, errors=2)  # a mark skips before the test begins
    result.stdout.fnmatch_lines_random(
        [
            "tests/test_it.py::test_recorded was skipped (it is Monday), which *",
            "tests/test_it.py::test_other was skipped (no ../shared here), which *",
            "tests/test_it.py::test_marked was skipped (unconditional skip), which *",
            "tests/test_it.py::test_on_condition was skipped (it is Monday), which *",
            "tests/test_it.py::test_expected was skipped (it is Monday), which *",
            "tests/test_it.py::test_in_passing was skipped (it is Monday), which *",
        ]
    )


def test_a_module_that_skips_itself_fails_the_run_too(pytester: pytest.Pytester) -> None:
    result = run(pytester, "pytest.importorskip('no_such_wheel')")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["tests/test_it.py was skipped (could not import 'no_such_wheel': *"]
    )


def test_a_test_that_fails_still_fails_as_itself(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_other(): assert 1 == 2")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*allowed_skips*")
