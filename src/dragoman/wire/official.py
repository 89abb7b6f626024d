"""Answers and chunks as OpenAI's own document describes them: strictly, and no more.

`wire.openai_chat` is what may come, and takes nearly anything. Here is what is promised to callers:
bytes that these types take may be handed on as they are. A required field has no default; what may
be missing but not null is UNSET; fields that the document does not know may be there.

Reference: https://platform.openai.com/docs/api-reference/chat/object
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
Role = Literal["developer", "system", "user", "assistant", "tool"]
ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast"]


class PromptTokensDetails(msgspec.Struct, gc=False):
    audio_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    text_tokens: int = 0
    image_tokens: int = 0


class CompletionTokensDetails(msgspec.Struct, gc=False):
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0
    audio_tokens: int = 0
    reasoning_tokens: int = 0
    text_tokens: int = 0


class Usage(msgspec.Struct, gc=False):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails | UnsetType = UNSET
    completion_tokens_details: CompletionTokensDetails | UnsetType = UNSET


class TopLogprob(msgspec.Struct, gc=False):
    token: str
    logprob: float
    bytes: list[int] | None


class TokenLogprob(msgspec.Struct, gc=False):
    token: str
    logprob: float
    bytes: list[int] | None
    top_logprobs: list[TopLogprob]


class Logprobs(msgspec.Struct, gc=False):
    content: list[TokenLogprob] | None
    refusal: list[TokenLogprob] | None


class ModerationResult(msgspec.Struct, gc=False):
    type: Literal["moderation_result"]
    model: str
    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[Literal["text", "image"]]]


class ModerationResults(msgspec.Struct, gc=False, tag="moderation_results"):
    model: str
    results: list[ModerationResult]


class ModerationError(msgspec.Struct, gc=False, tag="error"):
    code: str
    message: str


class Moderation(msgspec.Struct, gc=False):
    input: ModerationResults | ModerationError
    output: ModerationResults | ModerationError


class Function(msgspec.Struct, gc=False):
    name: str
    arguments: str


class Custom(msgspec.Struct, gc=False):
    name: str
    input: str


class FunctionCall(msgspec.Struct, gc=False, tag="function"):
    id: str
    function: Function


class CustomCall(msgspec.Struct, gc=False, tag="custom"):
    id: str
    custom: Custom


class UrlCitation(msgspec.Struct, gc=False):
    end_index: int
    start_index: int
    url: str
    title: str


class Annotation(msgspec.Struct, gc=False):
    type: Literal["url_citation"]
    url_citation: UrlCitation


class Audio(msgspec.Struct, gc=False):
    id: str
    expires_at: int
    data: str
    transcript: str


class Message(msgspec.Struct, gc=False):
    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    tool_calls: list[FunctionCall | CustomCall] | UnsetType = UNSET
    annotations: list[Annotation] | UnsetType = UNSET
    function_call: Function | UnsetType = UNSET
    audio: Audio | UnsetType | None = UNSET


class Choice(msgspec.Struct, gc=False):
    finish_reason: FinishReason
    index: int
    message: Message
    logprobs: Logprobs | None


class Completion(msgspec.Struct, gc=False):
    """A whole answer."""

    choices: list[Choice]
    created: int
    id: str
    model: str
    object: Literal["chat.completion"]
    usage: Usage | UnsetType = UNSET
    service_tier: ServiceTier | UnsetType | None = UNSET
    system_fingerprint: str | UnsetType | None = UNSET
    metadata: dict[str, str] | UnsetType | None = UNSET
    moderation: Moderation | UnsetType | None = UNSET
    error: Any = None
    """Not the document's: an answer that has one is none."""


class FunctionPiece(msgspec.Struct, gc=False):
    name: str | UnsetType = UNSET
    arguments: str | UnsetType = UNSET


class CallPiece(msgspec.Struct, gc=False):
    index: int
    id: str | UnsetType = UNSET
    type: Literal["function"] | UnsetType = UNSET
    function: FunctionPiece | UnsetType = UNSET


class Delta(msgspec.Struct, gc=False):
    role: Role | UnsetType = UNSET
    content: str | UnsetType | None = UNSET
    refusal: str | UnsetType | None = UNSET
    function_call: FunctionPiece | UnsetType = UNSET
    tool_calls: list[CallPiece] | UnsetType = UNSET


class ChunkChoice(msgspec.Struct, gc=False):
    delta: Delta
    finish_reason: FinishReason | None
    index: int
    logprobs: Logprobs | UnsetType | None = UNSET


class Chunk(msgspec.Struct, gc=False):
    """A piece of a streamed answer."""

    choices: list[ChunkChoice]
    created: int
    id: str
    model: str
    object: Literal["chat.completion.chunk"]
    usage: Usage | UnsetType | None = UNSET
    service_tier: ServiceTier | UnsetType | None = UNSET
    system_fingerprint: str | UnsetType | None = UNSET
    obfuscation: str | UnsetType = UNSET
    moderation: Moderation | UnsetType | None = UNSET
    error: Any = None
    """Not the document's: a chunk that has one is none."""
