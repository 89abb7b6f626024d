"""What the simulator says in text, and where the text ends."""

from typing import Any

import pytest

from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.simulator.counting import words
from dragoman.simulator.text import HELLO, WORDS
from tests.simulated import asked, choice, chunks, text, user, whole

EVERYTHING = "one two  three\n\nfour"


def deltas(*request: Any, **fields: Any) -> list[str]:
    """The pieces of the text, without the empty one that comes with the role."""
    heard = [c.choices[0].delta.content for c in chunks(asked(*request, **fields)) if c.choices]
    return [piece for piece in heard if piece]


def test_echo_says_what_the_last_user_message_said() -> None:
    assistant = {"role": "assistant", "content": "and you?"}
    request = asked("echo", user("first"), assistant, user("last"), assistant)

    assert text(request) == "last"


def test_echo_joins_the_text_parts_and_leaves_out_the_others() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    parts = [{"type": "text", "text": "a "}, image, {"type": "zoo"}, {"type": "text", "text": "b"}]
    request = asked("echo", {"role": "user", "content": parts})

    assert text(request) == "a b"


def test_echo_says_nothing_where_no_user_spoke() -> None:
    answered = choice(asked("echo", {"role": "system", "content": "be kind"}))

    assert (answered.message.content, answered.finish_reason) == ("", "stop")


def test_hello_says_that_it_is_no_model() -> None:
    said = text(asked("hello"))

    assert said == HELLO
    assert "simulator" in said
    assert "no model" in said


@pytest.mark.parametrize("n", [0, 1, 7, 300])
def test_words_says_as_many_words_as_asked_for(n: int) -> None:
    said = text(asked(f"words?n={n}")).split()

    assert len(said) == n
    assert set(said) <= set(WORDS)


def test_words_differ_from_choice_to_choice() -> None:
    said = {choice.message.content for choice in whole(asked("words?n=1", n=128)).choices}

    assert len(said) == 128


def test_words_are_the_same_for_equal_requests_and_others_for_others() -> None:
    assert text(asked("words", user("a"))) == text(asked("words", user("a")))
    assert text(asked("words", user("a"))) != text(asked("words", user("b")))


def test_words_are_the_same_streamed_and_whole() -> None:
    streamed = asked("words", stream=True, stream_options={"include_usage": True})

    assert text(streamed) == text(asked("words"))


def test_words_take_requests_with_parts_and_fields_that_nobody_knows() -> None:
    strange = {"role": "user", "content": [{"type": "zoo", "number": 10**30}]}

    assert len(text(asked("words?n=5", strange, unheard_of={"a": 1})).split()) == 5


def test_echo_and_hello_say_the_same_in_each_choice() -> None:
    said = [choice.message.content for choice in whole(asked("echo", user("a b"), n=3)).choices]

    assert said == ["a b"] * 3


@pytest.mark.parametrize("said", [EVERYTHING, " \n a b ", "  ", "a", "", "日本語 です\u2003と"])
def test_text_comes_word_by_word_and_keeps_its_white_space(said: str) -> None:
    pieces = deltas("echo", user(said))

    assert "".join(pieces) == said
    assert [len(piece.split()) for piece in pieces if piece.strip()] == [1] * len(said.split())


def test_white_space_stands_before_its_word() -> None:
    assert deltas("echo", user(EVERYTHING + " ")) == ["one", " two", "  three", "\n\nfour "]


@pytest.mark.parametrize(
    ("stop", "left"),
    [
        ("three", "one two  "),
        ("o  thr", "one tw"),
        (["four", "two", "absent"], "one "),
        ("one", ""),
        ("absent", EVERYTHING),
    ],
)
def test_the_answer_ends_before_a_stop_text(stop: str | list[str], left: str) -> None:
    answered = choice(asked("echo", user(EVERYTHING), stop=stop))

    assert answered.message.content == left
    assert answered.finish_reason == "stop"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_bound_cuts_after_as_many_words_and_says_so(field: str) -> None:
    answered = choice(asked("echo", user(EVERYTHING), **{field: 3}))

    assert answered.message.content == "one two  three"
    assert answered.finish_reason == "length"


@pytest.mark.parametrize("most", [4, 10**30], ids=["just", "amply"])
def test_an_answer_that_fits_is_not_cut(most: int) -> None:
    answered = choice(asked("echo", user(EVERYTHING + "\n"), max_tokens=most))

    assert answered.message.content == EVERYTHING + "\n"
    assert answered.finish_reason == "stop"


def test_of_two_bounds_the_newer_field_counts() -> None:
    assert text(asked("echo", user(EVERYTHING), max_tokens=3, max_completion_tokens=1)) == "one"


def test_a_stop_text_within_the_bound_is_the_end() -> None:
    answered = choice(asked("echo", user(EVERYTHING), max_tokens=2, stop="two"))

    assert (answered.message.content, answered.finish_reason) == ("one ", "stop")


def test_a_stop_text_beyond_the_bound_is_not_reached() -> None:
    answered = choice(asked("echo", user(EVERYTHING), max_tokens=2, stop="three"))

    assert (answered.message.content, answered.finish_reason) == ("one two", "length")


def test_lone_surrogates_have_no_bytes_and_are_replaced() -> None:
    message = shared.ChatCompletionRequestUserMessage(content="a\ud800b")
    request = shared.CreateChatCompletionRequest(model="echo", messages=[message], logprobs=True)

    assert text(request) == "a\ufffdb"


CHOICES_OF_TOO_MANY = [
    {"model": "words?n=1001", "n": 100},
    {"model": "echo", "text": "a " * 100_001},
    {"model": "echo", "text": "a " * 1_001, "n": 100},
]


@pytest.mark.parametrize("fields", CHOICES_OF_TOO_MANY)
def test_all_choices_together_say_no_more_than_one_may(fields: dict[str, Any]) -> None:
    fields = dict(fields)
    request = asked(fields.pop("model"), user(fields.pop("text", "Hi")), **fields)

    with pytest.raises(BadRequestError, match=r"^n: expected an answer of at most 100000 words"):
        whole(request)


def test_all_choices_together_may_say_as_much_as_one() -> None:
    said = whole(asked("words?n=1000", n=100)).usage

    assert said is not None
    assert said.completion_tokens == 100_000


@pytest.mark.parametrize("text", ["a " * 100_000, " a" * 99_999, "abc\t" * 60_000, "a" * 200_000])
def test_words_of_a_long_text_are_counted_as_those_of_a_short_one(text: str) -> None:
    assert words(text) == len(text.split())
