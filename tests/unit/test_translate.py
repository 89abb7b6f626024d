"""Translation by hand, where a request is given as plain objects."""

from typing import Any

import pytest

from dragoman import translate
from dragoman.errors import BadRequestError, ConfigurationError

ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize("value", [object(), ENDLESS, {("a", "b"): 1}])
def test_what_json_cannot_hold_is_no_request(value: object) -> None:
    messages = [{"role": "user", "content": "hi"}]

    with pytest.raises(BadRequestError, match="body: expected what JSON can hold; "):
        translate.request({"model": "m", "messages": messages, "x_new": value}, "openai-chat")


def test_a_dialect_that_nobody_speaks_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"expected one of .*openai-chat.*; got 'x'"):
        translate.response(b"{}", "x")
