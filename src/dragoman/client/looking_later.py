"""Signing on an event loop: a transport that looks for what signs, when it is needed.

One task a loop looks, whoever asked for it and whether or not he is still there. While what there
was holds, nobody waits for it.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.client.asking import log
from dragoman.client.signing import Clock, Unsigned, asking, late, left_of, told_again, unrenewed
from dragoman.errors import APIConnectionError, Error, RemoteProtocolError
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
from dragoman.transport.protocol import AsyncAnswer, AsyncTransport, Request
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.client.configured import Carriers

T = TypeVar("T")


class SigningLater:
    """An `AsyncTransport` for the requests that one identity signs; event loops may share it."""

    def __init__(
        self,
        identity: Identity[Any],
        carriers: "Carriers[AsyncTransport]",
        *,
        now: Clock,
    ) -> None:
        self._identity = identity
        self._carriers = carriers
        self._now = now
        self._looking: dict[asyncio.AbstractEventLoop, asyncio.Task[Any]] = {}

    async def send(self, request: Request, *, timeout: Timeout) -> AsyncAnswer:
        assert isinstance(request, Unsigned)
        began = time.monotonic()
        by, look = self._identity.at_hand(self._now())
        if look:
            task = self._look(renewing=by is not None)
            if by is None:
                by = await _outcome(task, timeout)
        left = left_of(timeout, seconds=time.monotonic() - began)
        signed = request.signed(by, at=self._now())
        return await self._carriers.of(request.url).send(signed, timeout=left)

    def close(self) -> None:
        """What carries for it is closed by whoever made it."""

    def _look(self, *, renewing: bool) -> "asyncio.Task[Any]":
        """The task of this loop that looks."""
        loop = asyncio.get_running_loop()
        task = self._looking.get(loop)
        if task is None:
            for other in list(self._looking):
                if other.is_closed():
                    self._looking.pop(other, None)
            task = self._looking[loop] = loop.create_task(self._looked(loop, renewing))
            task.add_done_callback(_seen)
        return task

    async def _looked(self, loop: asyncio.AbstractEventLoop, renewing: bool) -> Any:
        found = None
        try:
            found = await concluded_later(
                self._identity.looked_for(self._now), self._carriers, now=self._now
            )
        except Error as error:
            if renewing:
                log().warning(unrenewed(self._identity, error))
            raise
        finally:
            self._identity.looked(found, now=self._now())
            self._looking.pop(loop, None)
        return found


async def _outcome(task: "asyncio.Task[Any]", timeout: Timeout) -> Any:
    """What this task finds; being cancelled, or late, does not end it for others."""
    await asyncio.wait({task}, timeout=timeout.total)
    if not task.done():
        raise late(timeout)
    if task.cancelled():
        raise APIConnectionError("credentials: nobody looks any more", attempt_class="not_sent")
    error = task.exception()
    if isinstance(error, Error):
        raise told_again(error)
    return task.result()


def _seen(task: "asyncio.Task[Any]") -> None:
    """What it raises is told to whoever waits, and may be nobody."""
    if not task.cancelled():
        task.exception()


async def concluded_later(
    conversation: Conversation[T], carriers: "Carriers[AsyncTransport]", *, now: Clock
) -> T:
    """What a conversation comes to; raises what it raises."""
    outcome: Outcome = None
    while True:
        try:
            wish = conversation.send(outcome)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # typeshed: Any
        outcome = None
        match wish:
            case Fetch():
                carrier = carriers.direct() if wish.direct else carriers.of(wish.url)
                outcome = await _fetched(wish, carrier)
            case Read(path):
                outcome = text_in(path)
            case Wait(until):
                await asyncio.sleep(max(0.0, until - now()))
            case Acquire(credential, scope):
                from dragoman.client.azure_tokens import acquired_later  # with azure-identity

                outcome = await acquired_later(credential, scope)


async def _fetched(wish: Fetch, carrier: AsyncTransport) -> Fetched | None:
    request, timeout = asking(wish)
    try:
        answer = await carrier.send(request, timeout=timeout)
        try:
            body = b""
            async for piece in answer:
                body += piece
                if len(body) > LIMIT:
                    break
        finally:
            answer.close()
    except (APIConnectionError, RemoteProtocolError):
        return None
    return Fetched(answer.status, body[: LIMIT + 1])
