"""OpenAI's model families, and what each takes; rows of data.

A model belongs to the first row whose pattern matches its name, without a vendor prefix, a date
and what fine-tuning puts around it. A newer model of OpenAI's that nobody here has met is taken
for one of the newest family. Source: OpenAI's reference and deployment notes, as of November 2026.
"""

import functools
from typing import Final, Literal

import msgspec

from dragoman.dialects.openai_models import Sampling, family_in

SAMPLING_FIELDS: Final = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "logit_bias",
)
"""Fields that reasoning models refuse while they reason."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a family take."""

    name: str
    """What the family is called in `coverage.toml`."""

    pattern: str
    """A regular expression for the names of its models, matched from the start."""

    system_role: Literal["system", "developer", "user"] = "developer"
    """The role that instructions are sent under."""

    reasoning: bool = True
    """Whether the models reason: then only `max_completion_tokens` bounds the answer."""

    sampling: Sampling = "refused"
    """When the sampling fields are accepted."""

    efforts: tuple[str, ...] = ()
    """The levels of `reasoning_effort`, lowest first; empty: the field is refused."""

    verbosity: bool = False
    """Whether `verbosity` is known."""

    stop: bool = False
    """Whether `stop` is accepted."""

    drop: frozenset[str] = frozenset()
    """Further fields that are refused."""


FAMILIES: Final = (
    Family(
        name="search-preview",
        pattern=r".*search-preview",
        system_role="system",
        reasoning=False,
        sampling="accepted",
        stop=True,
        drop=frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty", "n"}),
    ),
    Family(
        name="o1-mini",
        pattern=r"o1-(mini|preview)",
        system_role="user",
        drop=frozenset(
            {"tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"}
        ),
        stop=True,
    ),
    Family(name="o-pro", pattern=r"o\d+(-\w+)*-pro\b"),
    Family(
        name="o1",
        pattern=r"o1(?!\d)",
        efforts=("low", "medium", "high"),
        stop=True,
        drop=frozenset({"parallel_tool_calls"}),
    ),
    Family(
        name="o3-mini",
        pattern=r"o3-mini",
        efforts=("low", "medium", "high"),
        stop=True,
        drop=frozenset({"parallel_tool_calls"}),
    ),
    Family(name="o-series", pattern=r"o\d", efforts=("low", "medium", "high")),
    Family(
        name="gpt-5-chat",
        pattern=r"gpt-5-chat",
        system_role="system",
        reasoning=False,
        sampling="accepted",
        verbosity=True,
        stop=True,
    ),
    Family(
        name="fixed-effort",
        pattern=r"gpt-([5-9]|[12]\d)(\.\d+)?(-\w+)*-(chat|pro)\b",
        verbosity=True,
    ),
    Family(
        name="gpt-5-codex",
        pattern=r"gpt-5(\.1)?(-\w+)*-codex(?!-max)",
        efforts=("low", "medium", "high"),
        verbosity=True,
    ),
    Family(
        name="codex",
        pattern=r"gpt-([5-9]|[12]\d)(\.\d+)?(-\w+)*-codex",
        efforts=("low", "medium", "high", "xhigh"),
        verbosity=True,
    ),
    Family(
        name="gpt-5",
        pattern=r"gpt-5(?![.\d])",
        efforts=("minimal", "low", "medium", "high"),
        verbosity=True,
    ),
    Family(
        name="gpt-5.1",
        pattern=r"gpt-5\.1(?!\d)",
        sampling="with effort none or unset",
        efforts=("none", "low", "medium", "high"),
        verbosity=True,
    ),
    Family(
        name="gpt-5.2",
        pattern=r"gpt-5\.[2-4](?!\d)",
        sampling="with effort none or unset",
        efforts=("none", "low", "medium", "high", "xhigh"),
        verbosity=True,
    ),
    Family(
        name="gpt-6-astra",
        pattern=r"gpt-6-astra|gpt-6\.1-sol|gpt-6\.2-(astra|sol)",
        efforts=("low", "medium", "high", "xhigh"),
        verbosity=True,
    ),
    Family(
        name="gpt-5.5",
        pattern=r"gpt-([5-9]|[12]\d)(?!\d)",
        sampling="with effort none",
        efforts=("none", "low", "medium", "high", "xhigh"),
        verbosity=True,
    ),
    Family(
        name="classic",
        pattern=r"",
        system_role="system",
        reasoning=False,
        sampling="accepted",
        stop=True,
    ),
)
"""The table; the last row takes every name that no other does."""


@functools.lru_cache(maxsize=1024)  # names are few, and callers may make up others
def family_of(model: str) -> Family:
    """The family of a model of OpenAI's."""
    return family_in(FAMILIES, model)
