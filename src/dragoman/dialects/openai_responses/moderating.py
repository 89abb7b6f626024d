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


def told(verdicts: shared.Moderation) -> dict[str, Any]:
    """The verdicts as callers are told: the first of each side, or why there is none."""
    return {"input": _first(verdicts.input), "output": _first(verdicts.output)}


def _first(side: shared.ModerationSide) -> Any:
    if isinstance(side, shared.ModerationResults):
        return side.results[0].to_dict() if side.results else None
    return side.to_dict()


def _side(said: Any) -> Any:
    if isinstance(said, dict) and said.get("type") == "moderation_result":
        return {"type": "moderation_results", "model": said.get("model"), "results": [said]}
    return said
