"""A way to ask at each door of the simulator, and what its streams are made of.

Events are taken apart here as their callers would, without the code of the simulator.
"""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import msgspec


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """How one door is asked."""

    dialect: str

    whole: str
    """The target that a whole answer is asked at; `{model}` for the model."""

    body: Callable[[str], dict[str, Any]]
    """The body that says this text; the model, and whether it streams, are added."""

    content_type: str = "text/event-stream; charset=utf-8"
    """Of a stream."""

    id_header: str = "x-request-id"

    stream: str | None = None
    """The target that a stream is asked at; None where it is the same, and the body says so."""

    terminator: bool = True
    """Whether there is an event that a stream may lack and still be whole."""

    data: Callable[[bytes], Any]
    """What an event tells; raises `JSONDecodeError` for one that cannot be read."""

    def target(self, model: str, *, stream: bool) -> str:
        """The target of this request."""
        target = self.stream if stream and self.stream else self.whole
        return target.replace("{model}", quote(model, safe=""))

    def asking(self, model: str, text: str, *, stream: bool, **fields: Any) -> bytes:
        """The body of this request."""
        body = self.body(text)
        if "{model}" not in self.whole:
            body["model"] = model
        if stream and self.stream is None:
            body["stream"] = True
        return json.dumps({**body, **fields}).encode()


def of_sse(event: bytes) -> Any:
    """The data of a server-sent event."""
    assert event.endswith(b"\n\n")
    (data,) = [line[6:] for line in event.splitlines() if line.startswith(b"data: ")]
    return None if data == b"[DONE]" else json.loads(data)


def spoken(text: str) -> dict[str, Any]:
    """A body whose messages have a role and a text."""
    return {"messages": [{"role": "user", "content": text}]}


VISITS: Final = {
    "openai-chat": Visit(
        dialect="openai-chat", whole="/v1/chat/completions", body=spoken, data=of_sse
    ),
    "anthropic-messages": Visit(
        dialect="anthropic-messages",
        whole="/v1/messages",
        body=lambda text: {"max_tokens": 99, **spoken(text)},
        id_header="request-id",
        data=of_sse,
    ),
}
"""Each under a name of its own."""
