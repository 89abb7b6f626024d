"""OpenAI's model families, and what each takes in Responses; rows of data.

A model belongs to the first row whose pattern matches its name, without a vendor prefix, a date
and what fine-tuning puts around it. A newer model of OpenAI's that nobody here has met is taken
for one of the newest family; a name of somebody else's for a model that does not reason, unless
the quirk `families` says otherwise. Source: OpenAI's reference and deployment notes, as of
November 2026; levels of effort that only the `-pro` models lack are from their model pages.
"""

import functools
from typing import Final

import msgspec

from dragoman.dialects.openai_models import Sampling, family_in


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a family take."""

    name: str
    """What the family is called in `coverage.toml`."""

    pattern: str
    """A regular expression for the names of its models, matched from the start."""

    reasoning: bool = True
    """Whether the models reason: then they are told by developers, and give reasoning back."""

    sampling: Sampling = "refused"
    """When `temperature`, `top_p` and `logprobs` are accepted."""

    efforts: tuple[str, ...] = ("low", "medium", "high")
    """The levels of effort, lowest first; empty: the field is refused."""

    verbosity: bool = True
    """Whether `verbosity` is known."""

    phase: bool = False
    """Whether earlier answers say if they were remarks on the way or the answer."""


FAMILIES: Final = (
    Family(name="o-series", pattern=r"o\d", verbosity=False),
    Family(name="gpt-oss", pattern=r"gpt-oss", sampling="accepted", verbosity=False),
    Family(
        name="gpt-5-chat",
        pattern=r"gpt-5-chat",
        reasoning=False,
        sampling="accepted",
        efforts=(),
    ),
    Family(name="fixed-effort", pattern=r"gpt-\d+(\.\d+)?(-\w+)*-chat\b", efforts=()),
    Family(name="gpt-5-pro", pattern=r"gpt-5-pro\b", efforts=("high",)),
    Family(
        name="pro",
        pattern=r"gpt-\d+(\.\d+)?(-\w+)*-pro\b",
        efforts=("medium", "high", "xhigh"),
        phase=True,
    ),
    Family(name="gpt-5-codex", pattern=r"gpt-5(\.1)?(-\w+)*-codex(?!-max)"),
    Family(
        name="codex",
        pattern=r"gpt-\d+(\.\d+)?(-\w+)*-codex",
        efforts=("low", "medium", "high", "xhigh"),
        phase=True,
    ),
    Family(name="gpt-5", pattern=r"gpt-5(?![.\d])", efforts=("minimal", "low", "medium", "high")),
    Family(
        name="gpt-5.1",
        pattern=r"gpt-5\.1(?!\d)",
        sampling="with effort none or unset",
        efforts=("none", "low", "medium", "high"),
    ),
    Family(
        name="gpt-5.2",
        pattern=r"gpt-5\.[23](?!\d)",
        sampling="with effort none or unset",
        efforts=("none", "low", "medium", "high", "xhigh"),
    ),
    Family(
        name="gpt-5.4",
        pattern=r"gpt-5\.4(?!\d)",
        sampling="with effort none or unset",
        efforts=("none", "low", "medium", "high", "xhigh"),
        phase=True,
    ),
    Family(
        name="gpt-6-astra",
        pattern=r"gpt-6-astra|gpt-6\.1-sol|gpt-6\.2-(astra|sol)",
        efforts=("low", "medium", "high", "xhigh", "max"),
        phase=True,
    ),
    Family(
        name="gpt-5.5",
        pattern=r"gpt-([5-9]|[12]\d)(?!\d)",
        sampling="with effort none",
        efforts=("none", "low", "medium", "high", "xhigh"),
        phase=True,
    ),
    Family(
        name="classic",
        pattern=r"",
        reasoning=False,
        sampling="accepted",
        efforts=(),
        verbosity=False,
    ),
)
"""The table; the last row takes every name that no other does."""

BY_NAME: Final = {family.name: family for family in FAMILIES}


@functools.lru_cache(maxsize=1024)  # names are few, and callers may make up others
def family_of(model: str) -> Family:
    """The family of a model."""
    return family_in(FAMILIES, model)
