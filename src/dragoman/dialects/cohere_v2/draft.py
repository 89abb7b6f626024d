"""A request on its way to Cohere: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.cohere_v2.families import FAMILIES, Family, family_of
from dragoman.dialects.cohere_v2.quirks import Profile
from dragoman.dialects.losing import Losing, changes_meaning
from dragoman.dialects.profiles import family_for
from dragoman.models import shared
from dragoman.models.pointers import escaped

Json = dict[str, Any]

NOWHERE: Final = "Cohere's dialect has no place for it"


class Draft(Losing):
    """The JSON being written; the caller's own objects are never touched."""

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__()
        self.request = request
        self.model = model
        self.family: Family = family_for(model, profile, FAMILIES, family_of)
        self.extra: Json = dict(request.extra or {})
        self.messages: list[Json] = []
        self.tools: list[Json] = []
        self.body: Json = {}

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
        return self.extra.pop(pointer, None)

    def leave_unknown(self) -> None:
        """Tell what nobody has taken."""
        for pointer, value in self.extra.items():
            field = pointer.split("/")[1]
            if pointer == f"/{escaped(field)}" and _is_kind(field, value):
                kind = value.get("type") if isinstance(value, dict) else value
                raise self.refuse(pointer, f"expected a kind that we know; got {kind!r}")
            self.lose(pointer, "dropped", NOWHERE)

    def unmarked(self, holder: Any, pointer: str) -> None:
        """Tell the cache breakpoint of this part, message or tool: Cohere caches by itself."""
        for field in ("cache_control", "prompt_cache_breakpoint"):
            if getattr(holder, field, None) is not None:
                self.lose(f"{pointer}/{field}", "dropped", NOWHERE)


def _is_kind(field: str, value: Any) -> bool:
    if field not in ("response_format", "tool_choice", "function_call"):
        return False
    return changes_meaning(field, value)
