"""Cohere's model families: those that reason, and the others; rows of data.

A model that nobody here has met is taken for one that does not reason: asked to think, it would
answer with an error. Source: Cohere's reference and recorded traffic, as of November 2026.
"""

import re
from typing import Final

import msgspec


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a family take."""

    name: str
    """What the family is called in `coverage.toml`."""

    pattern: str
    """A regular expression for something in the name of its models."""

    reasoning: bool
    """Whether `thinking` is taken."""


FAMILIES: Final = (
    Family(name="reasoning", pattern=r"reasoning|command-a-plus", reasoning=True),
    Family(name="plain", pattern=r"", reasoning=False),
)
"""The table; the last row takes every name that no other does."""


def family_of(model: str) -> Family:
    """The family of a model of Cohere's."""
    name = model.lower()
    return next(family for family in FAMILIES if re.search(family.pattern, name))
