"""Reasoning between tags, told from text however the tags are split."""

from typing import Any

import pytest

from dragoman.dialects.openai_chat import Profile, Quirks
from tests.spoken import folded, message, said


def tagged(*texts: str, mode: Any = "tagged") -> tuple[str | None, str | None]:
    profile = Profile(quirks=Quirks(think_tags=mode))
    value = folded(said(*({"content": text} for text in texts)), profile=profile)
    said_message = value["choices"][0]["message"]
    return said_message.get("reasoning_content"), said_message["content"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>Hm.</think>\nOslo.", ("Hm.", "Oslo.")),
        ("<think>Hm.</think>\n\nOslo.", ("Hm.", "\nOslo.")),
        ("\n<think>Hm.</think>Oslo.", ("Hm.", "Oslo.")),
        ("Oslo <think>not at the head</think>", (None, "Oslo <think>not at the head</think>")),
        ("<thin", (None, "<thin")),
        ("<think>a < b </thin> c", ("a < b </thin> c", "")),
        ("<think>never closed </th", ("never closed </th", "")),
        ("<think></think>x", (None, "x")),
    ],
)
def test_tags_tell_reasoning_from_text_however_they_are_split(
    text: str, expected: tuple[str | None, str]
) -> None:
    assert tagged(text) == expected
    assert tagged(*text) == expected


def test_an_opening_tag_that_stood_in_the_prompt_may_be_absent() -> None:
    assert tagged("Hm.</think>\nOslo.", mode="opened") == ("Hm.", "Oslo.")
    assert tagged(*"<think>Hm.</think>\nOslo.", mode="opened") == ("Hm.", "Oslo.")


def test_tags_are_text_where_the_profile_does_not_know_them() -> None:
    assert message(said({"content": "<think>Hm.</think>"}))["content"] == "<think>Hm.</think>"
