"""Campaign 36, on the client's side: compressed answers, which nobody asked for, and bombs.

We ask for identity. What comes compressed all the same is decompressed under caps; whatever goes
beyond them, or is not what it says, is a typed error, and costs no more memory than the caps allow.
"""

import gzip
import json
import os
import random
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from dragoman.errors import APIConnectionError, Error, RemoteProtocolError
from tests.campaigns.calls import ANSWER, KINDS, Kind, asking
from tests.campaigns.faults import CAP, COMPLETION
from tests.campaigns.figures import Figure, spread
from tests.upstream import Send, Upstream, whole

ROOT: Final = Path(__file__).parents[2]
MIB: Final = 1024 * 1024
BAR: Final = 0.2
"""Seconds until a bomb is refused."""

BODY: Final = json.dumps(COMPLETION).encode()
DULL: Final = BODY + b" " * (MIB - len(BODY))
HALF: Final = len(BODY) // 2


@cache
def bomb(coding: str, mebibytes: int, *, dense: bool) -> bytes:
    """So many of nothing, packed as densely as it goes, or at about 50 to 1.

    Of the latter, only so much repeats itself that the packer's window does not see it.
    """
    noise = random.Random(mebibytes).randbytes(1024)
    block = bytes(MIB) if dense else (noise + bytes(51 * 1024)) * 20
    packer = zlib.compressobj(1, wbits=31 if coding == "gzip" else 15)
    pieces = [packer.compress(block) for _ in range(mebibytes)]
    return b"".join([*pieces, packer.flush()])


TAKEN: Final = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "gzip under its old name": ("x-gzip", gzip.compress(BODY)),
    "deflate": ("deflate", zlib.compress(BODY)),
    "deflate without its wrapper": ("deflate", zlib.compress(BODY, wbits=-15)),
    "gzip of two members": ("gzip", gzip.compress(BODY[:HALF]) + gzip.compress(BODY[HALF:])),
    "a dull mebibyte": ("gzip", gzip.compress(DULL)),
    "nothing done to it": ("identity", BODY),
}

REFUSED: Final = {
    "nested, and told once": ("gzip", gzip.compress(gzip.compress(BODY)), "expected JSON"),
    "nested, and told twice": ("gzip, gzip", gzip.compress(gzip.compress(BODY)), "gzip, gzip is"),
    "truncated": ("gzip", gzip.compress(BODY)[:-5], "ends before its end"),
    "truncated deflate": ("deflate", zlib.compress(BODY)[:-5], "ends before its end"),
    "junk behind it": ("gzip", gzip.compress(BODY) + b"junk", "goes on behind its end"),
    "a second body behind it": ("deflate", zlib.compress(BODY) * 2, "goes on behind its end"),
    "a broken checksum": ("gzip", gzip.compress(BODY)[:-8] + bytes(8), "is corrupt"),
    "not compressed at all": ("gzip", BODY, "is corrupt"),
    "thousands of members": ("gzip", gzip.compress(b"") * 1_100, "of over 1000 members"),
    "br": ("br", BODY, "content-encoding br is not taken"),
    "zstd": ("zstd", BODY, "content-encoding zstd is not taken"),
    "compress": ("compress", BODY, "content-encoding compress is not taken"),
    "a name of a thousand letters": ("x" * 1000, BODY, "content-encoding x{40} is not taken"),
}


def compressed(coding: str, body: bytes) -> Send:
    return whole(body, content_encoding=coding)


def lab(upstream: Upstream) -> dict[str, Any]:
    return {"providers": {"lab": {"base_url": f"{upstream.url}/v1"}}, "max_retries": 0}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TAKEN)
def test_what_is_compressed_as_it_says_is_taken(name: str, kind: Kind) -> None:
    with Upstream([compressed(*TAKEN[name])]) as upstream, asking(kind, **lab(upstream)) as ask:
        assert ask() == ANSWER


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_is_a_typed_error_that_says_why(name: str, kind: Kind) -> None:
    coding, body, says = REFUSED[name]
    with Upstream([compressed(coding, body)]) as upstream, asking(kind, **lab(upstream)) as ask:
        with pytest.raises(Error, match=says) as raised:
            ask()

    assert isinstance(raised.value, RemoteProtocolError | APIConnectionError)
    assert raised.value.attempt_class == "started"
    assert ANSWER not in str(raised.value)


def swollen(kind: Kind, coding: str, mebibytes: int, *, dense: bool) -> dict[str, Any]:
    """What became of a bomb, in a process of its own."""
    with Upstream([compressed(coding, bomb(coding, mebibytes, dense=dense))]) as upstream:
        said = subprocess.run(
            [sys.executable, "-m", "tests.campaigns.swelling", f"{upstream.url}/v1", kind],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
            check=True,
            text=True,
        )
    told: dict[str, Any] = json.loads(said.stdout)
    return told


BOMBS: Final = [("gzip", True), ("deflate", True), ("gzip", False), ("deflate", False)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("coding", "dense"), BOMBS)
def test_a_bomb_is_refused_before_it_has_grown(coding: str, kind: Kind, dense: bool) -> None:
    told = swollen(kind, coding, 80, dense=dense)

    assert told["error"] == "RemoteProtocolError"
    assert "decompressed, the body is over" in told["message"]
    assert told["grown"] <= 2 * CAP
    assert told["seconds"] < 20 * BAR


def campaign(most: int) -> list[Figure]:
    """What became of bombs of 1 MiB to so many, by fourfold steps."""
    sizes = [4**step for step in range(1, 20) if 4**step <= most]
    told = [
        (dense, swollen(kind, coding, size, dense=dense))
        for size in sizes
        for coding, dense in BOMBS
        for kind in KINDS
        if dense or size * MIB > CAP
    ]
    wrong = [one for _, one in told if one["error"] != "RemoteProtocolError"]
    grown = max(one["grown"] for _, one in told)
    figures = []
    for dense, name in ((True, "a thousand to one"), (False, "fifty to one")):
        seconds = [one["seconds"] for is_dense, one in told if is_dense == dense]
        if not seconds:
            continue
        refused = f"{len(seconds)} of {len(seconds)} refused" if not wrong else f"NOT: {wrong}"
        figures.append(
            Figure(
                campaign="36",
                done=f"gzip and deflate bombs of up to {sizes[-1]} MiB, {name}",
                wanted="refused with a typed error within 200 ms; memory grows by at most twice"
                " the cap of 64 MiB",
                measured=f"{refused}, {spread(seconds)}; {grown / MIB:.0f} MiB at most",
                met=not wrong and grown <= 2 * CAP and max(seconds) <= BAR,
            )
        )
    return figures
