"""Cohere's v2 chat, as it appears on the wire.

Types only: nothing here decides anything. Names follow the provider's reference, so that the two
can be read side by side. Sets the provider extends without notice (`type`, `finish_reason`) are
plain `str`; what a value means to us is decided in `dragoman.dialects.cohere_v2`. A whole message
has lists where the events of a stream have one object at a time, so both are taken in both.

Reference: https://docs.cohere.com/v2/reference/chat
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens, or a place; Cohere's document has floats."""


class Tokens(msgspec.Struct, gc=False):
    """Token counts, used or billed."""

    input_tokens: Count = None
    output_tokens: Count = None
    image_tokens: Count = None
    reasoning_tokens: Count = None


class Usage(msgspec.Struct, gc=False):
    """What was used: `tokens` holds the provider's own template, `billed_units` does not."""

    billed_units: Tokens | None = None
    tokens: Tokens | None = None
    cached_tokens: Count = None


class Content(msgspec.Struct, gc=False):
    """An item of the content, whole or a piece of it."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class Function(msgspec.Struct, gc=False):
    """The function of a call, whole or a piece of it."""

    name: str | None = None
    arguments: Any = None
    """A text, which is `null` for some functions without parameters."""


class ToolCall(msgspec.Struct, gc=False):
    """A tool call, whole or a piece of it."""

    id: str | None = None
    function: Function | None = None


class Citation(msgspec.Struct, gc=False):
    """What a part of a text rests on; the places are characters of one item of the content."""

    type: str | None = None
    start: Count = None
    end: Count = None
    content_index: Count = None
    sources: list[Any] | None = None


class Message(msgspec.Struct, gc=False):
    """The answer, or what an event adds to it."""

    content: str | list[Content] | Content | None = None
    tool_plan: str | None = None
    tool_calls: list[ToolCall] | ToolCall | None = None
    citations: list[Citation] | Citation | None = None


class Answer(msgspec.Struct, gc=False):
    """A whole answer; an error has a text as its message."""

    id: str | None = None
    message: Message | str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None


class Delta(msgspec.Struct, gc=False):
    """What an event adds."""

    message: Message | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    error: Any = None
    error_type: Any = None


class Event(msgspec.Struct, gc=False):
    """An event of a stream."""

    type: str | None = None
    id: str | None = None
    index: Count = None
    """Of the item of the content, or of the call: each kind counts for itself."""

    delta: Delta | None = None


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models."""

    name: str | None = None


class ModelList(msgspec.Struct, gc=False):
    """The list of models."""

    models: list[Model] | None = None
