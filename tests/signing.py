"""A house with everything in it: services that give credentials, and the provider that wants them.

    with House() as house, way(house, providers) as ask:
        ask()
    assert house.signed[0].headers["authorization"] ...

One server on loopback answers both, so that its account has everything in order. Whoever asks does
it in one of three ways: by a client, by an asynchronous one, through a gateway.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Final, Self

from dragoman import AsyncClient, Client
from dragoman.errors import status_error
from dragoman.providers.wishes import Fetched
from tests.aws import NOW, Answered, Asked, service
from tests.background import Background
from tests.gateways import ask as ask_gateway
from tests.gateways import error_in, running
from tests.plain import Caller

HI: Final[Any] = [{"role": "user", "content": "Hi"}]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: float = NOW) -> None:
        self.time = at

    def __call__(self) -> float:
        return self.time

    def move(self, *, minutes: float) -> None:
        self.time += minutes * 60


CONVERSE: Final = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Noon."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
}
MESSAGE: Final = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "Noon."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
CANDIDATES: Final = {
    "candidates": [
        {"content": {"role": "model", "parts": [{"text": "Noon."}]}, "finishReason": "STOP"}
    ],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
}
COMPLETION: Final = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "logprobs": None,
            "message": {"role": "assistant", "content": "Noon.", "refusal": None},
        }
    ],
}
NOON: Final = {
    "/converse": CONVERSE,
    "/invoke": MESSAGE,
    ":rawPredict": MESSAGE,
    ":generateContent": CANDIDATES,
    "/chat/completions": COMPLETION,
}
"""What each provider says to everything, by how its path ends."""


class House:
    """Counts the credentials it gives: the key of the first is `ASIA1`."""

    def __init__(self, clock: Callable[[], float], *, lasting_minutes: float = 60) -> None:
        self.url = ""
        self.heard: list[Asked] = []
        self.given: list[Asked] = []
        """Requests for credentials."""
        self.signed: list[Asked] = []
        """Requests to the provider."""
        self.open = True
        """Whether credentials are given."""
        self.refusals: list[Fetched] = []
        """What the provider answers before it says Noon."""
        self.before: Callable[[Asked], None] = lambda asked: None
        """Done before each answer."""
        self._clock = clock
        self._lasting = lasting_minutes * 60
        self._stack = ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.url = self._stack.enter_context(service(self._answer, self.heard))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _answer(self, asked: Asked) -> Fetched:
        path = asked.path.partition("?")[0]
        said = next((NOON[end] for end in NOON if path.endswith(end)), None)
        with self._lock:
            (self.given if said is None else self.signed).append(asked)
            number = len(self.given)
        self.before(asked)
        if said is not None:
            return self.refusals.pop(0) if self.refusals else json_answer(said)
        if not self.open:
            return Fetched(403, b"nothing here, not even secret-1")
        return json_answer(self.credentials(number, self._clock() + self._lasting))

    def credentials(self, number: int, until: float) -> Any:
        """Those of a container's role; other houses give others."""
        end = f"{_utc(until)}Z"
        return {
            "AccessKeyId": f"ASIA{number}",
            "SecretAccessKey": f"secret-{number}",
            "Token": f"session-{number}",
            "Expiration": end,
        }

    def keys(self) -> list[str]:
        """The key that each request to the provider was signed by."""
        return [key_in(one) for one in self.signed]


def key_in(asked: Asked) -> str:
    """The key id, or the token."""
    said = asked.headers.get("authorization", "")
    return said.partition("Credential=")[2].partition("/")[0] or said.removeprefix("Bearer ")


def json_answer(value: Any) -> Fetched:
    return Answered(200, json.dumps(value).encode(), {"content-type": "application/json"})


def refused(status: int, **headers: str) -> Fetched:
    """A provider that says no; `_` in a header's name stands for `-`."""
    body = json.dumps({"message": "No."}).encode()
    return Answered(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


def _utc(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


# The three ways to ask

Ask = Callable[..., str]
Way = Callable[[Mapping[str, Any], Clock], AbstractContextManager[Ask]]


def fields_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": "bedrock/m", "messages": HI, "max_tokens": 16, **fields}


@contextmanager
def by_client(providers: Mapping[str, Any], clock: Clock) -> Iterator[Ask]:
    with Client(providers=providers) as client:
        client.transports.now = clock

        def ask(**fields: Any) -> str:
            create: Any = client.chat.completions.create
            return str(create(**fields_of(fields)).choices[0].message.content)

        yield ask


@contextmanager
def by_async_client(providers: Mapping[str, Any], clock: Clock) -> Iterator[Ask]:
    with Background() as background:
        client = AsyncClient(providers=providers)
        client.transports.now = clock

        async def asked(fields: Mapping[str, Any]) -> str:
            create: Any = client.chat.completions.create
            return str((await create(**fields_of(fields))).choices[0].message.content)

        async def closed() -> None:
            await client.close()

        yield lambda **fields: background.run(asked(fields))
        background.run(closed())


@contextmanager
def by_gateway(providers: Mapping[str, Any], clock: Clock) -> Iterator[Ask]:
    with running({"providers": providers}, environ=os.environ) as door:
        door.gateway.configuration.transports.now = clock

        def ask(**fields: Any) -> str:
            with Caller(door.port) as caller:
                heard = ask_gateway(caller, fields_of(fields))
            if heard.status != 200:
                error = error_in(heard.body)
                raise status_error(error["message"], status_code=heard.status, code=error["code"])
            return str(json.loads(heard.body)["choices"][0]["message"]["content"])

        yield ask


WAYS: Final = {"client": by_client, "async client": by_async_client, "gateway": by_gateway}
