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
