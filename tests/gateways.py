"""A gateway in a thread of its own, an upstream behind it, and whoever asks.

    with ByModel({"m": [whole(ANSWER)]}) as upstream, running(lab(upstream)) as door:
        with Caller(door.port) as caller:
            heard = ask(caller, {"model": "lab/m", "messages": HI})

The upstream answers each request by the model that it names, so that one of it serves any number
of tests. Nothing is replaced: the gateway is the one that `dragoman serve` runs.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from dragoman.gateway.admission import Admission
from dragoman.gateway.configuration import configure
from dragoman.gateway.entry import Entry
from dragoman.gateway.service import Gateway
from dragoman.transport.serving import Server, listen
from tests.background import PATIENCE_SECONDS, Background
from tests.plain import Caller, Heard
from tests.upstream import Script, Seen, Upstream, whole

COMPLETIONS: Final = "/v1/chat/completions"

HI: Final = [{"role": "user", "content": "Hi"}]

JSON_FIELDS: Final = ("Host: localhost", "Content-Type: application/json")

KEY: Final = "sk-upstream-canary-5af1"
"""What the gateway shows its upstream; nobody else may ever see it."""


class ByModel(Upstream):
    """Plays to each request the script of the model that it asks for."""

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        super().__init__()
        self._by_model = scripts

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)  # which puts it on the account
        model = json.loads(seen.body)["model"]
        return self._by_model.get(model, [whole({"error": {"message": "no script"}}, status=418)])


def lab(upstream: Upstream, **more: Any) -> dict[str, Any]:
    """Settings in which this upstream is the provider `lab`."""
    provider = {"dialect": "openai-chat", "base_url": f"{upstream.url}/v1", "api_key": KEY}
    return {"providers": {"lab": {**provider, **more}}}


class Door:
    """A gateway that runs, and what it tells."""

    def __init__(
        self, gateway: Gateway, server: Server, entries: list[Entry], background: Background
    ) -> None:
        self.gateway = gateway
        self.server = server
        self.port = server.port
        self.entries = entries
        self.background = background

    @property
    def counts(self) -> tuple[int, int]:
        """Requests whose answer has not begun, and streams that have."""
        return self.gateway.admission.pending, self.gateway.admission.streams


@contextmanager
def running(
    settings: Mapping[str, Any] | None = None,
    *,
    admission: Admission | None = None,
    max_retries: int = 2,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Door]:
    """A gateway with these settings; at its end nothing of it may be left."""
    entries: list[Entry] = []

    async def started() -> tuple[Gateway, Server]:
        configuration = configure(settings or {}, environ=environ or {})
        options = configuration.options
        configuration.options = msgspec.structs.replace(options, max_retries=max_retries)
        gateway = Gateway(configuration, tell=entries.append, admission=admission)
        server = await listen(gateway.answer, host="127.0.0.1", port=0, refusal=gateway.refused)
        return gateway, server

    async def stopped() -> None:
        await server.close(grace_seconds=0)
        gateway.configuration.close()

    with Background() as background:
        gateway, server = background.run(started())
        door = Door(gateway, server, entries, background)
        try:
            yield door
        finally:
            background.run(stopped())
        assert door.counts == (0, 0)


def ask(caller: Caller, fields: Any, *headers: str, path: str = COMPLETIONS) -> Heard:
    """The answer to this question, asked on this connection; bytes are sent as they are."""
    begin(caller, fields, *headers, path=path)
    return caller.answer()


def begin(caller: Caller, fields: Any, *headers: str, path: str = COMPLETIONS) -> None:
    """Ask, and leave the answer for later."""
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    lines = [f"POST {path} HTTP/1.1", *JSON_FIELDS, *headers, f"Content-Length: {len(body)}"]
    caller.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def until(claim: Callable[[], bool]) -> bool:
    """Waits until it is so; False where it does not come to that."""
    over = time.monotonic() + PATIENCE_SECONDS
    while not claim():
        if time.monotonic() > over:
            return False
        time.sleep(0.001)
    return True


def error_in(body: bytes) -> Any:
    """The error object that this body, or the last event of this stream, is."""
    return json.loads(body.rstrip().rpartition(b"data: ")[2])["error"]


async def forever() -> None:
    await asyncio.get_running_loop().create_future()
