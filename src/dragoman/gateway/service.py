"""The gateway: a request and its caller in; answers, and an entry when each is over."""

import logging
import time
from collections.abc import Callable
from typing import Final

from dragoman.errors import APIStatusError, Error, status_error
from dragoman.gateway import listing
from dragoman.gateway.admission import Admission
from dragoman.gateway.calling import on_loss
from dragoman.gateway.completing import Completion, Entrance
from dragoman.gateway.configuration import Configuration
from dragoman.gateway.entry import Entry, new_id
from dragoman.gateway.guarding import check_json, check_local
from dragoman.gateway.replies import JSON, identified, refusal
from dragoman.gateway.routes import MethodError, Route, routed
from dragoman.models import shared
from dragoman.transport.handling import Answering, Caller, Reply, Served
from dragoman.wire import reading

SHUTTING_DOWN: Final = "server_shutting_down"

log: Final = logging.getLogger("dragoman.gateway")


class Answered:
    """An answer that was told at once."""

    def writable(self) -> None: ...

    def gone(self) -> None: ...


ANSWERED: Final = Answered()


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
        self._under_way: set[Completion] = set()

    def answer(self, request: Served, caller: Caller) -> Answering:
        """The listener of a server."""
        known = caller.remembered
        if known.__class__ is Entrance and known.configuration is self.configuration:
            return self._complete(known, request.body, caller)
        began = time.monotonic()
        entry = Entry(id=new_id(), at=time.time(), method=request.method, path=request.path)
        allow = None
        try:
            configuration = self.configuration
            route = routed(request.method, request.path)
            if route.endpoint == "complete":
                entrance = self._entrance(request, route, configuration, entry)
                caller.remembered = entrance
                return self._complete(entrance, request.body, caller)
            reply = self._told(request, route, configuration, entry)
        except MethodError as wrong:
            allow = wrong.allowed
            error: Error = status_error(
                f"method: expected {allow}; got another",
                status_code=405,
                code="method_not_allowed",
            )
        except Error as failed:
            error = failed
        except Exception:
            log.exception("%s: a mistake of the gateway's own", entry.id)
            error = status_error("the gateway failed", status_code=500)
        else:
            return self._respond(caller, reply, entry, began)
        entry.code = error.code
        return self._respond(caller, refusal(error, allow=allow), entry, began)

    def refused(self, error: APIStatusError) -> Reply:
        """How the server tells what it refuses itself: it knows neither method nor path."""
        reply = refusal(error)
        entry = Entry(
            id=new_id(), at=time.time(), method="-", path="-", status=reply.status, code=error.code
        )
        self._note(entry)
        return Reply(status=reply.status, headers=identified(reply.headers, entry), body=reply.body)

    def stop(self) -> None:
        """End what is under way: each stream by an error event, each other request by an error."""
        for completion in list(self._under_way):
            completion.stop(shutting_down())

    def _let_in(self, request: Served, configuration: Configuration, entry: Entry) -> None:
        if configuration.keys:
            entry.key = configuration.keys.name(request.headers)
        else:
            check_local(request.peer, request.headers)

    def _told(
        self, request: Served, route: Route, configuration: Configuration, entry: Entry
    ) -> Reply:
        """What is known without asking anybody."""
        if route.endpoint in ("live", "ready"):
            good = route.endpoint == "live" or self.ready
            told = b'{"status":"ok"}' if good else b'{"status":"stopping"}'
            return Reply(status=200 if good else 503, headers=JSON, body=told)
        self._let_in(request, configuration, entry)
        if route.endpoint == "models":
            return json_reply(listing.listed(configuration))
        if route.endpoint == "openapi":
            from dragoman.gateway import openapi  # rarely asked for, and made only then

            return Reply(status=200, headers=JSON, body=openapi.written())
        return json_reply(listing.found(route.name, configuration))

    def _entrance(
        self, request: Served, route: Route, configuration: Configuration, entry: Entry
    ) -> Entrance:
        self._let_in(request, configuration, entry)
        check_json(request.headers)
        return Entrance(
            configuration,
            request.method,
            request.path,
            entry.key,
            route.name,
            on_loss(request.headers),
        )

    def _complete(self, entrance: Entrance, body: bytes, caller: Caller) -> Answering:
        completion = Completion(self, entrance, body, caller)
        self._under_way.add(completion)
        completion.begin()
        return completion

    def over(self, completion: Completion) -> None:
        """This one has been answered."""
        self._under_way.discard(completion)
        completion.entry.seconds = time.monotonic() - completion.began
        self._note(completion.entry)

    def _respond(self, caller: Caller, reply: Reply, entry: Entry, began: float) -> Answering:
        entry.status = reply.status
        headers = identified(reply.headers, entry)
        entry.seconds = time.monotonic() - began
        self._note(entry)
        caller.respond(Reply(status=reply.status, headers=headers, body=reply.body))
        return ANSWERED

    def _note(self, entry: Entry) -> None:
        if entry.code is None and entry.status < 400 and not self.configuration.tells_all:
            return
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


def json_reply(value: shared.ListModelsResponse | shared.Model) -> Reply:
    """This value, whole."""
    return Reply(status=200, headers=JSON, body=reading.write(value))
