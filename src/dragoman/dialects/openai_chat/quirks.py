"""What providers of the OpenAI dialect do otherwise, one documented field per quirk.

The defaults of a bare `Quirks()` are those of a provider we do not know. Each field has a
recorded example under `tests/recordings/quirks`, named like it. Source: the reference pages
and recorded traffic of the providers.
"""

from typing import Literal

import msgspec

from dragoman.dialects.dialect import OnLoss

ReasoningReplay = Literal["reasoning_content", "reasoning", "reasoning_details", "drop"]


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider departs from OpenAI's own service."""

    openai_models: bool = False
    """The models are OpenAI's own: roles, bounds, sampling and effort follow the model family."""

    path: str = "/chat/completions"
    """The path below the base URL; `{model}` stands for the percent-encoded model."""

    send_model: bool = True
    """Whether the body names the model; false where the path does."""

    max_tokens: Literal["max_tokens", "max_completion_tokens", "as set"] = "max_tokens"
    """The name of the token bound that the provider reads."""

    developer_role: bool = False
    """Whether the role `developer` is known; else it is sent as `system`, which means the same."""

    reasoning_replay: ReasoningReplay = "drop"
    """The key under which reasoning goes back in assistant messages; others are dropped."""

    reasoning_required: bool = False
    """Assistant messages with tool calls must carry the reasoning key, be it empty."""

    stream_options: bool = True
    """Whether `stream_options` may be sent."""

    obfuscation: bool = False
    """Whether `stream_options.include_obfuscation` is known."""

    drop: frozenset[str] = frozenset(
        {
            "moderation",
            "metadata",
            "prediction",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "service_tier",
            "store",
            "verbosity",
            "web_search_options",
        }
    )
    """Top-level fields that are left out, each a loss."""

    refuse: frozenset[str] = frozenset()
    """Top-level fields that the provider answers with an error, refused before they are sent."""

    drop_for_models: tuple[tuple[str, frozenset[str]], ...] = ()
    """Pairs of a prefix of the model's name and fields that are left out for such models."""

    single_choice: bool = False
    """`n` above 1 is not to be had, and refused; `n` 1 is left out."""

    refused_tool_choice: frozenset[Literal["none", "required", "named"]] = frozenset()
    """Choices of a tool that the provider refuses or takes for another."""

    allowed_tools: bool = False
    """Whether `tool_choice` may name allowed tools; else the offered tools are cut to them."""

    json_schema: bool = True
    """Whether `response_format` may be a JSON Schema; else it is refused."""

    strict_tools: bool = True
    """Whether `tools[].function.strict` is known; else it is left out."""

    schema_keyword: bool = True
    """Whether `$schema` may stand in the schemas of tools; else it is left out."""

    message_names: bool = True
    """Whether messages may have a `name`; else it is left out."""

    cache_control: Literal["cache_control", "prompt_cache_breakpoint", "drop"] = "drop"
    """How a cache breakpoint is spelt, in either spelling; both mean the same."""

    extra_content: bool = False
    """Whether `extra_content` goes back in messages and tool calls (Google)."""

    files: bool = True
    """Whether file parts are understood; else they are refused."""

    tool_images: bool = False
    """Whether tool messages may hold images; else they follow in a user message."""

    logprobs_as_number: bool = False
    """`logprobs` is the number of alternatives, not a boolean (Together)."""

    extra: bool = True
    """Whether unknown fields and parts go along; else they are left out, each a loss."""

    think_tags: Literal["none", "tagged", "opened"] = "none"
    """Reasoning comes between `<think>` and `</think>` at the head of the content.

    `opened` where the template put the opening tag into the prompt.
    """

    hidden_thoughts: bool = False
    """`total_tokens` above prompt and completion counts thoughts not shown elsewhere (Google)."""


OPENAI = Quirks(
    openai_models=True,
    max_tokens="as set",
    developer_role=True,
    obfuscation=True,
    drop=frozenset(),
    allowed_tools=True,
    cache_control="prompt_cache_breakpoint",
)
"""OpenAI's own service."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What the translator is told about a target."""

    quirks: Quirks = Quirks()
    """How the provider departs from OpenAI's own service."""

    base_model: str | None = None
    """The model behind a deployment whose name does not tell it; None: the name tells."""

    on_loss: OnLoss = "report"
    """Whether a request that loses something is sent or refused."""


OPENAI_PROFILE = Profile(quirks=OPENAI)
"""OpenAI's own service, and the losses told."""
