"""Compressed answers: decompressed, though nobody asked for them, and never beyond the caps."""

import gzip
import zlib
from contextlib import suppress

import pytest

from dragoman.errors import APIConnectionError, Error, RemoteProtocolError
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import AnswerEvent, End, Head, Piece
from dragoman.transport.http1.server import ServerConnection
from dragoman.transport.protocol import Request

MIB = 1024 * 1024
TEXT = b"hello, " * 1000

PACKED = {
    "gzip": gzip.compress(TEXT),
    "X-GZip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
}


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def answered(
    coding: str, *reads: bytes, limit: int = 64 * MIB
) -> tuple[ClientConnection, list[AnswerEvent]]:
    """A connection after an answer in this coding that came in these reads."""
    connection = ClientConnection(decoded_limit=limit)
    connection.send(Request(method="POST", url="http://a.example/", headers={}, body=b""))
    connection.written = True
    size = sum(map(len, reads))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {size}\r\n\r\n"
    events = connection.receive(head.encode())
    for read in reads:
        if connection.error is None:
            with suppress(Error):  # kept in `error`, too
                events += connection.receive(read)
    return connection, events


def body(events: list[AnswerEvent]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Piece))


@pytest.mark.parametrize("coding", PACKED)
def test_a_compressed_answer_is_given_decompressed(coding: str) -> None:
    connection, events = answered(coding, PACKED[coding])

    assert events == [Head(200, {}, ended_by_close=False), Piece(TEXT), End()]
    assert connection.reusable


@pytest.mark.parametrize("coding", PACKED)
def test_it_may_be_cut_anywhere(coding: str) -> None:
    packed = PACKED[coding]
    _, events = answered(coding, *[packed[at : at + 1] for at in range(len(packed))])

    assert body(events) == TEXT
    assert events[-1] == End()


def test_deflate_without_its_wrapper_is_understood() -> None:
    _, events = answered("deflate", raw_deflate(TEXT))

    assert body(events) == TEXT


def test_gzip_may_have_several_members() -> None:
    _, events = answered("gzip", gzip.compress(TEXT) + gzip.compress(b"") + gzip.compress(b"!"))

    assert body(events) == TEXT + b"!"
    assert events[-1] == End()


def test_an_empty_body_is_empty_in_every_coding() -> None:
    assert answered("gzip")[1][-1] == End()


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
def test_identity_is_no_coding(coding: str) -> None:
    _, events = answered(coding, b"hello")

    assert body(events) == b"hello"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "x-secret"])
def test_other_codings_are_refused_by_name(coding: str) -> None:
    connection, events = answered(coding, b"hello")

    assert [type(event) for event in events] == [Head]
    assert isinstance(connection.error, RemoteProtocolError)
    assert coding in connection.error.message


@pytest.mark.parametrize("coding", PACKED)
def test_a_compressed_body_that_ends_before_its_end_is_cut(coding: str) -> None:
    packed = PACKED[coding]
    connection, events = answered(coding, packed[:-1])

    assert TEXT.startswith(body(events))
    assert End() not in events
    assert isinstance(connection.error, APIConnectionError)
    assert connection.error.code == "stream_truncated"


def test_without_a_length_the_compressed_body_must_end_too() -> None:
    connection = ClientConnection()
    connection.send(Request(method="POST", url="http://a.example/", headers={}, body=b""))
    connection.receive(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + PACKED["gzip"][:-1])

    with pytest.raises(APIConnectionError):
        connection.receive_eof()


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("junk", [b"x", b"\x00\x00", b"junk that goes on"])
def test_what_follows_a_compressed_body_is_an_error(coding: str, junk: bytes) -> None:
    for reads in ([PACKED[coding] + junk], [PACKED[coding], junk]):
        connection, events = answered(coding, *reads)

        assert body(events) == TEXT
        assert isinstance(connection.error, RemoteProtocolError)


@pytest.mark.parametrize("coding", PACKED)
def test_what_is_not_compressed_as_it_says_is_an_error(coding: str) -> None:
    connection, _ = answered(coding, PACKED[coding][:40], b"nonsense" * 9)

    assert isinstance(connection.error, RemoteProtocolError)


def test_a_bomb_is_given_up_at_a_hundred_to_one() -> None:
    packed = gzip.compress(bytes(256 * MIB), 9)
    connection, events = answered(
        "gzip", *[packed[at : at + 65_536] for at in range(0, len(packed), 65_536)]
    )

    assert isinstance(connection.error, RemoteProtocolError)
    assert len(body(events)) <= 100 * 65_536


def test_a_short_text_may_be_as_dull_as_it_likes() -> None:
    _, events = answered("gzip", gzip.compress(bytes(MIB), 9))

    assert body(events) == bytes(MIB)


def test_the_absolute_cap_holds_whatever_the_ratio() -> None:
    fits, _ = answered("gzip", gzip.compress(TEXT), limit=len(TEXT))
    over, events = answered("gzip", gzip.compress(TEXT), limit=len(TEXT) - 1)

    assert fits.error is None
    assert isinstance(over.error, RemoteProtocolError)
    assert body(events) == TEXT[:-1]


def test_members_are_counted() -> None:
    member = gzip.compress(b"")

    assert answered("gzip", member * 1_000)[0].error is None
    assert isinstance(answered("gzip", member * 1_001)[0].error, RemoteProtocolError)


# What we write


def test_nothing_we_write_is_compressed_whoever_would_take_it() -> None:
    dull = b"a" * 10_000
    sent = ClientConnection().send(
        Request(method="POST", url="http://a.example/", headers={}, body=dull)
    )
    server = ServerConnection()
    server.receive(b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n")
    answered = server.respond(200, {}, dull)

    assert sent.endswith(b"\r\n\r\n" + dull)
    assert answered.endswith(b"\r\n\r\n" + dull)
    assert b"content-encoding" not in (sent + answered).lower()
