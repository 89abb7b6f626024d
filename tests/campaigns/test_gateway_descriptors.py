"""Campaign 20: four hundred connections to a process that may have 256 descriptors.

It neither falls nor spins. Whoever is connected is answered: health as ever, and requests by being
told to come back, before nothing more can be opened; once the others have gone, everybody is.
"""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.gateway_process import GatewayProcess, serving
from tests.gateways import HI, ByModel, ask, error_in, until
from tests.plain import Caller, Heard
from tests.upstream import whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prlimit and /proc")

DESCRIPTORS: Final = 256
CONNECTS: Final = 400

LOOKED_SECONDS: Final = 1.5
BUSY: Final = 0.6
"""The share of a processor that a loop which spins would not stay under; the promise is 0.2."""

SAID: Final = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "!"}, "finish_reason": "stop"}
    ],
}


def settings(upstream: ByModel) -> str:
    return f'[providers.lab]\nbase_url = "{upstream.url}/v1"\n'


def processor_seconds(gateway: GatewayProcess) -> float:
    """What it has used so far."""
    told = Path(f"/proc/{gateway.process.pid}/schedstat").read_text("ascii")
    return int(told.split()[0]) / 1e9


def descriptors(gateway: GatewayProcess) -> int:
    return len(list(Path(f"/proc/{gateway.process.pid}/fd").iterdir()))


@contextmanager
def limited(folder: Path, upstream: ByModel) -> Iterator[GatewayProcess]:
    with serving(folder, settings(upstream)) as gateway:
        if sys.platform == "linux":
            import resource

            bounds = (DESCRIPTORS, DESCRIPTORS)
            resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, bounds)
        yield gateway


def asked_anew(port: int, model: str) -> Heard | None:
    """The answer to one who comes now; None where nobody lets it in."""
    try:
        with Caller(port) as caller:
            caller.socket.settimeout(1)
            return ask(caller, {"model": model, "messages": HI})
    except OSError:
        return None


def test_a_process_without_descriptors_neither_falls_nor_spins(tmp_path: Path) -> None:
    with ByModel({"m": [whole(SAID)]}) as upstream, limited(tmp_path, upstream) as gateway:
        with Caller(gateway.port) as early, Caller(gateway.port) as known, ExitStack() as stack:
            assert ask(known, {"model": "sim/hello", "messages": HI}).status == 200
            assert ask(early, {"model": "sim/hello", "messages": HI}).status == 200
            for _ in range(CONNECTS):
                stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 10))
            assert until(lambda: descriptors(gateway) >= DESCRIPTORS - 2)
            used = processor_seconds(gateway)
            time.sleep(LOOKED_SECONDS)
            share = (processor_seconds(gateway) - used) / LOOKED_SECONDS

            known.get("/health/live")
            refused = ask(early, {"model": "lab/m", "messages": HI})
            assert share < BUSY
            assert known.answer().status == 200
            assert refused.status == 503
            assert error_in(refused.body)["code"] == "overloaded"
            assert int(refused.headers["retry-after"]) >= 1
            assert len(upstream.requests) == 0

        left = time.monotonic()
        assert until(lambda: (asked_anew(gateway.port, "lab/m") or refused).status == 200)
        assert time.monotonic() - left < 20 * 2
        assert descriptors(gateway) < 40
        assert gateway.process.poll() is None
        failed = [one["message"] for one in gateway.log() if "exception" in one]
        assert [message for message in failed if "out of system resource" not in message] == []
        assert len(gateway.log()) < CONNECTS
