"""What Cohere is sent for a request that is known by the fields that matter to a test."""

import json
from typing import Any, Final, NamedTuple

from dragoman.dialects import cohere_v2
from dragoman.dialects.cohere_v2 import Profile
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import decode_request

ASKED: Final = [{"role": "user", "content": "When is high water in Brest?"}]


class Sent(NamedTuple):
    """The body as it goes out, and each loss as `kind pointer`."""

    body: dict[str, Any]
    losses: list[str]


def sent(model: str = "command-a-03-2025", *, on_loss: OnLoss = "report", **fields: Any) -> Sent:
    asked = {"model": model, "messages": ASKED, **fields}
    request = decode_request(json.dumps(asked).encode())
    encoded = cohere_v2.encode_request(request, model=model, profile=Profile(on_loss=on_loss))
    losses = [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]
    return Sent(json.loads(encoded.body), losses)


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def call(id: str, arguments: str = "{}", name: str = "f") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}
