"""JSON Schema as the part of OpenAPI's schemas that older models take.

Each keyword that has no counterpart is told as lost, once for each keyword and schema. Places
are those of the caller's schema.
"""

from typing import Any, Final

from dragoman.dialects.gemini.draft import Draft
from dragoman.models.pointers import escaped, tokens_of
from dragoman.wire import reading

KEPT: Final = frozenset(
    {
        "title", "description", "nullable", "minItems", "maxItems", "required",
        "propertyOrdering", "minimum", "maximum", "minLength", "maxLength", "pattern", "default",
        "example", "minProperties", "maxProperties",
    }
)  # fmt: skip
"""Keywords that mean the same there."""

SILENT: Final = frozenset({"$schema", "$id", "$defs", "definitions", "$comment", "$ref"})
"""Keywords that say nothing about a value, or are resolved."""

FORMATS: Final = frozenset({"enum", "date-time", "int32", "int64", "float", "double"})

MOST: Final = 10_000
"""Schemas in one schema; references to references can make any number of them."""

ANY_OBJECT: Final[dict[str, Any]] = {"type": "object"}


def as_openapi(draft: Draft, schema: dict[str, Any], pointer: str) -> dict[str, Any]:
    """This schema in OpenAPI's terms; what is left out is a loss at its place."""
    return _Converted(draft, schema, pointer).converted(schema, pointer, ())


class _Converted:
    """One schema being converted, with the definitions that its references name."""

    def __init__(self, draft: Draft, root: dict[str, Any], pointer: str) -> None:
        self._draft = draft
        self._root = root
        self._pointer = pointer
        self._count = 0

    def converted(self, schema: Any, pointer: str, within: tuple[str, ...]) -> dict[str, Any]:
        self._count += 1
        if self._count > MOST:
            raise self._draft.refuse(self._pointer, f"expected at most {MOST} schemas in it")
        if not isinstance(schema, dict):  # true and false are schemas, too
            self._lose(pointer, "a schema that is no object")
            return dict(ANY_OBJECT)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in within:
                self._lose(f"{pointer}/$ref", "a schema that lies in itself")
                return dict(ANY_OBJECT)
            within = (*within, reference)
            resolved = self._resolved(reference)
            if not isinstance(resolved, dict):
                self._lose(f"{pointer}/$ref", "a reference that leads nowhere")
                return dict(ANY_OBJECT)
            schema = {**resolved, **{k: v for k, v in schema.items() if k != "$ref"}}
            return self.converted(schema, pointer, within)
        return self._members(self._merged(schema), pointer, within)

    def _members(
        self, schema: dict[str, Any], pointer: str, within: tuple[str, ...]
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in schema.items():
            place = f"{pointer}/{escaped(key)}"
            match key:
                case "type":
                    self._type(made, value)
                case "properties" if isinstance(value, dict):
                    made["properties"] = {
                        name: self.converted(inner, f"{place}/{escaped(name)}", within)
                        for name, inner in value.items()
                    }
                case "items":
                    made["items"] = self.converted(value, place, within)
                case "anyOf" | "oneOf" if isinstance(value, list):
                    self._any_of(made, value, place, within)
                case "const":
                    self._enum(made, [value], place)
                case "enum" if isinstance(value, list):
                    self._enum(made, value, place)
                case "format" if isinstance(value, str) and value in FORMATS:
                    made["format"] = value
                case _ if key in KEPT:
                    made[key] = value
                case _ if key not in SILENT:
                    self._lose(place, "a keyword that it does not know")
        if made.get("type") == "array":
            made.setdefault("items", {"type": "string"})
        if isinstance(made.get("required"), list) and "properties" in made:
            made["required"] = [name for name in made["required"] if name in made["properties"]]
        return made

    @staticmethod
    def _type(made: dict[str, Any], value: Any) -> None:
        """One type; null among several is a mark of its own, several others are alternatives."""
        kinds = value if isinstance(value, list) else [value]
        others = [kind for kind in kinds if kind != "null"]
        if len(others) < len(kinds):
            made["nullable"] = True
        if len(others) == 1:
            made.setdefault("type", others[0])
        elif others:
            made["anyOf"] = [{"type": kind} for kind in others]

    def _any_of(
        self, made: dict[str, Any], value: list[Any], place: str, within: tuple[str, ...]
    ) -> None:
        told = [
            self.converted(inner, f"{place}/{number}", within)
            for number, inner in enumerate(value)
            if inner != {"type": "null"}
        ]
        if len(told) < len(value):
            made["nullable"] = True
        if len(told) == 1:
            made.update(told[0])
        else:
            made["anyOf"] = told

    def _enum(self, made: dict[str, Any], values: list[Any], place: str) -> None:
        """Words only: numbers become their texts."""
        words = [value for value in values if value is not None]
        if len(words) < len(values):
            made["nullable"] = True
        if not all(isinstance(word, str) for word in words):
            reason = f"{self._draft.model} chooses among texts only; sent as those"
            self._draft.lose(place, "renamed", reason)
        made["enum"] = [w if isinstance(w, str) else reading.write(w).decode() for w in words]
        made["type"] = "string"

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same with what `allOf` holds beside it."""
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        merged: dict[str, Any] = {}
        for part in (*parts, {k: v for k, v in schema.items() if k != "allOf"}):
            reference = part.get("$ref") if isinstance(part, dict) else None
            told = self._resolved(reference) if isinstance(reference, str) else part
            for key, value in (told if isinstance(told, dict) else {}).items():
                known = merged.get(key)
                if key == "properties" and isinstance(known, dict) and isinstance(value, dict):
                    merged[key] = {**known, **value}
                elif key == "required" and isinstance(known, list) and isinstance(value, list):
                    merged[key] = [*known, *(name for name in value if name not in known)]
                else:
                    merged[key] = value
        return merged

    def _resolved(self, reference: str) -> Any:
        """What a reference inside the schema names; None where there is nothing."""
        found: Any = self._root if reference.startswith("#") else None
        for token in tokens_of(reference.removeprefix("#")):
            found = found.get(token) if isinstance(found, dict) else None
        return found

    def _lose(self, pointer: str, what: str) -> None:
        reason = f"{self._draft.model} takes a part of OpenAPI's schemas; this is {what}"
        self._draft.lose(pointer, "dropped", reason)
