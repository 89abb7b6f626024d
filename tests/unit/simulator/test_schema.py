"""What the simulator answers to a schema, by example; the judge of validity is `jsonschema`."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no stubs

from dragoman.errors import BadRequestError
from dragoman.simulator.schema import smallest

Json = Any


def refused(schema: Json, path: str = "schema") -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        smallest(schema, path=path)
    assert caught.value.status_code == 400
    return caught.value


def object_with(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (True, None),
        ({}, None),
        ({"type": "null"}, None),
        ({"type": "boolean"}, False),
        ({"type": "integer"}, 0),
        ({"type": "number"}, 0),
        ({"type": "string"}, ""),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "object", "properties": {"city": {"type": "string"}}}, {}),
    ],
)
def test_each_type_has_a_bare_value(schema: Json, value: Json) -> None:
    assert repr(smallest(schema)) == repr(value)


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (["object", "array"], []),
        (["array", "string"], ""),
        (["string", "integer"], 0),
        (["number", "boolean"], False),
        (["string", "null"], None),
    ],
)
def test_of_several_types_the_barest_is_taken(names: list[str], value: Json) -> None:
    assert smallest({"type": names}) == value


def test_of_several_types_the_shortest_text_is_taken() -> None:
    schema = {"type": ["string", "integer", "array"], "minLength": 3, "minimum": 1000}

    assert smallest({**schema, "minItems": 1}) == 1000
    assert smallest({**schema, "minItems": 2, "items": {"const": 0}}) == 1000
    assert smallest(schema) == []
    assert smallest({"type": ["integer", "string"], "minimum": 1000, "minLength": 1}) == "a"


def test_keywords_of_other_types_do_not_matter() -> None:
    schema = {"type": "integer", "minimum": 1, "minLength": 2, "maxLength": 1, "format": "date"}

    assert smallest(schema) == 1


def test_of_an_enum_the_shortest_text_is_taken_and_the_first_of_equals() -> None:
    assert smallest({"enum": ["celsius", "kelvin", "rømer", "fahrenheit", "plain"]}) == "rømer"
    assert smallest({"enum": ["", False, None], "type": ["boolean", "null"]}) is None


def test_default_and_examples_are_not_used() -> None:
    schema = {"type": "string", "default": "Paris", "examples": ["Oslo"], "title": "City"}

    assert smallest(schema) == ""


@pytest.mark.parametrize(
    ("keywords", "value"),
    [
        ({"minimum": 5}, 5),
        ({"maximum": -5}, -5),
        ({"exclusiveMinimum": 5}, 6),
        ({"minimum": 5, "exclusiveMinimum": 5}, 6),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.1),
        ({"minimum": 0.25, "maximum": 0.9}, 0.3),
        ({"minimum": 0.123, "maximum": 0.123}, 0.123),
        ({"exclusiveMinimum": 0, "maximum": 5e-324}, 5e-324),
        ({"minimum": 1e23, "maximum": 1e23}, 1e23),
        ({"minimum": 2**60 + 1}, 2**60 + 1),
        ({"minimum": 5, "multipleOf": 3}, 6),
        ({"minimum": 0.5, "multipleOf": 0.7}, 7),
        ({"minimum": 0.5, "maximum": 3, "multipleOf": 0.7}, 0.7),
        ({"minimum": 1, "allOf": [{"multipleOf": 4}, {"multipleOf": 6}]}, 12),
        ({"minimum": 0.25, "maximum": 0.4, "multipleOf": 0.1}, 0.4),
        ({"allOf": [{"type": "integer", "minimum": 0.5}]}, 1),
    ],
)
def test_numbers_are_near_zero_and_short(keywords: Json, value: float) -> None:
    assert smallest({"type": "number", **keywords}) == value
    assert Draft202012Validator(keywords).is_valid(value)


def test_a_whole_number_is_written_without_a_fraction() -> None:
    assert repr(smallest({"type": "number", "minimum": 2.0})) == "2"


@pytest.mark.parametrize(
    "name", ["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"]
)
def test_a_format_is_honoured_though_it_only_annotates(name: str) -> None:
    value = smallest({"type": "string", "format": name})

    assert value
    assert Draft202012Validator.FORMAT_CHECKER.conforms(value, name)


def test_a_format_that_does_not_fit_the_length_is_an_annotation() -> None:
    assert smallest({"type": "string", "format": "date", "maxLength": 3}) == ""
    assert smallest({"type": "string", "format": "snowflake", "minLength": 2}) == "aa"


def test_an_object_has_its_required_properties_in_the_order_of_properties() -> None:
    schema = object_with(city={"type": "string"}, days={"type": "integer", "minimum": 1})
    schema["properties"]["unit"] = {"type": "string"}
    schema["required"] = ["zone", "days", "city"]

    assert list(smallest(schema).items()) == [("city", ""), ("days", 1), ("zone", None)]


def test_an_object_takes_its_own_properties_before_it_invents_some() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "minProperties": 3}
    named = {"type": "object", "propertyNames": {"enum": ["red", "green"]}, "minProperties": 2}

    assert smallest(schema) == {"city": "", "": None, "a": None}
    assert smallest(named) == {"red": None, "green": None}


def test_an_array_has_as_many_items_as_it_must() -> None:
    schema = {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"const": "x"}}

    assert smallest({"type": "array", "minItems": 4, **schema}) == ["", 0, "x", "x"]


def test_unique_items_differ() -> None:
    points = object_with(id={"type": "integer"}, label={"type": "string"})
    schema = {"type": "array", "uniqueItems": True, "minItems": 3}

    assert smallest({**schema, "items": {"type": "integer"}}) == [0, 1, -1]
    assert smallest({**schema, "items": {"enum": ["a", 0, False, 0.0]}}) == [0, "a", False]
    assert Draft202012Validator({**schema, "items": points}).is_valid(
        smallest({**schema, "items": points})
    )


def test_any_of_is_its_first_branch_that_works() -> None:
    impossible = {"type": "string", "minLength": 2, "maxLength": 1}

    assert smallest({"anyOf": [{"type": "string"}, {"type": "null"}]}) == ""
    assert smallest({"anyOf": [impossible, {"type": "null"}]}) is None


def test_one_of_validates_against_exactly_one_branch() -> None:
    at_least_0, at_most_5 = {"minimum": 0}, {"maximum": 5}

    assert smallest({"type": "integer", "oneOf": [at_least_0, at_most_5]}) == 6


def test_one_of_tells_apart_branches_whose_tag_is_optional() -> None:
    cat = {"type": "object", "properties": {"kind": {"const": "cat", "default": "cat"}}}
    dog = {"type": "object", "properties": {"kind": {"const": "dog", "default": "dog"}}}

    assert smallest({"oneOf": [cat, dog], "discriminator": {"propertyName": "kind"}}) == {
        "kind": "cat"
    }


def test_all_of_adds_up() -> None:
    schema = {
        "allOf": [object_with(a={"type": "integer"}), object_with(b={"type": "string"})],
        "properties": {"a": {"minimum": 7}},
        "additionalProperties": True,
    }

    assert smallest(schema) == {"a": 7, "b": ""}


def test_keywords_beside_a_reference_count() -> None:
    schema = {"$defs": {"a/b": {"type": "string"}}, "$ref": "#/$defs/a~1b", "minLength": 2}

    assert smallest(schema) == "aa"


def test_recursion_that_is_optional_is_left_out() -> None:
    tree = object_with(name={"type": "string"})
    tree["properties"]["children"] = {"type": "array", "items": {"$ref": "#"}}

    assert smallest(tree) == {"name": ""}


def test_recursion_ends_where_it_may() -> None:
    node = object_with(next={"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]})

    assert smallest({"$ref": "#/$defs/Node", "$defs": {"Node": node}}) == {"next": None}


def test_recursion_without_end_cannot_be_satisfied() -> None:
    error = refused(object_with(child={"$ref": "#"}))

    assert error.code == "unsatisfiable_json_schema"
    assert error.param == "schema.properties.child"
    assert "requires itself without end" in error.message


@pytest.mark.parametrize(
    ("schema", "param"),
    [
        ({"$ref": "https://example.com/city"}, "schema.$ref"),
        ({"items": {"$id": "https://example.com/city"}}, "schema.items.$id"),
        ({"unevaluatedProperties": {"type": "string"}}, "schema.unevaluatedProperties"),
        ({"unevaluatedProperties": False, "anyOf": [{}]}, "schema.unevaluatedProperties"),
        ({"oneOf": [True, True]}, "schema.oneOf"),
        ({"anyOf": [False, {"oneOf": [True, True]}]}, "schema.anyOf[1].oneOf"),
        (
            {
                "type": "object",
                "properties": {"a": {"oneOf": [True, True]}},
                "additionalProperties": False,
                "minProperties": 1,
            },
            "schema.properties.a.oneOf",
        ),
        (
            {"type": "array", "items": {"type": "null"}, "uniqueItems": True, "minItems": 2},
            "schema.uniqueItems",
        ),
        (
            {"type": "number", "minimum": 0.3, "maximum": 0.3, "multipleOf": 0.1},
            "schema.multipleOf",
        ),
        ({"type": "string", "minLength": 10**12}, "schema"),
        ({"type": "array", "minItems": 10**12}, "schema"),
    ],
)
def test_what_is_not_found_is_not_called_impossible(schema: Json, param: str) -> None:
    error = refused(schema)

    assert (error.code, error.param) == ("unsupported_json_schema", param)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (False, "no value is allowed, at s"),
        ({"type": "integer", "minimum": 5, "maximum": 3}, "minimum 5 is above maximum 3, at s"),
        (
            {"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
            "no multiple of 1 is within exclusiveMinimum 0.5 and exclusiveMaximum 1, at s",
        ),
        (
            {"type": "string", "minLength": 2, "maxLength": 1},
            "minLength 2 is above maxLength 1, at s",
        ),
        (
            {"type": "number", "minimum": 5, "maximum": 5, "exclusiveMaximum": 5},
            "no number is within minimum 5 and exclusiveMaximum 5, at s",
        ),
        ({"const": 1e300, "multipleOf": 7.0}, "no value is allowed, at s"),
        ({"type": "string", "enum": [1, None]}, "no value is allowed, at s"),
        ({"type": "string", "allOf": [{"type": "null"}]}, "its types exclude each other, at s"),
        (
            {"type": "object", "required": ["a", "b"], "maxProperties": 1},
            "2 required properties are above maxProperties 1, at s",
        ),
        (
            {"type": "object", "required": ["a"], "additionalProperties": False},
            "the property 'a' is not allowed, at s.additionalProperties",
        ),
        (
            {"type": "object", "required": ["a"], "unevaluatedProperties": False},
            "the property 'a' is not allowed, at s.unevaluatedProperties",
        ),
        (
            {"type": "object", "required": ["a"], "propertyNames": {"minLength": 2}},
            "the name 'a' is not allowed, at s.propertyNames",
        ),
        (
            {"type": "array", "minItems": 1, "items": {"enum": []}},
            "no value is allowed, at s.items",
        ),
    ],
)
def test_what_cannot_be_satisfied_says_why_and_where(schema: Json, why: str) -> None:
    error = refused(schema, path="s")

    assert error.code == "unsatisfiable_json_schema"
    assert error.message == f"the schema cannot be satisfied: {why}"


def test_values_that_references_nest_are_limited() -> None:
    def level(index: int) -> Json:
        return object_with(a={"$ref": f"#/$defs/D{index + 1}"})

    levels = {f"D{index}": level(index) for index in range(70)}

    error = refused({"$defs": {**levels, "D70": {}}, "$ref": "#/$defs/D0"})

    assert error.message.startswith("values nested beyond 64 are not supported")


def test_a_small_schema_that_wants_a_huge_value_is_refused() -> None:
    def pair(index: int) -> Json:
        half = {"$ref": f"#/$defs/D{index + 1}"}
        return object_with(left=half, right=half)

    doubling = {f"D{index}": pair(index) for index in range(40)}

    error = refused({"$defs": {**doubling, "D40": {}}, "$ref": "#/$defs/D0"})

    assert error.code == "unsupported_json_schema"
