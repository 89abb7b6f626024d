"""JSON Schema as the simulator reads it: parts, where they stand, and what it refuses.

A schema is read once and wholly. What is malformed, what belongs to the vocabulary but is not
supported, and what nests too deeply is refused there, even where no value would ever touch it;
afterwards nothing needs to be looked at twice. Keywords that only annotate, and those we never
heard of, are passed over. What the keywords mean is left to `dragoman.simulator.validation` and
`dragoman.simulator.schema`.

Reference: https://json-schema.org/draft/2020-12/json-schema-core
"""

import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from dragoman.errors import BadRequestError

Json: TypeAlias = Any
"""Whatever `json.loads` returns."""

Schema: TypeAlias = dict[str, Json]
Key: TypeAlias = str | int

DEPTH_LIMIT: Final = 64
STEP_LIMIT: Final = 100_000
"""Values built and checked for one schema: a few references can ask for exponentially many."""

EVERYTHING: Final[Schema] = {}
NOTHING: Final[Schema] = {"enum": []}
"""`true` and `false`, said with keywords."""

TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")

REFUSED: Final = frozenset(
    {
        "$dynamicRef",
        "$recursiveRef",
        "additionalItems",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "maxContains",
        "minContains",
        "not",
        "pattern",
        "patternProperties",
        "then",
        "unevaluatedItems",
    }
)
"""Keywords of 2020-12, and of the drafts before it, that are refused by name."""

ONE: Final = ("additionalProperties", "items", "propertyNames")
LISTED: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED: Final = ("$defs", "definitions", "properties")
"""Keywords that hold a schema, a list of schemas, schemas by name."""

IN_PLACE: Final = ("$ref", "allOf", "anyOf", "oneOf")
"""Keywords whose schemas apply to the same value as the schema they stand in."""


class Part(NamedTuple):
    """A schema and where it stands in the request."""

    schema: Schema
    path: str

    def at(self, *keys: Key) -> "Part":
        schema: Json = self.schema
        for key in keys:
            schema = schema[key]
        return part_of(schema, joined(self.path, *keys))

    def listed(self, keyword: str) -> tuple["Part", ...]:
        return tuple(self.at(keyword, index) for index in range(len(self.schema.get(keyword, ()))))

    def children(self) -> Iterator[tuple[Key, ...]]:
        """The keys under which further schemas stand."""
        for keyword, value in self.schema.items():
            if keyword in ONE:
                yield (keyword,)
            elif keyword in LISTED:
                yield from ((keyword, index) for index in range(len(value)))
            elif keyword in NAMED:
                yield from ((keyword, name) for name in value)


def part_of(schema: Json, path: str) -> Part:
    if isinstance(schema, bool):
        return Part(EVERYTHING if schema else NOTHING, path)
    if not isinstance(schema, dict):
        raise malformed("a schema (an object or a boolean)", schema, path)
    return Part(schema, path)


class Document:
    """A whole schema, read: well formed, with nothing refused in it and every `$ref` at home."""

    def __init__(self, schema: Json, path: str) -> None:
        self.root = part_of(schema, path)
        self._parts: dict[str, Part] = {}
        self._heights: dict[int, int] = {}
        self._steps = 0
        self._read(self.root, "", 0)
        for part in self._parts.values():
            self._height(part, ())

    def target(self, part: Part) -> Part:
        """The schema that the `$ref` of `part` points to."""
        ref = part.schema["$ref"]
        path = joined(part.path, "$ref")
        if not ref.startswith("#"):
            raise unsupported("$ref", path, "it leaves this schema")
        pointer = unquote(ref[1:])
        if pointer not in self._parts:
            raise malformed("a reference to a schema in this document", ref, path)
        return self._parts[pointer]

    def spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > STEP_LIMIT:
            raise refusal("a schema whose values are this large is not supported", self.root.path)

    def _read(self, part: Part, pointer: str, depth: int) -> None:
        if depth > DEPTH_LIMIT:
            raise refusal(f"schemas nested beyond {DEPTH_LIMIT} are not supported", part.path)
        self._parts[pointer] = part
        for keyword, value in part.schema.items():
            read_keyword(part, keyword, value)
        if depth and "$id" in part.schema:
            raise unsupported("$id", joined(part.path, "$id"), "it moves the base of references")
        for keys in part.children():
            below = "".join(f"/{escaped(key)}" for key in keys)
            self._read(part.at(*keys), pointer + below, depth + 1)

    def _height(self, part: Part, above: tuple[int, ...]) -> int:
        """How many schemas apply to one value, one inside the other, from `part` down.

        One that comes back to itself on the way describes nothing, and would be read forever.
        """
        here = id(part.schema)
        if here in above:
            raise refusal("a schema refers to itself for the same value", part.path, MALFORMED)
        if len(above) + self._heights.get(here, 1) > DEPTH_LIMIT:
            raise refusal(f"references nested beyond {DEPTH_LIMIT} are not supported", part.path)
        if here not in self._heights:
            below = [self._height(child, (*above, here)) for child in self._in_place(part)]
            self._heights[here] = 1 + max(below, default=0)
        return self._heights[here]

    def _in_place(self, part: Part) -> Iterator[Part]:
        if "$ref" in part.schema:
            yield self.target(part)
        yield from itertools.chain(*map(part.listed, ("allOf", "anyOf", "oneOf")))


def read_keyword(part: Part, keyword: str, value: Json) -> None:
    path = joined(part.path, keyword)
    if keyword in REFUSED:
        raise unsupported(keyword, path)
    expected, well_formed = EXPECTED.get(keyword, ANYTHING)
    if not well_formed(value):
        raise malformed(expected, value, path)
    if keyword == "unevaluatedProperties" and not isinstance(value, bool):
        raise unsupported(keyword, path, "only with a boolean")
    if keyword == "unevaluatedProperties" and not value and part.schema.keys() & {*IN_PLACE}:
        raise unsupported(keyword, path, "not beside a composition")


def is_number(value: Json) -> bool:
    # Beyond the largest double nobody agrees on what a number is, and Python will not print it.
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max


def is_count(value: Json) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def is_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def is_type(value: Json) -> bool:
    names = [value] if isinstance(value, str) else value
    return is_names(names) and bool(names) and {*names} <= {*TYPES}


def is_json(value: Json, depth: int = 0) -> bool:
    if depth > DEPTH_LIMIT:
        return False
    if isinstance(value, dict):
        return is_names([*value]) and all(is_json(item, depth + 1) for item in value.values())
    if isinstance(value, list):
        return all(is_json(item, depth + 1) for item in value)
    return value is None or isinstance(value, bool | str) or is_number(value)


Expected: TypeAlias = tuple[str, Callable[[Json], bool]]

ANYTHING: Final[Expected] = ("", lambda _: True)
BOOLEAN: Final[Expected] = ("a boolean", lambda value: isinstance(value, bool))
COUNT: Final[Expected] = ("a whole number, at least 0", is_count)
NUMBER: Final[Expected] = ("a number", is_number)
OBJECT: Final[Expected] = ("an object of schemas", lambda value: isinstance(value, dict))
SCHEMA: Final[Expected] = (
    "a schema (an object or a boolean)",
    lambda value: isinstance(value, bool | dict),
)
SCHEMAS: Final[Expected] = (
    "a list of schemas, not empty",
    lambda value: isinstance(value, list) and bool(value),
)
STRING: Final[Expected] = ("a string", lambda value: isinstance(value, str))

EXPECTED: Final[dict[str, Expected]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), NUMBER),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), COUNT),
    **dict.fromkeys(("minProperties", "maxProperties"), COUNT),
    **dict.fromkeys(NAMED, OBJECT),
    **dict.fromkeys(LISTED, SCHEMAS),
    "$ref": STRING,
    "const": (f"JSON nested at most {DEPTH_LIMIT} deep", is_json),
    "enum": (
        f"a list of JSON nested at most {DEPTH_LIMIT} deep",
        lambda value: isinstance(value, list) and is_json(value, -1),
    ),
    "format": STRING,
    "multipleOf": ("a number above 0", lambda value: is_number(value) and value > 0),
    "required": ("a list of property names", is_names),
    "type": (f"one of {', '.join(TYPES)}, or a list of these", is_type),
    "unevaluatedProperties": SCHEMA,
    "uniqueItems": BOOLEAN,
}

UNSUPPORTED: Final = "unsupported_json_schema"
MALFORMED: Final = "invalid_json_schema"
UNSATISFIABLE: Final = "unsatisfiable_json_schema"
"""Claimed only where it is proven; a value we merely do not find is `UNSUPPORTED`."""


def refusal(message: str, path: str, code: str = UNSUPPORTED) -> BadRequestError:
    return BadRequestError(f"{message}, at {path}", status_code=400, code=code, param=path)


def unsupported(keyword: str, path: str, why: str = "") -> BadRequestError:
    return refusal(f"unsupported JSON Schema keyword '{keyword}'{why and f' ({why})'}", path)


def malformed(expected: str, got: Json, path: str) -> BadRequestError:
    return refusal(f"expected {expected}, got {shown(got)}", path, MALFORMED)


def unsatisfiable(why: str, path: str) -> BadRequestError:
    return refusal(f"the schema cannot be satisfied: {why}", path, UNSATISFIABLE)


def shown(value: Json) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else "a long string"
    if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        return "a number beyond all doubles"
    return json.dumps(value)


def joined(path: str, *keys: Key) -> str:
    """`properties.city` and `anyOf[0]`; names that are no words are quoted."""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            path += f".{key}" if re.fullmatch(r"[$\w-]+", key) else f"[{json.dumps(key)}]"
    return path


def escaped(key: Key) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
