"""Campaign 17, on the client's side: each deadline of `Timeout` alone, on the wall clock.

(That each fires at its value to the instant, a clock that only the test moves shows in
`tests/unit/transport/test_deadlines.py`.)
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import pytest

from dragoman import Timeout
from dragoman.errors import APITimeoutError, AttemptClass
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.blocking import BlockingTransport
from tests.campaigns.calls import KINDS, Kind, asking
from tests.campaigns.faults import COMPLETE, ROLE
from tests.campaigns.figures import Figure, spread
from tests.campaigns.resolver import resolving
from tests.upstream import STREAM, Act, Script, Upstream, half

BRIEF: Final = 0.05
BAR: Final = 0.1
"""Seconds that a deadline may be late."""

EARLY: Final = 0.02
"""What some systems' clocks cannot tell apart."""

Place = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""A base URL, what the client is made with besides, and what is asked besides."""


@contextmanager
def playing(*script: Any, **fields: Any) -> Iterator[Place]:
    played: Script = list(script)
    with Upstream(played) as upstream:
        yield upstream.url, {}, fields


@contextmanager
def unresolved() -> Iterator[Place]:
    over = threading.Event()
    with resolving(slow=[over]):
        yield "http://slow.test", {}, {}
        over.set()


@contextmanager
def unconnected() -> Iterator[Place]:
    """A proxy that does not answer: its word is part of connecting."""
    with Upstream([Act.STALL]) as proxy:
        yield "http://lab.test", {"proxy": proxy.url}, {}


@contextmanager
def unanswered(scheme: str, **fields: Any) -> Iterator[Place]:
    """A port that takes connections, and from them nothing that does not fit into buffers."""
    with socket.create_server(("127.0.0.1", 0), backlog=5) as listener:
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", {}, fields


LARGE: Final = {"x_new": "x" * 16 * 1024 * 1024}

PHASES: Final[dict[str, tuple[AttemptClass, Callable[[], Any]]]] = {
    "dns": ("not_sent", unresolved),
    "connect": ("not_sent", unconnected),
    "tls": ("not_sent", lambda: unanswered("https")),
    "write": ("ambiguous", lambda: unanswered("http", extra_body=LARGE)),
    "first_byte": ("ambiguous", lambda: playing(Act.STALL)),
    "first_content": ("started", lambda: playing(STREAM, ROLE, Act.STALL, stream=True)),
    "between_events": ("started", lambda: playing(half(COMPLETE), Act.STALL)),
    "total": ("started", lambda: playing(STREAM, ROLE, Act.STALL, stream=True)),
}


def passed(phase: str, kind: Kind) -> tuple[APITimeoutError, float]:
    """The deadline that passed where only this one was short; and how late it was."""
    with PHASES[phase][1]() as (url, settings, fields):
        providers = {"lab": {"base_url": f"{url}/v1"}}
        with asking(kind, providers=providers, max_retries=0, **settings) as ask:
            begun = time.monotonic()
            with pytest.raises(APITimeoutError) as raised:
                ask(timeout=Timeout(**{phase: BRIEF}), **fields)
            return raised.value, time.monotonic() - begun - BRIEF


def passed_in_line(kind: Kind) -> tuple[APITimeoutError, float]:
    """The same of `pool`: one call has the only connection, and another waits for it."""
    with Upstream([Act.STALL]) as upstream:
        transport: Any = (BlockingTransport if kind == "blocking" else AsyncioTransport)(
            limit_per_host=1
        )
        providers = {"lab": {"base_url": f"{upstream.url}/v1"}}
        with asking(kind, providers=providers, max_retries=0, transport=transport) as ask:

            def hold() -> None:
                with suppress(APITimeoutError):
                    ask(timeout=10 * BRIEF)

            holding = threading.Thread(target=hold)
            holding.start()
            assert upstream.until(lambda upstream: bool(upstream.requests))
            begun = time.monotonic()
            with pytest.raises(APITimeoutError) as raised:
                ask(timeout=Timeout(pool=BRIEF))
            late = time.monotonic() - begun - BRIEF
            holding.join()
            return raised.value, late


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", PHASES)
def test_each_deadline_passes_under_its_own_name(phase: str, kind: Kind) -> None:
    error, late = passed(phase, kind)

    assert (error.phase, error.attempt_class) == (phase, PHASES[phase][0])
    assert -EARLY < late < 20 * BAR


@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_for_a_connection_passes_under_its_own_name(kind: Kind) -> None:
    error, late = passed_in_line(kind)

    assert (error.phase, error.attempt_class) == ("pool", "not_sent")
    assert -EARLY < late < 20 * BAR


def campaign(count: int) -> list[Figure]:
    """How late the deadlines are, each so often, on a loop as often as blocking."""
    late: list[float] = []
    wrong: list[str] = []
    for number in range(count):
        for phase in PHASES:
            error, seconds = passed(phase, KINDS[number % 2])
            if phase != "write":  # It began when the last piece was taken, which nobody saw.
                late.append(seconds)
            wrong += [f"{phase}: {error.phase}"] if error.phase != phase else []
        late.append(passed_in_line(KINDS[number % 2])[1])
    return [
        Figure(
            campaign="17",
            done=f"each of the {len(PHASES) + 1} deadlines of `Timeout` alone, {count} times:"
            " how late it was (`write` apart: each piece that is taken begins it anew)",
            wanted="its own name each time, at most 100 ms late",
            measured="; ".join(wrong) or f"all named; {spread(late)}",
            met=not wrong and max(late) <= BAR,
        )
    ]
