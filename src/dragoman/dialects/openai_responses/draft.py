"""A request on its way: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.losing import Losing, changes_meaning
from dragoman.dialects.openai_responses.families import BY_NAME, Family, family_of
from dragoman.dialects.openai_responses.quirks import Profile, Quirks
from dragoman.dialects.profiles import family_for
from dragoman.models import shared
from dragoman.models.pointers import escaped

NOWHERE: Final = "Responses has no place for it"

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

Item = dict[str, Any]


class Draft(Losing):
    """The JSON being written; the caller's own objects are never touched."""

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__()
        self.request = request
        self.model = model
        self.quirks: Quirks = profile.quirks
        self.family: Family = family_for(model, profile, BY_NAME.values(), family_of)
        self.extra: dict[str, Any] = dict(request.extra or {})
        self.body: dict[str, Any] = {}
        self.input: list[Item] = []
        self.tools: list[Item] = []
        self.include: list[str] = []

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
        """Tell that a cache breakpoint in Anthropic's spelling is lost."""
        if holder.cache_control is not None:
            reason = "OpenAI's breakpoints are called `prompt_cache_breakpoint`"
            self.lose(f"{pointer}/cache_control", "dropped", reason)


def _is_kind(field: str, value: Any) -> bool:
    if field not in ("response_format", "tool_choice", "function_call"):
        return False
    return changes_meaning(field, value)
