"""The model families that Bedrock has, and what each takes; rows of data.

Claude's are those of `dragoman.dialects.claude`, wherever Claude is hosted; a row here stands for
one of them. A newer Claude or Nova is taken for one of the newest; of any other model that nobody
here has met, the least is assumed. Source: Bedrock's reference
and recorded traffic, as of November 2026.
"""

import functools
import re
from typing import Final, Literal

import msgspec

from dragoman.dialects import claude as claudes

Thinking = Literal["none", "claude", "reasoning_effort", "reasoning_config", "reasoningConfig"]

BASIC: Final = ("low", "medium", "high")


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a family take."""

    name: str
    """What the family is called in `coverage.toml`."""

    pattern: str = ""
    """A regular expression for something in the name of its models."""

    claude: claudes.Family | None = None
    """What Anthropic's models of this family take; None for those of others."""

    thinking: Thinking = "none"
    """The field by which reasoning is asked for, among those of the model alone."""

    forcing: frozenset[str] = frozenset()
    """The kinds of forced tool choice that are taken: `any`, `tool`."""

    caching: bool = False
    """Whether cache points are taken."""

    structured: bool = True
    """Whether answers and tool arguments can be held to a JSON Schema."""

    top_k: Literal["top_k", "topK"] | None = None
    """The name of `top_k` among the fields of the model alone; `topK` is of `inferenceConfig`."""

    ids: Literal["plain", "dotted", "short"] = "dotted"
    """Of what ids of calls are made: letters, digits, `_` and `-`; `.` and `:` as well; or nine
    letters and digits, where they are not Bedrock's own."""


FORCED: Final = frozenset({"any", "tool"})

OTHERS: Final = Family(name="others")

FAMILIES: Final = (
    Family(
        name="nova-2",
        pattern=r"nova-\d|nova-\w+-v[2-9]",
        thinking="reasoningConfig",
        forcing=FORCED,
        caching=True,
        structured=False,
        top_k="topK",
    ),
    Family(
        name="nova",
        pattern=r"nova",
        forcing=FORCED,
        caching=True,
        structured=False,
        top_k="topK",
    ),
    Family(name="gpt-oss", pattern=r"gpt-oss", thinking="reasoning_effort"),
    Family(name="qwen", pattern=r"qwen", thinking="reasoning_config"),
    Family(
        name="mistral",
        pattern=r"mistral|mixtral|pixtral|ministral|magistral|voxtral",
        forcing=frozenset({"any"}),
        ids="short",
    ),
    Family(name="older", pattern=r"llama|titan|jamba|command|deepseek\.r1", structured=False),
    OTHERS,
)
"""The table; the last row takes every name that no other does."""


def of_claude(row: claudes.Family) -> Family:
    """What Bedrock takes for this family of Claude's."""
    return Family(
        name=row.name,
        claude=row,
        thinking="claude",
        forcing=frozenset() if row.forcing == "never" else FORCED,
        caching=row.name != "claude-3",
        structured=row.structured,
        top_k="top_k",
        ids="plain",
    )


BY_NAME: Final = {
    **{row.name: of_claude(row) for row in claudes.FAMILIES},
    **{family.name: family for family in FAMILIES},
}
"""All families by name."""


@functools.lru_cache(maxsize=1024)  # names are few, and callers may make up others
def family_of(model: str) -> Family:
    """The family of a model, by its id, its inference profile or its ARN."""
    name = model.lower()
    if "claude" in name:
        return BY_NAME[claudes.family_of(name.rpartition("/")[2]).name]
    return next(family for family in FAMILIES if re.search(family.pattern, name))
