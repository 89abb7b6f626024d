"""Two engines behind one gateway, and what each has to be asked for a text, a call, an object.

The simulator does as it is asked; llama.cpp's tiny model says noise, and is brought to a call by a
bias, to an object by a grammar (`tests.llama`). A client asks both the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from tests.doors import Door


class Answer(BaseModel):
    """The object that is asked for."""

    ok: bool


PARAMETERS: Final = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
TOOL: Final = {
    "type": "function",
    "function": {"name": "check", "description": "Checks it.", "parameters": PARAMETERS},
}
HI: Final = [{"role": "user", "content": "hi there"}]

CERTAIN: Final = {"temperature": 0, "seed": 1}


@dataclass(frozen=True, eq=False)
class Engine:
    """A model, by a name of the gateway's."""

    door: Door
    model: str

    says: str | None
    """What it answers to `HI`; None where that is noise."""

    chat: Mapping[str, Any] = field(default_factory=dict)
    """What a request says besides."""

    calling: Mapping[str, Any] = field(default_factory=dict)
    """The same of a request for a call."""

    shaping: Mapping[str, Any] = field(default_factory=dict)
    """The same of a request for an object."""


def simulator(door: Door, model: str = "sim/echo") -> Engine:
    return Engine(door, model, "hi there")


def llama_cpp(door: Door) -> Engine:
    from tests.llama import CALLING  # skips where llama.cpp is not to be had

    return Engine(
        door,
        "lab/tiny",
        None,
        chat={**CERTAIN, "max_tokens": 12},
        calling={**CERTAIN, **CALLING},
        shaping={**CERTAIN, "max_tokens": 64},
    )
