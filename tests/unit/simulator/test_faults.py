"""What each fault does to an answer: which steps come, and how they end."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from dragoman.simulator.answering import SteppedAnswer, WholeAnswer, answered
from dragoman.simulator.faults import FAULTS, Break, Step, Timed
from tests.simulated import MADE, user

DONE = b"data: [DONE]\n\n"
EVENTS = 6
"""Of an echo of "a b c": the role, three words, the finish reason, `[DONE]`."""


def asked(model: str, **fields: Any) -> WholeAnswer | SteppedAnswer:
    body = json.dumps({"model": model, "messages": [user("a b c")], **fields}).encode()
    # Answers tell their model, faults and all; here they are compared without.
    made = msgspec.structs.replace(MADE, model="m")
    return answered("POST", "/chat/completions", body, made=made)


def streamed(model: str, **fields: Any) -> list[Step]:
    answer = asked(model, stream=True, **fields)
    assert isinstance(answer, SteppedAnswer)
    return list(answer.steps)


def whole(model: str) -> list[Step]:
    """The steps of a whole answer that is broken."""
    answer = asked(model)
    assert isinstance(answer, SteppedAnswer)
    return list(answer.steps)


def data(steps: Iterable[Step]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Timed))


def whole_body() -> bytes:
    """The body of a whole answer that nothing is wrong with."""
    answer = asked("echo")
    assert isinstance(answer, WholeAnswer)
    return answer.body


GOOD = streamed("echo")


def test_without_a_fault_a_stream_is_its_events() -> None:
    assert len(GOOD) == EVENTS
    assert GOOD[-1] == Timed(DONE)


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("cut_at_event", Break.CUT),
        ("reset_at_event", Break.RESET),
        ("stall_at_event", Break.SILENCE),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 5, 6, 7, 99])
def test_a_stream_breaks_after_so_many_events(fault: str, how: Break, place: int) -> None:
    assert streamed(f"echo?{fault}={place}") == [*GOOD[:place], how]


def test_a_stream_is_cut_after_so_many_bytes() -> None:
    for size in range(len(data(GOOD)) + 2):
        *sent, last = streamed(f"echo?cut_at_byte={size}")

        assert data(sent) == data(GOOD)[:size]
        assert last is Break.CUT


def test_a_cut_waits_for_nothing_that_it_does_not_send() -> None:
    first = GOOD[0]
    assert isinstance(first, Timed)

    assert streamed(f"echo?cut_at_byte={len(first.data)}") == [first, Break.CUT]
    assert streamed("echo?first=9s&cut_at_byte=0") == [Break.CUT]


def test_of_two_faults_the_first_to_come_is_the_last() -> None:
    steps = streamed("echo?cut_at_event=3&reset_at_event=1&stall_at_event=2")

    assert steps[:2] == [GOOD[0], Break.RESET]


def test_a_byte_before_the_event_comes_first() -> None:
    steps = streamed("echo?cut_at_byte=5&reset_at_event=1")

    assert steps == [Timed(b"data:"), Break.CUT]


@pytest.mark.parametrize("place", [0, 2, 5, 99])
def test_one_event_more_cannot_be_read(place: int) -> None:
    steps = streamed(f"echo?malformed_at_event={place}")
    before = GOOD[:-1][:place]
    event = steps.pop(len(before))

    assert steps == GOOD
    assert isinstance(event, Timed)
    assert event.data.endswith(b"\n\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(event.data.removeprefix(b"data: "))


@pytest.mark.parametrize("place", [0, 2, 5, 99])
def test_an_error_inside_the_stream_is_its_last_event(place: int) -> None:
    *before, last = streamed(f"fail?status=503&after={place}")
    good = streamed("hello")[:-1]

    assert before == good[:place]
    assert isinstance(last, Timed)
    assert json.loads(last.data.removeprefix(b"data: "))["error"] == {
        "message": "this is the simulator, failing with 503 as it was asked to",
        "type": "service_unavailable_error",
        "param": None,
        "code": "server_is_overloaded",
    }


def test_a_stream_may_end_without_its_terminator() -> None:
    assert streamed("echo?no_terminator") == GOOD[:-1]


@pytest.mark.parametrize("stream", [True, False])
def test_usage_may_not_add_up(stream: bool) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    answer = asked("echo?wrong_usage", **options)
    if isinstance(answer, WholeAnswer):
        usage = json.loads(answer.body)["usage"]
    else:
        last = data(answer.steps).split(b"\n\n")[-3]
        usage = json.loads(last.removeprefix(b"data: "))["usage"]

    assert usage == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 7}


@pytest.mark.parametrize("status", [400, 401, 404, 408, 429, 500, 503, 529, 599])
def test_an_error_has_the_status_that_was_asked_for(status: int) -> None:
    answer = asked(f"fail?status={status}")

    assert answer.status == status
    assert isinstance(answer, WholeAnswer)
    assert str(status) in json.loads(answer.body)["error"]["message"]


def test_an_error_asks_to_wait_where_it_was_asked_to() -> None:
    assert asked("fail?status=429&retry_after=2").headers["retry-after"] == "2"
    assert "retry-after" not in asked("fail?status=429").headers


def test_an_error_comes_in_its_time() -> None:
    answer = asked("fail?first=2s")

    assert (answer.status, answer.before) == (500, 2)


def test_whoever_asks_for_a_whole_answer_hears_the_error_at_once() -> None:
    assert asked("fail?status=503&after=3").status == 503


def test_what_is_no_request_is_refused_before_anything_else_goes_wrong() -> None:
    assert asked("fail?status=503", n=0).status == 400


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("cut_at_event", Break.CUT),
        ("reset_at_event", Break.RESET),
        ("stall_at_event", Break.SILENCE),
    ],
)
def test_a_whole_answer_counts_as_one_event(fault: str, how: Break) -> None:
    assert whole(f"echo?{fault}=0") == [how]
    assert whole(f"echo?{fault}=1") == [Timed(whole_body()), how]


def test_a_whole_answer_is_cut_after_so_many_bytes() -> None:
    assert whole("echo?cut_at_byte=5") == [Timed(whole_body()[:5]), Break.CUT]


def test_a_malformed_whole_answer_cannot_be_read() -> None:
    answer = asked("echo?malformed_at_event=0")

    assert isinstance(answer, WholeAnswer)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_the_list_of_faults_is_closed() -> None:
    assert asked("echo?explode_at_event=1").status == 400
    assert sorted(FAULTS) == [
        "after",
        "cut_at_byte",
        "cut_at_event",
        "malformed_at_event",
        "no_terminator",
        "reset_at_event",
        "retry_after",
        "stall_at_event",
        "status",
        "wrong_usage",
    ]
