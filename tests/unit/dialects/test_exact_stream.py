"""Streams of a provider that speaks exactly: kept as they come, and put right where they do not."""

import json
from typing import Any

import pytest

from dragoman.dialects.openai_chat.exact_stream import ExactStream
from dragoman.errors import APIStatusError, RemoteProtocolError
from dragoman.streaming.made import Made

MADE = Made(created=7, id="chatcmpl-made", model="m")
NAMED = {"created": 1, "id": "c", "model": "m", "object": "chat.completion.chunk"}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def event(*choices: dict[str, Any], **more: Any) -> bytes:
    return b"data: " + json.dumps({**NAMED, "choices": list(choices), **more}).encode() + b"\n\n"


def said(index: int = 0, finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"delta": delta, "finish_reason": finish_reason, "index": index}


ROLE = event(said(role="assistant", content=""))
HI = event(said(content="Hi"))
STOP = event(said(finish_reason="stop"))
COUNTED = event(usage=USAGE)
DONE = b"data: [DONE]\n\n"


def stream(*, include_usage: bool = False) -> ExactStream:
    return ExactStream(made=MADE, include_usage=include_usage)


def chunks(told: bytes) -> list[Any]:
    return [json.loads(one.removeprefix(b"data: ")) for one in told.split(b"\n\n") if one]


def test_events_are_handed_on_and_the_end_is_held_until_it_has_come() -> None:
    exact = stream(include_usage=True)

    first = exact.receive(ROLE)
    uncommitted = exact.committed
    rest = exact.receive(HI + STOP + COUNTED + DONE)

    assert (first, uncommitted) == (ROLE, False)
    assert (rest, exact.committed, exact.terminated) == (HI, True, True)
    assert exact.finish(ended_by_close=False) == STOP + COUNTED
    assert exact.error is None
    assert exact.usage is not None
    assert exact.usage.completion_tokens == 2


def test_usage_that_nobody_asked_for_is_known_and_not_told() -> None:
    exact = stream()

    told = exact.receive(ROLE + HI + STOP + COUNTED + DONE) + exact.finish(ended_by_close=False)

    assert told == ROLE + HI + STOP
    assert exact.usage is not None


def test_a_stream_that_is_cut_tells_what_was_said_and_no_reason() -> None:
    exact = stream()
    exact.receive(ROLE + HI + event(said(content=" there", finish_reason="length"), x=1))

    assert chunks(exact.give_up()) == [{**NAMED, "choices": [said(content=" there")], "x": 1}]


@pytest.mark.parametrize("ended_by_close", [False, True])
def test_without_terminator_every_choice_needs_its_reason(ended_by_close: bool) -> None:
    exact = stream()
    exact.receive(ROLE + HI)
    if ended_by_close:
        exact.receive(STOP)

    exact.finish(ended_by_close=ended_by_close)

    assert isinstance(exact.error, RemoteProtocolError)
    assert exact.error.code == "stream_truncated"


def test_a_choice_without_a_reason_before_the_terminator_came_to_its_end() -> None:
    exact = stream()
    exact.receive(ROLE + HI + DONE)

    (last,) = chunks(exact.finish(ended_by_close=False))

    assert last == {**NAMED, "choices": [said(finish_reason="stop")]}


def test_a_finished_choice_does_not_hold_back_the_others() -> None:
    exact = stream()
    other = event(said(1, content="Ho"))

    told = exact.receive(ROLE + STOP + other)

    assert told == ROLE + other


ODD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing of its head": (
        {"choices": [{"delta": {"content": "a"}}], "x": 1},
        {**NAMED, "choices": [said(content="a")], "x": 1},
    ),
    "nulls where none may be": (
        {**NAMED, "choices": [said(content="a", tool_calls=None)], "obfuscation": None},
        {**NAMED, "choices": [said(content="a")]},
    ),
    "a reason of its own": (
        {**NAMED, "choices": [said(finish_reason="eos")]},
        {**NAMED, "choices": [{**said(finish_reason="stop"), "native_finish_reason": "eos"}]},
    ),
    "parts for a text": (
        {**NAMED, "choices": [said(content=[{"type": "text", "text": "a"}])]},
        {**NAMED, "choices": [said(content="a")]},
    ),
    "arguments that were parsed": (
        {**NAMED, "choices": [said(tool_calls=[{"id": None, "function": {"arguments": {}}}])]},
        {**NAMED, "choices": [said(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}])]},
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_an_event_that_breaks_the_document_is_put_right(what: str) -> None:
    came, expected = ODD[what]
    exact = stream()
    told = exact.receive(ROLE)

    told = exact.receive(b"data: " + json.dumps(came).encode() + b"\n\n" + DONE)
    told += exact.finish(ended_by_close=False)

    assert chunks(told)[0] == expected


def test_usage_that_does_not_add_up_is_made_to() -> None:
    exact = stream(include_usage=True)
    odd = event(usage={**USAGE, "total_tokens": 9})

    told = exact.receive(ROLE + HI + STOP + odd + DONE) + exact.finish(ended_by_close=False)

    assert chunks(told)[-1]["usage"] == USAGE


@pytest.mark.parametrize(
    "data", [b'{"error":{"message":"no","code":429}}', b'{"choices":[],"error":{"message":"no"}}']
)
def test_an_error_in_the_stream_is_its_failure(data: bytes) -> None:
    exact = stream()
    exact.receive(ROLE + HI)

    exact.receive(b"data: " + data + b"\n\n")

    assert isinstance(exact.error, APIStatusError)
    assert exact.error.message == "no"


@pytest.mark.parametrize(
    "data", [b"nonsense", b"[" * 100_000, b'{"choices":[{"delta":{"content":5}}]}']
)
def test_nonsense_is_the_providers_failure(data: bytes) -> None:
    exact = stream()
    exact.receive(ROLE + HI)

    exact.receive(b"data: " + data + b"\n\n")

    assert isinstance(exact.error, RemoteProtocolError | APIStatusError)
