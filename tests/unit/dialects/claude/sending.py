"""What Claude is sent for a request that is known by the fields that matter to a test."""

import json
from typing import Any, Final, NamedTuple

from dragoman.dialects import anthropic_messages
from dragoman.dialects.anthropic_messages import Profile, Quirks
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import decode_request

ASKED: Final = [{"role": "user", "content": "When is high water in Brest?"}]

NEWEST: Final = "claude-opus-5-5"


ANTHROPIC: Final = Quirks()


class Sent(NamedTuple):
    """The body and headers as they go out, and each loss as `kind pointer`."""

    body: dict[str, Any]
    losses: list[str]
    headers: dict[str, str]


def sent(
    model: str = NEWEST,
    *,
    quirks: Quirks = ANTHROPIC,
    base_model: str | None = None,
    on_loss: OnLoss = "report",
    **fields: Any,
) -> Sent:
    asked = {"model": model, "messages": ASKED, **fields}
    request = decode_request(json.dumps(asked).encode())
    profile = Profile(quirks=quirks, base_model=base_model, on_loss=on_loss)
    encoded = anthropic_messages.encode_request(request, model=model, profile=profile)
    losses = [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]
    return Sent(json.loads(encoded.body), losses, encoded.headers)


def part(**fields: Any) -> dict[str, Any]:
    """The block that a user's part becomes."""
    body = sent(messages=[{"role": "user", "content": [fields]}]).body
    block: dict[str, Any] = body["messages"][0]["content"][0]
    return block


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def call(id: str, arguments: str = "{}", name: str = "f") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def called(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [call(id) for id in ids]}


def result(id: str, content: Any = "5 m", **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content, **fields}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}
