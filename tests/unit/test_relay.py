"""The relay: what arrives through it, and what each fault does."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.plain import Caller
from tests.relay import NO_FAULTS, Faults, Relay
from tests.upstream import Act, Send, Upstream, whole

BODY = bytes(range(256)) * 400


@contextmanager
def relayed(
    *, to_upstream: Faults = NO_FAULTS, to_caller: Faults = NO_FAULTS, body: bytes = BODY
) -> Iterator[tuple[Caller, Relay, Upstream]]:
    with Upstream([Send(body), Act.CLOSE], [Send(body), Act.CLOSE]) as upstream:
        with Relay(upstream.port, to_upstream=to_upstream, to_caller=to_caller) as relay:
            with Caller(relay.port) as caller:
                yield caller, relay, upstream


def test_without_faults_every_byte_arrives() -> None:
    with relayed() as (caller, relay, upstream):
        caller.get("/x")

        assert caller.rest() == BODY
        assert relay.carried["to_caller"] == len(BODY)
        assert upstream.requests[0].target == "/x"


def test_a_drip_brings_every_byte() -> None:
    with relayed(to_caller=Faults(drip_bytes=50, delay_seconds=0.001), body=BODY[:999]) as (
        caller,
        _,
        _,
    ):
        caller.get()

        assert caller.rest() == BODY[:999]


@pytest.mark.parametrize("at", [0, 1, 1000])
def test_a_cut_comes_after_so_many_bytes(at: int) -> None:
    with relayed(to_caller=Faults(at=at, then="cut")) as (caller, _, upstream):
        caller.get()

        assert caller.rest() == BODY[:at]
        assert upstream.until(lambda upstream: upstream.closed == 1)


def test_a_reset_reaches_both_sides() -> None:
    with relayed(to_upstream=Faults(at=10, then="reset")) as (caller, _, upstream):
        caller.get()

        with pytest.raises(ConnectionResetError):
            caller.rest()
        assert upstream.until(lambda upstream: upstream.closed == 1)
        assert upstream.sockets[0].by == "caller"


def test_a_half_close_ends_one_direction_alone() -> None:
    with relayed(to_caller=Faults(at=100, then="half-close")) as (caller, relay, _):
        caller.get()
        heard = caller.rest()
        caller.send(b"more")
        caller.socket.shutdown(socket.SHUT_WR)

        assert heard == BODY[:100]
        assert relay.carried["to_caller"] == 100


def test_a_black_hole_swallows_the_rest_and_says_nothing() -> None:
    with relayed(to_caller=Faults(at=100, then="black-hole")) as (caller, _, upstream):
        caller.get()
        caller.socket.settimeout(0.1)

        assert len(caller.read_until(BODY[90:100])) == 100
        with pytest.raises(TimeoutError):
            caller.rest()
        assert upstream.until(lambda upstream: upstream.requests[0].finished)


@pytest.mark.parametrize("drip", [None, 7])
def test_noise_depends_on_the_seed_and_not_on_the_cuts(drip: int | None) -> None:
    def through(seed: int, drip: int | None = None) -> bytes:
        faults = Faults(corrupt=0.01, seed=seed, drip_bytes=drip)
        with relayed(to_caller=faults, body=BODY[:9999]) as (caller, _, _):
            caller.get()
            return caller.rest()

    noisy = through(1)
    turned = [a ^ b for a, b in zip(noisy, BODY[:9999], strict=True) if a != b]

    assert through(1, drip) == noisy != through(2)
    assert all(bit.bit_count() == 1 for bit in turned)
    assert 50 < len(turned) < 200


def test_a_caller_who_goes_away_is_gone_on_the_other_side() -> None:
    with Upstream([Act.STALL], [whole({})]) as upstream, Relay(upstream.port) as relay:
        with Caller(relay.port) as caller:
            caller.get()
            assert upstream.until(lambda upstream: len(upstream.requests) == 1)

        assert upstream.until(lambda upstream: upstream.closed == 1)


def test_where_nobody_listens_the_caller_is_let_go() -> None:
    with Upstream() as upstream:
        port = upstream.port
    with Relay(port) as relay, Caller(relay.port) as caller:
        assert caller.rest() == b""
