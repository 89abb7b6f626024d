"""The laws, on the bytes that a gateway's caller receives, over every recorded answer.

An upstream plays each record again; what comes out of the gateway is read by `tests.judge`, which
shares nothing with the code that made it. Each record is a test of its own, so that a failure
names it.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import pytest

from tests import corpus, judge, recorded, schema, shape
from tests.gateways import HI, ByModel, Door, ask, error_in, lab, running, until
from tests.plain import Caller, Heard
from tests.upstream import Upstream, whole

CONNECTIONS: Final = 4

RECORDS: Final = corpus.records(*corpus.OPENAI_SHAPED)
NUMBERS: Final = {record: str(number) for number, record in enumerate(RECORDS)}


def said(record: corpus.Record) -> judge.Heard | judge.NoAnswer:
    """What the provider said, or why that is no answer."""
    try:
        return judge.said_stream(record.sent) if record.streamed else judge.said(record.sent)
    except judge.NoAnswer as silence:
        return silence


REFUSED: Final = [record for record in RECORDS if record.refused]
NO_ANSWERS: Final = [
    record for record in RECORDS if not record.refused and isinstance(said(record), judge.NoAnswer)
]
ANSWERS: Final = [record for record in RECORDS if record not in {*REFUSED, *NO_ANSWERS}]
WHOLE: Final = [record for record in ANSWERS if not record.streamed]
STREAMS: Final = [record for record in ANSWERS if record.streamed]


class Place(NamedTuple):
    """Where the records are asked for."""

    upstream: Upstream
    door: Door
    first: dict[corpus.Record, Heard]
    again: dict[corpus.Record, Heard]
    """The same answers, when the upstream cut them into other pieces."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    scripts = {}
    for record, number in NUMBERS.items():
        scripts[number] = recorded.script(record, int(number))
        scripts[f"{number}-again"] = recorded.script(record, int(number) + 1_000_000)
    with ByModel(scripts) as upstream, running(lab(upstream)) as door:
        yield Place(upstream, door, answers(door, ""), answers(door, "-again"))


def answers(door: Door, suffix: str) -> dict[corpus.Record, Heard]:
    """What a caller gets for each record, over a few connections."""

    def share(number: int) -> list[tuple[corpus.Record, Heard]]:
        with Caller(door.port) as caller:
            mine = RECORDS[number::CONNECTIONS]
            return [(record, ask(caller, question(record, suffix))) for record in mine]

    with ThreadPoolExecutor(CONNECTIONS) as callers:
        return dict(pair for pairs in callers.map(share, range(CONNECTIONS)) for pair in pairs)


def question(record: corpus.Record, suffix: str = "") -> dict[str, Any]:
    asked: dict[str, Any] = {"model": f"lab/{NUMBERS[record]}{suffix}", "messages": HI}
    if record.streamed:
        asked.update(stream=True, stream_options={"include_usage": True})
    return asked


def told(heard: Heard) -> list[bytes]:
    """The data of each event, which is one line, and nothing else is on the wire."""
    *events, rest = heard.body.split(b"\n\n")
    assert rest == b""
    assert all(event.startswith(b"data: ") and b"\n" not in event for event in events)
    return [event.removeprefix(b"data: ") for event in events]


# Law 1: validity.


@corpus.each(WHOLE)
def test_a_whole_answer_is_what_openais_document_promises(
    record: corpus.Record, place: Place
) -> None:
    heard = place.first[record]
    response = json.loads(heard.body)

    assert (heard.status, heard.headers["content-type"]) == (200, "application/json")
    assert schema.faults("CreateChatCompletionResponse", response) == []
    assert not [key for key in shape.LEFT_OUT_WHEN_NULL if response.get(key, "") is None]


@corpus.each(STREAMS)
def test_a_streamed_answer_is_what_openais_document_promises(
    record: corpus.Record, place: Place
) -> None:
    heard = place.first[record]
    *events, done = told(heard)
    chunks = [json.loads(event) for event in events]

    assert (heard.status, heard.whole, done) == (200, True, b"[DONE]")
    assert heard.headers["content-type"].startswith("text/event-stream")
    for chunk in chunks:
        assert schema.faults("CreateChatCompletionStreamResponse", chunk) == []
    assert shape.faults(chunks) == []


# Law 2: what was said is what is heard.


@corpus.each(WHOLE)
def test_a_whole_answer_says_what_the_provider_said(record: corpus.Record, place: Place) -> None:
    assert judge.heard(place.first[record].body) == said(record)


@corpus.each(STREAMS)
def test_a_streamed_answer_says_what_the_provider_said(record: corpus.Record, place: Place) -> None:
    assert said(record) == judge.said_stream(place.first[record].body)


# Law 3: splitting changes nothing.


def without_what_we_made(record: corpus.Record, heard: Heard) -> bytes:
    """Ids, times and models that the provider left out are other ones the next time."""
    body = re.sub(rb'"call_[A-Za-z0-9]{24}"', b'"call_"', heard.body)
    body = re.sub(rb'"chatcmpl-[0-9a-f]{32}"', b'"chatcmpl-"', body)
    body = re.sub(rb'"model":"(\d+)-again"', rb'"model":"\1"', body)
    answer = said(record)
    if isinstance(answer, judge.NoAnswer) or not isinstance(answer.created, int):
        body = re.sub(rb'"created":\d+', b'"created":0', body)
    return body


@corpus.each(RECORDS)
def test_how_the_network_cuts_an_answer_makes_no_difference(
    record: corpus.Record, place: Place
) -> None:
    first, again = place.first[record], place.again[record]

    assert without_what_we_made(record, first) == without_what_we_made(record, again)
    assert first.status == again.status


# Law 5: usage adds up.


@corpus.each(ANSWERS)
def test_usage_adds_up(record: corpus.Record, place: Place) -> None:
    heard = place.first[record]
    last = told(heard)[-2] if record.streamed else heard.body
    usage = json.loads(last).get("usage")
    if usage is None:
        return
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    of_prompt = usage.get("prompt_tokens_details", {})
    of_completion = usage.get("completion_tokens_details", {})

    assert usage["total_tokens"] == prompt + completion
    assert of_prompt.get("cached_tokens", 0) + of_prompt.get("cache_write_tokens", 0) <= prompt
    assert of_completion.get("reasoning_tokens", 0) <= completion
    assert all(n >= 0 for n in [prompt, completion, *of_prompt.values(), *of_completion.values()])


# Law 6: truth of termination.


@corpus.each(NO_ANSWERS)
def test_a_success_without_an_answer_is_an_error(record: corpus.Record, place: Place) -> None:
    heard = place.first[record]
    error = error_in(heard.body)

    assert schema.faults("ErrorResponse", {"error": error}) == []
    assert heard.status >= 400 or record.streamed
    assert b"[DONE]" not in heard.body
    if not record.streamed and json.loads(record.sent).get("error"):
        expected = judge.said_error(record.status, record.sent)
        assert error["message"] == expected.message
        assert expected.code in (None, error["code"])


@corpus.each(REFUSED)
def test_a_refusal_comes_in_openais_words(record: corpus.Record, place: Place) -> None:
    heard = place.first[record]
    error = json.loads(heard.body)["error"]
    expected = judge.said_error(record.status, record.sent)

    assert schema.faults("ErrorResponse", {"error": error}) == []
    assert (heard.status, error["message"]) == (expected.status, expected.message)
    assert error["type"] == expected.type
    assert expected.code in (None, error["code"])
    assert expected.param in (None, error["param"])


# Requests.


KNOWN: Final = set(schema.definitions()["CreateChatCompletionRequest"]["properties"])


STRICTER: Final = {
    "5f20b1a1cc51dda5": "messages[0].content[1].image_url",  # a text, as OpenAI took it once
    "5c59162048b0d896": "response_format.json_schema.name",  # missing, which Perplexity allows
}
"""Requests that were answered, and that we refuse, by what is wrong with them."""


@corpus.each(record for record in RECORDS if isinstance(record.request.get("body"), dict))
def test_a_recorded_request_reaches_the_upstream_with_all_that_we_do_not_know(
    record: corpus.Record, place: Place
) -> None:
    body = {**record.request["body"], "model": f"lab/{NUMBERS[record]}", "x_new": {"a": [1, None]}}
    unknown = {name: value for name, value in body.items() if name not in KNOWN}
    before = len(place.upstream.requests)

    with Caller(place.door.port) as caller:
        heard = ask(caller, body)

    seen = place.upstream.requests[before:]
    if seen:
        sent = json.loads(seen[0].body)
        assert {name: sent.get(name) for name in unknown} == unknown
        assert len(sent["messages"]) >= len(body["messages"])
    else:
        assert heard.status == 400
        assert record.refused or json.loads(heard.body)["error"]["param"] == STRICTER[record.id]


REFUSALS: Final[dict[str, tuple[int, Any]]] = {
    "no JSON": (400, b"{"),
    "no object": (400, b"[]"),
    "no messages": (400, {"model": "lab/0"}),
    "no model": (400, {"messages": HI}),
    "a wrong type": (400, {"model": "lab/0", "messages": HI, "temperature": "hot"}),
    "a message without a role": (400, {"model": "lab/0", "messages": [{"content": "Hi"}]}),
    "no such provider": (404, {"model": "nobody/0", "messages": HI}),
    "no provider": (404, {"model": "nothing", "messages": HI}),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_what_is_refused_never_reaches_the_upstream(why: str) -> None:
    status, fields = REFUSALS[why]
    with ByModel({"0": [whole({})]}) as upstream, running(lab(upstream)) as door:
        with Caller(door.port) as caller:
            heard = ask(caller, fields)
        assert until(lambda: len(door.entries) == 1)

        assert (heard.status, upstream.sockets) == (status, [])
        assert schema.faults("ErrorResponse", json.loads(heard.body)) == []
        assert door.entries[0].status == status
