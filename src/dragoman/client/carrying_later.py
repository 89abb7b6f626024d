"""Carrying a request on an event loop: the short loop that does what a conversation wishes."""

import time

from dragoman.client.asking import recorded
from dragoman.client.call import Call, is_stream, refused, succeeded
from dragoman.client.opening import opened_later, pump_later
from dragoman.client.streamed import AsyncStream
from dragoman.errors import Error
from dragoman.exchange.wishes import Attempt, Committed, Outcome, Race, Record, Refused, Try, Wait
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.transport.protocol import AsyncAnswer, AsyncTransport

Carried = shared.CreateChatCompletionResponse | AsyncStream


async def carried_later(call: Call, transport: AsyncTransport) -> Carried:
    """The answer to this request; raises the error of the last attempt."""
    import asyncio  # with sockets and TLS, for those who are on a loop already

    talk = call.conversation()
    outcome: Outcome = None
    result: list[Carried] = []
    try:
        while True:
            wish = talk.send(outcome)
            outcome = None
            match wish:
                case Try(attempt) | Race(attempt, _, _):
                    outcome = await _tried(call, attempt, transport, result)
                case Wait(until):
                    await asyncio.sleep(max(0.0, until - time.monotonic()))
                case Record(entry):
                    recorded(entry)
    except StopIteration:
        return result[-1]


async def _tried(
    call: Call, attempt: Attempt, transport: AsyncTransport, result: list[Carried]
) -> Committed | Refused:
    try:
        answer = await transport.send(call.asked.message, timeout=call.timeout())
        try:
            result.append(await _answered(call, attempt, answer))
        except BaseException:
            answer.close()
            raise
    except Error as error:
        return refused(error)
    return Committed(attempt)


async def _answered(call: Call, attempt: Attempt, answer: AsyncAnswer) -> Carried:
    if not succeeded(answer.status):
        raise call.failure(answer.status, answer.headers, await answer.read())
    head = call.elapsed()
    if call.asked.request.stream:
        chunks = await opened_later(answer, call.decoder(), call.patience())
        timings = shared.Timings(head=head, first_content=call.elapsed())
        meta = call.meta(answer, attempt.number, timings)
        return AsyncStream(
            answer, chunks, include_usage=call.include_usage, meta=meta, elapsed=call.elapsed
        )
    body: bytes | None = None
    if is_stream(answer.headers):
        pieces = pump_later(answer, call.decoder(), call.patience())
        response = fold([chunk async for chunk in pieces])
    else:
        body = await answer.read()
        response = call.decoded(body)
    answer.close()
    timings = shared.Timings(head=head, total=call.elapsed())
    return response.with_meta(call.meta(answer, attempt.number, timings, body))
