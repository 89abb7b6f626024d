"""What Responses is sent for a request that is known by the fields that matter to a test."""

import json
from typing import Any, Final, NamedTuple

from dragoman.dialects import openai_responses
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import decode_request
from dragoman.dialects.openai_responses import Profile, Quirks
from dragoman.dialects.openai_responses.items import FORMAT

ASKED: Final = [{"role": "user", "content": "When is high water in Brest?"}]

NEWEST: Final = "gpt-6-sol"

OPENAI: Final = Quirks()


class Sent(NamedTuple):
    """The body as it goes out, and each loss as `kind pointer`."""

    body: dict[str, Any]
    losses: list[str]


def sent(
    model: str = NEWEST,
    *,
    quirks: Quirks = OPENAI,
    base_model: str | None = None,
    on_loss: OnLoss = "report",
    **fields: Any,
) -> Sent:
    asked = {"model": model, "messages": ASKED, **fields}
    request = decode_request(json.dumps(asked).encode())
    profile = Profile(quirks=quirks, base_model=base_model, on_loss=on_loss)
    encoded = openai_responses.encode_request(request, model=model, profile=profile)
    losses = [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]
    return Sent(json.loads(encoded.body), losses)


def items(*messages: dict[str, Any], model: str = NEWEST, **fields: Any) -> list[dict[str, Any]]:
    """The items that these messages become."""
    told: list[dict[str, Any]] = sent(model, messages=list(messages), **fields).body["input"]
    return told


def part(**fields: Any) -> dict[str, Any]:
    """The part that a user's part becomes."""
    told: dict[str, Any] = items({"role": "user", "content": [fields]})[0]["content"][0]
    return told


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def call(id: str, arguments: str = "{}", name: str = "f") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def encrypted(data: str, id: str = "rs_1") -> dict[str, Any]:
    return {"type": "reasoning.encrypted", "data": data, "id": id, "format": FORMAT}


def summary(text: str, id: str = "rs_1") -> dict[str, Any]:
    return {"type": "reasoning.summary", "summary": text, "id": id, "format": FORMAT}


def answer(**fields: Any) -> dict[str, Any]:
    return {"role": "assistant", **fields}
