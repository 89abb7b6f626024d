"""The simulator as a transport: requests are answered here, and nothing leaves the process.

It speaks the dialects from the other side, byte for byte, so that whoever calls it goes the
same way as to any provider. Time and ids come in here: pauses are slept, and a pause longer than
the caller's timeout is the timeout that it would be on a network.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from math import inf
from urllib.parse import urlsplit

from dragoman.errors import (
    APIConnectionError,
    AttemptClass,
    ConfigurationError,
)
from dragoman.simulator.answering import WholeAnswer, answered
from dragoman.simulator.faults import Break, Step
from dragoman.simulator.making import made_now, with_id
from dragoman.streaming.made import Made
from dragoman.transport import failures
from dragoman.transport.protocol import BODY_LIMIT, Answer, Request
from dragoman.transport.timeouts import Timeout


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
        pauses = Pauses(self._sleep, timeout)
        target = target_of(request)
        answer = answered(request.method, target, request.body, made=self._made(), anywhere=True)
        pauses.wait(answer.before, "first_byte")
        headers = with_id(answer.headers, answer.id_header)
        if isinstance(answer, WholeAnswer):
            return SimulatedAnswer(answer.status, headers, iter([answer.body]), pauses)
        return SimulatedAnswer(answer.status, headers, played(answer.steps, pauses), pauses)

    def close(self) -> None:
        """Nothing is ever open."""


class SimulatedAnswer:
    """An answer whose pieces come in their time."""

    ended_by_close = False

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        pieces: Iterator[bytes],
        pauses: "Pauses",
    ) -> None:
        self.status = status
        self.headers = headers
        self.content_came = pauses.content_came
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
                raise failures.too_large("simulator", limit)
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
        self._content = timeout.first_content
        for phase in ("total", "connect"):
            if getattr(timeout, phase) <= 0:
                raise failures.expired("simulator", phase, timeout, "not_sent")

    def wait(self, seconds: float, phase: str) -> None:
        bound: float = getattr(self._timeout, phase)
        bounds = {phase: bound, "first_content": self._content, "total": self._left}
        passed, patience = min(bounds.items(), key=lambda item: item[1])
        if seconds > patience:
            self._sleep(patience)
            attempt_class: AttemptClass = "ambiguous" if phase == "first_byte" else "started"
            raise failures.expired("simulator", passed, self._timeout, attempt_class)
        if seconds:
            self._sleep(seconds)
        self._left -= seconds
        self._content -= seconds

    def content_came(self) -> None:
        """From now on nothing is said of the first content."""
        self._content = inf


def target_of(request: Request) -> str:
    """The path and the query of a request, whose URL may be one of the simulator alone."""
    try:
        url = urlsplit(request.url)
    except ValueError:
        raise ConfigurationError("URL: it is malformed", param="url") from None
    return f"/{url.path.lstrip('/')}?{url.query}"


def played(steps: Iterator[Step], pauses: Pauses) -> Iterator[bytes]:
    """The pieces of a body in their time; a broken one raises what a broken connection would."""
    for step in steps:
        match step:
            case Break.CUT:
                raise truncated("the connection was closed before the end of the answer")
            case Break.RESET:
                raise truncated("the connection was reset before the end of the answer")
            case Break.SILENCE:
                pauses.wait(float("inf"), "between_events")
            case _:
                pauses.wait(step.after, "between_events")
                if step.data:
                    yield step.data


def truncated(what: str) -> APIConnectionError:
    return APIConnectionError(
        f"simulator: {what}", code="stream_truncated", attempt_class="started"
    )
