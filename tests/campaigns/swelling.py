"""A program that asks once, and tells what became of it and by how much its memory has grown.

    python -m tests.campaigns.swelling URL {blocking|asynchronous}

In JSON: the error's class and message, the seconds it took, and the growth of the most that was
ever resident, in bytes (0 where the system does not tell).
"""

import json
import sys
import time
from pathlib import Path
from typing import Final, cast

from dragoman.errors import Error
from tests.campaigns.calls import Kind, asking

STATUS: Final = Path("/proc/self/status")


def most() -> int:
    """The most memory that was ever resident."""
    if not STATUS.exists():
        return 0
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def main(url: str, kind: Kind) -> None:
    settings = {"providers": {"lab": {"base_url": url}}, "max_retries": 0}
    error: Error | None = None
    with asking(kind, **settings) as ask:
        ask(model="sim/hello")  # what has to be loaded and compiled is
        before, begun = most(), time.monotonic()
        try:
            ask()
        except Error as raised:
            error = raised
        seconds = time.monotonic() - begun
        told = {"error": type(error).__name__, "message": str(error), "seconds": seconds}
        print(json.dumps({**told, "grown": most() - before}))


if __name__ == "__main__":
    main(sys.argv[1], cast(Kind, sys.argv[2]))
