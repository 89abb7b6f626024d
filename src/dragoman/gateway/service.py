"""The gateway as a handler: a request in, a reply out, and an entry when it is over."""

import logging
import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from dragoman.client.streamed import AsyncStream
from dragoman.errors import APIStatusError, ConfigurationError, Error, status_error
from dragoman.gateway import completing, decoding, listing
from dragoman.gateway.admission import Admission
from dragoman.gateway.completing import GONE, Told
from dragoman.gateway.configuration import Configuration
from dragoman.gateway.entry import Entry
from dragoman.gateway.guarding import check_json, check_local
from dragoman.gateway.replies import JSON, OPENAI, about, refusal
from dragoman.gateway.routes import MethodError, Route, routed
from dragoman.gateway.stopping import Stop
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.transport.handling import Reply, Served, StreamedReply
from dragoman.wire import reading

SHUTTING_DOWN: Final = "server_shutting_down"

log: Final = logging.getLogger("dragoman.gateway")

AnyReply = TypeVar("AnyReply", bound=Reply | StreamedReply)


class Gateway:
    """Answers requests by a configuration, which may be exchanged while it does.

    A request keeps the configuration that it came under.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        tell: Callable[[Entry], None],
        admission: Admission | None = None,
    ) -> None:
        self.configuration = configuration
        self.admission = admission or Admission()
        self.ready = True
        """False once the gateway is told to stop: whoever balances load looks at it."""
        self._tell = tell
        self._stops: set[Stop] = set()
        self._streams: set[Told] = set()

    async def handle(self, request: Served) -> Reply | StreamedReply:
        """The handler of a server."""
        entry = Entry(
            id=new_id(),
            at=time.time(),
            method=request.method,
            path=request.path,
        )
        began = time.monotonic()
        reply: Reply | StreamedReply | None = None
        stop = Stop()
        self._stops.add(stop)
        try:
            with stop:
                reply = await self._answered(request, entry, began)
        except MethodError as wrong:
            error: Error = status_error(
                f"method: expected {wrong.allowed}; got another",
                status_code=405,
                code="method_not_allowed",
            )
            reply = told_as(error, entry, allow=wrong.allowed)
        except ConfigurationError as wrong:
            error = status_error(wrong.message, status_code=500, code="configuration_error")
            reply = told_as(error, entry)
        except Error as failed:
            reply = told_as(failed, entry)
        except Exception:
            log.exception("%s: a mistake of the gateway's own", entry.id)
            reply = told_as(status_error("the gateway failed", status_code=500), entry)
        finally:
            self._stops.discard(stop)
            if not isinstance(reply, StreamedReply):
                entry.status = 499 if reply is None else reply.status
                entry.code = GONE.code if reply is None else entry.code
                self._over(entry, began)
        return identified(reply, entry)

    def refused(self, error: APIStatusError) -> Reply:
        """How the server tells what it refuses itself: it knows neither method nor path."""
        entry = Entry(id=new_id(), at=time.time(), method="-", path="-", status=error.status_code)
        reply = identified(told_as(error, entry), entry)
        self._note(entry)
        return reply

    def stop(self) -> None:
        """End what is under way: each stream by an error event, each other request by an error."""
        for stream in list(self._streams):
            stream.stop(shutting_down())
        for stop in list(self._stops):
            stop.now(shutting_down())

    async def _answered(self, request: Served, entry: Entry, began: float) -> Reply | StreamedReply:
        configuration = self.configuration
        route = routed(request.method, request.path)
        if route.endpoint in ("live", "ready"):
            good = route.endpoint == "live" or self.ready
            told = b'{"status":"ok"}' if good else b'{"status":"stopping"}'
            return Reply(status=200 if good else 503, headers=JSON, body=told)
        if configuration.keys:
            entry.key = configuration.keys.name(request.headers)
        else:
            check_local(request.peer, request.headers)
        match route.endpoint:
            case "models":
                return json_reply(listing.listed(configuration))
            case "model":
                return json_reply(listing.found(route.name, configuration))
        check_json(request.headers)
        return await self._completed(request, route, configuration, entry, began)

    async def _completed(
        self,
        request: Served,
        route: Route,
        configuration: Configuration,
        entry: Entry,
        began: float,
    ) -> Reply | StreamedReply:
        await self.admission.enter(len(request.body))
        try:
            how = completing.on_loss(request.headers)
            asked = await decoding.read(
                request.body,
                lambda body: completing.prepared(body, route.name, how, configuration),
            )
            entry.stream = bool(asked.request.stream)
            if entry.stream:
                self.admission.check_stream()
            answer = await completing.answered(asked, configuration)
        finally:
            self.admission.leave()
        entry.target, entry.attempts = answer.meta.target, answer.meta.attempts
        headers = about(answer.meta)
        if isinstance(answer, AsyncStream):
            entry.status = 200
            entry.first_content = answer.meta.timings.first_content
            pieces = Told(answer, lambda error: self._ended(pieces, entry, began, error))
            self._streams.add(pieces)
            self.admission.streams += 1
            return StreamedReply(status=200, headers={**sse.HEADERS, **headers}, pieces=pieces)
        if answer.usage is not None:
            entry.prompt_tokens = answer.usage.prompt_tokens
            entry.completion_tokens = answer.usage.completion_tokens
        return Reply(status=200, headers={**JSON, **headers}, body=OPENAI.encode_response(answer))

    def _ended(self, pieces: Told, entry: Entry, began: float, error: Error | None) -> None:
        self._streams.discard(pieces)
        self.admission.streams -= 1
        entry.code = None if error is None else error.code
        self._over(entry, began)

    def _over(self, entry: Entry, began: float) -> None:
        entry.seconds = time.monotonic() - began
        self._note(entry)

    def _note(self, entry: Entry) -> None:
        try:
            self._tell(entry)
        except Exception as error:  # Whoever reads the log has gone: no answer fails for that.
            log.error("%s: its entry could not be told: %s", entry.id, type(error).__name__)


def shutting_down() -> Error:
    """Another gateway, or this one started again, may answer."""
    return status_error(
        "the gateway is shutting down",
        status_code=503,
        code=SHUTTING_DOWN,
        retry_after=1,
        should_retry=True,
    )


def new_id() -> str:
    """An id for a request, in the form of OpenAI's."""
    return f"req_{os.urandom(12).hex()}"


def identified(reply: AnyReply, entry: Entry) -> AnyReply:
    """The reply with the id of its request, also under the name that OpenAI's clients look for."""
    headers = {**reply.headers, "x-dragoman-request-id": entry.id, "x-request-id": entry.id}
    return msgspec.structs.replace(reply, headers=headers)


def told_as(error: Error, entry: Entry, *, allow: str | None = None) -> Reply:
    """The error as the caller is told it."""
    entry.code, entry.attempts = error.code, error.attempts
    return refusal(error, allow=allow)


def json_reply(value: shared.ListModelsResponse | shared.Model) -> Reply:
    """This value, whole."""
    return Reply(status=200, headers=JSON, body=reading.write(value))
