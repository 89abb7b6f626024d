"""The bench itself: that it runs, what it calls met, and that a wrong answer has no figure."""

import pytest

from bench import __main__ as command
from bench import answers, decoding, pairs
from bench.pairs import Bar, Row
from bench.reading import Reading
from dragoman.dialects import DIALECTS

BAR = Bar("at most", 2)


def row(costs: list[float]) -> Row:
    """A row whose ratios are these."""
    upper = iter(costs)
    return Row("made up ÷ one", lambda: next(upper), lambda: 1.0, BAR)


def test_everything_is_measured_once_and_right(capsys: pytest.CaptureFixture[str]) -> None:
    status = command.main(["--quick"])

    out = capsys.readouterr().out
    assert status == 0
    assert "no figure" not in out
    others = [f"… of {dialect}," for dialect in DIALECTS if dialect != "openai-chat"]
    for title in ("decode a whole answer", *others, "a stream chunk", "8 events", "fold 1000"):
        assert title in out
    assert "import and name the client" in out or "openai: not measured" in out


def test_a_wrong_answer_has_no_figure(capsys: pytest.CaptureFixture[str]) -> None:
    body = answers.WHOLE.replace(b"Lisbon", b"London")

    good = command.printed(lambda: decoding.whole(0.001, body), pairs=1)

    assert not good
    assert capsys.readouterr().out.startswith("no figure, since an answer was wrong: the response")


def test_an_answer_that_goes_wrong_in_a_run_is_noticed() -> None:
    results = iter([1, *[1] * 100, 2, 2, 2])

    def check(result: int) -> None:
        pairs.expect("one", result, 1)

    run = pairs.repeated(lambda: next(results), check, seconds=0)

    with pytest.raises(pairs.WrongAnswerError, match="one: expected 1; got 2"):
        run()


def test_a_bar_is_met_by_the_median_and_five_pairs_of_seven() -> None:
    assert pairs.figure(row([2.5, 1, 1, 3, 1, 1, 2])).meets(BAR)
    assert not pairs.figure(row([2.5, 1, 1, 3, 1, 1, 2.1])).meets(BAR)
    assert pairs.figure(row([8, 9, 7, 9, 9, 7, 9])).meets(Bar("at least", 8))


def test_a_missed_bar_is_told_and_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    good = command.printed(lambda: row([2.1] * pairs.PAIRS), pairs=pairs.PAIRS)

    assert not good
    assert "at most 2: NOT MET" in capsys.readouterr().out


def test_the_two_of_a_pair_take_turns_in_being_first() -> None:
    order = ""

    def turn(of: str) -> float:
        nonlocal order
        order += of
        return 1.0

    pairs.figure(Row("a ÷ b", lambda: turn("a"), lambda: turn("b")), 3)

    assert order == "abbaab"


@pytest.mark.parametrize(
    ("values", "met"), [([1.0], True), ([2.5], False), ([9, 9, 1, 1, 1, 1, 1], True)]
)
def test_a_reading_is_judged_as_a_ratio_is(
    values: list[float], met: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    reading = Reading("made up", "ms", values, "by hand", BAR)

    assert command.told(lambda: [reading], quick=False) is met
    assert f"at most 2: {'met' if met else 'NOT MET'}" in capsys.readouterr().out
