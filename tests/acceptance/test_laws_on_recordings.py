"""The laws, over every recorded answer of every provider whose dialect we speak.

What a provider said is read by `tests.judge`, which shares nothing with the decoder; here our
bytes are made and compared. Each record is a test of its own, so that a failure names it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dragoman
from dragoman import dialects, errors, translate
from tests import corpus, judge, schema, shape

MADE: dict[str, Any] = {"created": 1795404600, "id": "chatcmpl-GEN1"}
"""For providers that tell neither."""

SHORT = 2048
"""Bytes of a stream that is cut at each of its places."""

few_examples = settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
"""There are hundreds of records; the chance of finding something adds up over them."""

places = st.lists(st.integers(min_value=0, max_value=2**20), min_size=1, max_size=6)


def verdict(record: corpus.Record, sent: bytes) -> judge.Heard | judge.NoAnswer:
    """What the judge hears in these bytes of the record, or why it hears no answer."""
    ears = judge.EARS[record.spoken]
    try:
        return ears.said_stream(sent) if record.streamed else ears.said(sent)
    except judge.NoAnswer as silence:
        return silence


@cache
def said(record: corpus.Record) -> judge.Heard | judge.NoAnswer:
    return verdict(record, record.sent)


FILES = [file for files in corpus.SPEAKING.values() for file in files]
RECORDS = corpus.records(*FILES)
REFUSED = [record for record in RECORDS if record.refused]
ACCEPTED = [record for record in RECORDS if not record.refused]
NO_ANSWERS = [record for record in ACCEPTED if isinstance(said(record), judge.NoAnswer)]
ANSWERS = [record for record in ACCEPTED if record not in NO_ANSWERS]
WHOLE = [record for record in ANSWERS if not record.streamed]
STREAMS = [record for record in ANSWERS if record.streamed]


def stream(dialect: str, *pieces: bytes) -> list[bytes]:
    """Our chunks, as bytes."""
    chunks = translate.stream(pieces, dialect, **MADE)
    return [msgspec.json.encode(chunk) for chunk in chunks]


@cache
def answer(record: corpus.Record) -> bytes:
    """Our response to it, as bytes."""
    if record.streamed:
        chunks = translate.stream([record.sent], record.spoken, **MADE)
        return msgspec.json.encode(dragoman.fold(list(chunks)))
    return msgspec.json.encode(translate.response(record.sent, record.spoken, **MADE))


@cache
def chunks(record: corpus.Record) -> Sequence[Any]:
    return [json.loads(chunk) for chunk in stream(record.spoken, record.sent)]


# Law 1: validity.


@corpus.each(ANSWERS)
def test_every_response_is_what_openais_document_promises(record: corpus.Record) -> None:
    response = json.loads(answer(record))

    assert schema.faults("CreateChatCompletionResponse", response) == []
    assert not [key for key in shape.LEFT_OUT_WHEN_NULL if response.get(key, "") is None]


@corpus.each(STREAMS)
def test_every_chunk_is_what_openais_document_promises(record: corpus.Record) -> None:
    for chunk in chunks(record):
        assert schema.faults("CreateChatCompletionStreamResponse", chunk) == []


@corpus.each(STREAMS)
def test_chunks_come_in_good_order(record: corpus.Record) -> None:
    assert shape.faults(chunks(record)) == []


@corpus.each(ANSWERS)
def test_every_tool_call_can_be_answered_by_its_own_id(record: corpus.Record) -> None:
    choices = json.loads(answer(record))["choices"]

    for choice in choices:
        ids = [call["id"] for call in choice["message"].get("tool_calls", [])]
        assert all(ids)
        assert len(set(ids)) == len(ids)


# Law 2: a response is the fold of its chunks.


@corpus.each(WHOLE)
def test_a_whole_answer_says_what_the_provider_said(record: corpus.Record) -> None:
    assert judge.heard(answer(record)) == said(record)


@corpus.each(STREAMS)
def test_whoever_streams_hears_what_the_provider_said(record: corpus.Record) -> None:
    assert judge.heard(answer(record)) == said(record)


# Law 3: splitting changes nothing.


def pieces(raw: bytes, *places: int) -> list[bytes]:
    """`raw`, cut at these places."""
    cuts = [0, *sorted({place % (len(raw) + 1) for place in places}), len(raw)]
    return [raw[start:end] for start, end in pairwise(cuts)]


def without_made_ids(chunks: Iterable[bytes]) -> bytes:
    """An id that we had to make may be another one the next time."""
    return re.sub(rb'"call_[A-Za-z0-9]{24}"', b'"call_"', b"\n".join(chunks))


@corpus.each(record for record in STREAMS if len(record.sent) < SHORT)
def test_a_stream_may_be_cut_at_any_byte(record: corpus.Record) -> None:
    expected = without_made_ids(stream(record.spoken, record.sent))

    for place in range(len(record.sent)):
        assert without_made_ids(stream(record.spoken, *pieces(record.sent, place))) == expected, (
            place
        )


@corpus.each(record for record in STREAMS if len(record.sent) < 8 * SHORT)
def test_a_stream_may_come_byte_by_byte(record: corpus.Record) -> None:
    expected = without_made_ids(stream(record.spoken, record.sent))

    assert (
        without_made_ids(stream(record.spoken, *pieces(record.sent, *range(len(record.sent)))))
        == expected
    )


@corpus.each(record for record in STREAMS if len(record.sent) >= SHORT)
@few_examples
@given(places=places)
def test_a_long_stream_may_be_cut_anywhere(record: corpus.Record, places: list[int]) -> None:
    expected = without_made_ids(stream(record.spoken, record.sent))

    assert without_made_ids(stream(record.spoken, *pieces(record.sent, *places))) == expected


# Law 5: usage adds up.


@corpus.each(ANSWERS)
def test_usage_adds_up(record: corpus.Record) -> None:
    usage = json.loads(answer(record)).get("usage")
    if usage is None:
        return
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    of_prompt = usage.get("prompt_tokens_details", {})
    of_completion = usage.get("completion_tokens_details", {})

    assert usage["total_tokens"] == prompt + completion
    assert of_prompt.get("cached_tokens", 0) + of_prompt.get("cache_write_tokens", 0) <= prompt
    assert of_completion.get("reasoning_tokens", 0) <= completion
    assert all(n >= 0 for n in [prompt, completion, *of_prompt.values(), *of_completion.values()])
    assert {} not in (of_prompt or None, of_completion or None)


# Law 6: truth of termination.


def ends(raw: bytes) -> list[int]:
    """The places where an event ends: all of a short stream, the telling ones of a long."""
    found = [event.end() for event in re.finditer(rb"\r\n\r\n|\n\n|\r\r", raw)]
    if raw.startswith(b"\0"):  # frames of AWS, each beginning with its length
        found = [0]
        while found[-1] < len(raw):
            found.append(found[-1] + int.from_bytes(raw[found[-1] : found[-1] + 4]))
    if raw.startswith(b"{"):  # one JSON value a line
        found = [line.end() for line in re.finditer(rb"\n", raw)]
    if len(found) <= 24:
        return found
    return found[:4] + found[4 : -12 : len(found) // 8] + found[-12:]


def check_truth(record: corpus.Record, raw: bytes, *, whole_events: bool) -> None:
    """What was heard of a message that ended with `raw` is true, or there is an error."""
    came: list[Any] = []
    broken: errors.Error | None = None
    try:
        came.extend(translate.stream([raw], record.spoken, **MADE))
    except errors.Error as error:
        broken = error
    finished = {
        choice["index"]
        for chunk in map(json.loads, map(msgspec.json.encode, came))
        for choice in chunk["choices"]
        if choice["finish_reason"]
    }

    expected = verdict(record, raw)
    if isinstance(expected, judge.NoAnswer):
        assert broken, f"no error, though {expected}"
        assert finished <= expected.finished
        assert broken.code == "stream_truncated" or not whole_events
    elif broken:
        # Where the cut leaves half an event behind, an error is no lie, either.
        assert not whole_events
    else:
        assert judge.heard(msgspec.json.encode(dragoman.fold(came))) == expected


@corpus.each(STREAMS)
def test_a_stream_that_breaks_off_after_an_event_is_no_success(record: corpus.Record) -> None:
    for end in [0, *ends(record.sent)]:
        check_truth(record, record.sent[:end], whole_events=True)


@corpus.each(STREAMS)
@few_examples
@given(places=places)
def test_a_stream_that_breaks_off_anywhere_is_no_success(
    record: corpus.Record, places: list[int]
) -> None:
    for place in places[:2]:
        check_truth(record, record.sent[: place % len(record.sent)], whole_events=False)


@corpus.each(WHOLE)
def test_half_a_body_is_no_answer(record: corpus.Record) -> None:
    for end in (0, len(record.sent) // 2, len(record.sent.rstrip()) - 1):
        with pytest.raises(errors.Error):
            translate.response(record.sent[:end], record.spoken, **MADE)


# Errors, with a status of their own and without.


@corpus.each(REFUSED)
def test_a_refusal_comes_in_openais_words(record: corpus.Record) -> None:
    assert record.status is not None
    expected = judge.EARS[record.spoken].said_error(record.status, record.sent)

    error = dialects.DIALECTS[record.spoken].decode_error(
        record.status, record.headers, record.sent
    )

    assert isinstance(error, errors.STATUS_ERRORS.get(error.status_code, errors.APIStatusError))
    assert error.message == expected.message
    assert error.status_code == expected.status
    assert error.type == expected.type
    assert expected.code in (None, error.code)
    assert expected.param in (None, error.param)


@corpus.each(NO_ANSWERS)
def test_a_success_without_an_answer_is_an_error(record: corpus.Record) -> None:
    with pytest.raises(errors.Error) as caught:
        answer(record)

    if not record.streamed and json.loads(record.sent).get("error"):
        expected = judge.EARS[record.spoken].said_error(record.status, record.sent)
        assert caught.value.message == expected.message
        assert expected.code in (None, caught.value.code)
