"""Usage of OpenAI-shaped sources, made to add up.

Each repair undoes what one provider was seen to do; the first that fits counts. Whatever is
left over is settled by `usage.adding_up`.
"""

from typing import Any

import msgspec

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import openai_chat as wire

PROMPT_DETAILS = tuple(shared.PromptTokensDetails.__struct_fields__)
COMPLETION_DETAILS = tuple(shared.CompletionTokensDetails.__struct_fields__)


def completion_usage(usage: wire.Usage, hidden_thoughts: bool = False) -> shared.CompletionUsage:
    """The one reading of a usage object, for whole and streamed answers."""
    return as_it_came(usage) or repaired(usage, hidden_thoughts)


def as_it_came(usage: wire.Usage) -> shared.CompletionUsage | None:
    """Usage that adds up already, as nearly all does; None where a doubt is left.

    `repaired` would give the same; it takes three times as long.
    """
    if (
        usage.prompt_cache_hit_tokens is not None
        or usage.cached_tokens is not None
        or usage.reasoning_tokens is not None
    ):
        return None
    try:
        told = msgspec.convert(usage, shared.CompletionUsage, from_attributes=True)
    except msgspec.ValidationError:
        return None
    prompt, completion = told.prompt_tokens, told.completion_tokens
    if (
        told.total_tokens == prompt + completion
        and lie_inside(prompt, told.prompt_tokens_details)
        and lie_inside(completion, told.completion_tokens_details)
    ):
        return told
    return None


def lie_inside(parent: int, details: msgspec.Struct | None) -> bool:
    """Whether these details say something, and all of them together fit their parent."""
    if details is None:
        return parent >= 0
    counts = msgspec.structs.astuple(details)
    positive = list(filter(None, counts))
    if not positive:
        return parent >= 0 and 0 in counts
    return bool(min(positive) > 0 and sum(positive) <= parent)


def repaired(usage: wire.Usage, hidden_thoughts: bool) -> shared.CompletionUsage:
    """Usage of which something is missing, elsewhere, or beside the point."""
    prompt = counted(usage.prompt_tokens) or 0
    completion = counted(usage.completion_tokens) or 0
    total = counted(usage.total_tokens)
    of_prompt = prompt_details(usage)
    of_completion = completion_details(usage)
    reasoning = of_completion.get("reasoning_tokens", 0)
    audio = of_prompt.get("audio_tokens", 0)
    if reasoning > 0 and total == prompt + completion + reasoning:
        completion += reasoning  # xAI counts reasoning beside the completion
    elif reasoning > completion:
        completion += reasoning  # Gemini behind gateways counts it nowhere else
    elif hidden_thoughts and total is not None and not reasoning and total > prompt + completion:
        of_completion["reasoning_tokens"] = total - prompt - completion
        completion = total - prompt
    elif audio > 0 and total == prompt + completion + audio:
        prompt += audio  # voxtral counts audio beside the prompt
    return adding_up(prompt, completion, of_prompt, of_completion)


def prompt_details(usage: wire.Usage) -> dict[str, int]:
    """The parts of the prompt that the source reported, wherever it did."""
    details = reported(usage.prompt_tokens_details, PROMPT_DETAILS)
    elsewhere = usage.prompt_cache_hit_tokens
    if elsewhere is None:
        elsewhere = usage.cached_tokens
    cached = counted(elsewhere)
    if cached is not None and "cached_tokens" not in details:
        details["cached_tokens"] = cached
    return details


def completion_details(usage: wire.Usage) -> dict[str, int]:
    """The parts of the completion that the source reported, wherever it did."""
    details = reported(usage.completion_tokens_details, COMPLETION_DETAILS)
    reasoning = counted(usage.reasoning_tokens)
    if reasoning is not None and "reasoning_tokens" not in details:
        details["reasoning_tokens"] = reasoning
    return details


def reported(details: dict[str, Any] | None, names: tuple[str, ...]) -> dict[str, int]:
    """The details that have a number; a reported zero is a number."""
    counts = {name: counted((details or {}).get(name)) for name in names}
    return {name: count for name, count in counts.items() if count is not None}


def counted(number: Any) -> int | None:
    """A count of tokens as a whole number, never negative; None where there is none."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return max(0, int(number))
