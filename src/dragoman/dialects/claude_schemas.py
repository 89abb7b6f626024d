"""JSON Schemas as Anthropic takes them, and structured answers of models that know none.

Anthropic's decoder knows a part of JSON Schema. What it does not know is told in words, in the
description beside it, so that the model still hears of it.

Reference: https://docs.claude.com/en/docs/build-with-claude/structured-outputs
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

ANSWER: Final = "dragoman_json_answer"
"""The tool by which an older model gives a structured answer; its arguments are the content."""

UNNAMED: Final = "output"
"""What a format is called that came without a name, as Anthropic's have none."""

CONSTRAINTS: Final = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "not",
    "format",
)
"""Keywords that are told in words where they cannot be kept."""

FORMATS: Final = frozenset(
    {"date-time", "date", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"}
)

KEPT: Final = frozenset(
    {
        "type",
        "title",
        "description",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "enum",
        "const",
        "default",
        "anyOf",
        "allOf",
        "$ref",
        "$defs",
        "definitions",
        "format",
        "minItems",
    }
)
"""Keywords that are sent."""

Told = Callable[[str, str], None]
"""Takes the pointer of a keyword that is not kept, below the schema, and why."""


def strict_schema(schema: dict[str, Any], told: Told, pointer: str = "") -> dict[str, Any]:
    """The same schema in the part that Anthropic knows; the caller's own is not touched."""
    kept: dict[str, Any] = {}
    words: list[str] = []
    for key, value in schema.items():
        place = f"{pointer}/{key}"
        if key == "oneOf":
            kept["anyOf"] = _each(value, told, place)
            told(place, "sent as anyOf")
        elif key in CONSTRAINTS and not _is_known(key, value):
            words.append(f"{key}: {msgspec.json.encode(value).decode()}")
            told(place, "the provider does not know it; told in the description")
        elif key in ("anyOf", "allOf", "prefixItems"):
            kept[key] = _each(value, told, place)
        elif key in ("properties", "$defs", "definitions") and isinstance(value, dict):
            kept[key] = {
                name: _one(inner, told, f"{place}/{name}") for name, inner in value.items()
            }
        elif key == "items":
            kept[key] = _one(value, told, place)
        elif key in KEPT:
            kept[key] = value
        else:
            told(place, "the provider does not know it")
    if words:
        said = kept.get("description")
        kept["description"] = " ".join([*([said] if said else ()), f"({'; '.join(words)})"])
    if kept.get("type") == "object" or "properties" in kept:
        if kept.get("additionalProperties", False) is not False:
            told(f"{pointer}/additionalProperties", "the provider allows no further properties")
        kept["additionalProperties"] = False
    return kept


def _is_known(key: str, value: Any) -> bool:
    if key == "format":
        return value in FORMATS
    return key == "minItems" and value in (0, 1)


def _one(schema: Any, told: Told, pointer: str) -> Any:
    return strict_schema(schema, told, pointer) if isinstance(schema, dict) else schema


def _each(schemas: Any, told: Told, pointer: str) -> Any:
    if not isinstance(schemas, list):
        return schemas
    return [_one(schema, told, f"{pointer}/{n}") for n, schema in enumerate(schemas)]


def input_schema(schema: dict[str, Any] | None, told: Told) -> dict[str, Any]:
    """The schema of a tool's arguments: an object at the top, and no choice between several."""
    if not schema:
        return {"type": "object", "properties": {}}
    choices = [key for key in ("anyOf", "oneOf", "allOf") if key in schema]
    if not choices:
        return schema if "type" in schema else {"type": "object", **schema}
    merged = {key: value for key, value in schema.items() if key not in choices}
    properties = dict(schema.get("properties") or {})
    for key in choices:
        for branch in schema[key] if isinstance(schema[key], list) else ():
            inner = branch.get("properties") if isinstance(branch, dict) else None
            properties.update(inner if isinstance(inner, dict) else {})
        told(f"/{key}", "the provider takes none at the top; any of the properties may be given")
    merged.pop("required", None)
    return {**merged, "type": "object", "properties": properties}
