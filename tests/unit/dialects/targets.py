"""Whom the tests of every dialect ask: a model of each family, with its profile."""

from typing import Any, Final

from dragoman.dialects import (
    anthropic_messages,
    bedrock_converse,
    claude,
    cohere_v2,
    gemini,
    mistral,
    ollama,
    openai_responses,
)
from dragoman.dialects.bedrock_converse import families as bedrock
from dragoman.dialects.cohere_v2 import families as cohere
from dragoman.dialects.gemini import families as gemini_families
from dragoman.dialects.openai_chat import OPENAI_PROFILE, Profile, Quirks
from dragoman.dialects.openai_chat.families import FAMILIES
from dragoman.dialects.openai_responses import families as responses

OPENAI_MODELS: Final = {
    "classic": "gpt-4o",
    "codex": "gpt-5.2-codex",
    "fixed-effort": "gpt-5-pro",
    "gpt-5": "gpt-5-mini",
    "gpt-5-chat": "gpt-5-chat-latest",
    "gpt-5-codex": "gpt-5.1-codex-mini",
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

BEDROCK_MODELS: Final = {
    "claude-3": "anthropic.claude-3-haiku-20240307-v1:0",
    "claude-3-5": "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
    "claude-3-7": "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
    "claude-4-5": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "claude-4-6": "us.anthropic.claude-sonnet-4-6",
    "claude-5": "us.anthropic.claude-sonnet-5",
    "fable-5": "global.anthropic.claude-fable-5-v1:0",
    "gpt-oss": "openai.gpt-oss-120b-1:0",
    "haiku-5-5": "anthropic.claude-haiku-5-5",
    "mistral": "us.mistral.pixtral-large-2502-v1:0",
    "nova": "us.amazon.nova-micro-v1:0",
    "nova-2": "us.amazon.nova-2-lite-v1:0",
    "older": "us.meta.llama4-maverick-17b-instruct-v1:0",
    "opus-4": "us.anthropic.claude-opus-4-20250514-v1:0",
    "opus-4-1": "us.anthropic.claude-opus-4-1-20250805-v1:0",
    "opus-4-7": "anthropic.claude-opus-4-7",
    "opus-4-8": "anthropic.claude-opus-4-8",
    "opus-5-5": "anthropic.claude-opus-5-5",
    "others": "minimax.minimax-m2",
    "qwen": "qwen.qwen3-32b-v1:0",
    "sonnet-4": "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "sonnet-5-5": "anthropic.claude-sonnet-5-5",
}
"""A model of each of the families that Bedrock has."""

COHERE_MODELS: Final = {
    "plain": "command-a-03-2025",
    "reasoning": "command-a-reasoning-08-2025",
}
"""A model of each of Cohere's families."""

GEMINI_MODELS: Final = {
    "1.5": "gemini-1.5-pro",
    "2.0": "gemini-2.0-flash",
    "2.5": "gemini-2.5-flash",
    "2.5-pro": "gemini-2.5-pro",
    "3-flash": "gemini-3-flash-preview",
    "3-pro": "gemini-3-pro-preview",
    "3.7": "gemini-3.7-flash",
    "4": "gemini-4-argon",
}
"""A model of each of Gemini's families."""

TARGETS: Final[dict[str, dict[str, tuple[str, Any]]]] = {
    "anthropic-messages": {
        family: (model, anthropic_messages.ANTHROPIC_PROFILE)
        for family, model in CLAUDE_MODELS.items()
    },
    "bedrock-converse": {
        family: (model, bedrock_converse.BEDROCK_PROFILE)
        for family, model in BEDROCK_MODELS.items()
    },
    "cohere-v2": {
        family: (model, cohere_v2.COHERE_PROFILE) for family, model in COHERE_MODELS.items()
    },
    "gemini": {name: (model, gemini.AI_STUDIO) for name, model in GEMINI_MODELS.items()},
    "mistral": {"any": ("mistral-medium-latest", mistral.MISTRAL_PROFILE)},
    "ollama": {"any": ("qwen3", ollama.OLLAMA_PROFILE)},
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
    "bedrock-converse": set(bedrock.BY_NAME),
    "cohere-v2": {family.name for family in cohere.FAMILIES},
    "gemini": {family.name for family in gemini_families.FAMILIES},
    "mistral": {"any"},
    "ollama": {"any"},
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
    "bedrock-converse": {
        "function_call[auto]",
        "parallel_tool_calls",
        "reasoning_effort[none]",
        "response_format[text]",
        "stream_options.include_usage",
        "tool_choice[auto]",
    },
    "cohere-v2": {
        "function_call[auto]",
        "parallel_tool_calls",
        "reasoning_effort[none]",
        "stream_options.include_usage",
        "tool_choice[auto]",
    },
    "gemini": {
        "parallel_tool_calls",
        "response_format[text]",
        "stream_options.include_usage",
    },
    "mistral": {"stream_options.include_usage"},
    "ollama": {
        "function_call[auto]",
        "parallel_tool_calls",
        "response_format[text]",
        "stream_options.include_usage",
        "tool_choice[auto]",
    },
    "openai-chat": set[str](),
    "openai-responses": {"stream_options.include_usage"},
}
"""Fields that ask for what the target does anyway, so that they are left out, by dialect."""
