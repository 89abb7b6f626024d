"""Campaign 22: `dragoman serve` is told to stop, with twenty streams and requests under way.

Whatever can end in its time does; what cannot is told so, in the stream. Every restart is of a
real process, and all of them are made at the same time, since most of it is waiting.
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from tests.campaigns.figures import Figure, judged, spread
from tests.gateway_process import GatewayProcess, serving
from tests.gateways import HI, ByModel, ask, begin, error_in
from tests.plain import Caller, Heard
from tests.upstream import END, STREAM, Pause, Script, event, whole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not on Windows")

STREAMS: Final = 20

ACCEPTING: Final = 5.0
"""Seconds in which a gateway that is told to stop still takes what comes."""

EARLY: Final = 0.2
"""Seconds: the clocks of two processes, and what a signal takes to arrive."""

ANSWER: Final = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "!"}, "finish_reason": "stop"}
    ],
}


def paced(events: int) -> Script:
    """A stream that takes a tenth of a second for each event."""
    return [STREAM, *(step for _ in range(events) for step in (event("word "), Pause(0.1))), *END]


SCRIPTS: Final[dict[str, Script]] = {
    "short": paced(20),
    "endless": paced(6000),
    "whole": [whole(ANSWER)],
    "slow": [Pause(1), whole(ANSWER)],
}


@dataclass
class Outcome:
    """What came of a restart."""

    streams: list[Heard] = field(default_factory=list)
    requests: list[Heard] = field(default_factory=list)
    """Those that were asked one after the other, each on a connection of its own."""
    under_way: Heard | None = None
    """One that was asked before the signal, and takes a second."""
    ready: list[int] = field(default_factory=list)
    """What its readiness was: before the signal, and after."""
    refused_after: float = 0.0
    """Seconds from the signal until nobody was let in any more."""
    seconds: float = 0.0
    """From the signal to the exit."""
    code: int | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)


def settings(upstream: ByModel, drain_seconds: float) -> str:
    return f"""
[gateway]
drain_seconds = {drain_seconds}

[providers.lab]
base_url = "{upstream.url}/v1"
"""


def readiness(gateway: GatewayProcess) -> int:
    with Caller(gateway.port) as caller:
        caller.get("/health/ready")
        return caller.answer().status


def asked_until_refused(gateway: GatewayProcess, outcome: Outcome, told: list[float]) -> None:
    """One request after the other, each on its own connection, until nobody listens any more."""
    while True:
        try:
            with Caller(gateway.port) as caller:
                heard = ask(caller, {"model": "lab/whole", "messages": HI})
        except (OSError, ValueError):
            break  # the kernel may have let it in just before
        outcome.requests.append(heard)
        time.sleep(0.02)
    outcome.refused_after = time.monotonic() - told[0]


def restart(
    folder: Path, model: str, drain_seconds: float, stop: Callable[[GatewayProcess], None]
) -> Outcome:
    """Twenty streams and some requests; then `stop`, and what comes of it all."""
    outcome = Outcome()
    told: list[float] = []
    folder.mkdir()
    with ByModel(SCRIPTS) as upstream, ExitStack() as stack:
        gateway = stack.enter_context(serving(folder, settings(upstream, drain_seconds)))
        callers = [stack.enter_context(Caller(gateway.port)) for _ in range(STREAMS)]
        for caller in callers:
            begin(caller, {"model": f"lab/{model}", "messages": HI, "stream": True})
        for caller in callers:
            caller.read_until(b"\r\n\r\n")
        outcome.ready.append(readiness(gateway))
        slow = stack.enter_context(Caller(gateway.port))
        begin(slow, {"model": "lab/slow", "messages": HI})
        assert upstream.until(lambda up: len(up.requests) == STREAMS + 1)
        asking = threading.Thread(target=asked_until_refused, args=(gateway, outcome, told))
        told.append(time.monotonic())
        asking.start()
        stop(gateway)
        if gateway.process.poll() is None and stop is sigterm:
            outcome.ready.append(readiness(gateway))
        for caller in callers:
            outcome.streams.append(Heard(200, {}, *caller.chunks()))
        if stop is not twice:
            outcome.under_way = slow.answer()
        outcome.code = gateway.exit_code()
        outcome.seconds = time.monotonic() - told[0]
        asking.join()
        outcome.entries = gateway.entries()
    return outcome


def sigterm(gateway: GatewayProcess) -> None:
    gateway.signal(signal.SIGTERM)
    time.sleep(EARLY)


def twice(gateway: GatewayProcess) -> None:
    sigterm(gateway)
    gateway.signal(signal.SIGTERM)


def sigint(gateway: GatewayProcess) -> None:
    gateway.signal(signal.SIGINT)


def while_reloading(gateway: GatewayProcess) -> None:
    gateway.write(
        gateway.settings.read_text("utf-8") + "\n[models.fast]\ntargets = ['lab/whole']\n"
    )
    if sys.platform != "win32":
        gateway.signal(signal.SIGHUP)
    sigterm(gateway)


RESTARTS: Final[dict[str, tuple[str, float, Callable[[GatewayProcess], None]]]] = {
    "in time": ("short", 30, sigterm),
    "out of time": ("endless", 1, sigterm),
    "twice": ("endless", 600, twice),
    "while reloading": ("short", 30, while_reloading),
    "at a terminal": ("short", 30, sigint),
}


TOGETHER: Final = 8
"""Restarts at the same time."""

LATE_SECONDS: Final = 2.0
"""So much longer than its window may an exit take."""


def late(name: str, outcome: Outcome) -> float:
    """By how many seconds the exit came after it had to, or could."""
    model, drain_seconds, how = RESTARTS[name]
    if how is twice:
        return outcome.seconds - EARLY
    accepting = 0.0 if how is sigint else ACCEPTING
    streaming = 2.0 if model == "short" else accepting + drain_seconds
    return outcome.seconds - max(accepting, streaming)


def flaws(name: str, outcome: Outcome) -> Iterator[str]:
    """What should not have come of this restart."""
    cut = RESTARTS[name][0] == "endless"
    for heard in outcome.streams:
        ended = heard.body.endswith(b"data: [DONE]\n\n")
        if not heard.whole or ended is cut:
            yield f"a stream ended with {heard.body[-200:]!r}"
        elif cut and error_in(heard.body)["code"] != "server_shutting_down":
            yield f"a stream was told {heard.body[-200:]!r}"
    hurried = RESTARTS[name][2] is twice
    for heard in outcome.requests:
        if said(heard) != "!" and not (hurried and stopped(heard)):
            yield f"a request was told {heard!r}"
    if outcome.code != 0:
        yield f"exit code {outcome.code}"
    if how_many(outcome.entries) < STREAMS:
        yield "a stream has no entry"
    if late(name, outcome) > LATE_SECONDS:
        yield f"{late(name, outcome):.1f} s late"


def said(heard: Heard) -> Any:
    """What a whole answer says; None where it is an error."""
    body = json.loads(heard.body)
    return body["choices"][0]["message"]["content"] if heard.status == 200 else None


def stopped(heard: Heard) -> bool:
    """Whether this request was under way when the gateway was told to hurry, and is told so."""
    return heard.status == 503 and bool(error_in(heard.body)["code"] == "server_shutting_down")


def how_many(entries: list[dict[str, Any]]) -> int:
    return sum(bool(entry.get("stream")) for entry in entries)


def figures(size: int) -> list[Figure]:
    def measure() -> tuple[str, bool]:
        names = [list(RESTARTS)[number % len(RESTARTS)] for number in range(size)]
        with TemporaryDirectory() as folder, ThreadPoolExecutor(TOGETHER) as threads:
            begun = [
                threads.submit(restart, Path(folder) / str(number), *RESTARTS[name])
                for number, name in enumerate(names)
            ]
            outcomes = [restarting.result() for restarting in begun]
        found = [
            f"{name}: {flaw}"
            for name, outcome in zip(names, outcomes, strict=True)
            for flaw in flaws(name, outcome)
        ]
        requests = sum(len(outcome.requests) for outcome in outcomes)
        exits = [max(0.0, late(*one)) for one in zip(names, outcomes, strict=True)]
        told = f"{size * STREAMS} streams, {requests} requests; exits {spread(exits)} late"
        return f"{told}; {'; '.join(found[:3]) or '0 failed'}", not found

    return [
        judged(
            "22",
            done=f"{size} restarts of `serve` with {STREAMS} streams and requests under way:"
            f" {', '.join(RESTARTS)}",
            wanted="0 failed of what ends in the window; what cannot is told so in the stream; exit"
            " within the window and 2 s",
            measure=measure,
        )
    ]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    folder = tmp_path_factory.mktemp("drain")
    with ThreadPoolExecutor(len(RESTARTS)) as threads:
        begun = {
            name: threads.submit(restart, folder / str(number), *how)
            for number, (name, how) in enumerate(RESTARTS.items())
        }
        yield {name: restarting.result() for name, restarting in begun.items()}


@pytest.mark.parametrize("name", ["in time", "while reloading", "at a terminal"])
def test_what_ends_in_its_time_ends_well(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]

    assert len(outcome.streams) == STREAMS
    assert all(heard.whole for heard in outcome.streams)
    assert all(heard.body.endswith(b"data: [DONE]\n\n") for heard in outcome.streams)
    assert outcome.under_way is not None
    assert outcome.under_way.status == 200
    assert {heard.status for heard in outcome.requests} <= {200}
    assert {entry["status"] for entry in outcome.entries} == {200}
    assert len(outcome.entries) == STREAMS + 1 + len(outcome.requests)
    assert outcome.code == 0


@pytest.mark.parametrize("name", ["out of time", "twice"])
def test_a_stream_that_cannot_end_in_time_is_told_why(
    outcomes: dict[str, Outcome], name: str
) -> None:
    outcome = outcomes[name]

    assert len(outcome.streams) == STREAMS
    for heard in outcome.streams:
        assert (heard.whole, error_in(heard.body)["code"]) == (True, "server_shutting_down")
        assert b"[DONE]" not in heard.body
        assert b'"finish_reason":"' not in heard.body
    codes = [entry.get("code") for entry in outcome.entries if entry.get("stream")]
    assert codes == ["server_shutting_down"] * STREAMS
    assert outcome.code == 0


@pytest.mark.parametrize("name", ["in time", "out of time", "while reloading"])
def test_whoever_comes_in_the_first_seconds_is_answered_and_told_to_leave(
    outcomes: dict[str, Outcome], name: str
) -> None:
    outcome = outcomes[name]

    assert len(outcome.requests) > STREAMS
    assert {heard.status for heard in outcome.requests} == {200}
    assert outcome.requests[-1].headers["connection"] == "close"
    assert outcome.refused_after > ACCEPTING - EARLY
    assert outcome.ready == ([200, 503] if name != "while reloading" else [200])


def test_a_second_signal_waits_for_nobody(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["twice"].seconds < 600


def test_the_body_of_an_answer_is_json_to_its_last_byte(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        for heard in outcome.requests:
            assert said(heard) == "!" or (outcome is outcomes["twice"] and stopped(heard))
