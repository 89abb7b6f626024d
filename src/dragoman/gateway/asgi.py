"""The gateway inside another application: an ASGI application, to be mounted or served.

    app = Application(Gateway(configure("dragoman.toml"), tell=told))

Sockets, TLS, deadlines for slow callers and the end of the process are the business of the server
around it; whoever mounts it calls `close` at the end, since servers tell mounted applications
nothing of it.

Reference: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from dragoman.errors import APIStatusError, status_error
from dragoman.gateway.service import Gateway
from dragoman.transport.tasks import closed
from dragoman.transport.handling import GUARDS, Reply, Served

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
        answering = asyncio.ensure_future(self._tell(request, scope, send))
        leaving = asyncio.ensure_future(left(receive))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Whoever is left is cancelled, and has cleaned up when this returns.
            leaving.cancel()
            if not answering.done():
                answering.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        if not answering.cancelled():
            answering.result()

    async def _tell(self, request: Served, scope: Message, send: Send) -> None:
        reply = await self.gateway.handle(request)
        if isinstance(reply, Reply):
            await tell(reply, scope, send)
            return
        try:
            with suppress(OSError):  # what servers raise where the caller has gone
                await send(head(reply.status, dict(reply.headers)))
                async for piece in reply.pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        finally:
            await closed(reply.pieces)


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
