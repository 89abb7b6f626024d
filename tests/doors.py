"""Gateways to knock at: asked without a socket, or over one.

    with opened({"models": {...}}) as door:
        status, headers, body = door.ask("GET", "/v1/models")

Nothing of the environment is seen but what is given.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Final

from dragoman.gateway.admission import Admission
from dragoman.gateway.configuration import configure
from dragoman.gateway.entry import Entry
from dragoman.gateway.service import Gateway
from dragoman.transport.handling import CutOffError, Reply, Served
from dragoman.transport.serving import listen
from tests.background import Background

JSON: Final = {"content-type": "application/json"}
HOST: Final = {"host": "127.0.0.1:4000"}
ASKED: Final[dict[str, Any]] = {
    "model": "sim/echo",
    "messages": [{"role": "user", "content": "Say this"}],
}
CHAT: Final = "/v1/chat/completions"


class Told(list[Entry]):
    """A gateway's entries, and the gateway."""

    gateway: Gateway


def made(
    settings: Any = None,
    *,
    environ: Mapping[str, str] | None = None,
    admission: Admission | None = None,
) -> Told:
    told = Told()
    configuration = configure(settings or {}, environ=environ or {})
    told.gateway = Gateway(configuration, tell=told.append, admission=admission)
    return told


def asked(
    gateway: Gateway,
    method: str,
    target: str,
    fields: Any = None,
    headers: Mapping[str, str] = JSON,
    *,
    peer: str = "127.0.0.1",
) -> Reply:
    """The gateway's answer, a stream gathered; `fields` that are bytes are the body."""
    body = fields if isinstance(fields, bytes) else b"" if fields is None else as_json(fields)
    served = Served(method=method, target=target, headers={**HOST, **headers}, body=body, peer=peer)
    return asyncio.run(gathered(gateway, served))


async def gathered(gateway: Gateway, served: Served) -> Reply:
    caller = Gathering()
    gateway.answer(served, caller)
    return await caller.reply


class Gathering:
    """A `Caller` that takes everything, and has it as one reply in the end."""

    def __init__(self) -> None:
        self.remembered: object = None
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._status = 0
        self._headers: Mapping[str, str] = {}
        self._pieces: list[bytes] = []

    def respond(self, reply: Reply) -> None:
        self.reply.set_result(reply)

    def start(self, status: int, headers: Mapping[str, str], first: bytes = b"") -> None:
        self._status, self._headers = status, headers
        self._pieces.append(first)

    def write(self, piece: bytes) -> bool:
        self._pieces.append(piece)
        return True

    def end(self, last: bytes = b"") -> None:
        body = b"".join([*self._pieces, last])
        self.respond(Reply(status=self._status, headers=self._headers, body=body))

    def cut(self) -> None:
        self.reply.set_exception(CutOffError())


def error_of(reply: Reply) -> dict[str, Any]:
    """The error object, whose four keys are there."""
    error: dict[str, Any] = json.loads(reply.body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def as_json(fields: Any) -> bytes:
    return json.dumps(fields).encode()


class Door:
    """A gateway behind a socket, in a thread of its own."""

    def __init__(self, told: Told, port: int) -> None:
        self.entries = told
        self.gateway = told.gateway
        self.port = port

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL as OpenAI's clients want it."""
        return f"{self.root}/v1"

    def ask(
        self, method: str, path: str, fields: Any = None, headers: Mapping[str, str] = JSON
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = None if fields is None else as_json(fields)
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        told = response.read()
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, told


@contextmanager
def opened(
    settings: Any = None,
    *,
    environ: Mapping[str, str] | None = None,
    admission: Admission | None = None,
) -> Iterator[Door]:
    with Background() as background:
        told = made(settings, environ=environ, admission=admission)
        gateway = told.gateway
        server = background.run(
            listen(gateway.answer, host="127.0.0.1", port=0, refusal=gateway.refused)
        )
        try:
            yield Door(told, server.port)
        finally:
            background.run(server.close(grace_seconds=1))
