"""How the simulator says no: the place, what was expected there, what came."""

from typing import Final

from dragoman.errors import BadRequestError

SHOWN_CHARACTERS: Final = 40
"""How much of a caller's word is repeated."""


def refused(path: str, expected: str, got: str, *, code: str = "invalid_value") -> BadRequestError:
    """The 400 for what stands at `path` of the request; `got` never holds a prompt."""
    return BadRequestError(
        f"{path}: expected {expected}; got {got}", status_code=400, code=code, param=path
    )


def shown(word: str) -> str:
    """A caller's word, in quotes and not too long."""
    return repr(word if len(word) <= SHOWN_CHARACTERS else f"{word[:SHOWN_CHARACTERS]}…")
