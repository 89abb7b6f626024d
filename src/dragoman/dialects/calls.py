"""Earlier calls, for providers that make ids of their own, and take arguments as objects."""

from collections.abc import Callable
from typing import Any

from dragoman.dialects.losing import Losing
from dragoman.models import shared
from dragoman.wire import reading


class Ids:
    """The ids of calls, as the provider allows them; the same in a call and in its result."""

    def __init__(self, allowed: Callable[[str], str]) -> None:
        self._allowed = allowed
        self._sent: dict[str, str] = {}
        self._taken: set[str] = set()
        self._functions: dict[str, str] = {}

    def of(self, id: str) -> str:
        """The id under which a call with this one is sent."""
        known = self._sent.get(id)
        if known is None:
            known = plain = self._allowed(id)
            number = 2
            while known in self._taken:
                known, number = self._allowed(f"{plain}_{number}"), number + 1
            self._sent[id] = known
            self._taken.add(known)
        return known

    def of_function(self, name: str) -> str:
        """The id of a call by the deprecated `functions`, which have none."""
        self._functions[name] = self.of(f"function {name} {len(self._sent)}")
        return self._functions[name]

    def answered(self, message: Any) -> str:
        """The id of the call that this message answers."""
        if isinstance(message, shared.ChatCompletionRequestFunctionMessage):
            return self._functions.get(message.name) or self.of(f"function {message.name}")
        id: str = message.tool_call_id
        return self.of(id)


def arguments(draft: Losing, text: str, pointer: str) -> Any:
    """The arguments of a call as the object that they have to be."""
    if not text.strip():
        return {}
    try:
        value = reading.read_untyped(text.encode(errors="replace"))
    except reading.UnreadableError:
        draft.lose(pointer, "emulated", "no JSON; sent as the text `_raw`")
        return {"_raw": text}
    if isinstance(value, dict):
        return value
    draft.lose(pointer, "emulated", "no object; sent as its `value`")
    return {"value": value}
