"""Gemini's two spellings: what it writes, and what it reads all the same."""

import re
from typing import Any, Final

VERBATIM: Final = frozenset(
    {
        "args",
        "labels",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
        "responseSchema",
    }
)
"""What holds the caller's own keys, which are nobody's to spell."""

_JOINT: Final = re.compile(r"_([a-z])")


def camel(value: Any) -> Any:
    """The same with keys as Gemini writes them: `system_instruction` is `systemInstruction`."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    told = {}
    for key, inner in value.items():
        name = _JOINT.sub(lambda joint: joint[1].upper(), key)
        told[name] = inner if name in VERBATIM else camel(inner)
    return told


def plain_schema(schema: Any) -> Any:
    """A schema of OpenAPI's kind as JSON Schema: types in small letters, null among them."""
    if isinstance(schema, list):
        return [plain_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told: dict[str, Any] = {}
    for spelt, value in schema.items():
        key = _JOINT.sub(lambda joint: joint[1].upper(), spelt)
        if key == "properties" and isinstance(value, dict):
            told[key] = {name: plain_schema(inner) for name, inner in value.items()}
        elif key == "type" and isinstance(value, str):
            told[key] = value.lower()
        elif key in ("items", "anyOf"):
            told[key] = plain_schema(value)
        elif key != "nullable":
            told[key] = value
    if schema.get("nullable") is True and isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
    return told
