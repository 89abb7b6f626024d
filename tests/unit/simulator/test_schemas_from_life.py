"""What the simulator answers to schemas as frameworks and generators write them."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no stubs

from dragoman.simulator.schema import smallest

Json = Any

WEATHER_STRICT = {
    "type": "object",
    "properties": {
        "location": {"type": "string", "description": "City and country"},
        "unit": {"type": ["string", "null"], "enum": ["celsius", "fahrenheit", None]},
    },
    "required": ["location", "unit"],
    "additionalProperties": False,
}
"""A function for OpenAI's strict mode: everything required, nothing more."""

ORDER = {
    "$defs": {
        "Address": {
            "properties": {
                "street": {"minLength": 1, "title": "Street", "type": "string"},
                "country": {"default": "DE", "title": "Country", "type": "string"},
            },
            "required": ["street"],
            "title": "Address",
            "type": "object",
        },
        "Color": {"enum": ["red", "green", "blue"], "title": "Color", "type": "string"},
        "Item": {
            "additionalProperties": False,
            "properties": {
                "sku": {"format": "uuid", "title": "Sku", "type": "string"},
                "quantity": {"exclusiveMinimum": 0, "title": "Quantity", "type": "integer"},
                "color": {"anyOf": [{"$ref": "#/$defs/Color"}, {"type": "null"}], "default": None},
            },
            "required": ["sku", "quantity"],
            "title": "Item",
            "type": "object",
        },
    },
    "additionalProperties": False,
    "properties": {
        "address": {"$ref": "#/$defs/Address", "description": "Where it goes"},
        "items": {
            "items": {"$ref": "#/$defs/Item"},
            "minItems": 1,
            "title": "Items",
            "type": "array",
        },
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Note"},
        "stock": {
            "additionalProperties": {"type": "integer"},
            "propertyNames": {"$ref": "#/$defs/Color"},
            "title": "Stock",
            "type": "object",
        },
        "size": {
            "maxItems": 2,
            "minItems": 2,
            "prefixItems": [{"type": "number"}, {"const": "cm", "type": "string"}],
            "type": "array",
        },
    },
    "required": ["address", "items", "note", "stock", "size"],
    "title": "Order",
    "type": "object",
}
"""As pydantic 2 writes nested models, enums, Optional, dict[Color, int] and tuple."""

PET = {
    "$defs": {
        "Cat": {
            "properties": {
                "kind": {"const": "cat", "default": "cat", "title": "Kind", "type": "string"},
                "lives": {"maximum": 9, "minimum": 1, "title": "Lives", "type": "integer"},
            },
            "required": ["lives"],
            "title": "Cat",
            "type": "object",
        },
        "Dog": {
            "properties": {
                "kind": {"const": "dog", "default": "dog", "title": "Kind", "type": "string"},
            },
            "title": "Dog",
            "type": "object",
        },
    },
    "properties": {
        "pet": {
            "discriminator": {
                "mapping": {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog"},
                "propertyName": "kind",
            },
            "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
            "title": "Pet",
        }
    },
    "required": ["pet"],
    "title": "Owner",
    "type": "object",
}
"""As pydantic 2 writes a discriminated union."""

SEARCH = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://example.com/search",
    "type": "object",
    "definitions": {"page": {"type": "integer", "minimum": 1, "maximum": 100}},
    "properties": {
        "query": {"type": "string", "minLength": 1, "x-order": 0},
        "page": {"allOf": [{"$ref": "#/definitions/page"}], "default": 1},
        "filters": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["query", "page", "filters"],
    "unevaluatedProperties": False,
}
"""As generators for draft 7 write it."""


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (WEATHER_STRICT, {"location": "", "unit": None}),
        (
            ORDER,
            {
                "address": {"street": "a"},
                "items": [{"sku": "00000000-0000-0000-0000-000000000000", "quantity": 1}],
                "note": "",
                "stock": {},
                "size": [0, "cm"],
            },
        ),
        (PET, {"pet": {"kind": "cat", "lives": 1}}),
        (SEARCH, {"query": "a", "page": 1, "filters": {}}),
    ],
    ids=["weather", "order", "pet", "search"],
)
def test_schemas_from_life_are_answered(schema: Json, value: Json) -> None:
    answer = smallest(schema)

    assert answer == value
    assert Draft202012Validator(schema).is_valid(answer)
