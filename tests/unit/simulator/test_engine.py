"""The answer of the simulator: its chunks, their pauses, logprobs and usage."""

from typing import Any

import msgspec
import pytest

from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.simulator.engine import answer
from tests.simulated import MADE, asked, choice, chunks, user, whole

TOOL = {"type": "function", "function": {"name": "f"}}


def pauses(model: str, **fields: Any) -> list[float]:
    return [paced.after for paced in answer(asked(model, **fields), made=MADE)]


def test_the_first_word_comes_after_first_and_the_others_at_their_rate() -> None:
    # role and word, two words, finish reason, usage
    assert pauses("words?n=3&first=300ms&rate=10") == [0.3, 0, 0.1, 0.1, 0, 0]


def test_without_parameters_nothing_waits() -> None:
    assert set(pauses("hello")) == {0}


def test_choices_speak_at_once_and_take_no_longer_than_one() -> None:
    assert sum(pauses("words?n=5&first=1s&rate=2", n=4)) == sum(pauses("words?n=5&first=1s&rate=2"))


@pytest.mark.parametrize("fields", [{}, {"tools": [TOOL]}])
def test_an_answer_without_words_waits_all_the_same(fields: dict[str, Any]) -> None:
    assert sum(pauses("words?n=0&first=2s", **fields)) == 2


def test_choices_are_interleaved() -> None:
    heard = [c.choices[0] for c in chunks(asked("echo", user("a b"), n=2)) if c.choices]
    said = [(one.index, one.delta.content) for one in heard if one.delta.content]

    assert said == [(0, "a"), (1, "a"), (0, " b"), (1, " b")]


def test_every_chunk_says_that_it_counts_words() -> None:
    assert {chunk.system_fingerprint for chunk in chunks(asked("hello"))} == {"sim-words"}


def test_id_and_time_are_those_made_by_the_caller() -> None:
    answered = whole(asked("hello"))

    assert (answered.id, answered.created) == (MADE.id, MADE.created)


def test_the_model_is_the_one_that_was_asked() -> None:
    named = msgspec.structs.replace(MADE, model="stand-in")
    (first, *_) = answer(asked("hello"), made=named)

    assert whole(asked("words?n=3")).model == "words?n=3"
    assert first.chunk.model == "stand-in"


def test_usage_comes_last_also_unasked() -> None:
    *others, last = chunks(asked("echo", user("a b")))

    assert last.usage == shared.CompletionUsage(
        completion_tokens=2, prompt_tokens=2, total_tokens=4
    )
    assert not any(chunk.usage for chunk in others)


def test_usage_counts_the_words_of_every_message_and_call() -> None:
    function = {"name": "f", "arguments": '{"a": "b c"}'}
    shell = {"name": "sh", "input": "ls -l"}
    calls = [
        {"id": "1", "type": "function", "function": function},
        {"id": "2", "type": "custom", "custom": shell},
    ]
    parts = [{"type": "text", "text": "five six"}, {"type": "refusal", "refusal": "seven"}]
    request = asked(
        "echo",
        {"role": "developer", "content": "one two"},
        {"role": "system", "content": [{"type": "text", "text": "three"}]},
        user("four"),
        {"role": "assistant", "content": parts, "refusal": "eight", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "1", "content": "fourteen"},
        {"role": "tool", "tool_call_id": "2", "content": "fifteen"},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": None},
    )
    usage = whole(request).usage

    assert usage == shared.CompletionUsage(completion_tokens=1, prompt_tokens=16, total_tokens=17)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, 3),
        ({"n": 4}, 12),
        ({"max_tokens": 2, "n": 2}, 4),
        ({"stop": "b"}, 1),
        ({"response_format": {"type": "json_object"}}, 1),
        ({"tools": [TOOL]}, 1),
    ],
)
def test_usage_counts_what_was_really_said_in_all_choices(
    fields: dict[str, Any], words: int
) -> None:
    usage = whole(asked("echo", user("a b c"), **fields)).usage

    assert usage is not None
    assert usage.completion_tokens == words


def test_logprobs_are_told_token_by_token_where_asked_for() -> None:
    logprobs = choice(asked("echo", user("a é"), logprobs=True)).logprobs

    assert logprobs == shared.CreateChatCompletionResponseChoicesLogprobs(
        content=[
            shared.ChatCompletionTokenLogprob(bytes=[97], logprob=0.0, token="a", top_logprobs=[]),
            shared.ChatCompletionTokenLogprob(
                bytes=[32, 195, 169], logprob=0.0, token=" é", top_logprobs=[]
            ),
        ],
        refusal=None,
    )


@pytest.mark.parametrize("asked_for", [1, 20])
def test_no_alternative_is_invented_beside_the_token_itself(asked_for: int) -> None:
    logprobs = choice(asked("echo", user("a"), logprobs=True, top_logprobs=asked_for)).logprobs

    assert logprobs is not None
    assert logprobs.content is not None
    assert [[top.token for top in token.top_logprobs] for token in logprobs.content] == [["a"]]


def test_logprobs_are_null_where_not_asked_for() -> None:
    assert choice(asked("echo")).logprobs is None


def test_what_is_refused_is_refused_before_the_first_chunk_is_asked_for() -> None:
    with pytest.raises(BadRequestError):
        answer(asked("echo", n=0), made=MADE)


def test_equal_requests_give_equal_answers() -> None:
    request = {"n": 2, "logprobs": True, "stop": "e", "max_tokens": 9}

    assert chunks(asked("words", **request)) == chunks(asked("words", **request))
