"""One request on its way: its conversation, its deadline, and what is known when it is answered.

Shared by the blocking and the asynchronous client; nothing here waits.
"""

import functools
import os
import time
from collections.abc import Generator, Mapping
from typing import Final, TypeGuard

import msgspec

from dragoman.client.asking import Asked, Options, Sendable
from dragoman.client.signing import Unsigned
from dragoman.dialects.dialect import StreamDecoder
from dragoman.errors import (
    APIStatusError,
    APITimeoutError,
    Error,
    RemoteProtocolError,
)
from dragoman.exchange.retrying import Policy, conversation
from dragoman.exchange.wishes import Committed, Outcome, Refused, Wish
from dragoman.models import shared
from dragoman.models.headers import Headers, request_id_in
from dragoman.settings.secret import HIDDEN
from dragoman.streaming.made import Made
from dragoman.transport.protocol import Answer, AsyncAnswer
from dragoman.transport.timeouts import Timeout

AT_ONCE_SECONDS: Final = 0.001
"""An attempt that begins so soon after its request has the whole of its time."""

STREAMS: Final = (
    "text/event-stream",
    "application/vnd.amazon.eventstream",
    "application/x-ndjson",
)
"""How the content types of streams begin; each dialect's decoder knows its own framing."""


class Carriage:
    """What a driver needs to carry one request, whatever it asks for."""

    def __init__(self, asked: Sendable, options: Options, *, began: float | None = None) -> None:
        """`began` is when it was asked for, on the monotonic clock; None: now."""
        self.asked = asked
        self._timeout = options.timeout
        self._began = time.monotonic() if began is None else began
        self._deadline = self._began + options.timeout.total
        self._policy = policy_of(options.max_retries)
        message = asked.message
        self._identity = message.identity if isinstance(message, Unsigned) else None
        self._looks = 0 if self._identity is None else self._identity.looks
        self._renewed = False

    def conversation(self) -> Generator[Wish, Outcome, Committed]:
        """The conversation about this request, on the monotonic clock."""
        return conversation(
            self.asked.target,
            self.asked.encoded,
            policy=self._policy,
            stateless=self.asked.stateless,
            deadline=self._deadline,
            now=time.monotonic,
            chance=chance,
        )

    def timeout(self) -> Timeout:
        """The deadlines of an attempt that begins now: none outlasts the whole request."""
        left = self._deadline - time.monotonic()
        if left > 0 and left > self._timeout.total - AT_ONCE_SECONDS:
            return self._timeout
        if left <= 0:
            raise APITimeoutError(
                f"expected an answer within {self._timeout.total:g} s; time is up",
                phase="total",
                attempt_class="not_sent",
            )
        return msgspec.structs.replace(self._timeout, total=left)

    def failure(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        *,
        unreadable: RemoteProtocolError | None = None,
    ) -> APIStatusError:
        """The error that an answer tells; its status does, where its body is unreadable."""
        error = self.asked.dialect.decode_error(status, headers, body)
        if unreadable is not None:
            reword(error, f"{error.message} that can be read: {unreadable.message}")
        return error

    def refused(self, error: Error) -> Refused:
        """What the conversation is told of a failed attempt."""
        self.hide_key(error)
        if self._identity is not None and not self._renewed and called_back(error):
            self._renewed = self._identity.called_back(self._looks)
            error.should_retry = self._renewed or error.should_retry
        return Refused(error, error.retry_after if isinstance(error, APIStatusError) else None)

    def hide_key(self, error: Error) -> None:
        """Take the key out of a message: some providers repeat it, and it is read by everyone."""
        for secret in self._secrets():
            if secret in error.message:
                reword(error, error.message.replace(secret, HIDDEN))

    def _secrets(self) -> tuple[str, ...]:
        if self._identity is not None:
            return self._identity.secrets()
        return (self.asked.key.reveal(),) if self.asked.key else ()

    def elapsed(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self._began

    def meta(
        self,
        answer: Answer | AsyncAnswer,
        number: int,
        timings: shared.Timings,
        raw: bytes | None = None,
    ) -> shared.Meta:
        """What stands beside the answer of this attempt."""
        return shared.Meta(
            raw=raw,
            losses=self.asked.encoded.losses,
            target=self.asked.target,
            attempts=number,
            request_id=request_id_in(answer.headers),
            status_code=answer.status,
            headers=Headers(answer.headers),
            timings=timings,
        )


class Call(Carriage):
    """A request for a chat completion on its way, and the reading of what comes."""

    asked: Asked

    def __init__(self, asked: Asked, options: Options, *, began: float | None = None) -> None:
        super().__init__(asked, options, began=began)

    def decoder(self) -> StreamDecoder:
        """A decoder for the stream of an attempt."""
        return self.asked.dialect.stream_decoder(made=self.made(), profile=self.asked.profile)

    def decoded(self, body: bytes) -> shared.CreateChatCompletionResponse:
        """The response that a whole body is."""
        asked = self.asked
        return asked.dialect.decode_response(body, made=self.made(), profile=asked.profile)

    def made(self) -> Made:
        """What the provider may leave unsaid."""
        return Made(
            created=int(time.time()),
            id=f"chatcmpl-{os.urandom(16).hex()}",
            model=self.asked.model,
        )


@functools.lru_cache(maxsize=16)
def policy_of(max_retries: int) -> Policy:
    """The usual policy, with so many retries."""
    return Policy(max_retries=max_retries)


def chance() -> float:
    """A number from 0 to 1, for pauses that not everybody makes at once."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


def succeeded(status: int) -> bool:
    """Whether an answer with this status has what was asked for; redirects are not followed."""
    return 200 <= status < 300


def called_back(error: Error) -> TypeGuard[APIStatusError]:
    """Whether the provider says that what signed holds no longer, which may be before its end."""
    if not isinstance(error, APIStatusError):
        return False
    said = error.response.headers.get("x-amzn-errortype", "")
    return error.status_code == 401 or said.startswith("ExpiredToken")


def is_stream(headers: Mapping[str, str]) -> bool:
    """Whether a stream came, asked for or not."""
    return headers.get("content-type", "").startswith(STREAMS)


def reword(error: Error, message: str) -> None:
    """Say the same otherwise."""
    error.message = message
    error.args = (message,)
