"""`dragoman` in a process that tells on SIGUSR1 what it holds: tasks, timers, things, threads.

    python -m tests.campaigns.counted serve …

Each signal adds a line to the file that `WATCHED` names. It is read by whoever sent the signal, and
knows nothing of the gateway.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from dragoman.cli import main


def look(number: int, frame: FrameType | None) -> None:
    """Called between two steps of the loop, on its thread."""
    gc.collect()
    things = gc.get_objects()
    told = {
        "objects": len(things),
        "tasks": len(asyncio.all_tasks()),
        "timers": sum(
            type(one).__name__ == "TimerHandle" and not one.cancelled() for one in things
        ),
        "threads": threading.active_count(),
    }
    with Path(os.environ["WATCHED"]).open("a", encoding="ascii") as file:
        file.write(f"{json.dumps(told)}\n")


if __name__ == "__main__":
    if sys.platform != "win32":
        signal.signal(signal.SIGUSR1, look)
    main()
