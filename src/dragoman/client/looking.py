"""Signing for blocking callers: a transport that looks for what signs, when it is needed.

Whoever comes first looks, in his own thread. Others meanwhile use what there was, as long as it
holds, or wait for him.
"""

import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.client.asking import log
from dragoman.client.signing import Clock, Unsigned, asking, late, left_of, told_again, unrenewed
from dragoman.errors import APIConnectionError, APITimeoutError, Error, RemoteProtocolError
from dragoman.providers.identity import Identity
from dragoman.providers.wishes import (
    LIMIT,
    Acquire,
    Conversation,
    Fetch,
    Fetched,
    Outcome,
    Read,
    Wait,
)
from dragoman.settings.identities import text_in
from dragoman.transport.protocol import Answer, Request, Transport
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.client.configured import Carriers

T = TypeVar("T")


class Signing:
    """A `Transport` for the requests that one identity signs; threads may share it."""

    def __init__(
        self, identity: Identity[Any], carriers: "Carriers[Transport]", *, now: Clock
    ) -> None:
        self._identity = identity
        self._carriers = carriers
        self._now = now
        self._looking = threading.Lock()
        self._failed: tuple[float, Error] | None = None
        """When the last look failed, on the monotonic clock, and how."""

    def send(self, request: Request, *, timeout: Timeout) -> Answer:
        assert isinstance(request, Unsigned)
        began = time.monotonic()
        by = self._found(timeout, began)
        left = left_of(timeout, seconds=time.monotonic() - began)
        signed = request.signed(by, at=self._now())
        return self._carriers.of(request.url).send(signed, timeout=left)

    def close(self) -> None:
        """What carries for it is closed by whoever made it."""

    def _found(self, timeout: Timeout, began: float) -> Any:
        by, look = self._identity.at_hand(self._now())
        if not look:
            return by
        patience = min(timeout.total, threading.TIMEOUT_MAX) if by is None else 0
        if not self._looking.acquire(timeout=patience):
            if by is None:
                raise late(timeout)
            return by
        try:
            by, look = self._identity.at_hand(self._now())
            if not look:
                return by
            if by is None and self._failed is not None and self._failed[0] >= began:
                raise told_again(self._failed[1])
            return self._looked(by, timeout, began)
        finally:
            self._looking.release()

    def _looked(self, by: Any, timeout: Timeout, began: float) -> Any:
        try:
            found = concluded(
                self._identity.looked_for(self._now),
                self._carriers,
                now=self._now,
                timeout=timeout,
                began=began,
            )
        except Error as error:
            self._identity.looked(None, now=self._now())
            if by is not None:
                log().warning(unrenewed(self._identity, error))
                return by
            if not isinstance(error, APITimeoutError):  # that one is the caller's own
                self._failed = time.monotonic(), error
            raise
        self._identity.looked(found, now=self._now())
        return found


def concluded(
    conversation: Conversation[T],
    carriers: "Carriers[Transport]",
    *,
    now: Clock,
    timeout: Timeout,
    began: float,
) -> T:
    """What a conversation comes to; raises what it raises, and `APITimeoutError`."""
    outcome: Outcome = None
    while True:
        try:
            wish = conversation.send(outcome)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # typeshed: Any
        left = left_of(timeout, seconds=time.monotonic() - began).total
        outcome = None
        match wish:
            case Fetch():
                carrier = carriers.direct() if wish.direct else carriers.of(wish.url)
                outcome = _fetched(wish, carrier, left)
            case Read(path):
                outcome = text_in(path)
            case Wait(until):
                time.sleep(min(left, max(0.0, until - now())))
            case Acquire(credential, scope):
                from dragoman.client.azure_tokens import acquired  # with azure-identity

                outcome = acquired(credential, scope)


def _fetched(wish: Fetch, carrier: Transport, left: float) -> Fetched | None:
    request, timeout = asking(wish, left=left)
    try:
        answer = carrier.send(request, timeout=timeout)
        try:
            body = b""
            for piece in answer:
                body += piece
                if len(body) > LIMIT:
                    break
        finally:
            answer.close()
    except (APIConnectionError, RemoteProtocolError):
        return None
    return Fetched(answer.status, body[: LIMIT + 1])
