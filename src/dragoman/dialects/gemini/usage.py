"""Usage as Gemini reports it, made to add up.

Gemini counts thoughts beside the answer and the results of its own tools beside the prompt; ours
are inside. Counts of a stream are cumulative, and single ones are missing from early chunks.
"""

from typing import Any, Final

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import gemini as wire

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
    asked, tools = counted(usage.prompt_token_count), counted(usage.tool_use_prompt_token_count)
    answer, thoughts = counted(usage.candidates_token_count), counted(usage.thoughts_token_count)
    total = counted(usage.total_token_count)
    if asked is None and tools is None and answer is None and thoughts is None and total is None:
        return None
    prompt, completion = (asked or 0) + (tools or 0), answer or 0
    if thoughts and total != prompt + completion:
        completion += thoughts  # where the total is without them, the answer has them already
    of_prompt, of_completion = {}, {}
    cached = counted(usage.cached_content_token_count)
    if cached is not None:
        of_prompt["cached_tokens"] = cached
    heard = sounds(usage.prompt_tokens_details, usage.tool_use_prompt_tokens_details)
    if heard is not None:
        of_prompt["audio_tokens"] = heard
    if thoughts is not None:
        of_completion["reasoning_tokens"] = thoughts
    spoken = sounds(usage.candidates_tokens_details)
    if spoken is not None:
        of_completion["audio_tokens"] = spoken
    return adding_up(prompt, completion, of_prompt, of_completion)


def sounds(*details: list[Any] | None) -> int | None:
    """The tokens of sound in these lists by modality; None where none has such an entry."""
    heard: int | None = None
    for entries in details:
        for entry in entries or ():
            if isinstance(entry, dict) and entry.get("modality") in AUDIO:
                heard = (heard or 0) + (counted(entry.get("tokenCount")) or 0)
    return heard


def counted(number: Any) -> int | None:
    """A count of tokens as a whole number, never negative; None where there is none."""
    if number.__class__ is int:  # as good as always
        return max(0, number)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return max(0, int(number))
