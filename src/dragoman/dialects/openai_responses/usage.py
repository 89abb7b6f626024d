"""Usage, which Responses counts as the hub does: what is cached and thought lies inside."""

from typing import Final

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import openai_responses as wire

LARGEST: Final = 2**53
"""More than anything that is counted; beyond it not every reader of JSON is exact."""


def completion_usage(usage: wire.Usage) -> shared.CompletionUsage:
    """The one reading of a usage object, for whole and streamed answers."""
    inside, made = usage.input_tokens_details, usage.output_tokens_details
    of_prompt = {
        "cached_tokens": None if inside is None else inside.cached_tokens,
        "cache_write_tokens": None if inside is None else inside.cache_write_tokens,
    }
    thought = None if made is None else made.reasoning_tokens
    completion = counted(usage.output_tokens)
    reasoning = counted(thought)
    total = None if usage.total_tokens is None else counted(usage.total_tokens)
    prompt = counted(usage.input_tokens)
    beside = reasoning > 0 and total == prompt + completion + reasoning
    if beside or reasoning > completion:
        completion += reasoning  # counted beside the answer, as some gateways do
    return adding_up(
        prompt,
        completion,
        {name: counted(count) for name, count in of_prompt.items() if count is not None},
        {} if thought is None else {"reasoning_tokens": reasoning},
    )


def counted(number: wire.Count) -> int:
    """A number as a whole one that JSON can hold, 0 where there is none."""
    return min(max(0, int(number)), LARGEST) if number else 0
