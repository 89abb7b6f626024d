"""The simulator as a transport: requests are answered here, and nothing leaves the process.

It speaks OpenAI's dialect from the other side, byte for byte, so that whoever calls it goes the
same way as to any provider. Time and ids come in here: pauses are slept, and a pause longer than
the caller's timeout is the timeout that it would be on a network.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import StreamEncoder
from dragoman.dialects.openai_chat.caller import usage_asked
from dragoman.errors import (
    APIStatusError,
    AttemptClass,
    ConfigurationError,
    RemoteProtocolError,
    status_error,
)
from dragoman.simulator.engine import Paced, answer
from dragoman.simulator.models import MODELS
from dragoman.simulator.refusals import shown
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.transport import failures
from dragoman.transport.protocol import BODY_LIMIT, Answer, Request
from dragoman.transport.timeouts import Timeout
from dragoman.wire import reading

OPENAI: Final = DIALECTS["openai-chat"]

JSON_HEADERS: Final = {"content-type": "application/json"}
STREAM_HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}

METHODS: Final = {"/chat/completions": "POST", "/models": "GET"}
"""The method of each path, whatever stands before it."""


def made_now() -> Made:
    """The time of the call, and an id that says where it comes from."""
    return Made(created=int(time.time()), id=f"chatcmpl-sim-{uuid.uuid4().hex}")


class InProcess:
    """A `Transport` whose other end is the simulator."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        made: Callable[[], Made] = made_now,
    ) -> None:
        self._sleep = sleep
        self._made = made

    def send(self, request: Request, *, timeout: Timeout) -> Answer:
        """The answer's head: at once for a stream, else when the whole answer would be there."""
        if timeout.total <= 0:
            raise failures.expired("simulator", "total", timeout, "not_sent")
        try:
            return self._answered(request, Pauses(self._sleep, timeout))
        except APIStatusError as error:
            told = OPENAI.encode_error(error)
            return SimulatedAnswer(told.status_code, told.headers, iter([told.body]))

    def close(self) -> None:
        """Nothing is ever open."""

    def _answered(self, request: Request, pauses: "Pauses") -> "SimulatedAnswer":
        if endpoint_of(request) == "/models":
            return SimulatedAnswer(200, JSON_HEADERS, iter([models_listed()]))
        asked = OPENAI.decode_request(request.body)
        chunks = answer(asked, made=self._made())
        if asked.stream:
            pieces = streamed(
                chunks, OPENAI.stream_encoder(include_usage=usage_asked(asked)), pauses
            )
            return SimulatedAnswer(200, STREAM_HEADERS, pieces)
        body = whole(chunks, pauses)
        return SimulatedAnswer(200, JSON_HEADERS, iter([body]))


class SimulatedAnswer:
    """An answer whose pieces come in their time."""

    ended_by_close = False

    def __init__(self, status: int, headers: Mapping[str, str], pieces: Iterator[bytes]) -> None:
        self.status = status
        self.headers = headers
        self._closed = False
        self._pieces = self._until_closed(pieces)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def read(self, limit: int = BODY_LIMIT) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in self:
            size += len(piece)
            if size > limit:
                self.close()
                raise RemoteProtocolError(
                    f"simulator: expected a body of at most {limit} bytes, more came"
                )
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        # A flag, since a generator that another thread is waiting in cannot be closed.
        self._closed = True

    def _until_closed(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._closed:
                return
            yield piece


class Pauses:
    """Sleeps as long as the caller is patient, and says so when it was not enough."""

    def __init__(self, sleep: Callable[[float], None], timeout: Timeout) -> None:
        self._sleep = sleep
        self._timeout = timeout
        self._left = timeout.total

    def wait(self, seconds: float, phase: str, attempt_class: AttemptClass) -> None:
        bound: float = getattr(self._timeout, phase)
        if self._left < bound:
            phase, bound = "total", self._left
        if seconds > bound:
            self._sleep(bound)
            raise failures.expired("simulator", phase, self._timeout, attempt_class)
        if seconds:
            self._sleep(seconds)
            self._left -= seconds


def endpoint_of(request: Request) -> str:
    """What the request is for; raises for a path or a method that there is not."""
    try:
        path = urlsplit(request.url).path
    except ValueError:
        raise ConfigurationError("URL: it is malformed", param="url") from None
    for endpoint, method in METHODS.items():
        if f"/{path}".endswith(endpoint):
            if request.method == method:
                return endpoint
            raise status_error(
                f"method: expected {method} for {endpoint}; got {request.method!r}",
                status_code=405,
            )
    raise status_error(
        f"path: expected one that ends in {' or '.join(METHODS)}; got {shown(path)!r}",
        status_code=404,
    )


def whole(chunks: Iterable[Paced], pauses: Pauses) -> bytes:
    """The body of a whole answer, when all of it would have been said."""
    paced = list(chunks)
    pauses.wait(sum(one.after for one in paced), "first_byte", "ambiguous")
    return OPENAI.encode_response(fold(one.chunk for one in paced))


def streamed(chunks: Iterable[Paced], encoder: StreamEncoder, pauses: Pauses) -> Iterator[bytes]:
    """The events of a stream, each after its pause."""
    for one in chunks:
        pauses.wait(one.after, "between_events", "started")
        event = encoder.encode(one.chunk)
        if event:
            yield event
    yield encoder.end()


def models_listed() -> bytes:
    """The body of `GET /models`; these models were never created, so their time is 0."""
    listed = [
        {"id": name, "object": "model", "created": 0, "owned_by": "dragoman", "description": told}
        for name, told in MODELS.items()
    ]
    return reading.write({"object": "list", "data": listed})
