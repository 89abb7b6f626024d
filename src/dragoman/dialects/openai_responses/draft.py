"""A request on its way: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.asked import Asked
from dragoman.dialects.openai_responses.families import BY_NAME, Family, family_of
from dragoman.dialects.openai_responses.quirks import Profile, Quirks
from dragoman.dialects.profiles import family_for
from dragoman.models import shared

NOWHERE: Final = "Responses has no place for it"

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

Item = dict[str, Any]


class Draft(Asked):
    """The JSON being written; the caller's own objects are never touched."""

    nowhere = NOWHERE

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__(request, model=model)
        self.quirks: Quirks = profile.quirks
        self.family: Family = family_for(model, profile, BY_NAME.values(), family_of)
        self.body: dict[str, Any] = {}
        self.input: list[Item] = []
        self.tools: list[Item] = []
        self.include: list[str] = []

    def unmarked(self, holder: Any, pointer: str) -> None:
        """Tell that a cache breakpoint in Anthropic's spelling is lost."""
        if holder.cache_control is not None:
            reason = "OpenAI's breakpoints are called `prompt_cache_breakpoint`"
            self.lose(f"{pointer}/cache_control", "dropped", reason)
