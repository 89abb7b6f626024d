"""Mistral's chat completions, as they appear on the wire.

Types only: nothing here decides anything. Whole answers and chunks share their types. Sets that
the provider extends without notice (`finish_reason`, the types of content chunks) are plain
`str`; what a value means to us is decided in `dragoman.dialects.mistral`. Padding (`p`) and what
repeats the choice's `index` inside a delta are not read.

Reference: https://docs.mistral.ai/api/
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens."""

NOTHING = msgspec.Raw()
"""A value that did not come; never in a union with None, which msgspec refuses."""


class Usage(msgspec.Struct, gc=False):
    """Token counts; `prompt_tokens` leave out those of audio, which `total_tokens` has."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: dict[str, Any] | None = None

    prompt_token_details: dict[str, Any] | None = None
    """The same in another spelling."""

    num_cached_tokens: Count = None


class Function(msgspec.Struct, gc=False):
    """The function of a call, whole or a piece of it."""

    name: str | None = None
    arguments: msgspec.Raw = NOTHING
    """A text, or an object."""


class ToolCall(msgspec.Struct, gc=False):
    """A call, whole or a piece of it."""

    id: str | None = None
    """The text "null" is none."""

    index: Count = None
    function: Function | None = None


class Chunk(msgspec.Struct, gc=False):
    """A chunk of the content; the fields of the types that we read."""

    type: str | None = None
    text: str | None = None

    thinking: Any = None
    """Chunks of text and references."""


class Message(msgspec.Struct, gc=False):
    """A message, or the delta of one."""

    content: str | list[Chunk] | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct, gc=False):
    """One answer, whole or a piece of it."""

    index: Count = None
    message: Message | None = None
    delta: Message | None = None
    finish_reason: str | None = None


class Completion(msgspec.Struct, gc=False):
    """A whole answer, or a chunk of one; an error has neither choices nor an id."""

    id: str | None = None
    created: Count = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models."""

    id: str | None = None
    created: Any = None
    owned_by: Any = None


class ModelList(msgspec.Struct, gc=False):
    """The list of models."""

    data: list[Model] | None = None
