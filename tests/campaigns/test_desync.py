"""One request in, one request out: on a socket of our own, and behind nginx and HAProxy.

Every request of the HTTP cases, then 5,000 mutated attacks on each way in; `desync.run` does more
of them. What a proxy refuses counts as refused, and what it mends before it passes it on is no
longer the case: so behind one, what is looked at is that no more comes out than went in, and that
nobody else is harmed. How bytes are read is tested without sockets, in `tests.acceptance`.

Authority: http.md beside the cases.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.background import Background
from tests.campaigns.desync import PATIENT, STATUS, Bystander, Witness, judge, run, told_to
from tests.fronts import FRONTS, each_front
from tests.http_cases import Case, accepted, bytes_of, each
from tests.plain import Caller
from tests.served import serving

PAIRS = 5_000

SEED = 34


@each("request")
def test_a_socket_takes_and_refuses_requests_as_the_cases_say(case: Case) -> None:
    witness = Witness(proxied=False)
    with serving(witness) as (server, _), Caller(server.port) as caller:
        told = all_told(case, caller)
    statuses = [int(status) for status in STATUS.findall(told)]

    judge(bytes_of(case) + b"/x/again", told)
    if accepted(case):
        garbage = [400] if "garbage" in case["name"] else []
        again = [] if case.get("close") else [200]
        assert statuses == [200] * case.get("answers", 1) + garbage + again
        if "body" in case:
            assert witness.heard[0].body == case["body"].encode("latin-1")
    else:
        assert statuses in ([status] for status in case.get("status", [400]))
        assert witness.heard == []


def all_told(case: Case, caller: Caller) -> bytes:
    """What the caller is told of this case; and of another request, where there may be one."""
    with suppress(ConnectionError):  # Refused before its end.
        caller.send(bytes_of(case))
    if "then" in case:
        assert caller.answer().status == 100
        caller.send(case["then"].encode("latin-1"))
    if case.get("fin"):
        caller.socket.shutdown(socket.SHUT_WR)
    if accepted(case) and not case.get("close"):
        caller.get("/x/again", "Connection: close")
    return caller.rest()


class Behind:
    """A witness behind a proxy, with somebody else who asks it, too."""

    def __init__(self, port: int, witness: Witness, background: Background) -> None:
        self._port = port
        self._witness = witness
        self._background = background
        self._bystander = Bystander(port)
        self._asked = 0

    def told(self, data: bytes) -> bytes:
        self._asked += 1
        self._witness.heard.clear()
        told = told_to(self._port, data, self._bystander, self._asked)
        return self._background.run(told)

    def leave(self) -> None:
        self._background.run(self._bystander.leave())

    @property
    def heard(self) -> list[str]:
        """The targets of what came through, those of the bystander aside."""
        assert self._witness.flaws == []
        targets = [request.target for request in self._witness.heard]
        return [target for target in targets if not target.startswith("/v")]


@pytest.fixture(scope="module")
def behind(request: pytest.FixtureRequest) -> Iterator[Behind]:
    witness = Witness(proxied=True)
    with serving(witness, guards=PATIENT) as (server, background):
        with FRONTS[request.param](server.port) as port:
            behind = Behind(port, witness, background)
            yield behind
            behind.leave()


@each("request")
@each_front("behind", indirect=True)
def test_behind_a_proxy_no_more_comes_out_than_went_in(behind: Behind, case: Case) -> None:
    data = bytes_of(case) + case.get("then", "").encode("latin-1")

    told = behind.told(data)

    judge(data, told)
    assert len(behind.heard) <= case.get("answers", 1)


def test_no_mutated_attack_harms_anybody_else() -> None:
    run(PAIRS, SEED, ["none"])


@each_front()
def test_no_mutated_attack_gets_past_a_proxy(front: str) -> None:
    run(PAIRS, SEED, [front])
