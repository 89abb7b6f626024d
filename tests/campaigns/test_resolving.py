"""Campaign 29: names that do not resolve, addresses that swallow, certificates that change."""

import asyncio
import ssl
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

import dragoman
from dragoman import Timeout
from dragoman.errors import APIConnectionError, APITimeoutError
from tests.campaigns.calls import ANSWER, KINDS, Kind, asking
from tests.campaigns.faults import BRIEF, COMPLETE
from tests.campaigns.figures import Figure, spread
from tests.campaigns.resolver import black_hole, resolving
from tests.relay import Faults, Relay
from tests.scripted import ScriptedServer
from tests.upstream import Upstream

HERE = Path(__file__).parent
KNOWN, OTHER = HERE.parent / "unit" / "transport" / "localhost.pem", HERE / "localhost.pem"

UNHURRIED = Timeout.of(10)


def lab(host: str, port: int = 1) -> dict[str, object]:
    """A client's settings: one provider, asked once."""
    return {
        "providers": {"lab": {"base_url": f"http://{host}:{port}/v1"}},
        "max_retries": 0,
        "timeout": UNHURRIED,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_resolver_that_is_silent_keeps_nobody_else_waiting(kind: Kind) -> None:
    # More than a pool of threads would have, so that the next would wait for one.
    over = threading.Event()
    with Upstream([COMPLETE]) as upstream, resolving(slow=[over], fine=[[upstream.port]]):
        settings = lab("slow.test")
        settings["providers"] = {
            "lab": {"base_url": "http://slow.test:1/v1"},
            "fine": {"base_url": "http://fine.test:1/v1"},
        }
        with asking(kind, **settings) as ask:
            for _ in range(40):
                with pytest.raises(APITimeoutError) as raised:
                    ask(timeout=Timeout(dns=0.001))
                assert (raised.value.phase, raised.value.attempt_class) == ("dns", "not_sent")
            assert ask(model="fine/m") == ANSWER
        over.set()


def test_a_program_does_not_wait_at_its_end_for_a_look_up_it_gave_up() -> None:
    async def ask() -> None:
        async with dragoman.AsyncClient(base_url="http://slow.test/v1", api_key="k") as client:
            with pytest.raises(APITimeoutError):
                await client.with_options(max_retries=0).chat.completions.create(
                    model="openai/m",
                    messages=[{"role": "user", "content": ""}],
                    timeout=Timeout(dns=0.001),
                )

    over = threading.Event()
    with resolving(slow=[over]) as resolver:
        asyncio.run(ask())

        assert (resolver.asked["slow.test"], resolver.waited["slow.test"]) == (1, 0)
        over.set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_was_unknown_is_asked_for_again(kind: Kind) -> None:
    with Upstream([COMPLETE]) as upstream, resolving(new=[None, [upstream.port]]):
        with asking(kind, **lab("new.test")) as ask:
            with pytest.raises(APIConnectionError, match="while looking up its address") as raised:
                ask()

            assert raised.value.attempt_class == "not_sent"
            assert ask() == ANSWER


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_moves_is_followed_and_no_dead_address_kept(kind: Kind) -> None:
    with ExitStack() as stack, Upstream([COMPLETE]) as new:
        old = stack.enter_context(Upstream([COMPLETE]))
        with resolving(moving=[[old.port], [new.port]]), asking(kind, **lab("moving.test")) as ask:
            said = [ask()]
            stack.close()  # its listener, and the connection that is kept
            said += [ask()]

    assert said == [ANSWER, ANSWER]
    assert (len(old.requests), len(new.requests)) == (1, 1)


def seconds_past(dead: list[int], kind: Kind, connect: float) -> float:
    """The time an answer took whose host has these addresses before the good one."""
    with Upstream([COMPLETE]) as upstream, resolving(two=[[*dead, upstream.port]]):
        with asking(kind, **lab("two.test")) as ask:
            begun = time.monotonic()
            assert ask(timeout=Timeout(connect=connect)) == ANSWER
            return time.monotonic() - begun


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_address_is_tried_where_one_swallows_or_refuses(kind: Kind) -> None:
    with Upstream() as closed:
        pass
    with black_hole() as dead:
        assert seconds_past([closed.port, dead], kind, connect=3 * BRIEF) < 20 * 3 * BRIEF


@pytest.mark.skipif("sys.platform != 'linux'", reason="elsewhere a full queue refuses")
@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_swallows_all_is_a_timeout_of_connecting(kind: Kind) -> None:
    with black_hole() as dead, resolving(dead=[[dead]]), asking(kind, **lab("dead.test")) as ask:
        with pytest.raises(APITimeoutError) as raised:
            ask(timeout=Timeout(connect=BRIEF))

    assert (raised.value.phase, raised.value.attempt_class) == ("connect", "not_sent")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("at", "phase", "attempt_class"),
    [(0, "first_byte", "ambiguous"), (99, "between_events", "started")],
)
def test_a_network_that_swallows_what_comes_back_is_a_timeout_of_its_phase(
    kind: Kind, at: int, phase: str, attempt_class: str
) -> None:
    swallowing = Faults(at=at, then="black-hole")
    with Upstream([COMPLETE]) as upstream, Relay(upstream.port, to_caller=swallowing) as relay:
        with asking(kind, **lab("127.0.0.1", relay.port)) as ask:
            with pytest.raises(APITimeoutError) as raised:
                ask(timeout=Timeout(**{phase: BRIEF}))

    assert (raised.value.phase, raised.value.attempt_class) == (phase, attempt_class)


def presented(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_that_changes_is_looked_at_anew(kind: Kind) -> None:
    closing = [COMPLETE.data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)]
    context = presented(KNOWN)
    with ScriptedServer(closing, [], closing, context=context) as server:
        settings = lab("localhost")
        settings["providers"] = {"lab": {"base_url": f"{server.url}/v1"}}
        trust = ssl.create_default_context(cafile=KNOWN)
        with asking(kind, ssl_context=trust, **settings) as ask:
            assert ask() == ANSWER
            context.load_cert_chain(OTHER)
            with pytest.raises(APIConnectionError, match="SSL_CERT_FILE") as raised:
                ask()
            context.load_cert_chain(KNOWN)

            assert raised.value.attempt_class == "not_sent"
            assert ask() == ANSWER


def campaign(count: int) -> list[Figure]:
    """How long it takes to get past an address that swallows everything."""
    connect = 0.2
    share = connect / 2 if sys.platform == "linux" else 0.0
    with black_hole() as dead:
        late = [seconds_past([dead], KINDS[number % 2], connect) - share for number in range(count)]
    return [
        Figure(
            campaign="29",
            done=f"{count} requests to a host whose first address swallows all packets: the time"
            " beyond that address's share of the connect timeout",
            wanted="answered by the second address, within 100 ms",
            measured=spread(late),
            met=max(late) <= 0.1,
        )
    ]
