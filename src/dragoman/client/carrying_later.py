"""Carrying a request on an event loop: the short loop that does what a conversation wishes."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dragoman.client.asking import recorded
from dragoman.client.call import Call, Carriage, is_stream, succeeded
from dragoman.client.opening import opened_later, pump_later
from dragoman.client.streamed import AsyncStream
from dragoman.errors import APIStatusError, ConfigurationError, Error, RemoteProtocolError
from dragoman.exchange.wishes import Attempt, Committed, Outcome, Race, Record, Refused, Try, Wait
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.transport.protocol import AsyncAnswer, AsyncTransport

Carried = shared.CreateChatCompletionResponse | AsyncStream

C = TypeVar("C", bound=Carriage)
R = TypeVar("R")


async def carried_later(call: Call, transport: AsyncTransport) -> Carried:
    """The chat completion that was asked for; raises the error of the last attempt."""
    return await driven_later(call, transport, _answered)


async def driven_later(
    call: C, transport: AsyncTransport, answered: Callable[[C, Attempt, AsyncAnswer], Awaitable[R]]
) -> R:
    """What `answered` makes of a success; raises the error of the last attempt.

    What `answered` raises is the attempt's.
    """
    import asyncio  # with sockets and TLS, for those who are on a loop already

    talk = call.conversation()
    outcome: Outcome = None
    result: list[R] = []
    try:
        while True:
            wish = talk.send(outcome)
            outcome = None
            match wish:
                case Try(attempt) | Race(attempt, _, _):
                    outcome = await _tried(call, attempt, transport, answered, result)
                case Wait(until):
                    await asyncio.sleep(max(0.0, until - time.monotonic()))
                case Record(entry):
                    recorded(entry)
    except StopIteration:
        return result[-1]


async def _tried(
    call: C,
    attempt: Attempt,
    transport: AsyncTransport,
    answered: Callable[[C, Attempt, AsyncAnswer], Awaitable[R]],
    result: list[R],
) -> Committed | Refused:
    try:
        answer = await transport.send(call.asked.message, timeout=call.timeout())
        try:
            if not succeeded(answer.status):
                raise await _refusal(call, answer)
            result.append(await answered(call, attempt, answer))
        except BaseException:
            answer.close()
            raise
    except ConfigurationError:
        raise  # It cannot be sent: there was no attempt.
    except Error as error:
        return call.refused(error)
    return Committed(attempt)


async def _refusal(call: Carriage, answer: AsyncAnswer) -> APIStatusError:
    try:
        return call.failure(answer.status, answer.headers, await answer.read())
    except RemoteProtocolError as why:
        return call.failure(answer.status, answer.headers, b"", unreadable=why)


async def _answered(call: Call, attempt: Attempt, answer: AsyncAnswer) -> Carried:
    head = call.elapsed()
    if call.asked.stream:
        chunks = await opened_later(answer, call.decoder())
        timings = shared.Timings(head=head, first_content=call.elapsed())
        meta = call.meta(answer, attempt.number, timings)
        return AsyncStream(answer, chunks, call=call, meta=meta)
    body: bytes | None = None
    if is_stream(answer.headers):
        pieces = pump_later(answer, call.decoder())
        response = fold([chunk async for chunk in pieces])
    else:
        body = await answer.read()
        response = call.decoded(body)
    answer.close()
    timings = shared.Timings(head=head, total=call.elapsed())
    return response.put_beside({"meta": call.meta(answer, attempt.number, timings, body)})
