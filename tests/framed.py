"""Recorded streams by their framing, as bytes; and what the tests of framings have in common.

A stream is played to a splitter in pieces, and what comes out, the error at its end included, is
told in one value, so that two ways to cut it can be compared.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from itertools import cycle
from typing import Protocol, TypeVar

import pytest
from hypothesis import strategies as st

from dragoman.errors import RemoteProtocolError
from tests.corpus import ABSENT, ROOT

T = TypeVar("T")

sizes = st.lists(st.integers(1, 9) | st.integers(10, 300), min_size=1, max_size=20)


class Splitter(Protocol[T]):
    def receive(self, data: bytes, /) -> list[T]: ...

    def finish(self) -> list[T]: ...


def pieces(stream: bytes, wanted: Iterable[int]) -> list[bytes]:
    found = []
    for size in cycle(wanted):
        found.append(stream[:size])
        stream = stream[size:]
        if not stream:
            break
    return found


def told(splitter: Splitter[T], reads: Iterable[bytes]) -> tuple[list[T], str | None]:
    """What came out, and the code of the error that ended it; None where it ended well."""
    found: list[T] = []
    try:
        for read in reads:
            found += splitter.receive(read)
        found += splitter.finish()
    except RemoteProtocolError as error:
        return found, error.code
    return found, None


def recorded(framing: str, *dialects: str) -> pytest.MarkDecorator:
    """Runs a test with each recorded `stream` of this framing; skips it by name without them."""
    rows = [
        pytest.param(sent(row["response"]["raw"], framing), id=f"{dialect}-{row['id']}")
        for dialect in dialects
        for row in rows_of(dialect)
        if row["response"].get("framing") == framing
    ]
    absent = pytest.param(b"", id="absent", marks=pytest.mark.skip(reason=ABSENT))
    return pytest.mark.parametrize("stream", rows or [absent])


def rows_of(dialect: str) -> list[dict[str, dict[str, str]]]:
    file = ROOT / f"{dialect}.jsonl.gz"
    if not file.exists():
        return []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def sent(raw: str, framing: str) -> bytes:
    return base64.b64decode(raw) if framing == "aws-eventstream" else raw.encode()
