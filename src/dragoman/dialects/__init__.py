"""Pure translators between a dialect and the hub, one module each.

How a further one is added stands in `dragoman.dialects.dialect`.
"""

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from dragoman.dialects.dialect import Dialect

if TYPE_CHECKING:
    from dragoman.dialects import (
        anthropic_messages,
        bedrock_converse,
        cohere_v2,
        gemini,
        mistral,
        ollama,
        openai_chat,
        openai_responses,
    )

    SPOKEN: tuple[Dialect, ...] = (
        anthropic_messages,
        bedrock_converse,
        cohere_v2,
        gemini,
        mistral,
        ollama,
        openai_chat,
        openai_responses,
    )

MODULES: Final = {
    "anthropic-messages": "dragoman.dialects.anthropic_messages",
    "bedrock-converse": "dragoman.dialects.bedrock_converse",
    "cohere-v2": "dragoman.dialects.cohere_v2",
    "gemini": "dragoman.dialects.gemini",
    "mistral": "dragoman.dialects.mistral",
    "ollama": "dragoman.dialects.ollama",
    "openai-chat": "dragoman.dialects.openai_chat",
    "openai-responses": "dragoman.dialects.openai_responses",
}
"""Key of a dialect to its module; `TYPE_CHECKING` above says the same, so that they are checked."""


class Dialects(Mapping[str, Dialect]):
    """Every dialect by its key; one that nobody asks for is never loaded."""

    def __init__(self) -> None:
        self._loaded: dict[str, Dialect] = {}

    def __getitem__(self, key: str) -> Dialect:
        loaded = self._loaded.get(key)
        if loaded is None:
            loaded = self._loaded[key] = importlib.import_module(MODULES[key])
        return loaded

    def __contains__(self, key: object) -> bool:
        return key in MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


DIALECTS: Final[Mapping[str, Dialect]] = Dialects()
"""Every dialect by its key."""
