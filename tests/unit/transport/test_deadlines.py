"""Deadlines by a clock that only the test moves."""

import pytest

from dragoman.errors import APITimeoutError
from dragoman.transport.deadlines import Deadlines
from dragoman.transport.timeouts import Timeout


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_phase_ends_with_its_own_bound_or_with_the_whole(clock: Clock) -> None:
    deadlines = Deadlines("a:1", Timeout(dns=2, first_byte=50, total=10), clock)

    assert deadlines.begin("dns") == 102
    assert deadlines.left() == 2
    assert deadlines.begin("first_byte") == 110


@pytest.mark.parametrize(
    ("phase", "sent", "named", "attempt_class"),
    [
        ("connect", False, "connect", "not_sent"),
        ("write", False, "write", "not_sent"),
        ("write", True, "write", "ambiguous"),
        ("first_byte", True, "total", "ambiguous"),
        ("between_events", True, "total", "started"),
    ],
)
def test_what_passed_is_named_and_classed(
    clock: Clock, phase: str, sent: bool, named: str, attempt_class: str
) -> None:
    deadlines = Deadlines("a:1", Timeout(total=40), clock)
    deadlines.begin("write")
    if sent:
        deadlines.wrote(more=True)
    deadlines.begin(phase)
    clock.now += 40

    with pytest.raises(APITimeoutError) as raised:
        deadlines.left()

    assert (raised.value.phase, raised.value.attempt_class) == (named, attempt_class)
    assert raised.value.message.startswith("a:1: ")


def test_writing_begins_anew_with_each_piece_that_is_taken(clock: Clock) -> None:
    deadlines = Deadlines("a:1", Timeout(write=30), clock)
    deadlines.begin("write")
    clock.now += 29
    deadlines.wrote(more=True)
    clock.now += 29

    assert deadlines.left() == 1


def test_a_tunnel_is_no_part_of_the_request(clock: Clock) -> None:
    deadlines = Deadlines("a:1", Timeout(), clock)
    deadlines.begin("connect")
    deadlines.wrote(more=False)

    assert not deadlines.sent


def test_no_phase_begins_when_the_whole_is_over(clock: Clock) -> None:
    deadlines = Deadlines("a:1", Timeout(total=5), clock)
    clock.now += 5

    with pytest.raises(APITimeoutError) as raised:
        deadlines.begin("dns")

    assert raised.value.phase == "total"


@pytest.mark.parametrize(
    ("phase", "attempt_class"), [("first_byte", "ambiguous"), ("between_events", "started")]
)
def test_until_content_has_come_every_wait_for_the_answer_is_one_for_content(
    clock: Clock, phase: str, attempt_class: str
) -> None:
    deadlines = Deadlines("a:1", Timeout(first_content=5), clock)
    deadlines.begin("write")
    deadlines.wrote(more=False)
    deadlines.begin("first_byte")
    clock.now += 4

    if phase == "between_events":
        assert deadlines.begin(phase) == 105
    clock.now += 1
    with pytest.raises(APITimeoutError) as raised:
        deadlines.left()

    assert (raised.value.phase, raised.value.attempt_class) == ("first_content", attempt_class)


def test_what_is_no_content_does_not_put_off_its_deadline(clock: Clock) -> None:
    deadlines = Deadlines("a:1", Timeout(first_content=5), clock)
    deadlines.begin("first_byte")
    clock.now += 5

    with pytest.raises(APITimeoutError) as raised:
        deadlines.begin("between_events")

    assert raised.value.phase == "first_content"


def test_once_content_has_come_the_waits_are_between_events(clock: Clock) -> None:
    deadlines = Deadlines("a:1", Timeout(first_content=5, between_events=50), clock)
    deadlines.begin("first_byte")
    clock.now += 1
    deadlines.content_came()

    assert deadlines.begin("between_events") == 151
