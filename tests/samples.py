"""JSON for a type of the hub, worked out from its fields alone.

A new field or type is sampled without anyone writing a line; what a value means is none of
this module's affair. Unions are sampled member by member.
"""

from itertools import cycle, islice
from typing import Any

from msgspec import inspect

FREE = {"a": {"b": [1, "c"]}}
"""Where any JSON may stand."""

OTHER_TAG = "dragoman.other"
OTHER_PART = {"type": "unheard_of", "a": {"b": 1}}
"""A part or tool of a type that the hub does not know."""


def smallest(kind: inspect.Type) -> Any:
    """What has to be there, and nothing else."""
    if isinstance(kind, inspect.StructType) and kind.tag != OTHER_TAG:
        required = {f.encode_name: smallest(f.type) for f in kind.fields if f.required}
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
        case inspect.StructType(fields=fields):
            columns = {field.encode_name: samples(field.type) for field in fields}
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
