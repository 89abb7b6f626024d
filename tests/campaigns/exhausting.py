"""Campaign 20 at full size: five thousand connections to a `serve` that may have 1,024 descriptors.

They come from several addresses, and all at once. In the test suite, where it is small, it is
`test_gateway_descriptors`.
"""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.campaigns.figures import Figure, judged
from tests.campaigns.test_gateway_descriptors import (
    SAID,
    asked_anew,
    descriptors,
    processor_seconds,
    settings,
)
from tests.gateway_process import GatewayProcess, serving
from tests.gateways import HI, ByModel, ask, until
from tests.plain import Caller
from tests.upstream import whole

DESCRIPTORS: Final = 1024

ADDRESSES: Final = 8
"""The connections of each are bounded, too."""

LOOKED_SECONDS: Final = 5.0

BUSY: Final = 0.2
"""The share of a processor that a process may use that has nothing to do."""

RECOVERY_SECONDS: Final = 2.0

HERE: Final = {"model": "sim/hello", "messages": HI}
THERE: Final = {"model": "lab/m", "messages": HI}


@contextmanager
def limited(upstream: ByModel) -> Iterator[GatewayProcess]:
    with TemporaryDirectory() as folder, serving(Path(folder), settings(upstream)) as gateway:
        if sys.platform == "linux":
            import resource

            bounds = (DESCRIPTORS, DESCRIPTORS)
            resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, bounds)
        yield gateway


def connecting(port: int, number: int) -> socket.socket:
    """A connection that nobody waits for: where the queue is full, it is never made."""
    wire = socket.socket()
    wire.setblocking(False)
    wire.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
    with suppress(BlockingIOError):
        wire.connect(("127.0.0.1", port))
    return wire


def measure(connects: int) -> tuple[str, bool]:
    with ByModel({"m": [whole(SAID)]}) as upstream, limited(upstream) as gateway:
        with Caller(gateway.port) as known, ExitStack() as stack:
            assert ask(known, HERE).status == 200
            for number in range(connects):
                stack.enter_context(connecting(gateway.port, number))
            assert until(lambda: descriptors(gateway) >= min(DESCRIPTORS, connects) * 0.9)
            used = processor_seconds(gateway)
            time.sleep(LOOKED_SECONDS)
            share = (processor_seconds(gateway) - used) / LOOKED_SECONDS
            most = descriptors(gateway)
            here = ask(known, HERE).status
            there = ask(known, THERE).status
        left = time.monotonic()
        assert until(lambda: getattr(asked_anew(gateway.port, "lab/m"), "status", 0) == 200)
        recovery = time.monotonic() - left
        fallen = gateway.process.poll() is not None
    told = f"{most} descriptors, {share:.1%} of a processor; who was connected got {here} of the"
    told += f" simulator and {there} of an upstream; everybody again after {recovery:.2f} s"
    good = here == 200 and share <= BUSY and recovery <= RECOVERY_SECONDS and not fallen
    return told, good


def figures(connects: int) -> list[Figure]:
    return [
        judged(
            "20",
            done=f"{connects} connections at once to a `serve` of {DESCRIPTORS} descriptors",
            wanted="it does not fall; at most 20 % of a processor while it is full; who is"
            " connected is answered; everybody is within 2 s when the others have gone",
            measure=lambda: measure(connects),
        )
    ]
