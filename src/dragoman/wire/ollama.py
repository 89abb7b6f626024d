"""Ollama's own chat endpoint, as it appears on the wire.

Types only: nothing here decides anything. A whole answer and a line of a stream are of one type.
Names follow the provider's reference, so that the two can be read side by side; `done_reason`,
which grows without notice, is a plain `str`. What a value means to us is decided in
`dragoman.dialects.ollama`.

Reference: https://docs.ollama.com/api/chat
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens."""

NOTHING = msgspec.Raw()
"""A value that did not come; never in a union with None, which msgspec refuses."""


class Function(msgspec.Struct, gc=False):
    """The function of a call; its `index` is often 0 for every call, and is not read."""

    name: str | None = None
    arguments: msgspec.Raw = NOTHING
    """An object, where others have a text."""


class ToolCall(msgspec.Struct, gc=False):
    """A call, always whole."""

    id: str | None = None
    """Missing at older servers."""

    function: Function | None = None


class Message(msgspec.Struct, gc=False):
    """A piece of the answer, or all of it."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[ToolCall] | None = None


class Answer(msgspec.Struct, gc=False):
    """A whole answer, or a line of one; an error has its own key."""

    model: str | None = None
    created_at: Any = None
    """RFC 3339, up to nanoseconds."""

    message: Message | None = None
    logprobs: list[dict[str, Any]] | None = None
    done: bool | None = None
    done_reason: str | None = None
    prompt_eval_count: Count = None
    eval_count: Count = None
    error: Any = None


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models."""

    name: str | None = None
    model: str | None = None
    modified_at: Any = None
    """RFC 3339, in any zone."""


class ModelList(msgspec.Struct, gc=False):
    """The list of models."""

    models: list[Model] | None = None
