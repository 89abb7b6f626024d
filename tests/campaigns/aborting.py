"""Situations in which a caller goes away, and an upstream that knows when it noticed.

The model that is asked for is the situation; the header `x-call` says which call it is.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.campaigns.faults import COMPLETE, NO, ROLE, TEXT
from tests.upstream import STREAM, Act, Script, Seen, Upstream, half, whole

SITUATIONS: Final[Mapping[str, Script]] = {
    "before-the-head": [Act.STALL],
    "before-content": [STREAM, ROLE, Act.STALL],
    "mid-stream": [STREAM, ROLE, *[TEXT] * 5, Act.STALL],
    "mid-body": [half(COMPLETE), Act.STALL],
    "in-back-off": [whole(NO, status=503, retry_after="60")],
    "fine": [COMPLETE],
}

STREAMED: Final = ("before-content", "mid-stream")

CHUNKS: Final = 6
"""As many chunks as come in the middle of a stream."""


class Situations(Upstream):
    """Plays the situation that each request names."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[int, list[Seen]] = {}
        """The requests of each call."""

    def script_of(self, seen: Seen) -> Script:
        call = int(seen.headers["x-call"])
        self.note(lambda: self.calls.setdefault(call, []).append(seen))
        return SITUATIONS[json.loads(seen.body)["model"]]

    @property
    def settings(self) -> dict[str, Any]:
        """What a client is made with that asks here."""
        return {"providers": {"lab": {"base_url": f"{self.url}/v1"}}, "timeout": 300}


def request(situation: str, call: int) -> dict[str, Any]:
    return {
        "model": f"lab/{situation}",
        "messages": [{"role": "user", "content": "?"}],
        "stream": situation in STREAMED,
        "extra_headers": {"x-call": str(call)},
    }


def half_closed(port: int) -> int:
    """Our sockets to this port whose other end has closed, and which are open still.

    0 where the system has no table of its sockets that we could read.
    """
    table = Path("/proc/net/tcp")
    if not table.exists():
        return 0
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "08" for row in rows)
