"""JSON Schema in the terms that older models take, and what is lost of it."""

from typing import Any

import pytest

from dragoman.errors import UnsupportedParameterError
from tests.gemini import Json, sent

OLDEST = "gemini-1.5-pro"
TEXT = {"type": "string"}


def converted(schema: Json) -> tuple[Any, list[str]]:
    """The schema that is sent, and the places in it that were lost."""
    told = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    sending = sent(OLDEST, response_format=told)
    losses = [loss.removesuffix("/") for loss in sending.losses if "/schema" in loss]
    place = "/response_format/json_schema/schema"
    return sending.body["generationConfig"]["responseSchema"], [
        loss.replace(place, "") for loss in losses
    ]


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        (
            {"type": ["string", "integer"]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        ),
        ({"const": "a"}, {"enum": ["a"], "type": "string"}),
        ({"oneOf": [TEXT, {"type": "null"}]}, {"type": "string", "nullable": True}),
        ({"type": "array"}, {"type": "array", "items": TEXT}),
        (
            {"type": "object", "properties": {"a": TEXT}, "required": ["a", "b"]},
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
        ),
        (
            {"allOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}], "type": "object"},
            {"properties": {"a": TEXT, "b": TEXT}, "type": "object"},
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": TEXT}},
            {"properties": {"a": TEXT}},
        ),
    ],
)
def test_what_has_a_counterpart_is_said_with_it(schema: Json, made: Json) -> None:
    assert converted({"$schema": "x", **schema}) == (made, [])


@pytest.mark.parametrize(
    ("schema", "made", "lost"),
    [
        ({"additionalProperties": False}, {}, ["dropped /additionalProperties"]),
        ({"type": "string", "format": "email"}, TEXT, ["dropped /format"]),
        ({"enum": [1, True, None]}, {"nullable": True, "enum": ["1", "true"], "type": "string"},
         ["renamed /enum"]),
        ({"items": True}, {"items": {"type": "object"}}, ["dropped /items"]),
        ({"$ref": "#/nowhere"}, {"type": "object"}, ["dropped /$ref"]),
        (
            {"properties": {"a": {"$ref": "#"}}},
            {"properties": {"a": {"properties": {"a": {"type": "object"}}}}},
            ["dropped /properties/a/properties/a/$ref"],
        ),
    ],
)  # fmt: skip
def test_what_has_none_is_told_as_lost(schema: Json, made: Json, lost: list[str]) -> None:
    assert converted(schema) == (made, lost)


def test_a_schema_that_grows_without_end_is_refused() -> None:
    definitions = {
        f"A{n}": {"properties": {key: {"$ref": f"#/$defs/A{n + 1}"} for key in "abcd"}}
        for n in range(30)
    }

    with pytest.raises(UnsupportedParameterError, match="at most 10000 schemas"):
        converted({"$ref": "#/$defs/A0", "$defs": definitions})


def test_a_function_without_parameters_has_no_empty_list_of_them() -> None:
    function = {"name": "f", "parameters": {"type": "object", "properties": {}}}

    told = sent(OLDEST, tools=[{"type": "function", "function": function}])

    assert told.body["tools"] == [{"functionDeclarations": [{"name": "f"}]}]
