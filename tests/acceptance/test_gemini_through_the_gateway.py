"""Gemini's recorded answers, on the bytes that a gateway's caller receives.

An upstream plays each record again; what comes out of the gateway in OpenAI's words is read by
`tests.judge`, which shares nothing with the code that made it.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from tests import corpus, judge, recorded, schema
from tests.gateways import HI, ask, error_in, lab, running
from tests.plain import Caller, Heard
from tests.upstream import Script, Seen, Upstream, whole

CONNECTIONS: Final = 4

RECORDS: Final = corpus.records("gemini")
NUMBERS: Final = {record: str(number) for number, record in enumerate(RECORDS)}

EARS: Final = judge.EARS["gemini"]


class ByPath(Upstream):
    """Plays to each request the script of the model in its path."""

    def __init__(self, scripts: dict[str, Script]) -> None:
        super().__init__()
        self._by_model = scripts

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)  # which puts it on the account
        model = seen.target.partition("/models/")[2].partition(":")[0]
        return self._by_model.get(model, [whole({"error": {"message": "no script"}}, status=418)])


@pytest.fixture(scope="module")
def heard() -> Iterator[dict[corpus.Record, Heard]]:
    scripts = {number: recorded.script(record, int(number)) for record, number in NUMBERS.items()}
    with ByPath(scripts) as upstream, running(lab(upstream, dialect="gemini")) as door:

        def share(first: int) -> list[tuple[corpus.Record, Heard]]:
            with Caller(door.port) as caller:
                mine = RECORDS[first::CONNECTIONS]
                return [(record, ask(caller, question(record))) for record in mine]

        with ThreadPoolExecutor(CONNECTIONS) as callers:
            shares = callers.map(share, range(CONNECTIONS))
            yield dict(pair for pairs in shares for pair in pairs)


def question(record: corpus.Record) -> dict[str, Any]:
    asked: dict[str, Any] = {"model": f"lab/{NUMBERS[record]}", "messages": HI}
    if record.streamed:
        asked.update(stream=True, stream_options={"include_usage": True})
    return asked


def said(record: corpus.Record) -> judge.Heard | judge.NoAnswer:
    try:
        listen = EARS.said_stream if record.streamed else EARS.said
        return listen(record.sent)
    except judge.NoAnswer as silence:
        return silence


@corpus.each(RECORDS)
def test_a_caller_hears_what_gemini_said(
    record: corpus.Record, heard: dict[corpus.Record, Heard]
) -> None:
    answer = heard[record]
    expected = said(record)

    if record.refused:
        refusal = EARS.said_error(record.status, record.sent)
        error = json.loads(answer.body)["error"]
        assert schema.faults("ErrorResponse", {"error": error}) == []
        assert (answer.status, error["message"]) == (refusal.status, refusal.message)
        assert (error["type"], error["code"]) == (refusal.type, refusal.code)
    elif isinstance(expected, judge.NoAnswer):
        assert schema.faults("ErrorResponse", {"error": error_in(answer.body)}) == []
        assert b"[DONE]" not in answer.body
    elif record.streamed:
        assert answer.body.endswith(b"data: [DONE]\n\n")
        assert expected == judge.said_stream(answer.body)
    else:
        assert schema.faults("CreateChatCompletionResponse", json.loads(answer.body)) == []
        assert judge.heard(answer.body) == expected
