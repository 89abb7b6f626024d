"""The models that the simulator stands in with, and their names.

A name may end in parameters, as in `words?n=200&first=300ms&rate=80`. All models take `first`,
the time before the answer begins, and `rate`, in words per second; `words` takes `n`. Faults are
parameters, too: `dragoman.simulator.faults` has their list. What the models say is decided in
`dragoman.simulator.text`.
"""

import difflib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dragoman.errors import NotFoundError
from dragoman.simulator.faults import ERRORS, FAULTS, NO_FAULTS, USUAL_STATUS, Faults
from dragoman.simulator.parameters import Parameter, duration, pause_at_rate, whole_number
from dragoman.simulator.refusals import refused, shown

MODELS: Final[Mapping[str, str]] = {
    "echo": "says what the last user message said",
    "hello": "says hello, and what the simulator is",
    "words": "says as many words as asked for: words?n=200&first=300ms&rate=80",
    "fail": "answers with an error, or goes wrong as asked: fail?status=429&retry_after=2",
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

    faults: Faults = NO_FAULTS
    """What goes wrong."""


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "n": whole_number("n", 0, WORDS_LIMIT),
    "first": Parameter("first", "a duration such as 300ms, 1.5s or 0", duration),
    "rate": Parameter("pause", "words per second above 0, such as 80 or 0.5", pause_at_rate),
    **FAULTS,
}

ONLY: Final[Mapping[str, str]] = {"n": "words", **dict.fromkeys(ERRORS, "fail")}
"""Parameters that only one model takes."""


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
    fields: dict[str, Any] = {}
    for pair in query.split("&") if mark else ():
        field, value = _read(name, pair)
        if field in fields:
            raise refused("model", "each parameter once", f"{pair.partition('=')[0]} twice")
        fields[field] = value
    faults = {field: fields.pop(field) for field in FAULTS if field in fields}
    if name == "fail" and (not faults or faults.keys() & ERRORS):
        faults.setdefault("status", USUAL_STATUS)
    return msgspec.convert({"name": name, "faults": faults, **fields}, Simulated)


def _read(model: str, pair: str) -> tuple[str, float]:
    name, _, text = pair.partition("=")
    known = [word for word in PARAMETERS if ONLY.get(word, model) == model]
    if name not in known:
        raise refused("model", f"parameters of {model} among {', '.join(known)}", shown(name))
    parameter = PARAMETERS[name]
    value = parameter.read(text)
    if value is None:
        raise refused("model", f"{name} to be {parameter.expected}", shown(text))
    return parameter.field, value
