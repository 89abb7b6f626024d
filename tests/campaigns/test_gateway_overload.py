"""Campaign 18: twice as many requests as the gateway takes, while streams are running.

What is too much is refused early, and told to come back; what was let in is answered, and a stream
that is running notices nothing. Arrivals do not wait for answers.
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from dragoman.gateway.admission import QUEUE_SECONDS, Admission
from tests.gateway_process import serving
from tests.gateways import HI, ByModel, Door, ask, begin, error_in, lab, running, until
from tests.plain import Caller, Heard
from tests.upstream import END, STREAM, Pause, Script, event, whole

PENDING: Final = 8

TAKES: Final = 0.1
"""Seconds of an answer, so that the capacity is eighty a second."""

STREAMS: Final = 5

ANSWER: Final = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "!"}, "finish_reason": "stop"}
    ],
}


def paced(seconds: float) -> Script:
    ticks = int(seconds * 20)
    return [STREAM, *(step for _ in range(ticks) for step in (event("a "), Pause(0.05))), *END]


@dataclass
class Account:
    """What callers were told."""

    answers: list[Heard] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """How long each refusal took."""
    health: list[int] = field(default_factory=list)

    def ask(self, port: int) -> None:
        begun = time.monotonic()
        with Caller(port) as caller:
            heard = ask(caller, {"model": "lab/slow", "messages": HI})
        if heard.status == 503:
            self.seconds.append(time.monotonic() - begun)
        self.answers.append(heard)

    def look(self, port: int) -> None:
        with Caller(port) as caller:
            caller.get("/health/live")
            self.health.append(caller.answer().status)


def campaign(door: Door, times: float, seconds: float) -> Account:
    """So many times what the gateway can take, for so long."""
    account = Account()
    count = int(times * seconds * PENDING / TAKES)
    with ThreadPoolExecutor(8 * PENDING) as callers:
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begun + number * seconds / count - time.monotonic()))
            callers.submit(account.ask, door.port)
            if number % 50 == 0:
                callers.submit(account.look, door.port)
    assert len(account.answers) == count
    return account


def test_what_is_too_much_is_refused_and_what_runs_is_not_touched() -> None:
    scripts: dict[str, Script] = {"slow": [Pause(TAKES), whole(ANSWER)], "stream": paced(3.5)}
    admission = Admission(pending_limit=PENDING)
    with ByModel(scripts) as upstream, running(lab(upstream), admission=admission) as door:
        streams = [Caller(door.port) for _ in range(STREAMS)]
        for caller in streams:
            begin(caller, {"model": "lab/stream", "messages": HI, "stream": True})
        assert until(lambda: door.counts == (0, STREAMS))
        account = campaign(door, 2, 2.5)
        statuses = Counter(heard.status for heard in account.answers)
        refused = [heard for heard in account.answers if heard.status == 503]

        assert set(statuses) == {200, 503}
        assert statuses[200] >= 0.5 * 2.5 * PENDING / TAKES
        for heard in refused:
            assert error_in(heard.body)["code"] == "overloaded"
            assert int(heard.headers["retry-after"]) >= 1
            assert heard.headers["x-should-retry"] == "true"
        assert max(account.seconds) < 20 * QUEUE_SECONDS
        assert set(account.health) == {200}
        for caller in streams:
            heard = caller.answer()
            caller.socket.close()
            assert heard.body.count(b'"content":"a "') == 70
            assert heard.body.endswith(b"data: [DONE]\n\n")
        assert door.counts == (0, 0)
        assert admission.waiting == 0
        assert len(upstream.requests) == STREAMS + statuses[200]

        after = campaign(door, 0.5, 0.5)
        assert {heard.status for heard in after.answers} == {200}


def test_a_gateway_that_is_full_tells_so_before_it_reads_what_is_asked() -> None:
    scripts: dict[str, Script] = {"held": [Pause(1), whole(ANSWER)]}
    admission = Admission(pending_limit=1)
    with ByModel(scripts) as upstream, running(lab(upstream), admission=admission) as door:
        with Caller(door.port) as first, Caller(door.port) as second:
            begin(first, {"model": "lab/held", "messages": HI})
            assert upstream.until(lambda up: len(up.requests) == 1)

            assert ask(second, b"{").status == 503
            assert first.answer().status == 200


def test_streams_have_a_bound_of_their_own() -> None:
    scripts: dict[str, Script] = {"stream": paced(1), "m": [whole(ANSWER)]}
    admission = Admission(stream_limit=1)
    with ByModel(scripts) as upstream, running(lab(upstream), admission=admission) as door:
        with Caller(door.port) as first, Caller(door.port) as second:
            begin(first, {"model": "lab/stream", "messages": HI, "stream": True})
            assert until(lambda: door.counts == (0, 1))
            heard = ask(second, {"model": "lab/stream", "messages": HI, "stream": True})

            assert (heard.status, json.loads(heard.body)["error"]["code"]) == (503, "overloaded")
            assert ask(second, {"model": "lab/m", "messages": HI}).status == 200
            assert first.answer().body.endswith(b"data: [DONE]\n\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_gateway_without_memory_takes_nothing_new_until_it_has_some(tmp_path: Path) -> None:
    body = {"model": "sim/hello", "messages": HI}
    with serving(tmp_path, "[gateway]\nmemory_limit = 1000\n") as gateway:
        with Caller(gateway.port) as caller:
            refused = ask(caller, body)
            caller.get("/health/ready")
            ready = caller.answer()
            gateway.write("[gateway]\nmemory_limit = 100_000_000_000\n")

            assert until(lambda: ask(caller, body).status == 200)
        assert (refused.status, error_in(refused.body)["code"]) == (503, "overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        assert ready.status == 200
        told = [one["message"] for one in gateway.log() if "message" in one]
        assert "short of memory: new requests are refused" in told


def test_counts_are_right_whatever_happens_at_once() -> None:
    """Callers who ask, leave, wait in the queue, and are refused, all together."""
    scripts: dict[str, Script] = {"slow": [Pause(0.02), whole(ANSWER)], "stream": paced(0.1)}
    admission = Admission(pending_limit=4)
    with ByModel(scripts) as upstream, running(lab(upstream), admission=admission) as door:

        def come(number: int) -> None:
            model = ("slow", "stream")[number % 2]
            with Caller(door.port) as caller:
                fields = {"model": f"lab/{model}", "messages": HI, "stream": model == "stream"}
                begin(caller, fields)
                if number % 3 == 0:
                    time.sleep(number % 7 / 200)
                    caller.reset()
                else:
                    assert caller.answer().status in (200, 503)

        with ThreadPoolExecutor(16) as callers:
            assert len(list(callers.map(come, range(400)))) == 400

        assert until(lambda: door.counts == (0, 0))
        assert until(lambda: len(door.entries) == 400)
