"""Campaign 12: every fault of an upstream, told as the table of `tests.campaigns.faults` says.

The upstream's account is the judge of what was tried again.
"""

import pytest

from tests.campaigns.calls import ANSWER, KEY, WAYS, Outcome, Way, called, without_pauses
from tests.campaigns.faults import BRIEF, ROWS, Row
from tests.campaigns.figures import Figure, spread
from tests.campaigns.judging import differences, leaks
from tests.upstream import Upstream

ATTEMPTS = 3

CELLS = [
    pytest.param(row, way, id=f"{row.name}-{way}")
    for row in ROWS
    for way in WAYS
    if row.asked == "both" or way.endswith(row.asked)
]


def played(row: Row, way: Way) -> tuple[Outcome, list[str]]:
    """What came of a fault, and all that is wrong with it."""
    with Upstream(*[row.script] * (ATTEMPTS + 1)) as upstream, without_pauses():
        lab = {"base_url": f"{upstream.url}/v1", "api_key": KEY}
        outcome = called(
            way, {"providers": {"lab": lab}, "max_retries": ATTEMPTS - 1, "timeout": row.timeout}
        )
    wrong = [*differences(outcome, row.told), *leaks(outcome)]
    if len(upstream.requests) != row.told.attempts:
        wrong.append(f"{len(upstream.requests)} requests, where {row.told.attempts} were right")
    if way.endswith("stream") and outcome.texts and len(upstream.requests) != 1:
        wrong.append("a stream was tried again after its content")
    if outcome.error is None and ("".join(outcome.texts).strip(), outcome.reasons) != (
        ANSWER,
        ["stop"],
    ):
        wrong.append(f"an answer of {outcome.texts} that ended with {outcome.reasons}")
    if outcome.error is not None and outcome.reasons:
        wrong.append("an answer that failed had a finish reason")
    return outcome, wrong


@pytest.mark.parametrize(("row", "way"), CELLS)
def test_a_fault_is_told_as_the_table_says(row: Row, way: Way) -> None:
    outcome, wrong = played(row, way)

    assert wrong == []
    assert outcome.seconds < 10


def campaign() -> list[Figure]:
    """All cells, and how late the deadlines were that passed."""
    late: list[float] = []
    wrong: list[str] = []
    for cell in CELLS:
        row, way = cell.values
        assert isinstance(row, Row)
        outcome, faults = played(row, way)  # type: ignore[arg-type]  # pytest keeps no types
        wrong += [f"{row.name}, {way}: {fault}" for fault in faults]
        if row.told.phase:
            late.append(outcome.seconds - row.told.attempts * BRIEF)
    return [
        Figure(
            campaign="12",
            done=f"{len({row.name for row in ROWS})} faults of an upstream, {len(CELLS)} cells:"
            " streamed and whole, blocking and asynchronous",
            wanted="all told with the right error, class, code, phase and number of attempts;"
            " none tried again after content; no key, prompt or answer in a message or the log",
            measured="; ".join(wrong) or f"{len(CELLS)} of {len(CELLS)}",
            met=not wrong,
        ),
        Figure(
            campaign="12",
            done=f"the {len(late)} of these cells that a deadline ends: how much longer they took"
            " than their deadlines, connecting and all attempts included",
            wanted="at most 100 ms",
            measured=spread(late),
            met=max(late) <= 0.1,
        ),
    ]
