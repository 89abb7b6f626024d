"""What several schemas say together about one value, where all of them apply.

A `Flat` is a list of schemas whose `$ref`, `allOf`, `anyOf` and `oneOf` have been followed and
chosen from, and stand in the same list; only their other keywords are looked at here. It is
never empty. What numbers they allow is left to `dragoman.simulator.numeric`.
"""

import sys
from typing import TypeAlias

from dragoman.simulator.vocabulary import EVERYTHING, TYPES, Json, Part, unsatisfiable

Flat: TypeAlias = tuple[Part, ...]


def types(flat: Flat) -> list[str]:
    left = {*TYPES}
    for part in flat:
        named = part.schema.get("type", TYPES)
        names = {named} if isinstance(named, str) else {*named}
        left &= names | {"integer"} if "number" in names else names
    if not left:
        raise unsatisfiable("its types exclude each other", flat[0].path)
    if "number" in left:
        left -= {"integer"}
    return [name for name in TYPES if name in left]


def listed_values(flat: Flat) -> list[Json] | None:
    """Those of the first `const` or `enum`; whether the others agree is seen by checking."""
    for part in flat:
        if "const" in part.schema:
            return [part.schema["const"]]
        if "enum" in part.schema:
            return list(part.schema["enum"])
    return None


def limits(flat: Flat, at_least: str, at_most: str) -> tuple[int, int]:
    least = int(max((part.schema.get(at_least, 0) for part in flat), default=0))
    upper = [int(part.schema[at_most]) for part in flat if at_most in part.schema]
    most = min(upper, default=max(least, sys.maxsize))
    if least > most:
        raise unsatisfiable(f"{at_least} {least} is above {at_most} {most}", flat[0].path)
    return least, most


def listed_names(flat: Flat) -> list[str]:
    return list(dict.fromkeys(name for part in flat for name in part.schema.get("properties", ())))


def required(flat: Flat) -> list[str]:
    return list(dict.fromkeys(name for part in flat for name in part.schema.get("required", ())))


def ordered(flat: Flat, value: dict[str, Json]) -> dict[str, Json]:
    """In the order of `properties`; what is not listed there comes last."""
    return {name: value[name] for name in listed_names(flat) if name in value} | value


def names_parts(flat: Flat) -> list[Part]:
    return [part.at("propertyNames") for part in flat if "propertyNames" in part.schema]


def property_parts(flat: Flat, name: str) -> list[Part]:
    parts = []
    for part in flat:
        if name in part.schema.get("properties", ()):
            parts.append(part.at("properties", name))
        elif "additionalProperties" in part.schema:
            parts.append(part.at("additionalProperties"))
        elif part.schema.get("unevaluatedProperties") is False:
            parts.append(part.at("unevaluatedProperties"))
    return parts or [Part(EVERYTHING, flat[0].path)]


def item_parts(flat: Flat, index: int) -> list[Part]:
    parts = []
    for part in flat:
        if index < len(part.schema.get("prefixItems", ())):
            parts.append(part.at("prefixItems", index))
        elif "items" in part.schema:
            parts.append(part.at("items"))
    return parts or [Part(EVERYTHING, flat[0].path)]
