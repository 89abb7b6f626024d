"""Unknown keys that are named like known ones, and those inside what is spelt anew."""

from typing import Any

import pytest

from dragoman.dialects.openai_chat import Quirks
from dragoman.errors import UnsupportedParameterError
from tests.unit.dialects.sending import sent

SPELT = Quirks(cache_control="cache_control")


def user(**part: Any) -> list[Any]:
    return [{"role": "user", "content": [{"type": "text", "text": "x", **part}]}]


def test_a_call_of_a_custom_tool_may_have_a_key_named_function() -> None:
    call = {"id": "a", "type": "custom", "custom": {"name": "f", "input": ""}, "function": 5}

    body, _ = sent("m", messages=[{"role": "assistant", "content": None, "tool_calls": [call]}])

    assert body["messages"][0]["tool_calls"] == [call]


@pytest.mark.parametrize("sound", [None, 5, {}])
def test_a_text_may_have_a_key_named_like_a_sound(sound: Any) -> None:
    messages = user(input_audio=sound)

    body, losses = sent("m", quirks=Quirks(audio_data_uri=True), messages=messages)

    assert body["messages"] == messages
    assert losses == []


@pytest.mark.parametrize("value", [None, 5, {}])
def test_a_custom_tool_and_a_plain_format_may_have_keys_named_like_other_kinds(value: Any) -> None:
    tool = {"type": "custom", "custom": {"name": "f"}, "function": value}
    plain = {"type": "json_object", "json_schema": value}

    body, losses = sent(
        "m", quirks=Quirks(schema_keyword=False), tools=[tool], response_format=plain
    )

    assert (body["tools"], body["response_format"]) == ([tool], plain)
    assert losses == []


@pytest.mark.parametrize("value", [None, 5, {}])
def test_a_named_choice_may_have_a_key_named_like_another_kind(value: Any) -> None:
    choice = {"type": "function", "function": {"name": "f"}, "allowed_tools": value}

    body, losses = sent("m", quirks=Quirks(), tool_choice=choice)

    assert body["tool_choice"] == choice
    assert losses == []
    with pytest.raises(UnsupportedParameterError, match="tool_choice"):
        sent("o1-mini", tool_choice=choice)


def test_a_named_call_may_have_a_type() -> None:
    with pytest.raises(UnsupportedParameterError, match="function_call"):
        sent("o1-mini", function_call={"name": "f", "type": "allowed_tools"})


@pytest.mark.parametrize("mark", [None, [], "x", {"mode": "explicit"}])
def test_a_breakpoint_where_openai_has_none_is_told_as_lost(mark: Any) -> None:
    message = {"role": "user", "content": "x", "prompt_cache_breakpoint": mark}

    body, losses = sent("m", quirks=SPELT, messages=[message])

    assert body["messages"] == [{"role": "user", "content": "x"}]
    assert losses == ["dropped /messages/0/prompt_cache_breakpoint"]


def test_a_breakpoint_in_both_spellings_is_sent_once_and_the_other_told() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    both = {"cache_control": mark, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}

    body, losses = sent("m", quirks=SPELT, messages=user(**both))

    assert body["messages"] == user(cache_control=mark)
    assert losses == ["dropped /messages/0/content/0/prompt_cache_breakpoint"]


def test_a_breakpoint_spelt_anew_keeps_its_time_and_what_we_do_not_know() -> None:
    mark = {"mode": "explicit", "ttl": "30m", "scope": "team"}

    body, losses = sent("m", quirks=SPELT, messages=user(prompt_cache_breakpoint=mark))

    kept = {"type": "ephemeral", "ttl": "30m", "scope": "team"}
    assert body["messages"] == user(cache_control=kept)
    assert losses == []
