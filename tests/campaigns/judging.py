"""Whether a caller was told what the table of faults says, and nothing that nobody may read."""

import re
from collections.abc import Iterator

from tests.campaigns.calls import CANARIES, Outcome
from tests.campaigns.faults import Told


def differences(outcome: Outcome, told: Told) -> Iterator[str]:
    """What is otherwise than the table says."""
    error = outcome.error
    got = Told(
        type(error).__name__ if error else None,
        error.attempt_class if error else None,
        error.attempts if error else told.attempts,
        error.code if error else None,
        getattr(error, "phase", None),
        told.says,
    )
    if got != told:
        yield f"expected {told}; got {got}: {error}"
    if error is not None and not re.search(told.says, error.message, re.DOTALL):
        yield f"expected a message that has {told.says!r}; got {error.message!r}"


def leaks(outcome: Outcome) -> Iterator[str]:
    """Canaries outside the answer: in the error, in what caused it, and in the log."""
    shown = {"the log": outcome.logged}
    error: BaseException | None = outcome.error
    while error is not None:
        shown[type(error).__name__] = f"{error} {error!r}"
        error = error.__cause__ or error.__context__
    for place, text in shown.items():
        for canary in CANARIES:
            if canary in text:
                yield f"{place} shows the {canary!r}"
