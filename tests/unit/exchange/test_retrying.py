"""Conversations, held dry: no socket, no clock, no chance."""

from typing import Any

import pytest

from dragoman.dialects.dialect import Encoded
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    Error,
    RemoteProtocolError,
    status_error,
)
from dragoman.exchange.retrying import Policy, conversation
from dragoman.exchange.wishes import Committed, Record, Refused, Try, Wait, Wish

ENCODED = Encoded(method="POST", path="/chat/completions", headers={}, body=b"{}")

NOT_SENT = APIConnectionError("refused", attempt_class="not_sent")
AMBIGUOUS = APIConnectionError("reset", attempt_class="ambiguous")
UNREADABLE = RemoteProtocolError("nonsense")


class Held:
    """A conversation that was held to its end, with what it wished for."""

    def __init__(
        self,
        *outcomes: Error | None,
        policy: Policy | None = None,
        stateless: bool = True,
        deadline: float = 1800.0,
    ) -> None:
        self.wishes: list[Wish] = []
        self.error: Error | None = None
        self.committed: Committed | None = None
        self._clock = 0.0
        left = list(outcomes)
        talk = conversation(
            "lab/m",
            ENCODED,
            policy=policy or Policy(),
            stateless=stateless,
            deadline=deadline,
            now=lambda: self._clock,
            chance=lambda: 1.0,
        )
        answer: Any = None
        try:
            while True:
                wish = talk.send(answer)
                self.wishes.append(wish)
                answer = None
                match wish:
                    case Try(attempt):
                        error = left.pop(0)
                        answer = Committed(attempt)
                        if error is not None:
                            answer = Refused(error, getattr(error, "retry_after", None))
                    case Wait(until):
                        self._clock = until
        except StopIteration as end:
            self.committed = end.value
        except Error as error:
            self.error = error

    @property
    def attempts(self) -> int:
        return sum(isinstance(wish, Try) for wish in self.wishes)

    @property
    def pauses(self) -> list[float]:
        return [wish.until for wish in self.wishes if isinstance(wish, Wait)]


def no(status: int, **details: Any) -> Error:
    return status_error("no", status_code=status, **details)


def test_an_answer_ends_the_conversation() -> None:
    held = Held(None)

    assert held.committed is not None
    assert held.attempts == 1


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (lambda: APIConnectionError("refused", attempt_class="not_sent"), 3),
        (lambda: no(429), 3),
        (lambda: no(503), 3),
        (lambda: no(529), 3),
        (lambda: no(429, code="insufficient_quota"), 1),
        (lambda: no(500), 2),
        (lambda: no(408), 2),
        (lambda: no(400), 1),
        (lambda: no(401), 1),
        (lambda: no(404), 1),
        (lambda: no(409), 1),
        (lambda: APIConnectionError("reset", attempt_class="ambiguous"), 2),
        (lambda: RemoteProtocolError("nonsense"), 2),
        (lambda: APIConnectionError("cut", attempt_class="content"), 1),
        (lambda: APITimeoutError("late", phase="first_byte"), 2),
        (lambda: APITimeoutError("late", phase="total"), 1),
    ],
)
def test_each_class_has_its_number_of_attempts(error: Any, attempts: int) -> None:
    held = Held(*(error() for _ in range(3)))

    assert held.attempts == attempts
    assert held.error is not None
    assert held.error.attempts == attempts


def test_a_second_attempt_may_be_answered() -> None:
    held = Held(no(500), None)

    assert held.committed is not None
    assert held.committed.attempt.number == 2


def test_what_is_kept_by_the_provider_is_not_asked_for_twice() -> None:
    assert Held(AMBIGUOUS, None, stateless=False).attempts == 1
    assert Held(UNREADABLE, None, stateless=False).attempts == 1
    assert Held(NOT_SENT, None, stateless=False).attempts == 2


def test_an_unknown_fate_is_risked_once_in_whichever_of_its_classes() -> None:
    assert Held(AMBIGUOUS, RemoteProtocolError("nonsense"), None).attempts == 2


def test_no_retries_means_one_attempt() -> None:
    assert Held(no(503), policy=Policy(max_retries=0)).attempts == 1


@pytest.mark.parametrize(("said", "attempts"), [(True, 3), (False, 1)])
def test_the_provider_has_the_last_word(said: bool, attempts: int) -> None:
    status = 400 if said else 503
    held = Held(*(no(status, should_retry=said) for _ in range(3)))

    assert held.attempts == attempts


def test_pauses_double_up_to_their_bound() -> None:
    held = Held(*(no(503) for _ in range(9)), policy=Policy(max_retries=8))
    pauses = [b - a for a, b in zip([0.0, *held.pauses], held.pauses, strict=False)]

    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_a_wait_that_was_asked_for_is_kept() -> None:
    assert Held(no(429, retry_after=7.0), None).pauses == [7.0]


def test_a_wait_of_zero_is_none() -> None:
    held = Held(no(429, retry_after=0.0), None)

    assert held.pauses == []
    assert held.committed is not None


def test_nobody_waits_longer_than_two_minutes_or_past_the_deadline() -> None:
    assert Held(no(429, retry_after=121.0), None).attempts == 1
    assert Held(no(429, retry_after=60.0), None, deadline=30.0).attempts == 1


def test_every_attempt_is_written_down_before_the_next() -> None:
    held = Held(no(500), None)

    kinds = [type(wish) for wish in held.wishes]
    assert kinds == [Try, Record, Wait, Try, Record]
    entries = [wish.entry for wish in held.wishes if isinstance(wish, Record)]
    assert [entry.error is None for entry in entries] == [False, True]
