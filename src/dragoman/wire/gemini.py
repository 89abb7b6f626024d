"""Gemini's generateContent, as it appears on the wire of AI Studio and of Vertex AI.

Types only: nothing here decides anything. Whole answers and chunks share their type, since a
chunk is an answer with a part of the text. Names are the reference's own in snake case. Sets that
the provider extends without notice (`finishReason`, `blockReason`, modalities) are words, or
numbers where a server writes its enums as numbers; a part is a plain object, so that one of a
kind we have not met is kept whole.

Reference: https://ai.google.dev/api/generate-content
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens."""

Word = str | int | None
"""A member of an enum, by name or by number."""


class PartialArg(msgspec.Struct, gc=False, rename="camel"):
    """A piece of one argument of a call whose arguments are streamed."""

    json_path: str
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None
    null_value: Any = None
    will_continue: bool | None = None


class FunctionCall(msgspec.Struct, gc=False, rename="camel"):
    """A call, whole, or a piece of one whose arguments are streamed."""

    name: str | None = None
    args: dict[str, Any] | None = None
    id: str | None = None
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class Blob(msgspec.Struct, gc=False, rename="camel"):
    """Bytes in base64."""

    mime_type: str | None = None
    data: str | None = None


class Part(msgspec.Struct, gc=False, rename="camel"):
    """A part of the content; what else one may be is read off its keys."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    inline_data: Blob | None = None


class Content(msgspec.Struct, gc=False):
    """What a candidate says, whole or a piece of it."""

    parts: list[dict[str, Any]] | None = None
    """Each a `Part`."""


class Candidate(msgspec.Struct, gc=False, rename="camel"):
    """One answer, whole or a piece of it."""

    content: Content | None = None
    index: Count = None
    finish_reason: Word = None
    finish_message: str | None = None
    grounding_metadata: Any = None
    citation_metadata: Any = None
    logprobs_result: Any = None


class PromptFeedback(msgspec.Struct, gc=False, rename="camel"):
    """What the provider held against the prompt."""

    block_reason: Word = None
    block_reason_message: str | None = None


class UsageMetadata(msgspec.Struct, gc=False, rename="camel"):
    """Token counts; in a stream those of all chunks so far, some of them left out."""

    prompt_token_count: Count = None
    candidates_token_count: Count = None
    thoughts_token_count: Count = None
    tool_use_prompt_token_count: Count = None
    cached_content_token_count: Count = None
    total_token_count: Count = None
    prompt_tokens_details: list[Any] | None = None
    candidates_tokens_details: list[Any] | None = None
    tool_use_prompt_tokens_details: list[Any] | None = None
    service_tier: Word = None


class Response(msgspec.Struct, gc=False, rename="camel"):
    """A whole answer, or a chunk of one."""

    candidates: list[Candidate] | None = None
    usage_metadata: UsageMetadata | None = None
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None
    prompt_feedback: PromptFeedback | None = None
    error: Any = None


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models."""

    name: str | None = None
    """With the path before it: `models/…`, at Vertex `publishers/google/models/…`."""


class ModelList(msgspec.Struct, gc=False, rename="camel"):
    """The list of models; Vertex has a name of its own for it."""

    models: list[Model] | None = None
    publisher_models: list[Model] | None = None
    error: Any = None
