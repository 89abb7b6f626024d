"""The chat completion request.

Only `model` and `messages` are required, and None always means "not set": a null that a
caller wrote is the same as no key. Ranges are the provider's to judge; the structure is ours.

Reference: https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, Literal

import msgspec

from dragoman.models.constants import ServiceTier
from dragoman.models.content import TextContentPart
from dragoman.models.hub import HubType
from dragoman.models.messages import ChatCompletionRequestMessage
from dragoman.models.pointers import put
from dragoman.models.tools import ChatCompletionFunctions, ChosenName, Tool, ToolChoice

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How hard to think; each model has a part of these levels."""


class Extra(dict[str, Any]):
    """What a request holds that we do not know: JSON pointer to the value as it came.

    A class of its own, since no JSON text decodes to it: a caller's key named `extra` is an
    unknown key like any other.
    """


class Voice(HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A voice of one's own, by its id."""

    id: str
    """The id of the voice."""


class ChatCompletionAudioParam(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How the answer should be spoken."""

    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]
    """The format of the audio."""

    voice: str | Voice
    """The voice, by name or by id."""


class ModerationPolicySide(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What moderation does on one side of the exchange."""

    mode: Literal["score", "block"]
    """Whether to report scores only, or to block."""


class ModerationPolicy(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What moderation does."""

    input: ModerationPolicySide | None = None
    """About the prompt."""

    output: ModerationPolicySide | None = None
    """About the answer."""


class ModerationParam(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Moderation of the request and its answer."""

    model: str
    """The moderation model."""

    policy: ModerationPolicy | None = None
    """What moderation does."""


class PredictionContent(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Text that the answer will probably repeat, such as a file being edited."""

    content: str | list[TextContentPart]
    """The text."""

    type: Literal["content"]
    """The type of the prediction, which is always `content`."""


class PromptCacheOptions(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How the prompt is cached."""

    mode: Literal["implicit", "explicit"] | None = None
    """Whether the provider chooses what to cache, or the breakpoints do."""

    ttl: Literal["30m"] | None = None
    """How long the prefix is kept."""


class ResponseFormatText(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="text",
):
    """An answer in text."""

    @property
    def type(self) -> Literal["text"]:
        """The type, which is always `text`."""
        return "text"


class ResponseFormatJsonObject(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="json_object",
):
    """An answer that is some JSON object."""

    @property
    def type(self) -> Literal["json_object"]:
        """The type, which is always `json_object`."""
        return "json_object"


class JSONSchema(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The schema of a structured answer."""

    name: str
    """The name of the format."""

    description: str | None = None
    """What the format is for."""

    schema: dict[str, Any] | None = None
    """The JSON Schema."""

    strict: bool | None = None
    """Whether the answer must follow the schema exactly."""


class ResponseFormatJsonSchema(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="json_schema",
):
    """An answer that follows a JSON Schema."""

    json_schema: JSONSchema
    """The schema."""

    @property
    def type(self) -> Literal["json_schema"]:
        """The type, which is always `json_schema`."""
        return "json_schema"


ResponseFormat = ResponseFormatText | ResponseFormatJsonObject | ResponseFormatJsonSchema
"""The format that an answer must have."""


class ChatCompletionStreamOptions(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Options of a stream; only legal with `stream` true."""

    include_obfuscation: bool | None = None
    """Whether chunks are padded against traffic analysis."""

    include_usage: bool | None = None
    """Whether a last chunk tells the usage of the whole request."""


class WebSearchLocationApproximate(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Roughly where the user is."""

    city: str | None = None
    """The city, as free text."""

    country: str | None = None
    """The country, as two letters (ISO 3166-1)."""

    region: str | None = None
    """The region, as free text."""

    timezone: str | None = None
    """The IANA time zone."""


class WebSearchLocation(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Where the user is."""

    approximate: WebSearchLocationApproximate
    """Roughly where the user is."""

    type: Literal["approximate"]
    """The type of the location, which is always `approximate`."""


class WebSearchOptions(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How the model searches the web."""

    search_context_size: Literal["low", "medium", "high"] | None = None
    """How much of the context the results may take."""

    user_location: WebSearchLocation | None = None
    """Where the user is."""


class CreateChatCompletionRequest(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A chat completion request."""

    messages: Annotated[list[ChatCompletionRequestMessage], msgspec.Meta(min_length=1)]
    """The conversation so far, at least one message."""

    model: str
    """The model to ask."""

    audio: ChatCompletionAudioParam | None = None
    """How the answer should be spoken; needed when `modalities` contains `audio`."""

    extra: Any = None
    """What the request holds that we do not know, in an `Extra`; None if there is nothing."""

    frequency_penalty: float | None = None
    """-2 to 2; positive values make repetition less likely."""

    function_call: Literal["none", "auto"] | ChosenName | None = None
    """Deprecated and replaced by `tool_choice`."""

    functions: list[ChatCompletionFunctions] | None = None
    """Deprecated and replaced by `tools`."""

    logit_bias: dict[str, int] | None = None
    """Token id to a bias of -100 to 100."""

    logprobs: bool | None = None
    """Whether to return log probabilities."""

    max_completion_tokens: int | None = None
    """The most tokens to generate, reasoning included."""

    max_tokens: int | None = None
    """Deprecated and replaced by `max_completion_tokens`."""

    metadata: dict[str, str] | None = None
    """At most 16 pairs to store with the completion; keys to 64, values to 512 characters."""

    modalities: list[Literal["text", "audio"]] | None = None
    """The kinds of output to generate; None means text."""

    moderation: ModerationParam | None = None
    """Moderation of the request and its answer."""

    n: int | None = None
    """How many choices to generate, 1 to 128; None means 1."""

    parallel_tool_calls: bool | None = None
    """Whether the model may call several tools at once; None means yes."""

    prediction: PredictionContent | None = None
    """Text that the answer will probably repeat."""

    presence_penalty: float | None = None
    """-2 to 2; positive values make new topics more likely."""

    prompt_cache_key: str | None = None
    """Groups similar requests, for better cache hits."""

    prompt_cache_options: PromptCacheOptions | None = None
    """How the prompt is cached."""

    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    """Deprecated and replaced by `prompt_cache_options`."""

    reasoning_effort: ReasoningEffort | None = None
    """How hard to think; each model has a part of these levels."""

    response_format: ResponseFormat | None = None
    """The format that the answer must have."""

    safety_identifier: str | None = None
    """A stable id of the end user, at most 64 characters."""

    seed: int | None = None
    """For answers that can be repeated, as far as the provider can; deprecated."""

    service_tier: ServiceTier | None = None
    """The latency tier to be served on."""

    stop: str | list[str] | None = None
    """One to four texts that end the answer; they are not part of it."""

    store: bool | None = None
    """Whether the provider keeps the completion."""

    stream: bool | None = None
    """Whether the answer comes in chunks; None means no."""

    stream_options: ChatCompletionStreamOptions | None = None
    """Options of the stream; only legal with `stream` true."""

    temperature: float | None = None
    """0 to 2; lower is more predictable. None means 1."""

    tool_choice: ToolChoice | None = None
    """Which tool the model calls; None means `auto` with tools and `none` without."""

    tools: list[Tool] | None = None
    """The tools that the model may call."""

    top_logprobs: int | None = None
    """How many likely tokens to return per position, 0 to 20; needs `logprobs` true."""

    top_p: float | None = None
    """0 to 1; the probability mass that tokens are drawn from. None means 1."""

    user: str | None = None
    """Deprecated and replaced by `safety_identifier` and `prompt_cache_key`."""

    verbosity: Literal["low", "medium", "high"] | None = None
    """How long the answer should be."""

    web_search_options: WebSearchOptions | None = None
    """How the model searches the web."""

    def __post_init__(self) -> None:
        if self.extra is not None and not isinstance(self.extra, Extra):
            raise ValueError("`extra` is not a key of a request: an Extra is made by us only")

    def to_dict(self) -> dict[str, Any]:
        """What is written, with what we do not know in its places."""
        plain = super().to_dict()
        for pointer, value in plain.pop("extra", {}).items():
            put(plain, pointer, value)
        return plain
