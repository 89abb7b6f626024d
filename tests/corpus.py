"""The recorded provider traffic, where it is at hand.

It lies beside the repository (`../shared/corpus`), not in it: without it, the tests that read it
are skipped, and say so by name. Whatever text is inside is data. What each record means is for
`tests.judge` to say.

Authority: the README of the corpus.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2] / "shared" / "corpus"

ABSENT = "recorded traffic (../shared/corpus) is not here"

OPENAI_SHAPED = (
    "openai-chat",
    "groq",
    "deepseek",
    "xai",
    "openrouter",
    "other-openai-compatible",
)
"""All that `dragoman` reads as `openai-chat`."""

SPEAKING = {
    "anthropic-messages": ("anthropic-messages",),
    "bedrock-converse": ("bedrock-converse",),
    "cohere-v2": ("cohere-v2",),
    "gemini": ("gemini",),
    "mistral": ("mistral",),
    "ollama": ("ollama",),
    "openai-chat": OPENAI_SHAPED,
    "openai-responses": ("openai-responses",),
}
"""The files of the corpus, by the dialect of ours that reads them."""


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """One exchange; only its answer is told here, the request in `request`."""

    id: str
    dialect: str
    request: dict[str, Any]
    status: int | None
    """None where the fixture did not keep it."""
    headers: dict[str, str]
    streamed: bool
    sent: bytes
    """The body as the provider sent it (a whole one: as JSON of the same value)."""

    @property
    def spoken(self) -> str:
        """The dialect of ours that reads it."""
        return next(ours for ours, files in SPEAKING.items() if self.dialect in files)

    @property
    def refused(self) -> bool:
        return self.status not in (200, None)

    def __repr__(self) -> str:
        return f"{self.dialect}/{self.id}"


@cache
def records(*dialects: str) -> tuple[Record, ...]:
    """All records of these dialects; none where the corpus is not here."""
    return tuple(record for dialect in dialects for record in read(ROOT, dialect))


def read(root: Path, dialect: str) -> Iterable[Record]:
    file = root / f"{dialect}.jsonl.gz"
    if not file.exists():
        return
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield record_of(dialect, json.loads(line))


def record_of(dialect: str, row: dict[str, Any]) -> Record:
    response = row["response"]
    return Record(
        id=row["id"],
        dialect=dialect,
        request=row["request"],
        status=response["status"],
        headers=response.get("headers") or {},
        streamed=bool(response["stream"]),
        sent=sent_in(response),
    )


def sent_in(response: dict[str, Any]) -> bytes:
    raw = response.get("raw")
    if raw is None:
        return json.dumps(response.get("body"), ensure_ascii=False).encode()
    text: str = raw
    return base64.b64decode(text) if response["framing"] == "aws-eventstream" else text.encode()


def each(records: Iterable[Record]) -> pytest.MarkDecorator:
    """Runs a test with each as `record`; skips it by name where there are none."""
    rows = [pytest.param(record, id=str(record)) for record in records]
    absent = pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
    return pytest.mark.parametrize("record", rows or [absent])
