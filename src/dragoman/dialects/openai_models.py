"""OpenAI's models by their names: what its two dialects have in common when they tell them apart.

Which families there are, and what each takes, differs from dialect to dialect and stands there.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, Protocol, TypeVar

Sampling = Literal["accepted", "refused", "with effort none", "with effort none or unset"]

EFFORTS: Final = ("none", "default", "minimal", "low", "medium", "high", "xhigh", "max")
"""All levels of `reasoning_effort`, lowest first; `default` is a word of Groq's."""

_DATE: Final = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$")
_FINE_TUNED: Final = re.compile(r"^ft:([^:]+).*$")


class Row(Protocol):
    """A family, as far as its models are found by it."""

    @property
    def pattern(self) -> str:
        """A regular expression for the names of its models, matched from the start."""
        ...


F = TypeVar("F", bound=Row)


def family_in(families: Sequence[F], model: str) -> F:
    """The first family whose pattern matches the name of this model.

    A vendor prefix, a date and what fine-tuning puts around it do not count. The last family has
    to take every name.
    """
    own_name = _FINE_TUNED.sub(r"\1", model.lower()).rpartition("/")[2]
    name = _DATE.sub("", own_name)
    return next(family for family in families if re.match(family.pattern, name))


def nearest_effort(wanted: str, levels: tuple[str, ...]) -> str:
    """The level to send: the wanted one, else the nearest lower one, else the lowest."""
    if wanted in levels:
        return wanted
    rank = EFFORTS.index(wanted)
    lower = [level for level in levels if EFFORTS.index(level) < rank]
    return lower[-1] if lower and wanted != "none" else levels[0]
