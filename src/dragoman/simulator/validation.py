"""Whether a value validates against a JSON Schema that has been read.

Only what `dragoman.simulator.vocabulary` lets through is known here, and the answer is yes or
no: a list of mistakes is left to real validators. Where these differ among each other (is 0.3
a multiple of 0.1?) a value has to please them all.

Reference: https://json-schema.org/draft/2020-12/json-schema-validation
"""

import operator
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any, Final, TypeAlias

from dragoman.simulator.vocabulary import Document, Json, Part

Rule: TypeAlias = Callable[[Document, Any, Part], bool]


def validates(document: Document, instance: Json, part: Part) -> bool:
    document.spend(1)
    for keyword, value in part.schema.items():
        if keyword in COMPARISONS:
            type_name, holds = COMPARISONS[keyword]
            if IS_TYPE[type_name](instance) and not holds(instance, value):
                return False
        elif keyword in RULES:
            type_name, rule = RULES[keyword]
            if IS_TYPE[type_name](instance) and not rule(document, instance, part):
                return False
    return True


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


IS_TYPE: Final[dict[str, Callable[[Any], bool]]] = {
    "any": lambda _: True,
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and value == int(value),
    "number": is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def exact(number: float) -> Fraction:
    """The number as it is written: `0.1` is a tenth, not the double next to it."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def identity(value: Json) -> Hashable:
    """Equal for equal JSON: `1` is `1.0`, and neither is `true`."""
    if isinstance(value, list):
        return tuple(map(identity, value))
    if isinstance(value, dict):
        return frozenset((name, identity(item)) for name, item in value.items())
    return isinstance(value, bool), value


def is_multiple(instance: float, of: float) -> bool:
    """By the decimals as written and by the doubles that validators divide."""
    if exact(instance) % exact(of):
        return False
    if isinstance(of, int):
        return not instance % of
    quotient = instance / of
    if quotient in (float("inf"), float("-inf")):
        return (Fraction(instance) / Fraction(of)).denominator == 1
    return quotient.is_integer()


def is_among(instance: Json, values: list[Json]) -> bool:
    return identity(instance) in map(identity, values)


def is_of_type(instance: Json, names: str | list[str]) -> bool:
    return any(IS_TYPE[name](instance) for name in ([names] if isinstance(names, str) else names))


def is_unique(instance: list[Json], wanted: bool) -> bool:
    return not wanted or len(set(map(identity, instance))) == len(instance)


COMPARISONS: Final[dict[str, tuple[str, Callable[[Any, Any], bool]]]] = {
    "type": ("any", is_of_type),
    "enum": ("any", is_among),
    "const": ("any", lambda instance, value: is_among(instance, [value])),
    "minimum": ("number", operator.ge),
    "maximum": ("number", operator.le),
    "exclusiveMinimum": ("number", operator.gt),
    "exclusiveMaximum": ("number", operator.lt),
    "multipleOf": ("number", is_multiple),
    "minLength": ("string", lambda instance, least: len(instance) >= least),
    "maxLength": ("string", lambda instance, most: len(instance) <= most),
    "minItems": ("array", lambda instance, least: len(instance) >= least),
    "maxItems": ("array", lambda instance, most: len(instance) <= most),
    "uniqueItems": ("array", is_unique),
    "minProperties": ("object", lambda instance, least: len(instance) >= least),
    "maxProperties": ("object", lambda instance, most: len(instance) <= most),
    "required": ("object", lambda instance, names: instance.keys() >= {*names}),
}
"""Keywords that compare their own value with instances of one type."""


def ref(document: Document, instance: Json, part: Part) -> bool:
    return validates(document, instance, document.target(part))


def all_of(document: Document, instance: Json, part: Part) -> bool:
    return all(validates(document, instance, branch) for branch in part.listed("allOf"))


def any_of(document: Document, instance: Json, part: Part) -> bool:
    return any(validates(document, instance, branch) for branch in part.listed("anyOf"))


def one_of(document: Document, instance: Json, part: Part) -> bool:
    return sum(validates(document, instance, branch) for branch in part.listed("oneOf")) == 1


def prefix_items(document: Document, instance: list[Json], part: Part) -> bool:
    pairs = zip(instance, part.listed("prefixItems"), strict=False)
    return all(validates(document, item, schema) for item, schema in pairs)


def items(document: Document, instance: list[Json], part: Part) -> bool:
    rest = instance[len(part.schema.get("prefixItems", ())) :]
    return all(validates(document, item, part.at("items")) for item in rest)


def properties(document: Document, instance: dict[str, Json], part: Part) -> bool:
    return all(
        validates(document, instance[name], part.at("properties", name))
        for name in part.schema["properties"]
        if name in instance
    )


def additional_properties(document: Document, instance: dict[str, Json], part: Part) -> bool:
    return all(
        validates(document, value, part.at("additionalProperties"))
        for name, value in instance.items()
        if name not in part.schema.get("properties", ())
    )


def unevaluated_properties(_: Document, instance: dict[str, Json], part: Part) -> bool:
    if part.schema["unevaluatedProperties"] or "additionalProperties" in part.schema:
        return True
    return all(name in part.schema.get("properties", ()) for name in instance)


def property_names(document: Document, instance: dict[str, Json], part: Part) -> bool:
    return all(validates(document, name, part.at("propertyNames")) for name in instance)


RULES: Final[dict[str, tuple[str, Rule]]] = {
    "$ref": ("any", ref),
    "allOf": ("any", all_of),
    "anyOf": ("any", any_of),
    "oneOf": ("any", one_of),
    "prefixItems": ("array", prefix_items),
    "items": ("array", items),
    "properties": ("object", properties),
    "additionalProperties": ("object", additional_properties),
    "unevaluatedProperties": ("object", unevaluated_properties),
    "propertyNames": ("object", property_names),
}
"""Keywords that apply further schemas."""
