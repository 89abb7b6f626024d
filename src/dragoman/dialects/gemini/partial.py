"""A call whose arguments are streamed piece by piece, each with its place (Vertex AI).

We never ask for it; some who stand between us and Vertex do.
"""

import itertools
import re
from typing import Any, Final

from dragoman.wire import gemini as wire
from dragoman.wire import reading

STEP: Final = re.compile(
    r"""
    \.(?P<name>[^.\[\]]+) | \[(?P<place>\d{1,9})\] | \[(?P<quote>["'])(?P<quoted>.*?)(?P=quote)\]
    """,
    re.VERBOSE,
)
"""A step of a place such as `$.days[0].noon`, or `$['a key']`."""


class PartialCall:
    """A call that is still coming."""

    def __init__(self, name: str, id: str | None, signature: str | None) -> None:
        self.name = name
        self.id = id
        self.signature = signature
        self._args: dict[str, Any] = {}
        self._holder: Any = {}
        self._key: str | int = ""
        self._place: str | None = None
        self._text: list[str] = []

    def args(self) -> dict[str, Any]:
        """The arguments as far as they came."""
        self._close_text()
        return self._args

    def hear(self, piece: wire.PartialArg, path: str) -> None:
        """Put this piece in its place; text goes on with the text that is there.

        Raises `MistypedError` where there is no such place.
        """
        text = piece.string_value
        if text is not None and piece.json_path == self._place:
            self._text.append(text)
            return
        self._close_text()
        steps = _steps(piece.json_path, path)
        holder: Any = self._args
        for step, following in itertools.pairwise(steps):
            holder = _inside(holder, step, [] if isinstance(following, int) else {}, path)
        before = _inside(holder, steps[-1], None, path)
        if text is not None:
            self._holder, self._key, self._place = holder, steps[-1], piece.json_path
            self._text = [before, text] if isinstance(before, str) else [text]
        elif piece.number_value is not None:
            holder[steps[-1]] = piece.number_value
        else:
            holder[steps[-1]] = piece.bool_value

    def _close_text(self) -> None:
        if self._place is not None:
            self._holder[self._key] = "".join(self._text)
            self._place = None


def _inside(holder: Any, step: str | int, fresh: Any, path: str) -> Any:
    """What stands there, put there where nothing does."""
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.setdefault(step, fresh)
    if isinstance(holder, list) and isinstance(step, int) and step <= len(holder):
        if step == len(holder):
            holder.append(fresh)
        return holder[step]
    raise _nowhere(path)


def _steps(place: str, path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 1
    while step := STEP.match(place, position):
        position = step.end()
        steps.append(int(step["place"]) if step["place"] else step["name"] or step["quoted"])
    if not place.startswith("$") or position < len(place) or not steps:
        raise _nowhere(path)
    return steps


def _nowhere(path: str) -> reading.MistypedError:
    return reading.MistypedError("expected a place in the arguments; got none", f"{path}.jsonPath")
