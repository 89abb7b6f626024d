"""The repairs of usage, an example for each; the numbers are those of recorded answers."""

from typing import Any

import pytest

from dragoman.dialects.openai_chat.usage import completion_usage
from dragoman.models import shared
from dragoman.wire import openai_chat as wire


def usage(
    prompt: int, completion: int, *, of_prompt: Any = None, of_completion: Any = None
) -> shared.CompletionUsage:
    """What we say: the total is the sum."""
    return shared.CompletionUsage(
        completion_tokens=completion,
        completion_tokens_details=(
            shared.CompletionTokensDetails(**of_completion) if of_completion else None
        ),
        prompt_tokens=prompt,
        prompt_tokens_details=shared.PromptTokensDetails(**of_prompt) if of_prompt else None,
        total_tokens=prompt + completion,
    )


def test_usage_that_adds_up_is_left_as_it_is() -> None:
    told = wire.Usage(
        prompt_tokens=120,
        completion_tokens=45,
        total_tokens=165,
        prompt_tokens_details={"cached_tokens": 64, "audio_tokens": 0},
        completion_tokens_details={"reasoning_tokens": 30},
    )

    assert completion_usage(told) == usage(
        120,
        45,
        of_prompt={"cached_tokens": 64, "audio_tokens": 0},
        of_completion={"reasoning_tokens": 30},
    )


def test_reasoning_that_xai_counts_beside_the_completion_is_put_inside() -> None:
    told = wire.Usage(
        prompt_tokens=20,
        completion_tokens=2,
        total_tokens=122,
        completion_tokens_details={"reasoning_tokens": 100},
    )

    assert completion_usage(told) == usage(20, 102, of_completion={"reasoning_tokens": 100})


def test_reasoning_above_the_completion_is_added_to_it_whatever_the_total() -> None:
    told = wire.Usage(
        prompt_tokens=8,
        completion_tokens=19,
        total_tokens=27,
        completion_tokens_details={"reasoning_tokens": 280},
    )

    assert completion_usage(told) == usage(8, 299, of_completion={"reasoning_tokens": 280})


def test_thoughts_that_only_googles_total_counts_become_reasoning() -> None:
    told = wire.Usage(prompt_tokens=66, completion_tokens=6, total_tokens=100)

    assert completion_usage(told, hidden_thoughts=True) == usage(
        66, 34, of_completion={"reasoning_tokens": 28}
    )
    assert completion_usage(told) == usage(66, 6)


def test_sound_that_voxtral_counts_beside_the_prompt_is_put_inside() -> None:
    told = wire.Usage(
        prompt_tokens=9,
        completion_tokens=201,
        total_tokens=585,
        prompt_tokens_details={"audio_tokens": 375},
    )

    assert completion_usage(told) == usage(384, 201, of_prompt={"audio_tokens": 375})


@pytest.mark.parametrize("total", [None, 0, 4, 99])
def test_a_total_that_is_missing_or_wrong_is_the_sum(total: int | None) -> None:
    told = wire.Usage(prompt_tokens=3, completion_tokens=4, total_tokens=total)

    assert completion_usage(told) == usage(3, 4)


def test_a_detail_above_its_parent_is_clamped() -> None:
    told = wire.Usage(
        prompt_tokens=7,
        completion_tokens=1,
        total_tokens=8,
        prompt_tokens_details={"cached_tokens": 161},
    )

    assert completion_usage(told) == usage(7, 1, of_prompt={"cached_tokens": 7})


def test_of_cached_and_written_tokens_the_cached_ones_are_believed_first() -> None:
    told = wire.Usage(
        prompt_tokens=10,
        completion_tokens=1,
        prompt_tokens_details={"cached_tokens": 6, "cache_write_tokens": 6},
    )

    assert completion_usage(told) == usage(
        10, 1, of_prompt={"cached_tokens": 6, "cache_write_tokens": 4}
    )


def test_a_zero_that_was_reported_is_written_and_nothing_else_is() -> None:
    told = wire.Usage(
        prompt_tokens=3,
        completion_tokens=4,
        prompt_tokens_details={"cached_tokens": 0, "audio_tokens": None},
        completion_tokens_details={},
    )

    assert completion_usage(told) == usage(3, 4, of_prompt={"cached_tokens": 0})


def test_counts_written_as_3_0_are_whole_numbers() -> None:
    told = wire.Usage(prompt_tokens=3.0, completion_tokens=4.0, total_tokens=7.0)

    assert repr(completion_usage(told)) == repr(usage(3, 4))


@pytest.mark.parametrize(
    ("told", "of_prompt", "of_completion"),
    [
        (wire.Usage(prompt_cache_hit_tokens=2), {"cached_tokens": 2}, None),
        (wire.Usage(cached_tokens=2), {"cached_tokens": 2}, None),
        (wire.Usage(reasoning_tokens=2), None, {"reasoning_tokens": 2}),
    ],
    ids=["DeepSeek", "Moonshot", "Perplexity"],
)
def test_details_are_found_where_single_providers_put_them(
    told: wire.Usage, of_prompt: Any, of_completion: Any
) -> None:
    told.prompt_tokens, told.completion_tokens = 5, 6

    assert completion_usage(told) == usage(5, 6, of_prompt=of_prompt, of_completion=of_completion)
