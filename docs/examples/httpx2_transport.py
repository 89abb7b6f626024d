"""Dragoman's requests carried by httpx2, as one might write it for a program that has it already.

Taken are httpx2's transports, not its clients, which may follow redirects, keep cookies, send a
request twice to log in, and write the URL to their log. They are their giver's to close.

Where httpx2 knows less than is promised, the careful answer is given:

- looking up a host and the TLS handshake count as `connect`;
- an answer that was cut and one that nobody can read are both told as cut;
- while pieces of a body come, `total` and `first_content` are looked at between two of them;
- an asynchronous answer that is left lets go in a task of its own, on the loop's next turn.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import inf
from typing import Final

import httpx2

from dragoman import Timeout
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    AttemptClass,
    ConfigurationError,
    RemoteProtocolError,
)
from dragoman.transport import BODY_LIMIT, Request

NOT_SENT: Final = (
    httpx2.PoolTimeout,
    httpx2.ConnectTimeout,
    httpx2.ConnectError,
    httpx2.ProxyError,
)
"""What httpx2 raises before the first byte of a request has left."""

UNSENDABLE: Final = (
    httpx2.InvalidURL,
    httpx2.LocalProtocolError,
    httpx2.UnsupportedProtocol,
    UnicodeError,
)
"""What it raises for a request that HTTP cannot carry."""

OURS: Final = {"accept-encoding", "connection", "content-length", "transfer-encoding"}
"""What a request may not bring, since the transport writes it."""

SHORTEST_SECONDS: Final = 0.001
"""A bound of 0 would make a socket non-blocking, which is something else."""


class Attempt:
    """One request: how long each of its steps may last, and what a failure would mean now.

    httpx2 asks for a bound at the beginning of each step, by `get`, so that none outlasts the
    whole: what is left of `total` is known only then.
    """

    def __init__(self, timeout: Timeout) -> None:
        self.answered = False
        self._timeout = timeout
        self._end = time.monotonic() + timeout.total
        self._content = inf
        self._phase = "total"

    def get(self, step: str, default: object = None) -> float:
        """The seconds for `pool`, `connect`, `write` or `read`."""
        now = time.monotonic()
        if step == "read":
            step = "between_events" if self.answered else "first_byte"
        if step == "first_byte":
            self._content = now + self._timeout.first_content
        bounds: dict[str, float] = {step: getattr(self._timeout, step), "total": self._end - now}
        if step == "first_byte":
            bounds["first_content"] = self._timeout.first_content
        self._phase = min(bounds, key=bounds.__getitem__)
        return max(bounds[self._phase], SHORTEST_SECONDS)

    def content_came(self) -> None:
        """Nothing is said of the first content any more."""
        self._content = inf

    def check(self) -> None:
        """Raise where no time is left for the whole, or for the first content."""
        now = time.monotonic()
        for phase, end in (("total", self._end), ("first_content", self._content)):
            if now >= end:
                raise APITimeoutError(
                    f"not done within the {getattr(self._timeout, phase):g} s of `{phase}`",
                    phase=phase,
                    attempt_class="started" if self.answered else "not_sent",
                )

    def failure(self, error: Exception) -> APIConnectionError:
        """What an error of httpx2 means."""
        if isinstance(error, httpx2.TimeoutException):
            return APITimeoutError(
                f"nothing came in time (httpx2: {type(error).__name__})",
                phase=self._phase,
                attempt_class=self._class_of(error),
            )
        return APIConnectionError(
            f"the connection failed (httpx2: {type(error).__name__}: {error})",
            code="stream_truncated" if self.answered else None,
            attempt_class=self._class_of(error),
        )

    def _class_of(self, error: Exception) -> AttemptClass:
        if isinstance(error, NOT_SENT):
            return "not_sent"
        return "started" if self.answered else "ambiguous"


@contextmanager
def translated(attempt: Attempt) -> Iterator[None]:
    """What httpx2 raises, as an error of Dragoman's."""
    attempt.check()
    try:
        yield
    except UNSENDABLE:
        # Their texts quote the header or the URL: none of it may be shown, as a cause neither.
        raise ConfigurationError("HTTP cannot carry this request: its URL or a header") from None
    except httpx2.DecodingError as error:
        raise RemoteProtocolError(f"the body is not compressed as it says: {error}") from error
    except (httpx2.TransportError, httpx2.StreamError) as error:
        raise attempt.failure(error) from error


def sendable(request: Request, attempt: Attempt) -> httpx2.Request:
    """The request in httpx2's words, its deadlines attached."""
    if taken := OURS & {name.lower() for name in request.headers}:
        raise ConfigurationError(f"the transport itself writes {', '.join(sorted(taken))}")
    return httpx2.Request(
        request.method,
        request.url,
        headers={**request.headers, "accept-encoding": "identity"},
        content=request.body,
        extensions={"timeout": attempt},
    )


class Head:
    """What both kinds of answer know before their body comes."""

    def __init__(self, response: httpx2.Response, method: str, attempt: Attempt) -> None:
        self.content_came = attempt.content_came
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers.items())
        bodiless = method == "HEAD" or self.status in (204, 304)
        framed = self.headers.keys() & {"content-length", "transfer-encoding"}
        old = response.http_version.startswith("HTTP/1")  # later versions frame all they carry
        self.ended_by_close = old and not bodiless and not framed


class Httpx2Transport:
    """A `dragoman.transport.Transport`; threads may share it."""

    def __init__(self, http: httpx2.BaseTransport) -> None:
        self._http = http

    def send(self, request: Request, *, timeout: Timeout) -> "Httpx2Answer":
        attempt = Attempt(timeout)
        with translated(attempt):
            response = self._http.handle_request(sendable(request, attempt))
        attempt.answered = True
        return Httpx2Answer(response, request.method, attempt)

    def close(self) -> None:
        """Nothing: whoever gave the httpx2 transport closes it."""


class Httpx2Answer(Head):
    """A `dragoman.transport.Answer`."""

    def __init__(self, response: httpx2.Response, method: str, attempt: Attempt) -> None:
        super().__init__(response, method, attempt)
        self._response = response
        self._pieces = self._read(attempt)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _read(self, attempt: Attempt) -> Iterator[bytes]:
        try:
            with translated(attempt):
                for piece in self._response.iter_bytes():
                    attempt.check()
                    yield piece
        finally:
            self._response.close()

    def read(self, limit: int = BODY_LIMIT) -> bytes:
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > limit:
                self.close()
                raise RemoteProtocolError(f"expected a body of at most {limit} bytes, more came")
        return bytes(body)

    def close(self) -> None:
        self._response.close()


class AsyncHttpx2Transport:
    """A `dragoman.transport.AsyncTransport`, for one event loop."""

    def __init__(self, http: httpx2.AsyncBaseTransport) -> None:
        self._http = http

    async def send(self, request: Request, *, timeout: Timeout) -> "AsyncHttpx2Answer":
        attempt = Attempt(timeout)
        with translated(attempt):
            response = await self._http.handle_async_request(sendable(request, attempt))
        attempt.answered = True
        return AsyncHttpx2Answer(response, request.method, attempt)

    def close(self) -> None:
        """Nothing: whoever gave the httpx2 transport closes it."""


class AsyncHttpx2Answer(Head):
    """A `dragoman.transport.AsyncAnswer`."""

    def __init__(self, response: httpx2.Response, method: str, attempt: Attempt) -> None:
        super().__init__(response, method, attempt)
        self._response = response
        self._pieces = self._read(attempt)
        self._closing: asyncio.Task[None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def _read(self, attempt: Attempt) -> AsyncIterator[bytes]:
        try:
            with translated(attempt):
                async for piece in self._response.aiter_bytes():
                    attempt.check()
                    yield piece
        finally:
            await self._response.aclose()

    async def read(self, limit: int = BODY_LIMIT) -> bytes:
        body = bytearray()
        async for piece in self:
            body += piece
            if len(body) > limit:
                self.close()
                raise RemoteProtocolError(f"expected a body of at most {limit} bytes, more came")
        return bytes(body)

    def close(self) -> None:
        if self._response.is_closed or self._closing is not None:
            return
        with suppress(RuntimeError):  # no loop runs any more: it has closed what it had open
            loop = asyncio.get_running_loop()
            self._closing = loop.create_task(self._response.aclose())
