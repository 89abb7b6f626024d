"""What moderation said: here one verdict a side, in Chat Completions a list of them."""

from typing import Any

import msgspec

from dragoman.models import shared


def moderation(said: Any) -> shared.Moderation | None:
    """The verdicts on both sides; None where there are none, or none that can be read."""
    if not isinstance(said, dict):
        return None
    sides = {key: _side(said.get(key)) for key in ("input", "output")}
    try:
        return msgspec.convert(sides, shared.Moderation)
    except msgspec.ValidationError:
        return None


def _side(said: Any) -> Any:
    if isinstance(said, dict) and said.get("type") == "moderation_result":
        return {"type": "moderation_results", "model": said.get("model"), "results": [said]}
    return said
