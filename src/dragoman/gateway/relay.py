"""The way of one answer: from a provider's bytes to the caller's, and back-pressure the other way.

Nothing here knows what is asked. Features act before (on the call, before it comes here) or after
(on what `Account` is told); this is one pump.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from dragoman.client.asking import recorded
from dragoman.client.call import Call, succeeded
from dragoman.dialects.dialect import StreamEncoder
from dragoman.errors import Error, RemoteProtocolError, status_error
from dragoman.exchange.wishes import Attempt, Committed, Outcome, Race, Record, Try, Wait
from dragoman.gateway.reading import Body, Reading, Usage, reading_of
from dragoman.gateway.replies import OPENAI
from dragoman.streaming import sse
from dragoman.transport.handling import Caller, Reply
from dragoman.transport.hearing import Hearer, Hearing
from dragoman.transport.timeouts import Timeout

GONE: Final = status_error("the caller has gone", status_code=499, code="client_closed")
"""What became of an answer whose caller left."""

TELLER: Final[StreamEncoder] = OPENAI.stream_encoder(include_usage=False)

log: Final = logging.getLogger("dragoman.gateway")

Send = Callable[[Hearer, Timeout], Hearing]
"""Makes an attempt."""


def sent_already(hearer: Hearer, timeout: Timeout) -> Hearing:
    """No attempt is made after the first content."""
    raise AssertionError("the answer has begun")


class Account(Protocol):
    """Who is told what becomes of a request."""

    def committed(self, attempts: int) -> Mapping[str, str]:
        """There is content, after so many attempts; the headers of the answer."""

    def refusal(self, error: Error) -> Reply:
        """How this error is told in place of an answer."""

    def over(self, error: Error | None, usage: Usage | None) -> None:
        """The answer is complete, or failed like this; told before the caller hears of it."""


class Relay:
    """One request on its way to an answer; a `Hearer` of each attempt, and an `Answering`.

        TRYING --first content--> TELLING --the end--> OVER
         |  ^ '--- whole body ----------------------->  |
         |  '---- refused: wait, try again ----.        |
         '--> REFUSED, as the last error says -'        |
        whatever fails in TELLING: an error event -----'

    Until the first content everything is held, and another attempt may be made; from then on this
    answer is the answer. Bytes are read on only while the caller takes them.
    """

    __slots__ = (
        "_account",
        "_attempt",
        "_call",
        "_caller",
        "_ended_by_close",
        "_hearing",
        "_held",
        "_over",
        "_reading",
        "_refusal",
        "_send",
        "_talk",
        "_telling",
        "_timer",
    )

    def __init__(self, call: Call, caller: Caller, account: Account, send: Send) -> None:
        self._call = call
        self._caller = caller
        self._account = account
        self._send = send
        self._talk = call.conversation()
        self._attempt: Attempt | None = None
        self._hearing: Hearing | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reading: Reading | None = None
        self._refusal: tuple[int, Mapping[str, str], Body] | None = None
        self._ended_by_close = False
        self._held = b""
        self._telling = self._over = False

    def begin(self) -> None:
        """Make the first attempt."""
        self._go_on(None)

    # Called for the caller

    def writable(self) -> None:
        if self._hearing is not None:
            self._hearing.resume()

    def gone(self) -> None:
        self._end(GONE)

    def stop(self, error: Error) -> None:
        """End here, with this error, whatever is still to come."""
        if not self._over:
            self._let_go()
            self._fail(error)

    # Called for each attempt

    def head(self, status: int, headers: Mapping[str, str], *, ended_by_close: bool) -> None:
        self._ended_by_close = ended_by_close
        if succeeded(status):
            self._reading = reading_of(self._call, headers)
        else:
            self._refusal = status, headers, Body(self._call)

    def piece(self, data: bytes) -> None:
        reading = self._reading
        try:
            if reading is None:
                self._refused(data)
                return
            told = reading.receive(data)
            if self._telling:
                if told and not self._caller.write(told) and self._hearing is not None:
                    self._hearing.pause()
            elif reading.committed:
                self._tell(self._held + told)
            else:
                self._held += told
            if reading.error is not None:
                raise reading.error
            if reading.terminated and self._ended_by_close:
                # Nobody waits for a server that keeps such a connection open.
                self._let_go()
                self._finish()
        except Exception as error:
            self._broken(error)

    def end(self) -> None:
        self._hearing = None
        try:
            self._finish()
        except Exception as error:
            self._broken(error)

    def _broken(self, error: Exception) -> None:
        """The answer cannot be read or, where a mistake of our own is in the way, told."""
        if isinstance(error, Error):
            self.failed(error)
        else:
            log.error("an answer of %s is not told", self._call.asked.target, exc_info=error)
            self.stop(status_error("the gateway failed", status_code=500))

    def failed(self, error: Error) -> None:
        self._let_go()
        if self._refusal is not None and isinstance(error, RemoteProtocolError):
            status, headers, _ = self._refusal
            error = self._call.failure(status, headers, b"", unreadable=error)
        if self._telling:
            self._fail(error)
        else:
            self._go_on(self._call.refused(error))

    # The conversation, until there is content

    def _go_on(self, outcome: Outcome) -> None:
        try:
            while True:
                wish = self._talk.send(outcome)
                outcome = None
                match wish:
                    case Try(attempt) | Race(attempt, _, _):
                        self._try(attempt)
                        return
                    case Wait(until):
                        pause = max(0.0, until - time.monotonic())
                        loop = asyncio.get_running_loop()
                        self._timer = loop.call_later(pause, self._go_on, None)
                        return
                    case Record(entry):
                        recorded(entry)
        except StopIteration:
            return  # committed
        except Error as error:
            self._fail(error)

    def _try(self, attempt: Attempt) -> None:
        self._attempt, self._held = attempt, b""
        self._reading = self._refusal = None
        try:
            hearing = self._send(self, self._call.timeout())
        except Error as error:
            self.failed(error)
            return
        if self._attempt is attempt and not self._over:  # it may have failed at once
            self._hearing = hearing

    # Telling

    def _refused(self, data: bytes) -> None:
        assert self._refusal is not None
        self._refusal[2].receive(data)

    def _finish(self) -> None:
        if self._refusal is not None:
            (status, headers, body), self._refusal = self._refusal, None
            raise self._call.failure(status, headers, body.whole())
        reading = self._reading
        assert reading is not None
        told = reading.finish(ended_by_close=self._ended_by_close)
        if not self._call.asked.stream:
            headers = self._commit()
            self._end(None)
            self._caller.respond(Reply(status=200, headers=headers, body=told))
            return
        if reading.committed and not self._telling:
            self._tell(self._held + told)
            told = b""
        if reading.error is not None:
            self._held = told
            raise reading.error
        self._end(None)
        self._caller.end(told + sse.DONE)

    def _tell(self, first: bytes) -> None:
        self._telling, self._held = True, b""
        self._caller.start(200, self._commit(), first)

    def _commit(self) -> Mapping[str, str]:
        attempt = self._attempt
        assert attempt is not None
        if self._hearing is not None:
            self._hearing.content_came()
        self._go_on(Committed(attempt))
        self._send = sent_already  # what was asked is not needed any more
        return self._account.committed(attempt.number)

    def _fail(self, error: Error) -> None:
        """Tell the error, in the answer or in its place."""
        if self._telling and self._reading is not None and self._attempt is not None:
            error.attempt_class, error.attempts = "content", self._attempt.number
            self._call.hide_key(error)
            left = self._held + self._reading.give_up()
            self._end(error)
            self._caller.end(left + TELLER.error(error))
        else:
            reply = self._account.refusal(error)
            self._end(error)
            self._caller.respond(reply)

    # The end

    def _end(self, error: Error | None) -> None:
        if not self._over:
            self._over = True
            self._let_go()
            self._talk.close()
            self._account.over(error, None if self._reading is None else self._reading.usage)

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            with suppress(RuntimeError):  # the loop is closed
                hearing.close()
