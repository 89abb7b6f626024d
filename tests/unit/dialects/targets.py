"""Whom the tests of every dialect ask: a model of each family, with its profile."""

from typing import Any, Final

from dragoman.dialects.openai_chat import OPENAI_PROFILE, Profile, Quirks
from dragoman.dialects.openai_chat.families import FAMILIES

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

TARGETS: Final[dict[str, dict[str, tuple[str, Any]]]] = {
    "openai-chat": {
        "compatible": ("some-model", Profile(quirks=Quirks())),
        **{family: (model, OPENAI_PROFILE) for family, model in OPENAI_MODELS.items()},
    }
}
"""Model and profile, by dialect and family."""

FAMILIES_OF: Final = {
    "openai-chat": {"compatible", *(family.name for family in FAMILIES)},
}
"""The names of the families that there are, by dialect."""
