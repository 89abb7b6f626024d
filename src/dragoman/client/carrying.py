"""Carrying a request, blocking: the short loop that does what a conversation wishes."""

import time
from collections.abc import Callable
from typing import TypeVar

from dragoman.client.asking import recorded
from dragoman.client.call import Call, Carriage, is_stream, succeeded
from dragoman.client.opening import opened, pump
from dragoman.client.streamed import Stream
from dragoman.errors import APIStatusError, ConfigurationError, Error, RemoteProtocolError
from dragoman.exchange.wishes import Attempt, Committed, Outcome, Race, Record, Refused, Try, Wait
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.transport.protocol import Answer, Transport

Carried = shared.CreateChatCompletionResponse | Stream

C = TypeVar("C", bound=Carriage)
R = TypeVar("R")


def carried(call: Call, transport: Transport) -> Carried:
    """The chat completion that was asked for; raises the error of the last attempt."""
    return driven(call, transport, _answered)


def driven(call: C, transport: Transport, answered: Callable[[C, Attempt, Answer], R]) -> R:
    """What `answered` makes of a success; raises the error of the last attempt.

    What `answered` raises is the attempt's.
    """
    talk = call.conversation()
    outcome: Outcome = None
    result: list[R] = []
    try:
        while True:
            wish = talk.send(outcome)
            outcome = None
            match wish:
                case Try(attempt) | Race(attempt, _, _):
                    outcome = _tried(call, attempt, transport, answered, result)
                case Wait(until):
                    time.sleep(max(0.0, until - time.monotonic()))
                case Record(entry):
                    recorded(entry)
    except StopIteration:
        return result[-1]


def _tried(
    call: C,
    attempt: Attempt,
    transport: Transport,
    answered: Callable[[C, Attempt, Answer], R],
    result: list[R],
) -> Committed | Refused:
    try:
        answer = transport.send(call.asked.message, timeout=call.timeout())
        try:
            if not succeeded(answer.status):
                raise _refusal(call, answer)
            result.append(answered(call, attempt, answer))
        except BaseException:
            answer.close()
            raise
    except ConfigurationError:
        raise  # It cannot be sent: there was no attempt.
    except Error as error:
        return call.refused(error)
    return Committed(attempt)


def _refusal(call: Carriage, answer: Answer) -> APIStatusError:
    try:
        return call.failure(answer.status, answer.headers, answer.read())
    except RemoteProtocolError as why:
        return call.failure(answer.status, answer.headers, b"", unreadable=why)


def _answered(call: Call, attempt: Attempt, answer: Answer) -> Carried:
    head = call.elapsed()
    if call.asked.stream:
        chunks = opened(answer, call.decoder())
        timings = shared.Timings(head=head, first_content=call.elapsed())
        meta = call.meta(answer, attempt.number, timings)
        return Stream(answer, chunks, call=call, meta=meta)
    body: bytes | None = None
    if is_stream(answer.headers):
        response = fold(pump(answer, call.decoder()))
    else:
        body = answer.read()
        response = call.decoded(body)
    answer.close()
    timings = shared.Timings(head=head, total=call.elapsed())
    return response.put_beside({"meta": call.meta(answer, attempt.number, timings, body)})
