"""`dragoman` with less patience for its callers: a tenth of what it has, so that a test may wait.

    python -m tests.campaigns.hurried serve …

No setting says how patient it is. So the default of `listen` is exchanged, before the command runs.
"""

from types import FunctionType
from typing import Final, cast

from dragoman.cli import main
from dragoman.transport.handling import GUARDS, Guards, told_plainly
from dragoman.transport.serving import listen

TENFOLD: Final = Guards(
    head_seconds=GUARDS.head_seconds / 10,
    body_grace_seconds=GUARDS.body_grace_seconds / 10,
    idle_seconds=GUARDS.idle_seconds / 10,
    stall_seconds=GUARDS.stall_seconds / 10,
    linger_seconds=GUARDS.linger_seconds / 10,
)


if __name__ == "__main__":
    cast(FunctionType, listen).__kwdefaults__ = {"refusal": told_plainly, "guards": TENFOLD}
    main()
