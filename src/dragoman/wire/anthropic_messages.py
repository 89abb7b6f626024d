"""Anthropic Messages, as it appears on the wire.

Types only: nothing here decides anything. Names follow the provider's reference, so that the
two can be read side by side. Sets the provider extends without notice (`type`, `stop_reason`,
`service_tier`) are plain `str`; what a value means to us is decided in
`dragoman.dialects.anthropic_messages`. Blocks are kept as they came (`msgspec.Raw`), since some
go back unchanged on the next turn; `Block` reads what we understand of one.

Reference: https://docs.claude.com/en/api/messages
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens."""

NOTHING = msgspec.Raw()
"""A value that did not come; never in a union with None, which msgspec refuses."""


class OutputTokensDetails(msgspec.Struct, gc=False):
    """Parts of `output_tokens`."""

    thinking_tokens: Count = None


class Usage(msgspec.Struct, gc=False):
    """Token counts; `input_tokens` holds neither what was read from the cache nor written to it."""

    input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    cache_read_input_tokens: Count = None
    output_tokens: Count = None
    output_tokens_details: OutputTokensDetails | None = None
    service_tier: str | None = None


class Block(msgspec.Struct, gc=False):
    """A content block of an answer, whole or at its start; the fields of all types we read."""

    type: str
    text: str | None = None
    citations: list[dict[str, Any]] | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING


class Delta(msgspec.Struct, gc=False):
    """What an event adds to a block, or to the message."""

    type: str | None = None
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    citation: dict[str, Any] | None = None
    content: Any = None
    """Of a compaction."""

    stop_reason: str | None = None
    stop_details: Any = None


class Message(msgspec.Struct, gc=False):
    """A whole answer, or the beginning of a streamed one; an error has its own key."""

    type: str | None = None
    id: str | None = None
    model: str | None = None
    content: list[msgspec.Raw] | None = None
    stop_reason: str | None = None
    stop_details: Any = None
    usage: Usage | None = None
    error: Any = None


class Event(msgspec.Struct, gc=False):
    """An event of a stream."""

    type: str | None = None
    index: int | None = None
    delta: Delta | None = None
    content_block: msgspec.Raw = NOTHING
    message: Message | None = None
    usage: Usage | None = None
    error: Any = None


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models."""

    id: str | None = None
    created_at: Any = None
    """RFC 3339."""


class ModelList(msgspec.Struct, gc=False):
    """The list of models."""

    data: list[Model] | None = None
