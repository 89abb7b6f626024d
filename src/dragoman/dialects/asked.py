"""A request on its way into another dialect: what is taken of it, and what is told of the rest."""

from typing import Any, ClassVar

from dragoman.dialects.losing import Losing, changes_meaning
from dragoman.models import shared
from dragoman.models.pointers import escaped


class Asked(Losing):
    """What the caller asked, which is never touched, and what it has lost so far."""

    nowhere: ClassVar[str]
    """Why something is lost that the dialect has no place for."""

    def __init__(self, request: shared.CreateChatCompletionRequest, *, model: str) -> None:
        super().__init__()
        self.request = request
        self.model = model
        self.extra: dict[str, Any] = dict(request.extra or {})

    def drop(self, field: str, reason: str | None = None) -> None:
        """Leave a top-level field out, if it is set; refuses what must not be lost."""
        value = getattr(self.request, field)
        if value is None:
            return
        if changes_meaning(field, value):
            raise self.refuse(f"/{field}", reason or self.nowhere)
        self.lose(f"/{field}", "dropped", reason or self.nowhere)

    def taken(self, pointer: str) -> Any:
        """Something that the hub has no field for and we have; None where it is not there."""
        if (value := self.extra.get(pointer)) is not None:  # a null stays, and is told as lost
            del self.extra[pointer]
        return value

    def unmarked(self, holder: Any, pointer: str) -> None:
        """Tell the cache breakpoints that this part, message or tool has."""
        for field in ("cache_control", "prompt_cache_breakpoint"):
            if getattr(holder, field, None) is not None:
                self.lose(f"{pointer}/{field}", "dropped", self.nowhere)

    def leave_unknown(self) -> None:
        """Tell what nobody has taken; a kind that we do not know is refused."""
        for pointer, value in self.extra.items():
            field = pointer.split("/")[1]
            if pointer == f"/{escaped(field)}" and _is_kind(field, value):
                kind = value.get("type") if isinstance(value, dict) else value
                raise self.refuse(pointer, f"expected a kind that we know; got {kind!r}")
            self.lose(pointer, "dropped", self.nowhere)


def _is_kind(field: str, value: Any) -> bool:
    if field not in ("response_format", "tool_choice", "function_call"):
        return False
    return changes_meaning(field, value)
