"""`dragoman serve` as it is, in a process that watches its loop.

    python -m tests.campaigns.watched --settings FILE --port 0

On SIGUSR1 it tells, in a line of JSON on standard output, how long the loop has worked at most
between two looks at a clock, a millisecond apart, which is as long as any callback; and the latest
that it has come to such a look. Both since it was asked before.
"""

import asyncio
import json
import signal
import sys
import time
from typing import Any, Final

from dragoman.cli import main, serving

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

        def tick(due: float, worked: float) -> None:
            now, working = loop.time(), time.thread_time()
            self.late = max(self.late, now - due)
            self.worked = max(self.worked, working - worked)
            loop.call_at(now + TICK_SECONDS, tick, now + TICK_SECONDS, working)

        tick(loop.time(), time.thread_time())

    def tell(self) -> None:
        sys.stdout.write(json.dumps({"worked": self.worked, "late": self.late}) + "\n")
        sys.stdout.flush()
        self.worked = self.late = 0.0


def watched() -> None:
    """The next loop that serves is watched."""
    served = serving.served

    async def watching(*args: Any, **kwargs: Any) -> None:
        Watch().begin()
        await served(*args, **kwargs)

    setattr(serving, served.__name__, watching)


if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    watched()
    main()
