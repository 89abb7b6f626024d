"""The gateway inside another application: an ASGI application, to be mounted or served.

    app = Application(Gateway(configure("dragoman.toml"), tell=told))

Sockets, TLS, deadlines for slow callers and the end of the process are the business of the server
around it; whoever mounts it calls `close` at the end, since servers tell mounted applications
nothing of it.

Reference: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

from dragoman.errors import APIStatusError, status_error
from dragoman.gateway.service import Gateway
from dragoman.transport.accepted import BUFFER_BYTES
from dragoman.transport.handling import GUARDS, Answering, CutOffError, Reply, Served

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

AS_IT_IS: Final = "/%!$&'()*+,;=:@~"
"""What stands in a path as the caller wrote it."""


class GoneError(Exception):
    """The caller left before its request was whole."""


class Application:
    """What an ASGI server calls for each request."""

    def __init__(self, gateway: Gateway, *, body_bytes: int = GUARDS.body_bytes) -> None:
        self.gateway = gateway
        self._body_bytes = body_bytes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1000})
            case other:
                raise NotImplementedError(f"expected http; got {other!r}")

    def close(self) -> None:
        """End what is under way, and close the connections to providers."""
        self.gateway.ready = False
        self.gateway.stop()
        self.gateway.configuration.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            request = served(scope, await body_of(scope, receive, self._body_bytes))
        except GoneError:
            return
        except APIStatusError as error:
            await tell(self.gateway.refused(error), scope, send)
            return
        caller = ThroughSend()
        answering = self.gateway.answer(request, caller)
        telling = asyncio.ensure_future(caller.tell_all(answering, scope, send))
        leaving = asyncio.ensure_future(left(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not telling.done():
                answering.gone()
                telling.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)
        if not telling.cancelled():
            telling.result()


class ThroughSend:
    """A `Caller` at the other end of `send`, which is awaited: what is told waits here for it."""

    def __init__(self) -> None:
        self.remembered: object = None
        self._told: deque[Reply | Start | bytes | CutOffError | None] = deque()
        self._waiting_bytes = 0
        self._full = False
        self._news = asyncio.Event()

    def respond(self, reply: Reply) -> None:
        self._tell(reply)

    def start(self, status: int, headers: Mapping[str, str], first: bytes = b"") -> None:
        self._tell(Start(status, headers))
        self.write(first)

    def write(self, piece: bytes) -> bool:
        if piece:
            self._waiting_bytes += len(piece)
            self._tell(piece)
        self._full = self._waiting_bytes > BUFFER_BYTES
        return not self._full

    def end(self, last: bytes = b"") -> None:
        self.write(last)
        self._tell(None)

    def cut(self) -> None:
        self._tell(CutOffError())

    async def tell_all(self, answering: Answering, scope: Message, send: Send) -> None:
        """Send what is told, until its end."""
        with suppress(OSError):  # what servers raise where the caller has gone
            while True:
                while not self._told:
                    self._news.clear()
                    await self._news.wait()
                match self._told.popleft():
                    case Reply() as reply:
                        await tell(reply, scope, send)
                        return
                    case Start(status, headers):
                        await send(head(status, dict(headers)))
                    case None:
                        await send({"type": "http.response.body", "body": b""})
                        return
                    case CutOffError() as cut:
                        raise cut
                    case bytes() as piece:
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                        self._waiting_bytes -= len(piece)
                        if self._full and self._waiting_bytes <= BUFFER_BYTES:
                            self._full = False
                            answering.writable()

    def _tell(self, what: "Reply | Start | bytes | CutOffError | None") -> None:
        self._told.append(what)
        self._news.set()


class Start(NamedTuple):
    """The head of an answer in pieces."""

    status: int
    headers: Mapping[str, str]


async def tell(reply: Reply, scope: Message, send: Send) -> None:
    """A whole answer; to HEAD, all but its body."""
    body = b"" if scope["method"] == "HEAD" else reply.body
    with suppress(OSError):
        await send(head(reply.status, {**reply.headers, "content-length": str(len(reply.body))}))
        await send({"type": "http.response.body", "body": body})


def head(status: int, headers: dict[str, str]) -> Message:
    told = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": told}


async def body_of(scope: Message, receive: Receive, limit: int) -> bytes:
    """The body of a request; raises `APIStatusError` for one that is too long, or compressed."""
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise status_error(
                "content-encoding: expected none; got one",
                status_code=415,
                code="unsupported_media_type",
            )
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise status_error(f"body: expected at most {limit} bytes; got more", status_code=413)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def left(receive: Receive) -> None:
    """Return once the caller has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def served(scope: Message, body: bytes) -> Served:
    """The request as the gateway knows it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    client = scope.get("client")
    return Served(
        method=scope["method"],
        target=path_of(scope),
        headers=headers,
        body=body,
        peer=client[0] if client else "",
    )


def path_of(scope: Message) -> str:
    """The path below the place where the application is mounted, encoded as it came."""
    root = scope.get("root_path", "").rstrip("/")
    raw = scope.get("raw_path")
    encoded = quote(scope["path"]) if raw is None else quote(raw.partition(b"?")[0], AS_IT_IS)
    for before in (root, quote(root)):
        if encoded.startswith(f"{before}/"):
            return encoded[len(before) :]
    return encoded
