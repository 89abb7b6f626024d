"""A request in HTTP in, an answer in the dialect of its path out, which only has to be played.

Pure: paths, methods, statuses, headers and bodies are decided here, once, for the simulator in
process and for the one behind a socket. Those have the clock, and the connection that an answer
may ask to break.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Dialect, StreamEncoder
from dragoman.dialects.openai_chat.caller import usage_asked
from dragoman.errors import APIStatusError, status_error
from dragoman.models import shared
from dragoman.simulator.engine import Paced, answer
from dragoman.simulator.faults import Faults, Step, Timed, faulty, miscounted, with_malformed
from dragoman.simulator.models import MODELS, simulated
from dragoman.simulator.refusals import shown
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.wire import reading

OPENAI: Final = DIALECTS["openai-chat"]

JSON_HEADERS: Final = {"content-type": "application/json"}

CHAT: Final = "/chat/completions"
MESSAGES: Final = "/messages"
MODELS_PATH: Final = "/models"

SPOKEN: Final = {CHAT: "openai-chat", MESSAGES: "anthropic-messages"}
"""The dialect of each path for completions, below the base URL."""

REQUEST_IDS: Final = {MESSAGES: "request-id"}
"""The header in which a path gives the id of a request; at others it is `x-request-id`."""

LONG_PROMPT: Final = 32 * 1024
"""Bytes; `echo` says all of them."""

MUCH_ASKED: Final = re.compile(rb'n=[0-9]{4}|"n"|schema|parameters|\\u')
"""A thousand words, several choices, schemas with long values, or whatever escapes may hide."""

ALLOWED: Final = {CHAT: "POST", MESSAGES: "POST", MODELS_PATH: "GET"}
"""The method of each path, below the base URL. Whoever may GET may ask for the HEAD."""


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


def answered(method: str, path: str, body: bytes, *, made: Made) -> WholeAnswer | SteppedAnswer:
    """The answer to this request, an error where it has to be one.

    `path` stands below the base URL, percent-encoded as it came.
    """
    endpoint = MODELS_PATH if path.startswith(f"{MODELS_PATH}/") else path
    dialect = DIALECTS[SPOKEN.get(endpoint, "openai-chat")]
    answer = _answered(method, path, endpoint, body, made, dialect)
    if endpoint not in REQUEST_IDS:
        return answer
    return msgspec.structs.replace(answer, id_header=REQUEST_IDS[endpoint])


def _answered(
    method: str, path: str, endpoint: str, body: bytes, made: Made, dialect: Dialect
) -> WholeAnswer | SteppedAnswer:
    allowed = ALLOWED.get(endpoint)
    try:
        if allowed is None:
            raise status_error(
                f"path: expected {' or '.join(ALLOWED)} below the base URL; got {shown(path)}",
                status_code=404,
            )
        if allowed != ("GET" if method == "HEAD" else method):
            raise status_error(
                f"method: expected {allowed} for {endpoint}; got {shown(method)}", status_code=405
            )
        if endpoint in SPOKEN:
            return completed(dialect.decode_request(body), made, dialect)
        name = unquote(path.removeprefix(endpoint).removeprefix("/"))
        return WholeAnswer(
            status=200, headers=JSON_HEADERS, body=model_told(name) if name else models_listed()
        )
    except APIStatusError as error:
        return refusal(error, dialect, allowed=allowed)


def lengthy(body: bytes) -> bool:
    """Whether the answer to this may take over 10 ms to make; a loop would do nothing else then."""
    return len(body) > LONG_PROMPT or MUCH_ASKED.search(body) is not None


def refusal(
    error: APIStatusError, dialect: Dialect = OPENAI, *, allowed: str | None = None
) -> WholeAnswer:
    """The error, under its own status, also where the dialect would use another."""
    headers = dict(JSON_HEADERS)
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    if error.status_code == 405 and allowed is not None:
        headers["allow"] = allowed
    body = dialect.encode_error(error).body
    return WholeAnswer(status=error.status_code, headers=headers, body=body)


def completed(
    request: shared.CreateChatCompletionRequest, made: Made, dialect: Dialect
) -> WholeAnswer | SteppedAnswer:
    """The completion, whole or streamed, and whatever was asked to go wrong with it."""
    model = simulated(request.model)
    faults = model.faults
    chunks = answer(request, made=made)
    if faults.error is not None and not (request.stream and faults.after is not None):
        return msgspec.structs.replace(refusal(faults.error, dialect), before=model.first)
    if faults.wrong_usage:
        chunks = (Paced(miscounted(one.chunk), one.after) for one in chunks)
    if request.stream:
        encoder = dialect.stream_encoder(include_usage=usage_asked(request))
        steps = faulty(streamed(chunks, encoder, faults), faults)
        return SteppedAnswer(status=200, headers=sse.HEADERS, steps=steps)
    return whole(list(chunks), faults, dialect)


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


def streamed(chunks: Iterable[Paced], encoder: StreamEncoder, faults: Faults) -> Iterator[Step]:
    """The events of a stream, each after its pause, and what they end with."""
    events: Iterator[Step] = encoded(chunks, encoder)
    if faults.malformed_at_event is not None:
        events = with_malformed(events, faults.malformed_at_event)
    if faults.error is not None:
        yield from islice(events, faults.after)
        yield Timed(encoder.error(faults.error))
        return
    yield from events
    if not faults.no_terminator:
        yield Timed(encoder.end())


def encoded(chunks: Iterable[Paced], encoder: StreamEncoder) -> Iterator[Step]:
    """The events of these chunks; one that the caller does not see leaves its pause."""
    after = 0.0
    for one in chunks:
        after += one.after
        event = encoder.encode(one.chunk)
        if event:
            yield Timed(event, after)
            after = 0.0


def models_listed() -> bytes:
    """The body of `GET /models`."""
    return reading.write({"object": "list", "data": [model_object(name) for name in MODELS]})


def model_told(name: str) -> bytes:
    """The body of `GET /models/{id}`; raises for a model that there is not."""
    return reading.write({**model_object(simulated(name).name), "id": name})


def model_object(name: str) -> dict[str, str | int]:
    """These models were never created, so their time is 0."""
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "dragoman",
        "description": MODELS[name],
    }
