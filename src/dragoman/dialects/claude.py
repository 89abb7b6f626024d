"""Claude's model families, and what each takes; rows of data.

A model belongs to the first row whose pattern matches its name, without a vendor's prefix, a
date and a version of the host; dots and dashes are the same. A newer model that nobody here has
met is taken for one of the newest family. Source: Anthropic's reference and its announcements,
as of November 2026; the table of the provider page says which cells were never checked live.
"""

import functools
import re
from typing import Final, Literal

import msgspec

Sampling = Literal["both", "one", "none"]
Thinking = Literal["none", "budget", "adaptive"]
Forcing = Literal["always", "not by budget", "never"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a family take."""

    name: str
    """What the family is called in `coverage.toml`."""

    pattern: str
    """A regular expression for the whole name of its models, from `claude` on."""

    max_tokens: int = 128_000
    """The most tokens that an answer may have."""

    sampling: Sampling = "none"
    """Whether `temperature` and `top_p` are taken: both, one of them, or neither."""

    thinking: Thinking = "adaptive"
    """How thinking is asked for: not at all, by a budget of tokens, or by effort."""

    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    """The levels of effort, lowest first."""

    off: Literal["disabled", "between_tools", "never"] = "disabled"
    """The type of `thinking` that the effort `none` asks for."""

    forcing: Forcing = "always"
    """Whether a tool may be forced; `not by budget`: not while thinking has a budget."""

    structured: bool = True
    """Whether answers and tool arguments can be held to a JSON Schema."""

    prefill: bool = False
    """Whether the last message may be the beginning of the answer."""

    user_first: bool = False
    """Whether the first message has to be the user's; the 4.5 models were seen not to mind."""

    late_system: bool = False
    """Whether instructions may stand among the messages."""


FAMILIES: Final = (
    Family(
        name="claude-3",
        pattern=r"claude(-instant.*|-[12](-.*)?|-3-(haiku|sonnet|opus))?",
        max_tokens=4096,
        sampling="both",
        thinking="none",
        structured=False,
        prefill=True,
        user_first=True,
    ),
    Family(
        name="claude-3-5",
        pattern=r"claude-3-5-.*",
        max_tokens=8192,
        sampling="both",
        thinking="none",
        structured=False,
        prefill=True,
        user_first=True,
    ),
    Family(
        name="claude-3-7",
        pattern=r"claude-3-7-.*",
        max_tokens=64_000,
        sampling="both",
        thinking="budget",
        forcing="not by budget",
        structured=False,
        prefill=True,
        user_first=True,
    ),
    Family(
        name="opus-4",
        pattern=r"claude-opus-4(-0)?",
        max_tokens=32_000,
        sampling="both",
        thinking="budget",
        forcing="not by budget",
        structured=False,
        prefill=True,
        user_first=True,
    ),
    Family(
        name="opus-4-1",
        pattern=r"claude-opus-4-1",
        max_tokens=32_000,
        sampling="one",
        thinking="budget",
        forcing="not by budget",
        prefill=True,
    ),
    Family(
        name="sonnet-4",
        pattern=r"claude-sonnet-4(-0)?",
        max_tokens=64_000,
        sampling="both",
        thinking="budget",
        forcing="not by budget",
        structured=False,
        prefill=True,
        user_first=True,
    ),
    Family(
        name="claude-4-5",
        pattern=r"claude-(haiku|sonnet|opus)-4-5",
        max_tokens=64_000,
        sampling="one",
        thinking="budget",
        forcing="not by budget",
        prefill=True,
    ),
    Family(
        name="claude-4-6",
        pattern=r"claude-(sonnet|opus)-4-6",
        sampling="one",
        efforts=("low", "medium", "high", "max"),
        forcing="not by budget",
    ),
    Family(name="opus-4-7", pattern=r"claude-opus-4-7"),
    Family(name="opus-4-8", pattern=r"claude-opus-4-8", late_system=True),
    Family(name="claude-5", pattern=r"claude-(sonnet|opus)-5", late_system=True),
    Family(
        name="fable-5",
        pattern=r"claude-(fable|mythos)-5(-[12])?",
        off="never",
        forcing="never",
        late_system=True,
    ),
    Family(name="haiku-5-5", pattern=r"claude-haiku-5-5", late_system=True),
    Family(
        name="sonnet-5-5",
        pattern=r"claude-sonnet-5-5",
        off="between_tools",
        forcing="never",
        late_system=True,
    ),
    Family(name="opus-5-5", pattern=r".*", off="never", forcing="never", late_system=True),
)
"""The table; the last row takes every name that no other does."""

_BEFORE: Final = re.compile(r"^.*?(?=claude)")
_AFTER: Final = re.compile(r"(@.*|-v\d+(-\d+)?(:.*)?|:.*)$")
_DATE: Final = re.compile(r"-(\d{8}|latest)$")


@functools.lru_cache(maxsize=1024)  # names are few, and callers may make up others
def family_of(model: str) -> Family:
    """The family of a model of Anthropic's, however its host writes the name."""
    name = _AFTER.sub("", _BEFORE.sub("", model.lower()))
    name = _DATE.sub("", name).replace(".", "-")
    return next(family for family in FAMILIES if re.fullmatch(family.pattern, name))


def nearest_effort(wanted: str, levels: tuple[str, ...]) -> str:
    """The level to send: the wanted one, else the next higher one, else the highest.

    So the page has it: `minimal` is sent as `low`, and `xhigh` as `max` where there is none.
    """
    if wanted in levels:
        return wanted
    return "max" if wanted == "xhigh" and "max" in levels else levels[0]
