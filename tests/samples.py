"""JSON for a type of the hub, worked out from its fields alone.

A new field or type is sampled without anyone writing a line; what a value means is none of
this module's affair. Unions are sampled member by member.
"""

from itertools import cycle, islice
from typing import Any, Final

from msgspec import inspect

from dragoman.models import shared

FREE = {"a": {"b": [1, "c"]}}
"""Where any JSON may stand."""

OTHER_TAG = "dragoman.other"
OTHER_PART = {"type": "unheard_of", "a": {"b": 1}}
"""A part or tool of a type that the hub does not know."""


PICTURE: Final = "data:image/png;base64,aGk="
ARGUMENTS: Final = '{"a":1}'

SENSIBLE: Final[dict[tuple[type, str], str]] = {
    (shared.ImageURL, "url"): PICTURE,
    (shared.File, "file_data"): "data:application/pdf;base64,aGk=",
    (shared.ChatCompletionMessageToolCallFunction, "arguments"): ARGUMENTS,
    (shared.FunctionCall, "arguments"): ARGUMENTS,
}
"""Texts that mean something, where a dialect looks into them."""

LEAST: Final[dict[type, tuple[str, ...]]] = {shared.File: ("file_data",)}
"""Fields without which an object says nothing, though none of them has to be there."""


def smallest(kind: inspect.Type) -> Any:
    """What has to be there, and nothing else."""
    if isinstance(kind, inspect.StructType) and kind.tag != OTHER_TAG:
        least = LEAST.get(kind.cls, ())
        required = {
            f.encode_name: SENSIBLE.get((kind.cls, f.encode_name)) or smallest(f.type)
            for f in kind.fields
            if f.required or f.encode_name in least
        }
        constants = {f.encode_name: samples(f.type)[0] for f in kind.fields if is_constant(f)}
        return {**tag(kind), **constants, **required}
    if isinstance(kind, inspect.UnionType):
        return None if inspect.NoneType() in kind.types else smallest(kind.types[0])
    if isinstance(kind, inspect.ListType):
        return [smallest(kind.item_type)] * (kind.min_length or 0)
    return {} if isinstance(kind, inspect.DictType) else samples(kind)[0]


def samples(kind: inspect.Type) -> list[Any]:
    """Values with every field set; several, so that each member of a union stands in one."""
    match kind:
        case inspect.UnionType(types=types):
            return [
                value for t in types if not isinstance(t, inspect.NoneType) for value in samples(t)
            ]
        case inspect.StructType(tag=str(word)) if word == OTHER_TAG:
            return [OTHER_PART]
        case inspect.StructType(cls=cls, fields=fields):
            columns = {
                field.encode_name: [SENSIBLE[cls, field.encode_name]]
                if (cls, field.encode_name) in SENSIBLE
                else samples(field.type)
                for field in fields
            }
            longest = max(map(len, columns.values()), default=1)
            return [
                {
                    **tag(kind),
                    **{
                        name: next(islice(cycle(values), row, None))
                        for name, values in columns.items()
                    },
                }
                for row in range(longest)
            ]
        case inspect.ListType(item_type=item_type):
            return [[item] for item in samples(item_type)]
        case inspect.DictType(value_type=value_type):
            return [
                FREE if isinstance(value_type, inspect.AnyType) else {"a": samples(value_type)[0]}
            ]
        case inspect.LiteralType(values=values):
            return [values[0]]
        case inspect.BoolType():
            return [True]
        case inspect.IntType():
            return [2]
        case inspect.FloatType():
            return [0.5]
        case inspect.StrType():
            return ["x"]
        case inspect.AnyType():
            return [FREE]
    raise NotImplementedError(f"no sample of {kind}")


def tag(kind: inspect.StructType) -> dict[str, Any]:
    """The key that tells the members of a union apart, where there is one."""
    return {kind.tag_field: kind.tag} if kind.tag_field is not None else {}


def is_constant(field: inspect.Field) -> bool:
    """Whether the field is written though nobody passes it."""
    return not field.required and callable(field.default_factory)
