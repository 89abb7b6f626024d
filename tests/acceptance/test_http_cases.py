"""Every HTTP/1.1 case, against both connections, however its bytes are cut.

Each runs in one piece, cut in two at every byte, and byte by byte; the huge ones are cut at random
places only. No sockets here: `tests.campaigns.test_desync` has them.

Authority: http.md beside the cases.
"""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dragoman.errors import APIConnectionError, Error, RemoteProtocolError
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import AnswerEvent, End, Piece, Refused, RequestHead
from dragoman.transport.http1.server import ServerConnection
from dragoman.transport.protocol import Request
from tests.http_cases import Case, accepted, bytes_of, each

RANDOM_CUTS = 50


def readings(case: Case) -> Iterator[list[bytes]]:
    """The case's bytes, as a socket might bring them."""
    data = bytes_of(case)
    yield [data]
    if "fill" in case:
        chance = random.Random(case["id"])
        places = sorted(chance.randrange(1, len(data)) for _ in range(RANDOM_CUTS))
        yield [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
        return
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]
    yield [data[at : at + 1] for at in range(len(data))]


class Served(NamedTuple):
    """What a server that answers 200 with what it read made of a case."""

    bodies: list[bytes]
    refusals: list[int]
    told_to_go_ahead: bool
    closed: bool


def served(case: Case, reads: list[bytes]) -> Served:
    connection = ServerConnection()
    bodies: list[bytes] = []
    refusals: list[int] = []
    told_to_go_ahead = False
    body = b""
    waiting: list[bytes | None] = [*reads, None] if case.get("fin") else [*reads]
    while waiting:
        read = waiting.pop(0)
        events = connection.receive_eof() if read is None else connection.receive(read)
        while events:
            for event in events:
                match event:
                    case RequestHead():
                        body = b""
                        if "then" in case and event.expects_continue and connection.go_ahead():
                            told_to_go_ahead = True
                            waiting.append(case["then"].encode("latin-1"))
                    case Piece(data):
                        body += data
                    case End():
                        bodies.append(body)
                        connection.respond(200, {"X-A": "1"}, body)
                    case Refused(error):
                        refusals.append(error.status_code)
                        connection.respond(error.status_code, {}, b"no")
            events = connection.receive(b"")
    return Served(bodies, refusals, told_to_go_ahead, connection.must_close)


@each("request")
def test_a_server_takes_and_refuses_requests_as_the_cases_say(case: Case) -> None:
    answers = case.get("answers", 1)
    for reads in readings(case):
        got = served(case, reads)

        if accepted(case):
            assert len(got.bodies) == answers, reads
            assert got.closed == case.get("close", False), reads
            # Nonsense behind a good request is refused by itself.
            assert got.refusals == ([400] if "garbage" in case["name"] else []), reads
            assert got.told_to_go_ahead == ("then" in case), reads
            if "body" in case:
                assert got.bodies[0] == case["body"].encode("latin-1"), reads
        else:
            assert got.bodies == [], reads
            assert len(got.refusals) == 1, reads
            assert got.refusals[0] in case.get("status", [400]), reads
            assert got.closed, reads


class Heard(NamedTuple):
    """What a client made of a case."""

    body: bytes
    complete: bool
    error: Error | None
    reusable: bool


def heard(case: Case, reads: list[bytes]) -> Heard:
    connection = ClientConnection()
    if not case.get("idle"):
        method = case.get("method", "POST")
        connection.send(Request(method=method, url="http://a.example/x", headers={}, body=b""))
        connection.written = True
    feeds: list[Callable[[], list[AnswerEvent]]] = []
    for read in reads:
        feeds.append(lambda read=read: connection.receive(read))  # type: ignore[misc]  # bound now
    if case.get("fin"):
        feeds.append(connection.receive_eof)
    if case.get("reset"):
        feeds.append(connection.receive_reset)
    body, complete = b"", False
    error: Error | None = None
    for feed in feeds:
        try:
            events = feed()
        except (RemoteProtocolError, APIConnectionError) as raised:
            # Bytes behind a complete answer poison the connection, never the answer.
            error = None if complete else raised
            break
        body += b"".join(event.data for event in events if isinstance(event, Piece))
        complete = complete or any(isinstance(event, End) for event in events)
        if connection.error is not None:
            error = connection.error
            break
    return Heard(body, complete, error, connection.reusable)


@each("response")
def test_a_client_takes_and_refuses_answers_as_the_cases_say(case: Case) -> None:
    for reads in readings(case) if bytes_of(case) else [[]]:
        got = heard(case, reads)

        if accepted(case):
            assert got.error is None, reads
            assert got.complete, reads
            assert got.body == case["body"].encode("latin-1"), reads
            if "reuse" in case:
                assert got.reusable == case["reuse"], reads
        else:
            assert got.error is not None, reads
            assert not got.complete, reads
            assert b"hello".startswith(got.body), reads
            assert not got.reusable, reads
