"""One request for a chat completion: let in, understood, relayed, and accounted for."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from dragoman.client.call import Call, is_stream
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import exact
from dragoman.errors import Error, status_error
from dragoman.gateway import decoding
from dragoman.gateway.admission import Admission
from dragoman.gateway.calling import Ready, called, named
from dragoman.gateway.configuration import Configuration
from dragoman.gateway.entry import Entry, new_id
from dragoman.gateway.reading import Usage
from dragoman.gateway.relay import GONE, Relay
from dragoman.gateway.replies import about, identified, refusal
from dragoman.transport.aio.connection import Connection
from dragoman.transport.handling import Caller, Reply
from dragoman.transport.hearing import Hearer, Hearing
from dragoman.transport.http1.events import AnswerEvent, End, Head, Piece
from dragoman.transport.timeouts import Timeout

ALL_OF_IT: Final = 3
"""Events, where one read has brought a whole answer: its head, its body, its end."""

log: Final = logging.getLogger("dragoman.gateway")


class Entrance(msgspec.Struct, frozen=True):
    """What the head of a request for a completion decides, its guards passed."""

    configuration: Configuration
    """Under which they were passed."""

    method: str
    path: str
    key: str | None
    """The name of the caller's key."""

    deployment: str
    """The model that the path names; empty where it names none."""

    on_loss: OnLoss


class House(Protocol):
    """Where completions are under way."""

    admission: Admission

    def over(self, completion: "Completion") -> None:
        """This one has been answered."""


class Completion:
    """An `Answering` and the `Account` of its relay.

    It has its place among those that wait from the beginning to its first content.
    """

    __slots__ = (
        "_body",
        "_caller",
        "_connection",
        "_entered",
        "_entrance",
        "_house",
        "_is_over",
        "_ready",
        "_relay",
        "_streams",
        "_task",
        "began",
        "entry",
    )

    def __init__(self, house: House, entrance: Entrance, body: bytes, caller: Caller) -> None:
        self.began = time.monotonic()
        """On the monotonic clock."""
        self.entry = Entry(
            id=new_id(),
            at=time.time(),
            method=entrance.method,
            path=entrance.path,
            key=entrance.key,
        )
        self._house = house
        self._entrance = entrance
        self._caller = caller
        self._body = body
        self._entered = self._streams = self._is_over = False
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._ready: Ready | None = None
        self._relay: Relay | None = None

    def begin(self) -> None:
        """Answer at once, or as soon as there is room."""
        body = self._body
        size = len(body)
        try:
            self._entered = self._house.admission.enter_at_once(size)
            if self._entered and (size < decoding.COUNTED_BYTES or decoding.is_light(body)):
                self._carry(self._called(body))
                return
        except Exception as error:
            self._broken(error)
            return
        self._task = asyncio.get_running_loop().create_task(self._wait(body))

    # For the caller

    def writable(self) -> None:
        if self._relay is not None:
            self._relay.writable()

    def gone(self) -> None:
        if self._relay is not None:
            self._relay.gone()
        else:
            self._let_go()
            self.over(GONE, None)

    def stop(self, error: Error) -> None:
        """End here, with this error."""
        if self._relay is not None:
            self._relay.stop(error)
        else:
            self._let_go()
            self._refuse(error)

    # From the request to its relay

    async def _wait(self, body: bytes) -> None:
        try:
            if not self._entered:
                await self._house.admission.enter(len(body))
                self._entered = True
            ready = await decoding.read(body, self._called)
            self._task = None
            self._carry(ready)
        except Exception as error:
            self._task = None
            self._broken(error)

    def _called(self, body: bytes) -> Ready:
        entrance = self._entrance
        if entrance.deployment:
            body = named(body, entrance.deployment)
        return called(body, entrance.on_loss, entrance.configuration)

    def _carry(self, ready: Ready) -> None:
        self._body = b""  # a stream would keep it to its end
        self._ready = ready
        if ready.asked.stream:
            self.entry.stream = True
            self._house.admission.check_stream()
        elif ready.relays:
            self._connection = ready.way.ask(ready.body, self)
            if self._connection is not None:
                return
        self._relayed()

    # One attempt, nothing of whose answer is known: an `Ears`

    def heard(self, events: Sequence[AnswerEvent]) -> None:
        """What the provider said first: all of its answer, or whatever else."""
        connection = self._connection
        assert connection is not None
        try:
            if len(events) == ALL_OF_IT and self._handed_on(*events):
                return
            self._relayed()
        except Exception as error:
            self._let_go()
            self._broken(error)
        else:
            connection.tell(events)

    def passed(self) -> None:
        """A deadline is over, or the request has not left."""
        self._relayed()

    def _handed_on(self, head: AnswerEvent, piece: AnswerEvent, end: AnswerEvent) -> bool:
        """Whether this could be told as it came."""
        if end.__class__ is not End or piece.__class__ is not Piece or head.__class__ is not Head:
            return False
        if head.status != 200 or is_stream(head.headers):
            return False
        body = piece.data
        answer = exact.obeys(body)
        if answer is None:
            return False
        self._let_go()
        headers = self.committed(1)
        self.over(None, answer.usage or None)
        self._caller.respond(Reply(status=200, headers=headers, body=body))
        return True

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.let_go()

    # Everything else

    def _relayed(self) -> None:
        """A relay makes the attempts; the one that is under way is its first."""
        assert self._ready is not None
        asked, options = self._ready.asked, self._ready.way.options
        call = Call(asked, options, began=self.began)
        self._relay = relay = Relay(call, self._caller, self, self._send)
        relay.begin()

    def _send(self, hearer: Hearer, timeout: Timeout) -> Hearing:
        ready = self._ready
        assert ready is not None
        way = ready.way
        connection, self._connection = self._connection, None
        if connection is not None:
            since = connection.loop.time() - (time.monotonic() - self.began)
            return way.take_over(connection, hearer, timeout=timeout, since=since)
        around = way.envelope if ready.relays else None
        return way.transports.hear(ready.asked.message, ready.body, around, hearer, timeout)

    def _broken(self, error: Exception) -> None:
        """It cannot be carried or, where a mistake of our own is in the way, understood."""
        if not isinstance(error, Error):
            log.error("%s: a mistake of the gateway's own", self.entry.id, exc_info=error)
            error = status_error("the gateway failed", status_code=500)
        self._refuse(error)

    def _refuse(self, error: Error) -> None:
        reply = self.refusal(error)
        self.over(error, None)
        self._caller.respond(reply)

    # For the relay

    def committed(self, attempts: int) -> Mapping[str, str]:
        assert self._ready is not None
        asked, entry = self._ready.asked, self.entry
        self._ready = None  # a stream would keep the request to its end
        if self._entered:
            self._leave()
        entry.status, entry.target, entry.attempts = 200, asked.target, attempts
        if asked.stream:
            entry.first_content = time.monotonic() - self.began
            self._streams = True
            self._house.admission.streams += 1
        lost = asked.encoded.losses
        return about(asked.target, attempts, lost, entry.id, stream=asked.stream)

    def refusal(self, error: Error) -> Reply:
        reply = refusal(error)
        entry = self.entry
        entry.status, entry.attempts = reply.status, error.attempts
        return Reply(status=reply.status, headers=identified(reply.headers, entry), body=reply.body)

    def over(self, error: Error | None, usage: Usage | None) -> None:
        if self._is_over:
            return  # a caller may leave while the last of its answer is on its way
        entry = self.entry
        self._is_over = True
        self._relay = None  # no circle is left behind
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._entered:
            self._leave()
        if self._streams:
            self._streams = False
            self._house.admission.streams -= 1
        elif error is GONE:
            entry.status = GONE.status_code
        if usage is not None:
            entry.prompt_tokens = usage.prompt_tokens
            entry.completion_tokens = usage.completion_tokens
        entry.code = None if error is None else error.code
        self._house.over(self)

    def _leave(self) -> None:
        self._entered = False
        self._house.admission.leave()
