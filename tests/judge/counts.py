"""What was used: where providers report it, and the normaliser that makes the numbers add up.

Authority: the provider pages, README.md section 3.
"""

from typing import Any

from tests.judge.words import Usage


def usages_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    """All places where usage was seen, the most telling last; they are never summed."""
    inside = [choice.get("usage") for choice in body.get("choices") or []]
    usages = [*inside, (body.get("x_groq") or {}).get("usage"), body.get("usage")]
    return [usage for usage in usages if usage]


def usage_said(usage: dict[str, Any]) -> Usage:
    """The normaliser: which of the totals and details is right where they disagree."""
    of_prompt = usage.get("prompt_tokens_details") or {}
    of_completion = usage.get("completion_tokens_details") or {}
    prompt = count(usage.get("prompt_tokens")) or 0
    completion = count(usage.get("completion_tokens")) or 0
    total = count(usage.get("total_tokens"))
    cached = reported(of_prompt.get("cached_tokens"), usage.get("prompt_cache_hit_tokens"),
                      usage.get("cached_tokens"))  # fmt: skip
    written = count(of_prompt.get("cache_write_tokens"))
    reasoning = reported(of_completion.get("reasoning_tokens"), usage.get("reasoning_tokens"))
    audio = count(of_prompt.get("audio_tokens")) or 0

    thought = reasoning or 0
    beside = thought > 0 and total == prompt + completion + thought  # xAI
    if beside or thought > completion:  # the latter: Gemini behind Vercel's gateway
        completion += thought
    elif audio and total == prompt + completion + audio:  # Mistral's voxtral
        prompt += audio
    cached = None if cached is None else min(cached, prompt)
    written = None if written is None else min(written, prompt - (cached or 0))
    return Usage(prompt, completion, prompt + completion, cached, written, reasoning)


def reported(*places: Any) -> int | None:
    return next((number for place in places if (number := count(place)) is not None), None)


def count(number: Any) -> int | None:
    return max(0, int(number)) if isinstance(number, int | float) else None
