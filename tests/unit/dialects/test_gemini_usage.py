"""What Gemini counts, and what we count."""

from typing import Any

import pytest

from tests.gemini import folded, said, whole


def usage(**counts: Any) -> Any:
    return whole({**said({"text": "Hi"}), "usageMetadata": counts}).get("usage")


def test_thoughts_lie_inside_the_completion_and_tools_inside_the_prompt() -> None:
    assert usage(
        promptTokenCount=50,
        toolUsePromptTokenCount=5,
        cachedContentTokenCount=20,
        candidatesTokenCount=7,
        thoughtsTokenCount=11,
        totalTokenCount=73,
    ) == {
        "prompt_tokens": 55,
        "completion_tokens": 18,
        "total_tokens": 73,
        "prompt_tokens_details": {"cached_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 11},
    }


def test_thoughts_that_the_total_has_already_are_not_added_twice() -> None:
    told = usage(
        promptTokenCount=50, candidatesTokenCount=18, thoughtsTokenCount=11, totalTokenCount=68
    )

    assert (told["completion_tokens"], told["total_tokens"]) == (18, 68)


@pytest.mark.parametrize("modality", ["AUDIO", 4])
def test_sounds_are_counted(modality: Any) -> None:
    told = usage(
        promptTokenCount=9,
        candidatesTokenCount=3,
        promptTokensDetails=[{"modality": "TEXT"}, {"modality": modality, "tokenCount": 6}],
        candidatesTokensDetails=[{"modality": modality}],
    )

    assert told["prompt_tokens_details"] == {"audio_tokens": 6}
    assert told["completion_tokens_details"] == {"audio_tokens": 0}


def test_where_nothing_is_counted_there_is_no_usage() -> None:
    assert usage(trafficType="ON_DEMAND") is None


def test_counts_of_a_stream_replace_those_before_and_none_is_forgotten() -> None:
    told = folded(
        {
            **said({"text": "a"}, finish=None),
            "usageMetadata": {"promptTokenCount": 9, "thoughtsTokenCount": 4},
        },
        {
            **said({"text": "b"}),
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2},
        },
    )

    assert told["usage"] == {
        "prompt_tokens": 9,
        "completion_tokens": 6,
        "total_tokens": 15,
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
