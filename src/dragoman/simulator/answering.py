"""A request in HTTP in, an answer in the dialect of its path out, which only has to be played.

Pure: paths, methods, statuses, headers and bodies are decided here, once, for the simulator in
process and for the one behind a socket. Those have the clock, and the connection that an answer
may ask to break.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Dialect, StreamEncoder
from dragoman.errors import APIStatusError, status_error
from dragoman.models import shared
from dragoman.simulator.doors import OPENAI, Door, Found, found
from dragoman.simulator.engine import Paced, answer
from dragoman.simulator.faults import Faults, Step, Timed, faulty, miscounted, with_malformed
from dragoman.simulator.models import simulated
from dragoman.simulator.refusals import shown
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made

JSON_HEADERS: Final = {"content-type": "application/json"}

LONG_PROMPT: Final = 32 * 1024
"""Bytes; `echo` says all of them."""

MUCH_ASKED: Final = re.compile(rb'n(?:=|%3d)[0-9]{4}|"n"|candidate|schema|parameters|\\u', re.I)
"""A thousand words, several choices, schemas with long values, or whatever escapes may hide."""


class WholeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose length is known with its head."""

    status: int
    headers: dict[str, str]
    body: bytes

    before: float = 0.0
    """Seconds to wait before the head."""

    id_header: str = "x-request-id"
    """The header that gives the request an id."""


class SteppedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose body comes step by step, or is broken on its way."""

    status: int
    headers: dict[str, str]
    steps: Iterator[Step]

    before: float = 0.0
    """Seconds to wait before the head."""

    id_header: str = "x-request-id"
    """The header that gives the request an id."""


def answered(
    method: str, target: str, body: bytes, *, made: Made, anywhere: bool = False
) -> WholeAnswer | SteppedAnswer:
    """The answer to this request, an error where it has to be.

    `target` is a path, percent-encoded as it came, and maybe a query; before the path of a door
    may stand a provider's name and, if `anywhere`, whatever else.
    """
    here = found(method, target, anywhere=anywhere)
    try:
        answer = _answered(method, target, body, made, here)
    except APIStatusError as error:
        answer = refusal(error, DIALECTS[here.dialect], door=here.door)
    if here.door is None:
        return answer
    return msgspec.structs.replace(answer, id_header=here.door.id_header)


def _answered(
    method: str, target: str, body: bytes, made: Made, here: Found
) -> WholeAnswer | SteppedAnswer:
    door = here.door
    if door is None:
        raise status_error(
            f"path: expected that of a provider, such as {OPENAI.bases[0]}{OPENAI.path};"
            f" got {shown(target.partition('?')[0])}",
            status_code=404,
        )
    if not here.right:
        raise status_error(
            f"method: expected {door.method} for {door.path}; got {shown(method)}",
            status_code=405,
        )
    if door.models is None:
        return completed(door.request(body, here.model), made, door)
    told = door.models.one(here.model) if here.model else door.models.all()
    return WholeAnswer(status=200, headers=JSON_HEADERS, body=told)


def lengthy(target: str, body: bytes) -> bool:
    """Whether the answer to this may take over 10 ms to make; a loop would do nothing else then."""
    return (
        len(body) > LONG_PROMPT
        or MUCH_ASKED.search(body) is not None
        or MUCH_ASKED.search(target.encode()) is not None
    )


def refusal(
    error: APIStatusError, dialect: Dialect | None = None, *, door: Door | None = None
) -> WholeAnswer:
    """The error, under its own status, also where the dialect would use another."""
    told = (dialect or DIALECTS[OPENAI.dialect]).encode_error(error)
    headers = dict(told.headers)
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    if error.status_code == 405 and door is not None:
        headers["allow"] = door.method
    return WholeAnswer(status=error.status_code, headers=headers, body=told.body)


def completed(
    request: shared.CreateChatCompletionRequest, made: Made, door: Door
) -> WholeAnswer | SteppedAnswer:
    """The completion, whole or streamed, and whatever was asked to go wrong with it."""
    model = simulated(request.model)
    faults = model.faults
    chunks = answer(request, made=made)
    if faults.error is not None and not (request.stream and faults.after is not None):
        told = refusal(faults.error, DIALECTS[door.refuses or door.dialect])
        return msgspec.structs.replace(told, before=model.first)
    if faults.wrong_usage:
        chunks = (Paced(miscounted(one.chunk), one.after) for one in chunks)
    if request.stream:
        steps = faulty(Telling(chunks, door.encoder(request), door).steps(faults), faults)
        return SteppedAnswer(status=200, headers=dict(door.framing.headers), steps=steps)
    return whole(list(chunks), faults, DIALECTS[door.dialect])


def whole(chunks: list[Paced], faults: Faults, dialect: Dialect) -> WholeAnswer | SteppedAnswer:
    """The body of a whole answer, when all of it would have been said."""
    body = dialect.encode_response(fold(one.chunk for one in chunks))
    if faults.malformed_at_event is not None:
        body = body[: len(body) // 2]
    before = sum(one.after for one in chunks)
    if faults.breaks:
        steps = faulty([Timed(body)], faults)
        return SteppedAnswer(status=200, headers=JSON_HEADERS, steps=steps, before=before)
    return WholeAnswer(status=200, headers=JSON_HEADERS, body=body, before=before)


class Telling:
    """The chunks of an answer, told as the events of a stream."""

    def __init__(self, chunks: Iterable[Paced], encoder: StreamEncoder, door: Door) -> None:
        self._chunks = chunks
        self._encoder = encoder
        self._door = door
        self._terminator: list[bytes] = []

    def steps(self, faults: Faults) -> Iterator[Step]:
        """The events of a stream, each after its pause, and what they end with."""
        events: Iterator[Step] = self._events()
        if faults.malformed_at_event is not None:
            malformed = self._door.framing.malformed
            events = with_malformed(events, faults.malformed_at_event, malformed)
        if faults.error is not None:
            yield from islice(events, faults.after)
            yield Timed(self._encoder.error(faults.error))
            return
        yield from events
        if not faults.no_terminator:
            yield from map(Timed, self._terminator)

    def _events(self) -> Iterator[Timed]:
        """All but the terminator; what the caller does not see leaves its pause."""
        split = self._door.framing.events
        after = 0.0
        for one in self._chunks:
            after += one.after
            for event in split(self._encoder.encode(one.chunk)):
                yield Timed(event, after)
                after = 0.0
        last = split(self._encoder.end())
        said = len(last) - self._door.terminator
        self._terminator = last[said:]
        for event in last[:said]:
            yield Timed(event, after)
            after = 0.0
