"""The chunks of a streamed response; they carry everything that a response carries.

Besides OpenAI's fields a delta has what other providers say and a folded response needs:
annotations, audio, reasoning, native content; a choice has the native finish reason, and a
chunk the metadata and moderation.

Reference: https://platform.openai.com/docs/api-reference/chat-streaming/streaming
"""

from typing import Any, Literal

from dragoman.models.constants import FinishReason, ServiceTier, constant
from dragoman.models.hub import HubType
from dragoman.models.response import (
    ChatCompletionResponseMessageAnnotation,
    CreateChatCompletionResponseChoicesLogprobs,
    Moderation,
    NativeContent,
    ReasoningDetail,
)
from dragoman.models.usage import CompletionUsage


class ChatCompletionMessageToolCallChunkFunction(
    HubType, frozen=True, kw_only=True, omit_defaults=True
):
    """A piece of a function call."""

    arguments: str | None = None
    """A piece of the arguments; pieces are joined in order."""

    name: str | None = None
    """The name of the function; comes whole, with the first piece."""


class ChatCompletionMessageToolCallChunkCustom(
    HubType, frozen=True, kw_only=True, omit_defaults=True
):
    """A piece of a call to a custom tool."""

    input: str | None = None
    """A piece of the input; pieces are joined in order."""

    name: str | None = None
    """The name of the custom tool; comes whole, with the first piece."""


class ChatCompletionMessageToolCallChunk(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a tool call; pieces with the same `index` are one call."""

    index: int
    """The place of the call in the message, counted from 0 in order of appearance."""

    custom: ChatCompletionMessageToolCallChunkCustom | None = None
    """A piece of a call to a custom tool; `type` is then left out, as its set is closed."""

    extra_content: dict[str, Any] | None = None
    """The provider's own data, to be sent back unchanged (Google's thought signatures)."""

    function: ChatCompletionMessageToolCallChunkFunction | None = None
    """A piece of a function call."""

    id: str | None = None
    """The ID of the tool call; comes with the first piece."""

    type: Literal["function"] | None = None
    """The type of the tool, `function`; comes with the first piece."""


class ChatCompletionStreamResponseDeltaFunctionCall(
    HubType, frozen=True, kw_only=True, omit_defaults=True
):
    """A piece of a call by the deprecated `functions`; replaced by `tool_calls`."""

    arguments: str | None = None
    """A piece of the arguments; pieces are joined in order."""

    name: str | None = None
    """The name of the function; comes whole, with the first piece."""


class ChatCompletionStreamResponseDeltaAudio(
    HubType, frozen=True, kw_only=True, omit_defaults=True
):
    """A piece of the spoken answer."""

    data: str | None = None
    """A piece of the audio in base64; pieces are joined in order."""

    expires_at: int | None = None
    """The Unix timestamp (in seconds) until which the audio can be referred to by its id."""

    id: str | None = None
    """A unique identifier for this audio; comes with the first piece."""

    transcript: str | None = None
    """A piece of what is said; pieces are joined in order."""


class ChatCompletionStreamResponseDelta(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """What a chunk adds to the message; one kind of content at a time."""

    annotations: list[ChatCompletionResponseMessageAnnotation] | None = None
    """Further citations of web pages."""

    audio: ChatCompletionStreamResponseDeltaAudio | None = None
    """A piece of the spoken answer."""

    content: str | None = None
    """A piece of the text; pieces are joined in order."""

    extra_content: dict[str, Any] | None = None
    """The provider's own data, to be sent back unchanged (Google's thought signatures)."""

    function_call: ChatCompletionStreamResponseDeltaFunctionCall | None = None
    """Deprecated and replaced by `tool_calls`."""

    native_content: NativeContent | None = None
    """The provider's own blocks, where their order matters; with the finish reason."""

    reasoning_content: str | None = None
    """A piece of the visible reasoning; pieces are joined in order."""

    reasoning_details: list[ReasoningDetail] | None = None
    """Pieces of reasoning as they must go back on the next turn."""

    refusal: str | None = None
    """A piece of the refusal; pieces are joined in order."""

    role: Literal["developer", "system", "user", "assistant", "tool"] | None = None
    """The role of the author, `assistant`; comes with the first chunk of a choice."""

    tool_calls: list[ChatCompletionMessageToolCallChunk] | None = None
    """Pieces of tool calls."""


class CreateChatCompletionStreamResponseChoices(
    HubType, frozen=True, kw_only=True, omit_defaults=True
):
    """What a chunk says about one choice."""

    delta: ChatCompletionStreamResponseDelta
    """What is added to the message; empty in the chunk that has the finish reason."""

    finish_reason: FinishReason | None
    """Why the model stopped; null until the last chunk of the choice."""

    index: int
    """The index of the choice in the list of choices."""

    logprobs: CreateChatCompletionResponseChoicesLogprobs | None = None
    """Log probabilities of this piece."""

    native_finish_reason: str | None = None
    """The provider's own word, where ours says less."""


class CreateChatCompletionStreamResponse(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """Represents a streamed chunk of a chat completion response returned by the model."""

    choices: list[CreateChatCompletionStreamResponseChoices]
    """The choices that this chunk adds to; empty in the chunk that has the usage."""

    created: int
    """The Unix timestamp (in seconds) of the completion; the same in each chunk."""

    id: str
    """A unique identifier for the chat completion; the same in each chunk."""

    model: str
    """The model used for the chat completion; the same in each chunk."""

    object: Literal["chat.completion.chunk"] = constant("chat.completion.chunk")
    """The object type, which is always `chat.completion.chunk`."""

    metadata: dict[str, str] | None = None
    """The key-value pairs stored with the completion."""

    moderation: Moderation | None = None
    """What moderation said, where the request asked for it."""

    obfuscation: str | None = None
    """Padding that some servers add against traffic analysis; we read past it."""

    service_tier: ServiceTier | None = None
    """The service tier that the request was really served on."""

    system_fingerprint: str | None = None
    """The backend configuration that the model ran with; deprecated."""

    usage: CompletionUsage | None = None
    """Usage of the whole request; in the last chunk, where it was asked for."""


class CreateChatCompletionStreamResponseWithUsage(
    CreateChatCompletionStreamResponse, frozen=True, kw_only=True, omit_defaults=True
):
    """A chunk of a stream whose caller asked for usage: null in every chunk but the last."""

    usage: CompletionUsage | None
    """Usage of the whole request in the last chunk; null in every other."""
