"""Usage, which Responses counts as the hub does: what is cached and thought lies inside."""

from typing import Any, Final

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


def usage(told: shared.CompletionUsage | None) -> dict[str, Any] | None:
    """Usage as callers are told, where every count has to be there; null where there is none."""
    if told is None:
        return None
    of_prompt = told.prompt_tokens_details or shared.PromptTokensDetails()
    of_completion = told.completion_tokens_details or shared.CompletionTokensDetails()
    return {
        "input_tokens": told.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": of_prompt.cached_tokens or 0,
            "cache_write_tokens": of_prompt.cache_write_tokens or 0,
        },
        "output_tokens": told.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": of_completion.reasoning_tokens or 0},
        "total_tokens": told.total_tokens,
    }
