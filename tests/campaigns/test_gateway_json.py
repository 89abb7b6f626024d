"""Campaigns 32 and 33, through the gateway: JSON that is hostile, deep, large or none at all.

The 318 files of JSONTestSuite come as a body, as values in a request, and as an upstream's answer;
then come nesting, keys, numbers and encodings beyond what anybody sends on purpose.
"""

import codecs
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests import hostile, schema
from tests.gateways import HI, ByModel, Door, ask, lab, running
from tests.plain import Caller, Heard
from tests.upstream import END, STREAM, Script, Seen, chunk, whole

ROOT: Final = Path(__file__).parents[3] / "shared" / "hostile" / "json"

needs_files = pytest.mark.skipif(
    not ROOT.is_dir(), reason="the files of JSONTestSuite (../shared/hostile/json) are not here"
)

CALLERS: Final = 4

SAID: Final = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "!"}, "finish_reason": "stop"}
    ],
}


def files(prefix: str) -> list[Path]:
    return sorted(ROOT.glob(f"{prefix}_*.json"))


class Repeating(ByModel):
    """Answers with the file that the model names, whole or as an event."""

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)
        name = json.loads(seen.body)["model"]
        if name == "m":
            return [whole(SAID)]
        data = (ROOT / name).read_bytes()
        if json.loads(seen.body).get("stream"):
            return [STREAM, chunk(hostile.line_by_line(data)), *END]
        return [whole(data)]


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Repeating, Door]]:
    with Repeating({}) as upstream, running(lab(upstream), max_retries=0) as door:
        yield upstream, door


def answers(door: Door, bodies: list[bytes]) -> list[Heard]:
    """What callers get for these bodies."""

    def share(number: int) -> list[Heard]:
        with Caller(door.port) as caller:
            return [ask(caller, body) for body in bodies[number::CALLERS]]

    with ThreadPoolExecutor(CALLERS) as callers:
        shares = list(callers.map(share, range(CALLERS)))
    return [shares[number % CALLERS][number // CALLERS] for number in range(len(bodies))]


def check_error(heard: Heard) -> None:
    """What was refused is told as OpenAI tells it, and nothing of it is repeated."""
    assert schema.faults("ErrorResponse", json.loads(heard.body)) == []
    assert hostile.REPEATED.encode() not in heard.body


@needs_files
def test_no_file_is_a_request_and_the_malformed_are_told_so(place: tuple[Repeating, Door]) -> None:
    upstream, door = place
    before = len(upstream.requests)
    found = files("[yni]")

    for file, heard in zip(
        found, answers(door, [file.read_bytes() for file in found]), strict=True
    ):
        assert heard.status == 400, file.name
        check_error(heard)
        if file.name[0] != "i":
            code = json.loads(heard.body)["error"]["code"]  # one opens too many arrays to be read
            malformed = code in ("invalid_json", "too_complex")
            assert malformed == (file.name[0] == "n"), file.name
    assert len(upstream.requests) == before


def request(name: str, data: bytes) -> bytes:
    return hostile.request(**{name: data}).replace(b'"model":"m"', b'"model":"lab/m"')


@needs_files
@pytest.mark.parametrize("name", hostile.ASKED)
def test_what_is_malformed_in_a_request_is_refused_and_the_rest_arrives(
    place: tuple[Repeating, Door], name: str
) -> None:
    upstream, door = place
    before = len(upstream.requests)
    found = files("[yni]")
    heard = answers(door, [request(name, file.read_bytes()) for file in found])
    good = 0

    for file, answer in zip(found, heard, strict=True):
        assert answer.status in (200, 400), file.name
        assert file.name[0] != "n" or answer.status == 400, file.name
        assert file.name[0] != "y" or name != "x_new" or answer.status == 200, file.name
        if answer.status == 400:
            check_error(answer)
        good += answer.status == 200
    assert len(upstream.requests) - before == good
    if name == "x_new":
        wanted = [json.loads(file.read_bytes()) for file in files("y")]
        arrived = [json.loads(seen.body).get("x_new") for seen in upstream.requests[before:]]
        assert [value for value in wanted if value not in arrived] == []


@needs_files
@pytest.mark.parametrize("stream", [False, True], ids=["a body", "an event"])
def test_no_file_is_an_answer(place: tuple[Repeating, Door], stream: bool) -> None:
    _, door = place
    found = files("[yni]")
    asked = [
        json.dumps({"model": f"lab/{file.name}", "messages": HI, "stream": stream}).encode()
        for file in found
    ]

    for file, heard in zip(found, answers(door, asked), strict=True):
        if heard.status != 200:
            assert heard.status != 500, file.name
            check_error(heard)
            continue
        blank = stream and not file.read_bytes().removeprefix(codecs.BOM_UTF8).strip()
        assert file.name[0] in "yi" or blank, file.name  # a blank event is none
        if stream:
            *events, last = heard.body.split(b"\n\n")[:-1]
            assert last == b"data: [DONE]" or b'"error"' in last
        else:
            events = [heard.body]
        name = "CreateChatCompletionStreamResponse" if stream else "CreateChatCompletionResponse"
        told = [json.loads(event.removeprefix(b"data: ")) for event in events]
        assert [fault for one in told for fault in schema.faults(name, one)] == [], file.name


# Campaign 33.


def filled(before: bytes, unit: bytes, after: bytes, count: int) -> bytes:
    """A request whose field `x_new` is such a value."""
    value = before * count + unit + after * count
    return b'{"model":"lab/m","messages":[{"role":"user","content":"Hi"}],"x_new":%b}' % value


TEXT: Final = b'{"model":"lab/m","messages":[{"role":"user","content":%b}]}'

ACCEPTED: Final = {
    "nested 64 deep": filled(b"[", b"1", b"]", 64),
    "thirty thousand keys": filled(
        b"", b"{%b}" % b",".join(b'"k%d":1' % n for n in range(30_000)), b"", 1
    ),
    "keys twice": b'{"model":"nobody/m","model":"lab/m","messages":[{"role":"user","content":1,'
    b'"content":"Hi"}],"x_new":{"a":1,"a":2}}',
    "a number of a thousand digits": filled(b"", b"1" * 1000, b"", 1),
    "NUL, escaped": TEXT % b'"\\u0000"',
    "a byte order mark inside": TEXT % b'"\xef\xbb\xbf"',
}

REFUSED: Final = {
    "nested 100,000 deep": filled(b"[", b"1", b"]", 100_000),
    "nested 1,000,000 deep": filled(b"[", b"1", b"]", 1_000_000),
    "objects nested 100,000 deep": filled(b'{"a":', b"1", b"}", 100_000),
    "opened a million times": b"[" * 1_000_000,
    "opened objects": b'{"a":' * 200_000,
    "9 MiB of []": b"[" + b"[]," * (3 * 1024 * 1024) + b"[]]",
    "a million keys": filled(
        b"", b"{%b}" % b",".join(b'"k%d":1' % n for n in range(1_000_000)), b"", 1
    ),
    "too large a number": filled(b"", b"1e400", b"", 1),
    "NaN": filled(b"", b"NaN", b"", 1),
    "Infinity": filled(b"", b"-Infinity", b"", 1),
    "invalid UTF-8": TEXT % b'"\xff\xfe"',
    "a surrogate in UTF-8": TEXT % b'"\xed\xa0\x80"',
    "overlong UTF-8": TEXT % b'"\xc0\xaf"',
    "NUL": TEXT % b'"\x00"',
    "UTF-16": (TEXT % b'"Hi"').decode().encode("utf-16"),
    "UTF-32": (TEXT % b'"Hi"').decode().encode("utf-32"),
    "nothing": b"",
    "blanks": b" \r\n\t",
    "two values": (TEXT % b'"Hi"') * 2,
    "a comment": (TEXT % b'"Hi"') + b"// hello",
}

EITHER: Final = {
    "nested 65 deep": filled(b"[", b"1", b"]", 65),
    "nested 1,000 deep": filled(b"[", b"1", b"]", 1_000),
    "nested 10,000 deep": filled(b"[", b"1", b"]", 10_000),
    "a number of ten thousand digits": filled(b"", b"1" * 10_000, b"", 1),
    "a lone surrogate": TEXT % b'"\\ud800"',
    "a byte order mark before": b"\xef\xbb\xbf" + TEXT % b'"Hi"',
    "parameters nested 10,000 deep": hostile.request(
        parameters=b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    ).replace(b'"model":"m"', b'"model":"lab/m"'),
}
"""What the standard, or a decoder's own bound, leaves open: an answer or a refusal, never 500."""


@pytest.mark.parametrize("name", [*ACCEPTED, *REFUSED, *EITHER])
def test_what_goes_beyond_all_measure_is_answered_or_refused(
    place: tuple[Repeating, Door], name: str
) -> None:
    upstream, door = place
    before = len(upstream.requests)
    body = {**ACCEPTED, **REFUSED, **EITHER}[name]

    with Caller(door.port) as caller:
        heard = ask(caller, body)
        after = ask(caller, {"model": "lab/m", "messages": HI})

    expected = (200,) if name in ACCEPTED else (400,) if name in REFUSED else (200, 400)
    assert heard.status in expected, heard.body[:300]
    assert after.status == 200
    assert len(upstream.requests) - before == 1 + (heard.status == 200)
    if heard.status == 400:
        check_error(heard)


def test_of_keys_that_stand_twice_the_last_counts_for_all(place: tuple[Repeating, Door]) -> None:
    upstream, door = place
    with Caller(door.port) as caller:
        ask(caller, ACCEPTED["keys twice"])

    sent = json.loads(upstream.requests[-1].body)
    assert (sent["model"], sent["messages"][0]["content"], sent["x_new"]) == ("m", "Hi", {"a": 2})
    assert upstream.requests[-1].body.count(b'"model"') == 1


def test_a_body_over_the_limit_is_told_so(place: tuple[Repeating, Door]) -> None:
    upstream, door = place
    before = len(upstream.requests)
    limit = door.server.guards.body_bytes
    with Caller(door.port) as caller:
        caller.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n")
        caller.send(b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (limit + 1))
        heard = caller.answer()

    assert heard.status == 413
    check_error(heard)
    assert len(upstream.requests) == before
