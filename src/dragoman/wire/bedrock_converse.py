"""Amazon Bedrock's Converse, as it appears on the wire.

Types only: nothing here decides anything. Names follow the provider's reference, in Python's
spelling. Sets the provider extends without notice (`stop_reason`, `type`) are plain `str`; what a
value means to us is decided in `dragoman.dialects.bedrock_converse`. Blocks of a whole answer are
kept as they came (`msgspec.Raw`), since some go back unchanged on the next turn. A union of the
reference is a type of which one field is set.

Reference: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens."""

NOTHING = msgspec.Raw()
"""A value that did not come; never in a union with None, which msgspec refuses."""


class Usage(msgspec.Struct, gc=False, rename="camel"):
    """Token counts; `input_tokens` holds neither what was read from the cache nor written to it."""

    input_tokens: Count = None
    output_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_write_input_tokens: Count = None


class ServiceTier(msgspec.Struct, gc=False):
    """How the request was served."""

    type: str | None = None


class ToolUse(msgspec.Struct, gc=False, rename="camel"):
    """A call of a tool, whole or at its start."""

    tool_use_id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    type: str | None = None
    """`server_tool_use` for a tool that the provider runs itself."""


class ReasoningText(msgspec.Struct, gc=False):
    """Reasoning that can be read."""

    text: str | None = None
    signature: str | None = None


class ReasoningContent(msgspec.Struct, gc=False, rename="camel"):
    """Reasoning in a whole answer."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None
    """Base64."""


class Text(msgspec.Struct, gc=False):
    """A text inside of another block."""

    text: str | None = None


class CitationsContent(msgspec.Struct, gc=False):
    """Text, and what it cites."""

    content: list[Text] | None = None
    citations: list[dict[str, Any]] | None = None


class Block(msgspec.Struct, gc=False, rename="camel"):
    """A content block of a whole answer; the fields of all kinds that we read."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: ReasoningContent | None = None
    citations_content: CitationsContent | None = None


class Message(msgspec.Struct, gc=False):
    """The message of a whole answer."""

    content: list[msgspec.Raw] | None = None


class Output(msgspec.Struct, gc=False):
    """What a whole answer says."""

    message: Message | None = None


class Answer(msgspec.Struct, gc=False, rename="camel"):
    """A whole answer."""

    output: Output | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    service_tier: ServiceTier | None = None
    trace: Any = None


class Start(msgspec.Struct, gc=False, rename="camel"):
    """How a block begins, where that is told."""

    tool_use: ToolUse | None = None
    tool_result: Any = None
    """Of a tool that the provider ran itself."""


class ToolUseDelta(msgspec.Struct, gc=False):
    """A piece of a call's arguments."""

    input: str | None = None


class ReasoningDelta(msgspec.Struct, gc=False, rename="camel"):
    """A piece of reasoning."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None
    """Base64."""


class Delta(msgspec.Struct, gc=False, rename="camel"):
    """What an event adds to a block."""

    text: str | None = None
    tool_use: ToolUseDelta | None = None
    reasoning_content: ReasoningDelta | None = None
    citation: dict[str, Any] | None = None
    tool_result: Any = None


class Event(msgspec.Struct, gc=False, rename="camel"):
    """An event of a stream, whose type stands in the header of its message."""

    content_block_index: int | None = None
    start: msgspec.Raw = NOTHING
    delta: Delta | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    service_tier: ServiceTier | None = None
