"""What goes out for a request that is known by the fields that matter to a test."""

import json
from typing import Any, NamedTuple

from dragoman.dialects import openai_chat
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import OPENAI, Profile, Quirks

ASKED = [{"role": "user", "content": "When is high water in Brest?"}]


class Sent(NamedTuple):
    """The body as it goes out, and each loss as `kind pointer`."""

    body: dict[str, Any]
    losses: list[str]


def sent(
    model: str,
    *,
    quirks: Quirks = OPENAI,
    base_model: str | None = None,
    on_loss: OnLoss = "report",
    **fields: Any,
) -> Sent:
    """What a provider with these quirks gets; the caller's fields as plain objects."""
    asked = {"model": model, "messages": ASKED, **fields}
    request = openai_chat.decode_request(json.dumps(asked).encode())
    profile = Profile(quirks=quirks, base_model=base_model, on_loss=on_loss)
    encoded = openai_chat.encode_request(request, model=model, profile=profile)
    losses = [f"{loss.kind} {loss.pointer}" for loss in encoded.losses]
    return Sent(json.loads(encoded.body), losses)
