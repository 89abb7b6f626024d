"""Which models the tests ask a provider for: of each kind that it treats in its own way, one."""

from collections.abc import Mapping
from typing import Final

from dragoman.providers.provider import Provider, quirks_of
from tests.unit.dialects.targets import OPENAI_MODELS, TARGETS

OWN_MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "azure": ("mistral-large-2411",),
    "azure-deployments": ("mistral-large-2411",),
    "cerebras": ("llama-3.3-70b", "gpt-oss-120b", "qwen-3-32b"),
    "deepseek": ("deepseek-chat", "deepseek-reasoner"),
    "groq": ("llama-3.3-70b-versatile", "openai/gpt-oss-20b", "qwen/qwen3-32b"),
    "moonshot": ("kimi-k2-0905-preview", "kimi-k2.5"),
    "moonshot-cn": ("kimi-k2-0905-preview", "kimi-k2.5"),
    "xai": ("grok-3", "grok-4", "grok-4-fast-non-reasoning", "grok-5", "grok-5-non-reasoning"),
}
"""Models of providers that treat some otherwise, by their row."""


def models_of(row: Provider) -> list[str]:
    """The models that this provider is asked for."""
    if row.dialect != "openai-chat":
        return [model for model, _ in TARGETS[row.dialect].values()]
    of_openai = OPENAI_MODELS.values() if quirks_of(row).openai_models else ()
    return [*of_openai, *OWN_MODELS.get(row.name, ())] or ["some-model"]
