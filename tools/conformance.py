"""What recorded traffic says of our translation, dialect by dialect: docs/conformance.md.

    python -m tools.conformance            write it
    python -m tools.conformance --check    say whether it is stale

Each recorded answer is read by us and by `tests.judge`, which shares nothing with the decoders, and
the two are compared piece by piece. Where the recordings are not at hand, nothing is checked.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

import dragoman
from dragoman import translate
from dragoman.dialects import DIALECTS
from dragoman.errors import Error
from tests import corpus, judge

PAGE: Final = Path(__file__).parent.parent / "docs" / "conformance.md"

MADE: Final[dict[str, Any]] = {"created": 1_795_404_600, "id": "chatcmpl-GEN1"}

PIECES: Final[dict[str, Callable[[judge.Heard], Any]]] = {
    "text": lambda heard: [(c.content, c.refusal) for c in heard.choices],
    "calls": lambda heard: [(c.tool_calls, c.function_call) for c in heard.choices],
    "finish reason": lambda heard: [c.finish_reason for c in heard.choices],
    "usage": lambda heard: heard.usage,
    "reasoning": lambda heard: [(c.reasoning, c.reasoning_details) for c in heard.choices],
}
"""What is compared, each piece for itself; and at last everything together."""

INTRODUCTION: Final = """# Conformance

Recorded answers of providers, read by Dragoman and by a judge that reads the provider's own JSON
and shares no code with it. An answer is *exact* in a piece where both say the same of it, and exact
in all where nothing else differs either (ids, model, time, citations, sound, log probabilities).

A recording that is no answer (a refusal, an error under a status of 200, a stream that was cut) has
to be an error: a refusal one of the status and the words that the provider gave.

This page is printed by `python -m tools.conformance`.

"""

HEAD: Final = (
    "dialect",
    "recorded by",
    "answers",
    "streams",
    *PIECES,
    "exact in all",
    "no answers",
)


def page() -> str:
    """The page, from every recording there is."""
    lines = [" | ".join(HEAD), " | ".join(["---", "---", *["---:"] * (len(HEAD) - 2)])]
    odd: list[str] = []
    for dialect, files in corpus.SPEAKING.items():
        for file in files:
            cells, found = row(file)
            lines.append(" | ".join([f"`{dialect}`", file, *cells]))
            odd += found
    table = "".join(f"| {line} |\n" for line in lines)
    listed = "".join(f"- {one}\n" for one in odd) or "None.\n"
    return f"{INTRODUCTION}{table}\n## Not exact\n\n{listed}"


def row(file: str) -> tuple[list[str], list[str]]:
    """The cells of one file of recordings, and what is not exact in it."""
    answers = streams = silent = right = 0
    exact = dict.fromkeys([*PIECES, "all"], 0)
    odd: list[str] = []
    for record in corpus.records(file):
        said = None if record.refused else told_by_the_provider(record)
        heard = None if record.refused else told_by_us(record)
        if said is None:
            silent += 1
            is_error = refused_alike(record) if record.refused else heard is None
            right += is_error
            if not is_error:
                odd.append(f"`{record}`: no answer, and told otherwise")
            continue
        answers += not record.streamed
        streams += record.streamed
        same = [piece for piece, of in PIECES.items() if heard and of(heard) == of(said)]
        for piece in same:
            exact[piece] += 1
        exact["all"] += heard == said
        if heard != said:
            lacking = [piece for piece in PIECES if piece not in same] or ["the rest"]
            odd.append(f"`{record}`: {', '.join(lacking)}")
    of_all = [f"{count}" for count in (answers, streams, *exact.values())]
    return [*of_all, f"{right} of {silent}"], odd


def told_by_the_provider(record: corpus.Record) -> judge.Heard | None:
    """What the judge hears; None where that is no answer."""
    ears = judge.EARS[record.spoken]
    try:
        return ears.said_stream(record.sent) if record.streamed else ears.said(record.sent)
    except judge.NoAnswer:
        return None


def told_by_us(record: corpus.Record) -> judge.Heard | None:
    """What is heard of our response; None where we say that there is none."""
    try:
        if record.streamed:
            chunks = translate.stream([record.sent], record.spoken, **MADE)
            response = dragoman.fold(list(chunks))
        else:
            response = translate.response(record.sent, record.spoken, **MADE)
    except Error:
        return None
    return judge.heard(msgspec.json.encode(response))


def refused_alike(record: corpus.Record) -> bool:
    """Whether our error has the status and the words that the judge finds."""
    status = record.status or 200
    ours = DIALECTS[record.spoken].decode_error(status, record.headers, record.sent)
    theirs = judge.EARS[record.spoken].said_error(status, record.sent)
    return (ours.status_code, ours.message) == (theirs.status, theirs.message)


def main(arguments: Sequence[str]) -> int:
    if not corpus.ROOT.is_dir():
        print(f"docs/conformance.md: not looked at, {corpus.ABSENT}")
        return 0
    wanted = page()
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print("docs/conformance.md is stale: run `python -m tools.conformance`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
