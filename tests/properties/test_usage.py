"""Usage adds up, whatever a provider counted (the fifth law)."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.openai_chat.usage import (
    COMPLETION_DETAILS,
    PROMPT_DETAILS,
    completion_usage,
)
from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import openai_chat as wire
from tests.schema import faults
from tests.strategies import json_values

ints = st.integers(-(2**70), 2**70) | st.integers(-3, 300)
counts = st.none() | ints | st.floats(allow_nan=False, allow_infinity=False)


def details(names: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


def shortcomings(usage: shared.CompletionUsage) -> list[str]:
    """What does not add up, read off the JSON."""
    told = json.loads(msgspec.json.encode(usage))
    prompt, completion = told["prompt_tokens"], told["completion_tokens"]
    of_prompt = told.get("prompt_tokens_details", {})
    of_completion = told.get("completion_tokens_details", {})
    written, cached = of_prompt.get("cache_write_tokens", 0), of_prompt.get("cached_tokens", 0)
    claims = {
        "the total is the sum": told["total_tokens"] == prompt + completion,
        "what was cached or written lies inside the prompt": written + cached <= prompt,
        "nothing is negative": min(prompt, completion, *of_prompt.values(), *of_completion.values())
        >= 0,
        "each detail of the prompt lies inside it": max(of_prompt.values(), default=0) <= prompt,
        "each detail of the completion lies inside it": max(of_completion.values(), default=0)
        <= completion,
        "details without a count are left out": {} not in told.values(),
        "the schema knows it": faults("CompletionUsage", told) == [],
    }
    return [claim for claim, holds in claims.items() if not holds]


@given(
    prompt=ints,
    completion=ints,
    of_prompt=details(PROMPT_DETAILS, ints),
    of_completion=details(COMPLETION_DETAILS, ints),
)
def test_counts_are_made_to_add_up(
    prompt: int, completion: int, of_prompt: dict[str, int], of_completion: dict[str, int]
) -> None:
    usage = adding_up(prompt, completion, of_prompt, of_completion)

    assert shortcomings(usage) == []
    assert reported(usage) == {*of_prompt, *of_completion}


@given(
    told=st.builds(
        wire.Usage,
        **dict.fromkeys(
            (
                "prompt_tokens",
                "completion_tokens",
                "total_tokens",
                "prompt_cache_hit_tokens",
                "cached_tokens",
                "reasoning_tokens",
            ),
            counts,
        ),
        prompt_tokens_details=st.none() | details(PROMPT_DETAILS, counts | json_values),
        completion_tokens_details=st.none() | details(COMPLETION_DETAILS, counts | json_values),
    ),
    hidden_thoughts=st.booleans(),
)
def test_whatever_a_provider_counts_adds_up(told: wire.Usage, hidden_thoughts: bool) -> None:
    assert shortcomings(completion_usage(told, hidden_thoughts=hidden_thoughts)) == []


def reported(usage: shared.CompletionUsage) -> set[str]:
    """The details that the usage has."""
    return {
        name
        for details in (usage.prompt_tokens_details, usage.completion_tokens_details)
        if details is not None
        for name, count in msgspec.structs.asdict(details).items()
        if count is not None
    }
