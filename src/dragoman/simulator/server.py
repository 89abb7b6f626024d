"""The simulator behind a socket: the providers' paths over HTTP, with faults that are real.

A cut is a body that ends before its end, a reset is a reset, silence lasts until the caller goes.
What is answered is decided in `dragoman.simulator.answering`, how it travels by
`dragoman.transport.serving`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial

from dragoman.errors import APIStatusError
from dragoman.simulator.answering import WholeAnswer, answered, lengthy, refusal
from dragoman.simulator.faults import Break, Step
from dragoman.simulator.making import made_now, with_id
from dragoman.transport.handling import (
    GUARDS,
    CutOffError,
    Guards,
    Reply,
    Served,
    StreamedReply,
)
from dragoman.transport.serving import Server, serve


async def simulate(*, host: str, port: int, guards: Guards = GUARDS) -> Server:
    """The simulator on this address, at every provider's paths."""
    return await serve(handle, host=host, port=port, refusal=refused, guards=guards)


async def handle(request: Served) -> Reply | StreamedReply:
    make = partial(answered, request.method, request.target, request.body, made=made_now())
    long = lengthy(request.target, request.body)
    answer = await asyncio.to_thread(make) if long else make()
    await asyncio.sleep(answer.before)
    if isinstance(answer, WholeAnswer):
        return told(answer)
    return StreamedReply(
        status=answer.status,
        headers=with_id(answer.headers, answer.id_header),
        pieces=played(answer.steps),
    )


def refused(error: APIStatusError) -> Reply:
    return told(refusal(error))


def told(answer: WholeAnswer) -> Reply:
    return Reply(
        status=answer.status, headers=with_id(answer.headers, answer.id_header), body=answer.body
    )


async def played(steps: Iterator[Step]) -> AsyncIterator[bytes]:
    """The pieces of a body in their time, broken off where a step says so."""
    for step in steps:
        match step:
            case Break.CUT | Break.RESET:
                raise CutOffError(reset=step is Break.RESET)
            case Break.SILENCE:
                await asyncio.get_running_loop().create_future()
            case _:
                # Also where it is 0: other callers get their turn between two pieces.
                await asyncio.sleep(step.after)
                yield step.data
