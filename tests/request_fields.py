"""Every field of a request that a target may treat in its own way, each with a small request.

The fields are found by walking the hub's types, so that none is forgotten. A name tells the
way from the top; what stands in brackets is a kind (a role, the `type` of a part, a word):

    temperature
    messages[user].content[image_url].image_url
    tool_choice[required]
    extra[part]                                     what the hub has no field for
    temperature beside reasoning_effort=none        where another field decides

An object of `WHOLE` is carried or lost as one and gets no fields of its own.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from dragoman.models import shared
from tests.samples import OTHER_PART, OTHER_TAG, samples, smallest, tag


class Field(NamedTuple):
    """A field, and a request that sets it."""

    name: str
    """What the field is called in `coverage.toml`."""

    pointer: str
    """Where it stands in the request, as a JSON pointer."""

    request: dict[str, Any]
    """A request with this field alone, besides what must be there."""


WHOLE: Final[frozenset[type[msgspec.Struct]]] = frozenset(
    {
        shared.AllowedTools,
        shared.AssistantAudio,
        shared.CacheControl,
        shared.ChatCompletionAudioParam,
        shared.ChatCompletionFunctions,
        shared.ChatCompletionMessageCustomToolCallCustom,
        shared.ChatCompletionMessageToolCallFunction,
        shared.ChosenName,
        shared.CustomToolProperties,
        shared.File,
        shared.FunctionCall,
        shared.ImageURL,
        shared.InputAudio,
        shared.JSONSchema,
        shared.ModerationParam,
        shared.NativeContent,
        shared.PredictionContent,
        shared.PromptCacheBreakpointParam,
        shared.PromptCacheOptions,
        shared.ReasoningDetail,
        shared.WebSearchOptions,
    }
)
"""Objects without anything inside that a target would treat apart from the rest."""

WORD_BY_WORD: Final = frozenset({"reasoning_effort"})
"""Fields whose words fare differently; so do those of a union of words and objects."""

TELLING: Final[dict[str, list[Any]]] = {
    "messages[assistant].thinking_blocks": [[{"type": "thinking", "thinking": "x"}]],
    "tool_choice[allowed_tools].allowed_tools": [
        {"mode": "auto", "tools": [{"type": "function", "function": {"name": "x"}}]}
    ],
}
"""Values for fields whose types say too little to make one up."""

COMPANIONS: Final[dict[str, dict[str, Any]]] = {
    "tool_choice": {"tools": [{"type": "function", "function": {"name": "x"}}]},
    "stream_options": {"stream": True},
}
"""What a top-level field makes no sense without."""

BASE: Final = {"model": "x", "messages": [{"role": "user", "content": "x"}]}

UNKNOWN: Final = (
    Field("extra[top]", "/top_k", {**BASE, "top_k": 5}),
    Field(
        "extra[message]",
        "/messages/0/partial",
        {**BASE, "messages": [{"role": "assistant", "content": "x", "partial": True}]},
    ),
    Field(
        "extra[part]",
        "/messages/0/content/0/a~1b",
        {
            **BASE,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "x", "a/b": 1}]}],
        },
    ),
    Field(
        "extra[tool]",
        "/tools/0/function/examples",
        {**BASE, "tools": [{"type": "function", "function": {"name": "x", "examples": [{}]}}]},
    ),
    Field("extra[word]", "/reasoning_effort", {**BASE, "reasoning_effort": "default"}),
    Field(
        "extra[kind]",
        "/response_format",
        {**BASE, "response_format": {"type": "regex", "value": "a+"}},
    ),
)
"""What the hub has no field for, by place."""

BESIDE: Final = tuple(
    Field(
        f"{name} beside reasoning_effort={effort}",
        f"/{name}",
        {**BASE, name: value, "reasoning_effort": effort},
    )
    for name, value in (("temperature", 0.5), ("logprobs", True))
    for effort in ("none", "low")
)
"""Two of the sampling fields, where the effort decides about them."""


FALSE: Final = Field(
    "parallel_tool_calls[false]",
    "/parallel_tool_calls",
    {**BASE, **COMPANIONS["tool_choice"], "parallel_tool_calls": False},
)
"""One call at a time, which is what the field is set for; true is what all do anyway."""


def request_fields() -> list[Field]:
    """All of them; a name comes several times where values of several shapes are tried."""
    top = inspect.type_info(shared.CreateChatCompletionRequest)
    assert isinstance(top, inspect.StructType)
    found = [
        Field(
            name,
            pointer,
            {**BASE, **COMPANIONS.get(field.encode_name, {}), field.encode_name: value},
        )
        for field in top.fields
        if field.encode_name != "extra"
        for name, pointer, value in _below(field, field.encode_name, f"/{field.encode_name}")
    ]
    return [*found, *UNKNOWN, *BESIDE, FALSE]


Place = tuple[str, str, Any]
"""A name, a pointer, and the value at the place where the walk began."""


def _below(field: inspect.Field, name: str, pointer: str) -> Iterator[Place]:
    """The places in this field, each with a value for the whole field."""
    if name in TELLING:
        for value in TELLING[name]:
            yield name, pointer, value
        return
    members = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    kinds = any(isinstance(member, inspect.StructType) for member in members)
    for member in members:
        if isinstance(member, inspect.LiteralType) and (kinds or name in WORD_BY_WORD):
            for word in member.values:
                yield f"{name}[{word}]", pointer, word
        elif not isinstance(member, inspect.NoneType):
            yield from _inside(member, name, pointer)


def _inside(kind: inspect.Type, name: str, pointer: str) -> Iterator[Place]:
    if isinstance(kind, inspect.ListType):
        item_type = kind.item_type
        items = item_type.types if isinstance(item_type, inspect.UnionType) else (item_type,)
        if all(isinstance(item, inspect.StructType) and item.tag_field for item in items):
            for item in items:
                for inner_name, inner_pointer, value in _inside(item, name, f"{pointer}/0"):
                    yield inner_name, inner_pointer, [value]
            return
    if not isinstance(kind, inspect.StructType) or kind.cls in WHOLE:
        for value in samples(kind):
            yield name, pointer, value
    elif kind.tag == OTHER_TAG:
        yield f"{name}[other]", pointer, OTHER_PART
    else:
        yield from _inside_struct(kind, name, pointer)


def _inside_struct(kind: inspect.StructType, name: str, pointer: str) -> Iterator[Place]:
    least = smallest(kind)
    if kind.tag_field is not None:
        name = f"{name}[{kind.tag}]"
        yield name, f"{pointer}/{kind.tag_field}", least
    for field in kind.fields:
        key = field.encode_name
        for inner_name, inner_pointer, value in _below(field, f"{name}.{key}", f"{pointer}/{key}"):
            yield inner_name, inner_pointer, {**least, **tag(kind), key: value}
