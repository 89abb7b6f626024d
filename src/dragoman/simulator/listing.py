"""The simulator's models, as providers list theirs."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dragoman.simulator.models import MODELS, simulated
from dragoman.wire import reading


class Models(msgspec.Struct, frozen=True):
    """How a provider tells of its models."""

    model: Callable[[str, str], dict[str, Any]]
    """One of them, from the name that it is asked by and its description."""

    listed: Callable[[list[dict[str, Any]]], dict[str, Any]]
    """All of them, from each."""

    def all(self) -> bytes:
        """The body of the list."""
        return reading.write(self.listed([self.model(name, MODELS[name]) for name in MODELS]))

    def one(self, name: str) -> bytes:
        """The body that tells of one; raises for a model that there is not."""
        return reading.write(self.model(name, MODELS[simulated(name).name]))


OPENAI: Final = Models(
    # These models were never created, so their time is 0.
    model=lambda name, description: {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "dragoman",
        "description": description,
    },
    listed=lambda models: {"object": "list", "data": models},
)

ANTHROPIC: Final = Models(
    model=lambda name, description: {
        "type": "model",
        "id": name,
        "display_name": description,
        "created_at": "1970-01-01T00:00:00Z",
    },
    listed=lambda models: {
        "data": models,
        "has_more": False,
        "first_id": models[0]["id"],
        "last_id": models[-1]["id"],
    },
)

GEMINI: Final = Models(
    model=lambda name, description: {
        "name": f"models/{name}",
        "version": "1",
        "displayName": name,
        "description": description,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent"],
    },
    listed=lambda models: {"models": models},
)

VERTEX: Final = Models(
    model=lambda name, description: {
        "name": f"publishers/google/models/{name}",
        "versionId": "1",
        "launchStage": "GA",
    },
    listed=lambda models: {"publisherModels": models},
)

COHERE: Final = Models(
    model=lambda name, description: {"name": name, "endpoints": ["chat"], "finetuned": False},
    listed=lambda models: {"models": models},
)

MISTRAL: Final = Models(
    model=lambda name, description: {
        "type": "base",
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "dragoman",
        "description": description,
        "capabilities": {"completion_chat": True, "function_calling": True},
    },
    listed=lambda models: {"object": "list", "data": models},
)

OLLAMA: Final = Models(
    model=lambda name, description: {
        "name": name,
        "model": name,
        "modified_at": "1970-01-01T00:00:00Z",
        "size": 0,
        "digest": "",
        "details": {},
    },
    listed=lambda models: {"models": models},
)
