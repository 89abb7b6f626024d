"""The laws on relayed answers: every recorded answer, from a provider that is said to be exact.

Most of those who were recorded are not, so that what is put right is seen as often as what is
handed on as it came. Read by `tests.judge`, as translated answers are.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests import corpus, judge, recorded, schema
from tests.acceptance.test_laws_through_the_gateway import (
    NO_ANSWERS,
    NUMBERS,
    RECORDS,
    REFUSED,
    STREAMS,
    WHOLE,
    Place,
    answers,
    said,
    told,
    without_what_we_made,
)
from tests.gateways import HI, ByModel, ask, error_in, lab, running
from tests.plain import Caller
from tests.upstream import whole


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    scripts = {}
    for record, number in NUMBERS.items():
        scripts[number] = recorded.script(record, int(number))
        scripts[f"{number}-again"] = recorded.script(record, int(number) + 1_000_000)
    with ByModel(scripts) as upstream, running(lab(upstream, exact=True)) as door:
        yield Place(upstream, door, answers(door, ""), answers(door, "-again"))


def adds_up(usage: Any) -> bool:
    if usage is None:
        return True
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    of_prompt = counts(usage.get("prompt_tokens_details", {}))
    of_completion = counts(usage.get("completion_tokens_details", {}))
    cached = of_prompt.get("cached_tokens", 0) + of_prompt.get("cache_write_tokens", 0)
    return (
        usage["total_tokens"] == prompt + completion
        and cached <= prompt
        and all(0 <= count <= prompt for count in of_prompt.values())
        and all(0 <= count <= completion for count in of_completion.values())
    )


def counts(details: dict[str, Any]) -> dict[str, int]:
    """Those that the document knows; others are the provider's own, and may be anything."""
    known = schema.definitions()["CompletionUsage"]["properties"]
    names = {name for detail in known.values() for name in detail.get("properties", {})}
    return {name: count for name, count in details.items() if name in names}


def obeys(value: dict[str, Any], name: str) -> bool:
    """Whether the provider's own JSON is what OpenAI's document promises, and adds up."""
    return schema.faults(name, value) == [] and adds_up(value.get("usage"))


@corpus.each(WHOLE)
def test_a_whole_answer_keeps_its_bytes_or_is_put_right(
    record: corpus.Record, place: Place
) -> None:
    heard = place.first[record]
    came, response = json.loads(record.sent), json.loads(heard.body)

    assert (heard.status, heard.headers["content-type"]) == (200, "application/json")
    assert obeys(response, "CreateChatCompletionResponse")
    if obeys(came, "CreateChatCompletionResponse"):
        assert heard.body == record.sent
    else:
        assert judge.heard(heard.body) == said(record)
        known = schema.definitions()["CreateChatCompletionResponse"]["properties"].keys()
        for key in came.keys() - known:
            assert response[key] == came[key]


@corpus.each(STREAMS)
def test_each_event_keeps_its_bytes_or_is_put_right(record: corpus.Record, place: Place) -> None:
    heard = place.first[record]
    *events, done = told(heard)

    assert (heard.status, heard.whole, done) == (200, True, b"[DONE]")
    assert all(obeys(json.loads(event), "CreateChatCompletionStreamResponse") for event in events)
    assert judge.said_stream(heard.body) == said(record)


@pytest.mark.skipif(not STREAMS, reason=corpus.ABSENT)
def test_most_events_of_exact_providers_keep_their_bytes(place: Place) -> None:
    kept = put_right = 0
    for record in STREAMS:
        came = set(record.sent.replace(b"\r\n", b"\n").split(b"\n\n"))
        for event in told(place.first[record])[:-1]:
            same = b"data: " + event in came
            kept, put_right = kept + same, put_right + (not same)

    assert kept > 5 * put_right


@corpus.each(RECORDS)
def test_how_the_network_cuts_a_relayed_answer_makes_no_difference(
    record: corpus.Record, place: Place
) -> None:
    first, again = place.first[record], place.again[record]

    assert without_what_we_made(record, first) == without_what_we_made(record, again)
    assert first.status == again.status


@corpus.each([*NO_ANSWERS, *REFUSED])
def test_what_is_no_answer_is_an_error(record: corpus.Record, place: Place) -> None:
    heard = place.first[record]

    assert schema.faults("ErrorResponse", {"error": error_in(heard.body)}) == []
    assert heard.status >= 400 or record.streamed
    assert b"[DONE]" not in heard.body


# Requests

OURS: Final = {"model", "stream_options"}
"""What the gateway says in a relayed request for itself."""


@corpus.each(record for record in RECORDS if isinstance(record.request.get("body"), dict))
def test_a_recorded_request_is_relayed_as_it_is(record: corpus.Record, place: Place) -> None:
    body = {**record.request["body"], "model": f"lab/{NUMBERS[record]}", "x_new": {"a": [1, None]}}
    before = len(place.upstream.requests)

    with Caller(place.door.port) as caller:
        heard = ask(caller, body)

    if len(place.upstream.requests) == before:
        assert heard.status == record.status == 400
        return
    seen = json.loads(place.upstream.requests[before].body)
    assert seen["model"] == NUMBERS[record]
    assert {k: v for k, v in seen.items() if k not in OURS} == {
        k: v for k, v in body.items() if k not in OURS
    }
    if body.get("stream"):
        wanted = {**(body.get("stream_options") or {}), "include_usage": True}
        assert seen["stream_options"] == wanted
    else:
        assert seen.get("stream_options", ...) == body.get("stream_options", ...)


def test_values_keep_their_bytes_and_of_two_the_last_is_sent() -> None:
    messages = json.dumps(HI)
    tools = '[{"type":"function","function":{"name":"a","parameters":{"x":1.10,"y":1e40}}}]'
    body = (
        f'{{"model":"nobody/x", "seed": 1, "messages" : {messages}, "top_p":1.10,"x":'
        f'18446744073709551616, "y" : [1.0e-2 , "\\u00e9"],"tools":{tools},'
        f'"model":"lab/m","seed":2}}'
    )

    with ByModel({"m": [whole({})]}) as upstream, running(lab(upstream, exact=True)) as door:
        with Caller(door.port) as caller:
            ask(caller, body.encode())
        sent = upstream.requests[0].body.decode()

    assert sent == (
        f'{{"model":"m","seed":2,"messages":{messages},"top_p":1.10,'
        f'"x":18446744073709551616,"y":[1.0e-2 , "\\u00e9"],"tools":{tools}}}'
    )
