"""Usage as Gemini reports it, made to add up.

Gemini counts thoughts beside the answer and the results of its own tools beside the prompt; ours
are inside. Counts of a stream are cumulative, and single ones are missing from early chunks.
"""

from collections.abc import Iterable
from typing import Any, Final

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import gemini as wire

COUNTS: Final = (
    "prompt_token_count",
    "candidates_token_count",
    "thoughts_token_count",
    "tool_use_prompt_token_count",
    "cached_content_token_count",
    "total_token_count",
)

AUDIO: Final = ("AUDIO", 4)
"""The modality of sound, by name and by number."""

SERVICE_TIERS: Final[dict[str, shared.ServiceTier]] = {
    "standard": "default",
    "flex": "flex",
    "priority": "priority",
}
"""OpenAI's word for a tier of AI Studio's; one that is not here stays in `response.raw`."""


def latest(before: wire.UsageMetadata | None, now: wire.UsageMetadata) -> wire.UsageMetadata:
    """What is known after both: each field as it was told last."""
    if before is None:
        return now
    for name in wire.UsageMetadata.__struct_fields__:
        if getattr(now, name) is None:
            setattr(now, name, getattr(before, name))
    return now


def completion_usage(usage: wire.UsageMetadata) -> shared.CompletionUsage | None:
    """The one reading of usage, for whole and streamed answers; None where nothing is counted.

    A blocked prompt at Vertex has an object without any count.
    """
    counts = {name: counted(getattr(usage, name)) for name in COUNTS}
    if not any(count is not None for count in counts.values()):
        return None
    thoughts = counts["thoughts_token_count"]
    prompt = (counts["prompt_token_count"] or 0) + (counts["tool_use_prompt_token_count"] or 0)
    completion = counts["candidates_token_count"] or 0
    if thoughts and counts["total_token_count"] != prompt + completion:
        completion += thoughts  # where the total is without them, the answer has them already
    of_prompt = {
        "cached_tokens": counts["cached_content_token_count"],
        "audio_tokens": sounds(
            *(usage.prompt_tokens_details or ()), *(usage.tool_use_prompt_tokens_details or ())
        ),
    }
    of_completion = {
        "reasoning_tokens": thoughts,
        "audio_tokens": sounds(*(usage.candidates_tokens_details or ())),
    }
    return adding_up(prompt, completion, told(of_prompt.items()), told(of_completion.items()))


def told(details: Iterable[tuple[str, int | None]]) -> dict[str, int]:
    """The details that have a number; a reported zero is one."""
    return {name: count for name, count in details if count is not None}


def sounds(*details: Any) -> int | None:
    """The tokens of sound among these entries by modality; None where there is no such entry."""
    heard = [
        counted(entry.get("tokenCount")) or 0
        for entry in details
        if isinstance(entry, dict) and entry.get("modality") in AUDIO
    ]
    return sum(heard) if heard else None


def counted(number: Any) -> int | None:
    """A count of tokens as a whole number, never negative; None where there is none."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return max(0, int(number))
