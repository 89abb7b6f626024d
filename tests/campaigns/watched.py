"""`dragoman serve` as it is, in a process that watches its loop: asyncio's own, whose callbacks can
be timed.

    python -m tests.campaigns.watched --settings FILE --port 0

On SIGUSR1 it tells, in a line of JSON on standard output, the longest that one callback has worked
and the latest that the loop has come to a clock of its own since it was asked before.
"""

import asyncio
import json
import signal
import sys
import time
from typing import Final

from dragoman.cli import main

TICK_SECONDS: Final = 0.001


class Watch:
    """The worst since it was asked before, in seconds."""

    def __init__(self) -> None:
        self.worked = 0.0
        self.late = 0.0

    def begin(self) -> None:
        """Watch the loop that runs here."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.Signals["SIGUSR1"], self.tell)

        def tick(due: float) -> None:
            now = loop.time()
            self.late = max(self.late, now - due)
            loop.call_at(now + TICK_SECONDS, tick, now + TICK_SECONDS)

        tick(loop.time())

    def tell(self) -> None:
        sys.stdout.write(json.dumps({"worked": self.worked, "late": self.late}) + "\n")
        sys.stdout.flush()
        self.worked = self.late = 0.0


def watched(watch: Watch) -> None:
    """Every callback of every loop of this process is timed from here on."""
    run = asyncio.Handle._run
    watching = False

    def timed(handle: asyncio.Handle) -> None:
        nonlocal watching
        if not watching:
            watching = True
            watch.begin()
        begun = time.thread_time()
        run(handle)
        watch.worked = max(watch.worked, time.thread_time() - begun)

    setattr(asyncio.Handle, run.__name__, timed)  # a clock around it, and no more


if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    sys.modules["uvloop"] = None  # type: ignore[assignment]  # as if it were not installed
    watched(Watch())
    main()
