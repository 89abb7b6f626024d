"""The models that the simulator stands in with, and their names.

A name may end in parameters, as in `words?n=200&first=300ms&rate=80`. All models take `first`,
the time before the answer begins, and `rate`, in words per second; `words` takes `n`. What the
models say is decided in `dragoman.simulator.text`.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from dragoman.errors import NotFoundError
from dragoman.simulator.refusals import refused, shown

MODELS: Final[Mapping[str, str]] = {
    "echo": "says what the last user message said",
    "hello": "says hello, and what the simulator is",
    "words": "says as many words as asked for: words?n=200&first=300ms&rate=80",
}
"""Each model, with one line about it."""

PREFIX: Final = "sim/"
WORDS_LIMIT: Final = 100_000


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """A model's name, read."""

    name: str
    """One of `MODELS`."""

    n: int = 50
    """How many words `words` says."""

    first: float = 0.0
    """Seconds before the answer begins."""

    pause: float = 0.0
    """Seconds between a word, or a slice of JSON, and the next."""


class Parameter(NamedTuple):
    """What may stand behind `name=`; `read` gives None for what may not."""

    field: str
    expected: str
    read: Callable[[str], float | None]


def whole_number(text: str) -> int | None:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        return None
    return int(text) if int(text) <= WORDS_LIMIT else None


def duration(text: str) -> float | None:
    """In seconds. The digits are bounded, so that every wait is one that `sleep` can do."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s)", text)
    if found is None:
        return 0.0 if text == "0" else None
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def pause_at_rate(text: str) -> float | None:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) or not float(text):
        return None
    return 1 / float(text)


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "n": Parameter("n", f"a whole number from 0 to {WORDS_LIMIT}", whole_number),
    "first": Parameter("first", "a duration such as 300ms, 1.5s or 0", duration),
    "rate": Parameter("pause", "words per second above 0, such as 80 or 0.5", pause_at_rate),
}


def simulated(model: str) -> Simulated:
    """The model of this name, with or without `sim/` before it.

    Raises `NotFoundError` (`model_not_found`) with near names for a model that there is not,
    `BadRequestError` for a parameter that is not as it should be.
    """
    name, mark, query = model.removeprefix(PREFIX).partition("?")
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS)
        raise NotFoundError(
            f"model: expected one of {', '.join(MODELS)}; got {shown(name)}"
            + (f"; did you mean {' or '.join(near)}?" if near else ""),
            status_code=404,
            code="model_not_found",
            param="model",
        )
    fields: dict[str, float] = {}
    for pair in query.split("&") if mark else ():
        field, value = _read(name, pair)
        if field in fields:
            raise refused("model", "each parameter once", f"{pair.partition('=')[0]} twice")
        fields[field] = value
    return msgspec.convert({"name": name, **fields}, Simulated)


def _read(model: str, pair: str) -> tuple[str, float]:
    name, _, text = pair.partition("=")
    known = [word for word in PARAMETERS if word != "n" or model == "words"]
    if name not in known:
        raise refused("model", f"parameters of {model} among {', '.join(known)}", shown(name))
    parameter = PARAMETERS[name]
    value = parameter.read(text)
    if value is None:
        raise refused("model", f"{name} to be {parameter.expected}", shown(text))
    return parameter.field, value
