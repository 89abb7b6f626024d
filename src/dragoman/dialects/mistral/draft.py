"""A request on its way to Mistral: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.losing import Losing, changes_meaning
from dragoman.dialects.mistral.quirks import Profile
from dragoman.models import shared
from dragoman.models.pointers import escaped

NOWHERE: Final = "Mistral's dialect has no place for it"

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""


class Draft(Losing):
    """The JSON being written; the caller's own objects are never touched."""

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__()
        self.request = request
        self.model = model
        self.quirks = profile.quirks
        self.extra: dict[str, Any] = dict(request.extra or {})
        self.body: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []

    def drop(self, field: str, reason: str = NOWHERE) -> None:
        """Leave a top-level field out, if it is set; refuses what must not be lost."""
        value = getattr(self.request, field)
        if value is None:
            return
        if changes_meaning(field, value):
            raise self.refuse(f"/{field}", reason)
        self.lose(f"/{field}", "dropped", reason)

    def taken(self, pointer: str) -> Any:
        """Something that the hub has no field for and we have; None where it is not there."""
        if (value := self.extra.get(pointer)) is not None:  # a null stays, and is told as lost
            del self.extra[pointer]
        return value

    def unmarked(self, holder: Any, pointer: str) -> None:
        """Tell the cache breakpoints that this part, message or tool has."""
        for field in ("cache_control", "prompt_cache_breakpoint"):
            if getattr(holder, field, None) is not None:
                self.lose(f"{pointer}/{field}", "dropped", NOWHERE)

    def leave_unknown(self) -> None:
        """Tell what nobody has taken; a kind that we do not know is refused."""
        for pointer, value in self.extra.items():
            field = pointer.split("/")[1]
            if pointer == f"/{escaped(field)}" and _is_kind(field, value):
                kind = value.get("type") if isinstance(value, dict) else value
                raise self.refuse(pointer, f"expected a kind that we know; got {kind!r}")
            self.lose(pointer, "dropped", NOWHERE)


def _is_kind(field: str, value: Any) -> bool:
    if field not in ("response_format", "tool_choice", "function_call"):
        return False
    return changes_meaning(field, value)
