"""Campaign 14, on the client's side: however the network cuts a stream, the same chunks come.

Most cuts go without sockets through the sans-IO connection and the decoder; some go over real ones,
through a relay and without, to both drivers.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import pytest

from dragoman import AsyncClient, Client
from dragoman.dialects import DIALECTS
from dragoman.transport.http1.client import ClientConnection
from dragoman.transport.http1.events import End, Piece
from dragoman.transport.protocol import Request
from tests.campaigns.figures import Figure, seeds
from tests.corpus import OPENAI_SHAPED, records
from tests.relay import Faults, Relay
from tests.spoken import MADE
from tests.upstream import Send, Upstream

REQUEST: Final = Request(method="POST", url="http://a/v1", headers={}, body=b"{}")
HEAD: Final = (
    b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
LONGEST_PIECES: Final = (1, 3, 20, 150, 1500, 64 * 1024)
SHARES: Final = (1, 2, 7, 30, 30, 30)

LONGEST_STREAM: Final = 4_000
"""Bytes; there are enough short ones among those recorded."""

TEXTS: Final = ("Grüße, ", "世界", " 👩‍👩‍👧 ", "\u2028", "\r\n\r\n", "data: x\n\n", "a" * 99, "é")
CALLS: Final = ('{"city":', ' "São Paulo", "n": 123456789012345678901234567890}')


def recorded_like() -> bytes:
    """Events with all that is easily cut wrong: characters of four bytes, CRLF, comments, calls."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text} for text in TEXTS]
    first: dict[str, Any] = {"index": 0, "id": "call_1", "type": "function"}
    deltas.append({"tool_calls": [{**first, "function": {"name": "f", "arguments": CALLS[0]}}]})
    deltas.append({"tool_calls": [{"index": 0, "function": {"arguments": CALLS[1]}}]})
    reasons = [None] * len(deltas) + ["tool_calls"]
    told = [
        {"index": 0, "delta": delta, "finish_reason": reason}
        for delta, reason in zip([*deltas, {}], reasons, strict=True)
    ]
    lines = [
        json.dumps(
            {"id": "c", "created": 1, "model": "m", "x_new": 2**70, "choices": [choice]},
            ensure_ascii=number % 2 == 0,
        )
        for number, choice in enumerate(told)
    ]
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    lines.append(json.dumps({"id": "c", "choices": [], "usage": usage}))
    ends = ("\n\n", "\r\n\r\n", "\n: still here\n\n", "\nid: 7\n\n")
    events = [f"data: {line}{ends[number % 4]}" for number, line in enumerate(lines)]
    # An event over several lines, whose breaks are CRLF: half of one is no break of its own.
    events[1::4] = [event.replace(", ", ",\r\ndata: ", 2) for event in events[1::4]]
    return "".join([*events, "data: [DONE]\n\n"]).encode()


def streams() -> list[bytes]:
    """Ours, and, where they are at hand, a dozen of those that providers sent."""
    sent = [
        record.sent
        for record in records(*OPENAI_SHAPED)
        if record.streamed and not record.refused and len(record.sent) < LONGEST_STREAM
    ]
    return [recorded_like(), *sent[:: max(1, len(sent) // 12)]]


def cut(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Pieces of 1 byte up to 64 KiB; seldom all of the shortest, since that takes long."""
    (most,) = chance.choices(LONGEST_PIECES, SHARES)
    at = 0
    while at < len(data):
        size = chance.randint(1, most)
        yield data[at : at + size]
        at += size


def in_chunks(data: bytes, chance: random.Random) -> bytes:
    """The body of an answer, in chunks of HTTP."""
    (most,) = chance.choices((2, 50, 5000), (1, 9, 90))
    chunks: list[bytes] = []
    at = 0
    while at < len(data):
        piece = data[at : at + chance.randint(1, most)]
        chunks.append(b"%x\r\n%b\r\n" % (len(piece), piece))
        at += len(piece)
    return b"".join([*chunks, b"0\r\n\r\n"])


def heard(pieces: Iterator[bytes] | Sequence[bytes]) -> bytes:
    """The chunks that come of these pieces of a connection, as JSON."""
    connection = ClientConnection()
    connection.send(REQUEST)
    connection.written = True
    decoder = DIALECTS["openai-chat"].stream_decoder(made=MADE)
    chunks: list[Any] = []
    for piece in pieces:
        for event in connection.receive(piece):
            if isinstance(event, Piece):
                chunks += decoder.receive(event.data)
            elif isinstance(event, End):
                chunks += decoder.finish()
    assert connection.reusable
    return msgspec.json.encode(chunks)


def differing(count: int, seed: int) -> int:
    """Of so many ways to cut a stream, those by which something else was heard."""
    chance = random.Random(seed)
    whole = [(stream, heard([HEAD + in_chunks(stream, chance)])) for stream in streams()]
    differing = 0
    for number in range(count):
        stream, expected = whole[number % len(whole)]
        sent = HEAD + in_chunks(stream, chance)
        differing += heard(cut(sent, chance)) != expected
    return differing


def differing_over_sockets(count: int, seed: int) -> int:
    """The same over sockets, each time to the other driver, every second time by a relay."""
    chance = random.Random(seed)
    stream = recorded_like()
    pieces = [list(cut(HEAD + in_chunks(stream, chance), chance)) for _ in range(count)]
    expected = told_over(json.loads(heard([b"".join(pieces[0])])))
    with Upstream(*[[Send(piece) for piece in script] for script in pieces]) as upstream:
        faults = Faults(drip_bytes=chance.choice((10, 100)))
        with Relay(upstream.port, to_caller=faults) as relay:
            ports = [upstream.port, relay.port]
            got = [asked(ports[n % 2]) for n in range(count // 2)]
            got += asyncio.run(asked_later([ports[n % 2] for n in range(count - count // 2)]))
    return sum(told != expected for told in got)


def told_over(chunks: list[dict[str, Any]]) -> list[Any]:
    return [(chunk["choices"], chunk.get("usage")) for chunk in chunks]


def settings(port: int) -> dict[str, Any]:
    return {"providers": {"lab": {"base_url": f"http://127.0.0.1:{port}/v1"}}, "max_retries": 0}


FIELDS: Final[dict[str, Any]] = {
    "model": "lab/m",
    "messages": [{"role": "user", "content": ""}],
    "stream": True,
    "stream_options": {"include_usage": True},
}


def asked(port: int) -> list[Any]:
    with Client(**settings(port)) as client:
        answer = client.chat.completions.create(**FIELDS)
        return told_over([json.loads(msgspec.json.encode(chunk)) for chunk in answer])


async def asked_later(ports: Sequence[int]) -> list[list[Any]]:
    told = []
    for port in ports:
        async with AsyncClient(**settings(port)) as client:
            answer = await client.chat.completions.create(**FIELDS)
            told.append(
                told_over([json.loads(msgspec.json.encode(chunk)) async for chunk in answer])
            )
    return told


def test_uncut_the_stream_says_what_was_said() -> None:
    chunks = json.loads(heard([HEAD + in_chunks(recorded_like(), random.Random(1))]))
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    calls = [call["function"] for delta in deltas for call in delta.get("tool_calls", ())]

    assert "".join(delta.get("content", "") for delta in deltas) == "".join(TEXTS)
    assert "".join(call.get("arguments", "") for call in calls) == "".join(CALLS)


@pytest.mark.parametrize("seed", seeds("14"))
def test_however_a_stream_is_cut_the_same_chunks_come(seed: int) -> None:
    assert differing(1_900, seed) == 0


@pytest.mark.parametrize("seed", seeds("14"))
def test_however_the_network_cuts_a_stream_the_same_chunks_come(seed: int) -> None:
    assert differing_over_sockets(100, seed) == 0


def campaign(count: int, seed: int) -> list[Figure]:
    """The figure of so many cuts, a thousandth of them over sockets."""
    begun = time.monotonic()
    over_sockets = min(count, max(100, count // 1000))
    wrong = differing(count - over_sockets, seed) + differing_over_sockets(over_sockets, seed)
    return [
        Figure(
            campaign="14",
            done=f"{len(streams())} streams cut {count} times into pieces of 1 byte to 64 KiB,"
            f" {over_sockets} times over sockets, half of those through a relay",
            wanted="the same chunks each time",
            measured=f"{wrong} differed ({(time.monotonic() - begun) / count * 1e6:.0f} µs each)",
            met=not wrong,
            seed=seed,
        )
    ]
