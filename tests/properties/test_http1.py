"""Messages come out as they went in, however their bytes are cut, and nonsense breaks nothing."""

import gzip
from contextlib import suppress
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import Error
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import (
    AnswerEvent,
    End,
    Head,
    Piece,
    Refused,
    RequestHead,
)
from dragoman.transport.http1.server import ServerConnection
from dragoman.transport.protocol import Request

Told = list[object]


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    reads = []
    for size in cycle(sizes):
        reads.append(data[:size])
        data = data[size:]
        if not data:
            break
    return reads


def served(reads: list[bytes], *, eof: bool) -> Told:
    """What a server hears that answers at once: requests, refusals, whether it closes."""
    connection = ServerConnection()
    told: Told = []
    for read in [*reads, None]:
        if read is None and not eof:
            break
        again = None if read is None else connection.again(read)
        if again is not None:
            told.append((connection.request, again))
            connection.respond(200, {}, b"")
            continue
        events = connection.receive_eof() if read is None else connection.receive(read)
        while events:
            for event in events:
                match event:
                    case RequestHead():
                        head, body = event, b""
                    case Piece(data):
                        body += data
                    case End():
                        told.append((head, body))
                        connection.respond(200, {}, b"")
                    case Refused(error):
                        told.append(error.status_code)
                        connection.respond(error.status_code, {}, b"")
            events = connection.receive(b"")
    return [*told, connection.must_close]


def heard(reads: list[bytes], *, eof: bool, method: str = "POST") -> Told:
    """What a client hears: head, body, end or error, whether it may ask again."""
    connection = ClientConnection()
    connection.send(Request(method=method, url="http://a.example/", headers={}, body=b""))
    connection.written = True
    heads: list[Head] = []
    body = b""
    ended = False
    error: Error | None = None
    for read in [*reads, None]:
        events: list[AnswerEvent] = []
        if (read is None and not eof) or connection.error is not None:
            break
        with suppress(Error):  # kept in `error`, too
            events = connection.receive_eof() if read is None else connection.receive(read)
        heads += [event for event in events if isinstance(event, Head)]
        body += b"".join(event.data for event in events if isinstance(event, Piece))
        ended = ended or End() in events
    if not ended and connection.error is not None:
        error = connection.error
    return [heads, body, ended, type(error), getattr(error, "code", None), connection.reusable]


sizes = st.lists(st.integers(1, 9) | st.integers(10, 200), min_size=1, max_size=12)
bodies = st.binary(max_size=80) | st.lists(
    st.sampled_from([b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"GET / HTTP/1.1\r\n", b"a"]), max_size=9
).map(b"".join)
names = st.sampled_from(["X-A", "x-b", "X_C", "Accept", "User-Agent"])
values = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20).map(
    lambda value: value.strip(" ")
)
headers = st.dictionaries(names, values, max_size=4)
splits = st.lists(st.integers(1, 30), min_size=1, max_size=5)


def chunked(body: bytes, parts: list[int]) -> bytes:
    pieces = cut(body, parts) if body else []
    chunks = b"".join(b"%X;x=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\nX-T: 1\r\n\r\n"


def framed(start: str, fields: dict[str, str], body: bytes, parts: list[int] | None) -> bytes:
    framing = (
        {"Content-Length": str(len(body))} if parts is None else {"Transfer-Encoding": "chunked"}
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**fields, **framing}.items())
    head = f"{start}\r\n{lines}\r\n".encode("latin-1")
    return head + (body if parts is None else chunked(body, parts))


def lower(fields: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


requests = st.tuples(headers, bodies, st.none() | splits, st.booleans())


@given(asked=st.lists(requests, min_size=1, max_size=3), sizes=sizes)
def test_requests_are_heard_as_they_were_sent(
    asked: list[tuple[dict[str, str], bytes, list[int] | None, bool]], sizes: list[int]
) -> None:
    sent = b""
    expected: Told = []
    for fields, body, parts, packed in asked:
        fields = {"Host": "a.example", **fields}
        coding = {"Content-Encoding": "gzip"} if packed else {}
        carried = gzip.compress(body) if packed else body
        sent += framed("POST /x HTTP/1.1", {**fields, **coding}, carried, parts)
        if parts is not None:
            fields["Transfer-Encoding"] = "chunked"
        head = RequestHead("POST", "/x", lower(fields), "1.1", expects_continue=False)
        expected.append((head, body))

    assert served([sent], eof=False) == [*expected, False]
    assert served(cut(sent, sizes), eof=False) == [*expected, False]
    assert served(cut(sent, sizes), eof=True) == [*expected, True]


@given(
    fields=headers, body=bodies, parts=st.none() | splits, interim=st.integers(0, 2), sizes=sizes
)
def test_answers_are_heard_as_they_were_sent(
    fields: dict[str, str], body: bytes, parts: list[int] | None, interim: int, sizes: list[int]
) -> None:
    sent = b"HTTP/1.1 103 \r\nLink: x\r\n\r\n" * interim
    sent += framed("HTTP/1.1 200 OK", fields, body, parts)

    for reads in ([sent], cut(sent, sizes)):
        heads, *rest = heard(reads, eof=False)
        assert isinstance(heads, list)
        (head,) = heads
        assert lower(fields).items() <= head.headers.items()
        assert rest == [body, True, type(None), None, True]


@given(fields=headers, body=bodies, pieces=st.lists(bodies, max_size=4), sizes=sizes)
def test_each_side_reads_what_the_other_writes(
    fields: dict[str, str], body: bytes, pieces: list[bytes], sizes: list[int]
) -> None:
    client, server = ClientConnection(), ServerConnection()
    sent = client.send(Request(method="PUT", url="http://a.example/x", headers=fields, body=body))
    client.written = True
    asked = [event for read in cut(sent, sizes) for event in server.receive(read)]
    whole = server.respond(200, fields, body)
    answer = [event for read in cut(whole, sizes) for event in client.receive(read)]

    assert isinstance(asked[0], RequestHead)
    assert lower(fields).items() <= asked[0].headers.items()
    assert b"".join(event.data for event in asked if isinstance(event, Piece)) == body
    assert isinstance(answer[0], Head)
    assert lower(fields).items() <= answer[0].headers.items()
    assert b"".join(event.data for event in answer if isinstance(event, Piece)) == body

    sent = client.send(Request(method="GET", url="http://a.example/", headers={}, body=b""))
    client.written = True
    server.receive(sent)
    written = server.start(200, fields) + b"".join(map(server.piece, pieces)) + server.end()
    answer = [event for read in cut(written, sizes) for event in client.receive(read)]

    assert b"".join(event.data for event in answer if isinstance(event, Piece)) == b"".join(pieces)
    assert answer[-1] == End()
    assert client.reusable


starts = [b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.0\r\n", b"HEAD / HTTP/1.1\r\n", b"GET /\r\n"]
statuses = [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 204 \r\n", b"HTTP/1.0 200\r\n", b"HTTP/1.1 100 \r\n"]
fields = [
    b"Host: a\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\nUpgrade: x\r\n",
    b"Expect: 100-continue\r\n",
    b"X-A: 1\r\n",
    b" fold\r\n",
    b"X : 1\r\n",
]
ends = [b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"\x00"]
chunks = [b"3\r\nabc\r\n", b"3;x\r\nab", b"0\r\n\r\n", b"0\r\n", b"abc", b"a"]
scraps = st.lists(
    st.sampled_from([*starts, *statuses, *fields, *ends, *chunks]) | st.binary(max_size=3),
    max_size=14,
).map(b"".join)
likely_requests = st.builds(
    lambda start, fields, rest: start + b"Host: a\r\n" + b"".join(fields) + b"\r\n" + rest,
    st.sampled_from(starts),
    st.lists(st.sampled_from(fields), max_size=3),
    scraps,
)
likely_answers = st.builds(
    lambda start, fields, rest: start + b"".join(fields) + b"\r\n" + rest,
    st.sampled_from(statuses),
    st.lists(st.sampled_from(fields), max_size=3),
    scraps,
)


@given(data=scraps | likely_requests | st.binary(), sizes=sizes, eof=st.booleans())
def test_no_bytes_break_a_server_and_no_cut_changes_what_it_hears(
    data: bytes, sizes: list[int], eof: bool
) -> None:
    assert served(cut(data, sizes), eof=eof) == served([data], eof=eof)


@given(
    data=scraps | likely_answers | st.binary(),
    sizes=sizes,
    eof=st.booleans(),
    method=st.sampled_from(["POST", "HEAD", "CONNECT"]),
)
def test_no_bytes_break_a_client_and_no_cut_changes_what_it_hears(
    data: bytes, sizes: list[int], eof: bool, method: str
) -> None:
    whole = heard([data], eof=eof, method=method)

    assert heard(cut(data, sizes), eof=eof, method=method) == whole
