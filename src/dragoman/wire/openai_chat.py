"""Chat Completions, as it appears on the wire of everyone who speaks it.

Types only: nothing here decides anything. Whole answers and chunks share their types, since
providers put `message` into chunks and `delta` into answers. Sets that providers extend
without notice (`finish_reason`, `service_tier`, the types of details) are plain `str`; what
a provider may leave out, send as null, or send in a shape of its own is optional or `Any`.

Reference: https://platform.openai.com/docs/api-reference/chat
"""

from typing import Any

import msgspec

Count = int | float | None
"""A number of tokens; some servers write 3.0."""


class Usage(msgspec.Struct, gc=False):
    """Token counts, with the keys that single providers add."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: dict[str, Any] | None = None
    completion_tokens_details: dict[str, Any] | None = None

    prompt_cache_hit_tokens: Count = None
    """DeepSeek: the cached part of the prompt."""

    cached_tokens: Count = None
    """Moonshot: the cached part of the prompt."""

    reasoning_tokens: Count = None
    """Perplexity, SGLang: the reasoning part of the completion."""


class Function(msgspec.Struct, gc=False):
    """The function of a tool call, whole or a piece of it."""

    name: str | None = None
    arguments: Any = None
    """A text; an object at servers that parse it before they answer."""


class Custom(msgspec.Struct, gc=False):
    """The custom tool of a tool call."""

    name: str | None = None
    input: str | None = None


class ToolCall(msgspec.Struct, gc=False):
    """A tool call, whole or a piece of it."""

    index: Count = None
    id: str | int | None = None
    type: str | None = None
    function: Function | None = None
    custom: Custom | None = None
    extra_content: dict[str, Any] | None = None


class Audio(msgspec.Struct, gc=False):
    """The spoken answer, whole or a piece of it."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: Count = None


class Message(msgspec.Struct, gc=False):
    """A message, or the delta of one."""

    content: Any = None
    """A text; Mistral's relatives send parts, Cloudflare's JSON mode an object."""

    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCall] | None = None
    role: str | None = None
    refusal: str | None = None
    reasoning_details: list[dict[str, Any]] | None = None
    function_call: Function | None = None
    audio: Audio | None = None
    annotations: list[Any] | None = None
    extra_content: dict[str, Any] | None = None
    native_content: Any = None
    """Ours: what another Dragoman answers."""


class Choice(msgspec.Struct, gc=False):
    """One answer, whole or a piece of it."""

    index: Count = None
    delta: Message | None = None
    message: Message | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    logprobs: Any = None
    error: Any = None
    """OpenRouter: why this choice failed."""

    usage: Usage | None = None
    """Moonshot: usage on the last piece."""

    finish_details: dict[str, Any] | None = None
    """gpt-4-vision-preview: in place of `finish_reason`."""


class Model(msgspec.Struct, gc=False):
    """An entry of the list of models; providers agree on its `id` alone."""

    id: str | None = None
    created: Any = None
    """Unix time; a date at some."""

    owned_by: Any = None


class ModelList(msgspec.Struct, gc=False):
    """The list of models, where it is not a bare list."""

    data: list[Model] | None = None


class Groq(msgspec.Struct, gc=False):
    """Groq's own data."""

    usage: Usage | None = None
    error: Any = None


class Completion(msgspec.Struct, gc=False):
    """A whole answer, or a chunk of one."""

    choices: list[Choice] | None = None
    id: str | None = None
    created: Count = None
    model: str | None = None
    usage: Usage | None = None
    error: Any = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    metadata: Any = None
    moderation: Any = None
    x_groq: Groq | None = None
