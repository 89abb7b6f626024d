"""Campaign 23: the settings change two hundred times under load, and nobody notices.

Each version has its own address, key and model at the upstream, so that a request which saw two
would be seen. Every third is cut off in the middle or wrong, and changes nothing.
"""

import json
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.campaigns.figures import Figure, judged, spread
from tests.gateway_process import PATIENCE_SECONDS, GatewayProcess, serving
from tests.gateways import HI, ask, until
from tests.plain import Caller
from tests.upstream import END, STREAM, Pause, Script, Seen, Upstream, event, whole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not on Windows")

CALLERS: Final = 3

BETWEEN: Final = 0.01
"""Seconds between two changes; many are read together, as they may be."""


class Versions(Upstream):
    """Answers each request by the version that it shows, a stream slowly."""

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)
        body = json.loads(seen.body)
        if body.get("stream"):
            return [STREAM, *(step for _ in range(5) for step in (event("a "), Pause(0.01))), *END]
        choice = {"index": 0, "message": {"role": "assistant", "content": "!"}}
        told = {"id": "c", "created": 1, "model": body["model"]}
        return [whole({**told, "choices": [{**choice, "finish_reason": "stop"}]})]


def settings(upstream: Upstream, version: int) -> str:
    return f"""
[providers.lab]
base_url = "{upstream.url}/v{version}"
api_key = "key-{version}"

[models.fast]
targets = ["lab/model-{version}"]
"""


def wrong(text: str, number: int, chance: random.Random) -> str:
    """The same half written, or with a mistake."""
    mistakes = (
        text.replace("fast", "slow")[: chance.randrange(5, len(text) - 20)] + "\n[models.fas",
        text.replace("base_url", "base_ulr"),
        text.replace("lab/model", "bal/model"),
        text.replace("providers.lab", "providers.other"),
        text + "\n[gateway]\nport = 'any'\n",
    )
    return mistakes[number % len(mistakes)]


@dataclass
class Load:
    """Callers who ask without a pause."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """How long each whole answer took."""
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def ask(self, port: int, number: int) -> None:
        stream = number == 0
        fields = {"model": "fast", "messages": HI, "stream": stream}
        with Caller(port) as caller:
            while not self.over.is_set():
                begun = time.monotonic()
                heard = ask(caller, fields)
                if not stream:
                    self.seconds.append(time.monotonic() - begun)
                self.statuses.append(heard.status)
                if heard.status != 200 or (stream and b"[DONE]" not in heard.body):
                    self.failures.append(repr(heard))


def version_of(seen: Seen) -> int:
    return int(json.loads(seen.body)["model"].removeprefix("model-"))


def mixed(seen: Seen) -> bool:
    """Whether this request shows more than one version."""
    version = version_of(seen)
    address, key = f"/v{version}/chat/completions", f"Bearer key-{version}"
    return (seen.target, seen.headers["authorization"]) != (address, key)


def reload(gateway: GatewayProcess, text: str) -> None:
    gateway.write(text)
    if sys.platform != "win32":
        gateway.signal(signal.SIGHUP)


def said(gateway: GatewayProcess) -> list[str]:
    return [one["message"] for one in gateway.log() if "message" in one]


@dataclass
class Counted:
    """What came of a campaign."""

    failures: list[str]
    mixed: list[Seen]
    """Requests that showed more than one version."""
    wrong: set[int]
    """Versions that should never have been taken over, and were."""
    versions: int
    refused: int
    requests: int
    entries: int
    seconds: list[float]


def campaign(folder: Path, size: int, seed: int) -> Counted:
    """So many changes under load."""
    chance = random.Random(seed)
    load = Load()
    with Versions() as upstream, serving(folder, settings(upstream, 0)) as gateway:
        callers = [
            threading.Thread(target=load.ask, args=(gateway.port, number))
            for number in range(CALLERS)
        ]
        for caller in callers:
            caller.start()
        assert upstream.until(lambda up: len(up.requests) > CALLERS)
        good, last = {0, size + 1}, size + 1
        for number in range(1, last):
            text = settings(upstream, number)
            if number % 3:
                good.add(number)
            else:
                text = wrong(text, number // 3, chance)
            reload(gateway, text)
            time.sleep(BETWEEN)
        reload(gateway, settings(upstream, last))
        assert upstream.until(lambda up: version_of(up.requests[-1]) == last)
        reload(gateway, "[providers.lab")
        assert until(lambda: "not changed" in said(gateway)[-1])
        load.over.set()
        for caller in callers:
            caller.join(PATIENCE_SECONDS)
        versions = {version_of(seen) for seen in upstream.requests}
        return Counted(
            failures=load.failures,
            mixed=[seen for seen in upstream.requests if mixed(seen)],
            wrong=versions - good,
            versions=len(versions),
            refused=sum("not changed" in line for line in said(gateway)),
            requests=len(load.statuses),
            entries=len(gateway.entries()),
            seconds=load.seconds,
        )


def figures(size: int, seed: int) -> list[Figure]:
    def measure() -> tuple[str, bool]:
        with TemporaryDirectory() as folder:
            counted = campaign(Path(folder), size, seed)
        failed, mixed = len(counted.failures), len(counted.mixed)
        told = (
            f"{failed} failed, {mixed} saw two versions, {len(counted.wrong)} invalid applied, of"
        )
        told += f" {counted.requests} requests and {counted.versions} versions; {counted.refused}"
        told += f" refusals told; answers {spread(counted.seconds)}"
        return told, not (failed or mixed or counted.wrong)

    return [
        judged(
            "23",
            done=f"{size} changes of the settings in {size * BETWEEN:.0f} s under load, every third"
            " half written or invalid",
            wanted="0 requests fail or see two versions; nothing invalid is applied",
            measure=measure,
            seed=seed,
        )
    ]


def test_no_request_fails_or_sees_two_versions(tmp_path: Path) -> None:
    counted = campaign(tmp_path, 200, seed=1)

    assert (counted.failures, counted.mixed, counted.wrong) == ([], [], set())
    assert counted.versions > 10
    assert counted.refused > 10
    assert counted.entries == counted.requests > 200
