"""Which schemas the simulator refuses to read, and how it says so."""

from typing import Any

import pytest

from dragoman.errors import BadRequestError
from dragoman.simulator.vocabulary import Document

Json = Any


def refused(schema: Json, path: str = "schema") -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        Document(schema, path)
    assert caught.value.status_code == 400
    return caught.value


@pytest.mark.parametrize(
    "keyword",
    [
        "pattern",
        "patternProperties",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "minContains",
        "maxContains",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "additionalItems",
        "unevaluatedItems",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "$dynamicRef",
        "$recursiveRef",
    ],
)
def test_what_is_not_supported_is_refused_by_name(keyword: str) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string", keyword: {}}}}

    error = refused(schema, path="tools[0].function.parameters")

    assert error.code == "unsupported_json_schema"
    assert error.param == f"tools[0].function.parameters.properties.city.{keyword}"
    assert error.message == f"unsupported JSON Schema keyword '{keyword}', at {error.param}"


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (7, "expected a schema (an object or a boolean), got 7, at schema"),
        ({"items": []}, "expected a schema (an object or a boolean), got a list, at schema.items"),
        ({"properties": []}, "expected an object of schemas, got a list, at schema.properties"),
        ({"anyOf": []}, "expected a list of schemas, not empty, got a list, at schema.anyOf"),
        ({"minimum": "1"}, "expected a number, got '1', at schema.minimum"),
        ({"exclusiveMinimum": True}, "expected a number, got true, at schema.exclusiveMinimum"),
        (
            {"maximum": 10**400},
            "expected a number, got a number beyond all doubles, at schema.maximum",
        ),
        ({"minItems": -1}, "expected a whole number, at least 0, got -1, at schema.minItems"),
        ({"multipleOf": 0}, "expected a number above 0, got 0, at schema.multipleOf"),
        ({"required": "a"}, "expected a list of property names, got 'a', at schema.required"),
        (
            {"$ref": "#/$defs/City"},
            "expected a reference to a schema in this document, got '#/$defs/City', at schema.$ref",
        ),
        (
            {"properties": {"a.b": {"uniqueItems": None}}},
            'expected a boolean, got null, at schema.properties["a.b"].uniqueItems',
        ),
    ],
)
def test_what_is_malformed_says_what_was_expected(schema: Json, message: str) -> None:
    error = refused(schema)

    assert (error.code, error.message) == ("invalid_json_schema", message)
    assert message.endswith(f", at {error.param}")


def test_types_that_do_not_exist_are_malformed() -> None:
    assert refused({"type": 7}).param == "schema.type"
    assert refused({"type": []}).param == "schema.type"
    assert refused({"type": ["string", "str"]}).param == "schema.type"


def test_a_schema_that_only_refers_to_itself_is_malformed() -> None:
    schema = {"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {}]}}, "type": "null"}

    assert refused(schema).code == "invalid_json_schema"


def test_what_is_wrong_is_found_where_no_value_goes() -> None:
    assert refused({"properties": {"city": {"type": "text"}}}).code == "invalid_json_schema"


def nested(levels: int) -> Json:
    schema: Json = {"type": "null"}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


def test_nesting_is_limited() -> None:
    chain = {f"D{index}": {"$ref": f"#/$defs/D{index + 1}"} for index in range(100)}

    assert Document(nested(64), "schema")
    assert refused(nested(65)).code == "unsupported_json_schema"
    assert refused(nested(300)).code == "unsupported_json_schema"
    assert refused({"$defs": {**chain, "D100": {}}}).code == "unsupported_json_schema"
