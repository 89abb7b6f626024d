"""Cohere's model families: those that reason, and the others.

A model that nobody here has met is taken for one that does not reason: asked to think, it would
answer with an error. Source: Cohere's reference and recorded traffic, as of November 2026.
"""

import re
from typing import Final, Literal

Family = Literal["plain", "reasoning"]
"""What the families are called in `coverage.toml`."""

FAMILIES: Final[tuple[Family, ...]] = ("plain", "reasoning")

REASONING: Final = re.compile(r"reasoning|command-a-plus")
"""Found in the name of every model that takes `thinking`."""


def family_of(model: str) -> Family:
    """The family of a model of Cohere's."""
    return "reasoning" if REASONING.search(model.lower()) else "plain"
