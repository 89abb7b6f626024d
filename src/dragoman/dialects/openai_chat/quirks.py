"""What providers of the OpenAI dialect do otherwise, one documented field per quirk.

The defaults of a bare `Quirks()` are those of a provider we do not know. Each field has a
recorded example under `tests/recordings/quirks`, named like it. Source: the reference pages
and recorded traffic of the providers.
"""

import re
from typing import Final, Literal

import msgspec

from dragoman.dialects import dialect
from dragoman.dialects.profiles import OwnFamilies

ReasoningReplay = Literal[
    "reasoning_content", "reasoning", "reasoning_details", "think_tags", "drop"
]
ForcedChoice = Literal["none", "required", "named"]

UNKNOWN_TO_MOST: Final = frozenset(
    {
        "moderation",
        "metadata",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "store",
        "verbosity",
        "web_search_options",
    }
)
"""Fields that OpenAI's own service has, and hardly anyone else."""


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider departs from OpenAI's own service."""

    openai_models: bool = False
    """The models are OpenAI's own: roles, bounds, sampling and effort follow the model family."""

    families: OwnFamilies = {}
    """With `openai_models`, models of one's own, or that take something else: a family by its name,
    or fields of it (`families.py`)."""

    path: str = "/chat/completions"
    """The path below the base URL; `{model}` stands for the percent-encoded model."""

    api_version: str | None = None
    """The `api-version` in the query of the path (Azure); None where there is none."""

    send_model: bool = True
    """Whether the body names the model; false where the path does."""

    max_tokens: Literal["max_tokens", "max_completion_tokens", "as set"] = "max_tokens"
    """The name of the token bound that the provider reads."""

    developer_role: bool = False
    """Whether the role `developer` is known; else it is sent as `system`, which means the same."""

    reasoning_replay: ReasoningReplay = "drop"
    """The key under which reasoning goes back in assistant messages; others are dropped.

    `think_tags` is none: the text stands at the head of the content, between `<think>` tags.
    """

    reasoning_required: bool = False
    """Assistant messages with tool calls must carry the reasoning key, be it empty."""

    thinks: bool = False
    """The models think unless a `thinking` of the caller's, or the effort `none`, forbids it."""

    thinking_switch: bool = False
    """`thinking: {"type": "disabled"}` turns thinking off, where others take the effort `none`."""

    dropped_while_thinking: frozenset[str] = frozenset()
    """Top-level fields that are left out while the model thinks, each a loss."""

    refused_tool_choice_while_thinking: frozenset[ForcedChoice] = frozenset()
    """Choices of a tool that the provider refuses while the model thinks."""

    efforts: tuple[str, ...] = ()
    """The levels of `reasoning_effort`, lowest first, if not all; the nearest lower is sent.

    With `openai_models` the model family tells them.
    """

    service_tiers: frozenset[str] | None = frozenset()
    """The service tiers that the provider knows; others are left out. None: all."""

    obfuscation: bool = False
    """Whether `stream_options.include_obfuscation` is known."""

    drop: frozenset[str] = UNKNOWN_TO_MOST
    """Top-level fields that are left out, each a loss."""

    refuse: frozenset[str] = frozenset()
    """Top-level fields that the provider answers with an error, refused before they are sent."""

    single_choice: bool = False
    """`n` above 1 is not to be had, and refused; `n` 1 is left out."""

    refused_tool_choice: frozenset[ForcedChoice] = frozenset()
    """Choices of a tool that the provider refuses or takes for another."""

    allowed_tools: bool = False
    """Whether `tool_choice` may name allowed tools; else the offered tools are cut to them."""

    json_schema: bool = True
    """Whether `response_format` may be a JSON Schema; else it is refused."""

    strict_tools: bool = True
    """Whether `tools[].function.strict` is known; else it is left out."""

    schema_keyword: bool = True
    """Whether `$schema` may stand in schemas; else it is left out."""

    message_names: bool = True
    """Whether messages may have a `name`; else it is left out."""

    null_content: bool = True
    """Whether assistant messages without calls may have null as content; else it is sent empty."""

    cache_control: Literal["cache_control", "prompt_cache_breakpoint", "drop"] = "drop"
    """How a cache breakpoint is spelt, in either spelling; both mean the same."""

    extra_content: bool = False
    """Whether `extra_content` goes back in messages and tool calls (Google)."""

    files: bool = True
    """Whether file parts are understood; else they are refused."""

    audio_data_uri: bool = False
    """Whether sounds are data URIs, not bare base64 (DashScope)."""

    tool_images: bool = False
    """Whether tool messages may hold images; else they follow in a user message."""

    logprobs_as_number: bool = False
    """`logprobs` is the number of alternatives, not a boolean (Together)."""

    top_p_below_one: bool = False
    """`top_p` 1, which changes nothing, is refused, and left out (TGI)."""

    extra: bool = True
    """Whether unknown fields and parts go along; else they are left out, each a loss."""

    known_extra: frozenset[str] = frozenset()
    """The provider's own top-level fields, which go along where `extra` is false."""

    think_tags: Literal["none", "tagged", "opened"] = "none"
    """Reasoning comes between `<think>` and `</think>` at the head of the content.

    `opened` where the template put the opening tag into the prompt.
    """

    hidden_thoughts: bool = False
    """`total_tokens` above prompt and completion counts thoughts not shown elsewhere (Google)."""

    for_models: tuple[tuple[str, "Quirks"], ...] = ()
    """Models with quirks of their own: a pattern to find in the lower-case name, and all of them.

    The first pattern found counts; its record stands in place of this one.
    """

    def of(self, model: str) -> "Quirks":
        """The quirks of this model."""
        if not self.for_models:
            return self
        name = model.lower()
        return next((own for found, own in self.for_models if re.search(found, name)), self)


OPENAI = Quirks(
    openai_models=True,
    max_tokens="as set",
    service_tiers=None,
    obfuscation=True,
    drop=frozenset(),
    allowed_tools=True,
    cache_control="prompt_cache_breakpoint",
)
"""OpenAI's own service."""


class Profile(dialect.Profile, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the provider departs from OpenAI's own service."""


OPENAI_PROFILE = Profile(quirks=OPENAI)
"""OpenAI's own service, and the losses told."""
