"""Whom the tests of every dialect ask: a model of each family, with its profile."""

from typing import Any, Final

from dragoman.dialects import anthropic_messages, openai_responses
from dragoman.dialects.anthropic_messages import families as claude
from dragoman.dialects.openai_chat import OPENAI_PROFILE, Profile, Quirks
from dragoman.dialects.openai_chat.families import FAMILIES
from dragoman.dialects.openai_responses import families as responses

OPENAI_MODELS: Final = {
    "classic": "gpt-4o",
    "codex": "gpt-5.2-codex",
    "fixed-effort": "gpt-5-pro",
    "gpt-5": "gpt-5-mini",
    "gpt-5-chat": "gpt-5-chat-latest",
    "gpt-5-codex": "gpt-5.1-codex-max",
    "gpt-5.1": "gpt-5.1",
    "gpt-5.2": "gpt-5.2",
    "gpt-5.5": "gpt-5.6-sol",
    "gpt-6-astra": "gpt-6-astra",
    "o-pro": "o3-pro",
    "o-series": "o4-mini",
    "o1": "o1",
    "o1-mini": "o1-mini",
    "o3-mini": "o3-mini",
    "search-preview": "gpt-4o-search-preview",
}
"""A model of each of OpenAI's families."""

CLAUDE_MODELS: Final = {
    "claude-3": "claude-3-opus-20240229",
    "claude-3-5": "claude-3-5-sonnet-latest",
    "claude-3-7": "claude-3-7-sonnet@20250219",
    "claude-4-5": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "claude-4-6": "claude-opus-4.6",
    "claude-5": "claude-opus-5",
    "fable-5": "claude-fable-5-2",
    "haiku-5-5": "claude-haiku-5-5",
    "opus-4": "claude-opus-4-20250514",
    "opus-4-1": "claude-opus-4-1",
    "opus-4-7": "anthropic/claude-opus-4.7",
    "opus-4-8": "claude-opus-4-8",
    "opus-5-5": "claude-opus-5-5",
    "sonnet-4": "claude-sonnet-4-0",
    "sonnet-5-5": "claude-sonnet-5-5",
}
"""A model of each of Claude's families."""

RESPONSES_MODELS: Final = {
    "classic": "gpt-4o",
    "codex": "gpt-5.3-codex",
    "fixed-effort": "gpt-5.2-chat-latest",
    "gpt-5": "gpt-5-mini-2025-08-07",
    "gpt-5-chat": "gpt-5-chat-latest",
    "gpt-5-codex": "gpt-5-codex",
    "gpt-5-pro": "gpt-5-pro",
    "gpt-5.1": "gpt-5.1",
    "gpt-5.2": "gpt-5.2",
    "gpt-5.4": "gpt-5.4-mini",
    "gpt-5.5": "gpt-6-sol",
    "gpt-6-astra": "gpt-6-astra",
    "gpt-oss": "openai/gpt-oss-120b",
    "o-series": "o3-pro",
    "pro": "gpt-5.2-pro",
}
"""A model of each of OpenAI's families, as Responses takes them."""

TARGETS: Final[dict[str, dict[str, tuple[str, Any]]]] = {
    "anthropic-messages": {
        family: (model, anthropic_messages.ANTHROPIC_PROFILE)
        for family, model in CLAUDE_MODELS.items()
    },
    "openai-chat": {
        "compatible": ("some-model", Profile(quirks=Quirks())),
        **{family: (model, OPENAI_PROFILE) for family, model in OPENAI_MODELS.items()},
    },
    "openai-responses": {
        family: (model, openai_responses.RESPONSES_PROFILE)
        for family, model in RESPONSES_MODELS.items()
    },
}
"""Model and profile, by dialect and family."""

FAMILIES_OF: Final = {
    "anthropic-messages": {family.name for family in claude.FAMILIES},
    "openai-chat": {"compatible", *(family.name for family in FAMILIES)},
    "openai-responses": {family.name for family in responses.FAMILIES},
}
"""The names of the families that there are, by dialect."""

IMPLIED: Final = {
    "anthropic-messages": {
        "function_call[auto]",
        "parallel_tool_calls",
        "reasoning_effort[none]",
        "response_format[text]",
        "stream_options.include_usage",
        "tool_choice[auto]",
    },
    "openai-chat": set[str](),
    "openai-responses": {"stream_options.include_usage"},
}
"""Fields that ask for what the target does anyway, so that they are left out, by dialect."""
