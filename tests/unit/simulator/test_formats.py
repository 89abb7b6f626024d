"""Answers in JSON: `response_format`."""

from typing import Any

import pytest

from dragoman.errors import BadRequestError
from tests.simulated import asked, choice, chunks, text

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "tall": {"enum": ["very tall", "small"]},
        "toes": {"type": "array", "items": {"type": "integer"}, "minItems": 10},
    },
    "required": ["name", "tall", "toes"],
    "additionalProperties": False,
}
PERSON_TEXT = '{"name":"","tall":"small","toes":[0,0,0,0,0,0,0,0,0,0]}'


def schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


@pytest.mark.parametrize("model", ["echo", "hello", "words"])
def test_a_schema_is_answered_with_the_smallest_value_whatever_the_model(model: str) -> None:
    assert text(asked(model, response_format=schema(PERSON))) == PERSON_TEXT


@pytest.mark.parametrize(
    "wanted", [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "a"}}]
)
def test_json_without_a_schema_is_the_empty_object(wanted: dict[str, Any]) -> None:
    assert text(asked("hello", response_format=wanted)) == "{}"


def test_the_format_text_changes_nothing() -> None:
    assert text(asked("echo", response_format={"type": "text"})) == "hi"


def test_json_is_streamed_in_several_pieces() -> None:
    heard = [c.choices[0].delta.content for c in chunks(asked(response_format=schema(PERSON)))[:-1]]
    pieces = [piece for piece in heard if piece]

    assert "".join(pieces) == PERSON_TEXT
    assert len(pieces) > 3


def test_json_is_cut_like_any_text() -> None:
    words = schema({"const": "a b c"})
    answered = choice(asked(response_format=words, max_tokens=2))

    assert (answered.message.content, answered.finish_reason) == ('"a b', "length")


def test_a_keyword_that_is_not_supported_is_refused_by_name_and_place() -> None:
    wanted = schema({"type": "object", "properties": {"a": {"type": "string", "pattern": "x+"}}})

    with pytest.raises(BadRequestError, match="pattern") as caught:
        text(asked(response_format=wanted))

    place = "response_format.json_schema.schema.properties.a.pattern"
    assert caught.value.param == place
