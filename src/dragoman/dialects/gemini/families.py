"""Gemini's model families, and what each takes; rows of data.

A model belongs to the first row whose pattern matches its name, without the path before it. A
name that is newer than this table belongs to the newest family. Source: Google's reference and
recorded traffic, as of November 2026.
"""

import functools
import re
from typing import Any, Final

import msgspec

LOW_TO_HIGH: Final = {
    "none": "LOW",
    "minimal": "LOW",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",
    "max": "HIGH",
}
"""The levels of models that cannot think less than a little."""

BUDGETS: Final = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
    "xhigh": 24576,
    "max": 24576,
}
"""Tokens to think with, for models that are told a number."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a family take; the defaults are those of the newest."""

    name: str
    """What the family is called in `coverage.toml`."""

    pattern: str
    """A regular expression for the names of its models, matched from the start."""

    levels: dict[str, str] | None = None
    """The `thinkingLevel` for each `reasoning_effort`; None: the models know no levels."""

    budgets: dict[str, int] | None = None
    """The `thinkingBudget` for each `reasoning_effort`; None: the models know no budgets."""

    json_schema: bool = True
    """Whether schemas are taken as JSON Schema; else they are made OpenAPI's."""

    validated: bool = True
    """Whether calls can be held to their schemas without being forced."""

    tools_with_format: bool = True
    """Whether a response format and tools, or a search and tools, can be asked for at once."""

    signatures: bool = True
    """Whether the first call of each step has to carry a signature."""

    response_parts: bool = True
    """Whether images of a tool's result stand inside it; else they stand behind it."""

    media_resolution: bool = True
    """Whether a part says how closely it should be looked at."""

    call_ids: bool = True
    """Whether Vertex takes the ids of calls; AI Studio always does."""

    sampling: bool = True
    """Whether `temperature`, `topP` and `topK` have an effect."""

    penalties: bool = True
    """Whether presence and frequency penalties are taken."""

    choices: bool = True
    """Whether there may be several candidates."""

    prefill: bool = True
    """Whether the conversation may end with words of the model's."""

    cached_content: bool = True
    """Whether a cache may be named."""


BEFORE_3: Final[dict[str, Any]] = {
    "tools_with_format": False,
    "signatures": False,
    "response_parts": False,
    "media_resolution": False,
    "call_ids": False,
}
"""What came with Gemini 3."""

FAMILIES: Final = (
    Family(
        name="1.5",
        pattern=r"gemini-(1\.|pro\b|exp)",
        json_schema=False,
        validated=False,
        **BEFORE_3,
    ),
    Family(name="2.0", pattern=r"gemini-2\.0", validated=False, **BEFORE_3),
    Family(
        name="2.5-pro",
        pattern=r"gemini-2\.5-pro",
        budgets={**BUDGETS, "none": 128},
        **BEFORE_3,
    ),
    Family(name="2.5", pattern=r"gemini-2\.", budgets=BUDGETS, **BEFORE_3),
    Family(
        name="3-pro",
        pattern=r"gemini-3-pro",
        levels={**LOW_TO_HIGH, "medium": "HIGH"},
    ),
    Family(
        name="3-flash",
        pattern=r"gemini-3(\.[1-6])?-flash",
        levels={**LOW_TO_HIGH, "none": "MINIMAL", "minimal": "MINIMAL"},
    ),
    Family(name="3.7", pattern=r"gemini-3", levels=LOW_TO_HIGH),
    Family(
        name="4",
        pattern=r"",
        levels=LOW_TO_HIGH,
        sampling=False,
        penalties=False,
        choices=False,
        prefill=False,
        cached_content=False,
    ),
)
"""The table; the last row takes every name that no other does."""


@functools.lru_cache(maxsize=1024)  # names are few, and callers may make up others
def family_of(model: str) -> Family:
    """The family of a model."""
    name = model.lower().rpartition("/")[2]
    return next(family for family in FAMILIES if re.match(family.pattern, name))
