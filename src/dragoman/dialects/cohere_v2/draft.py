"""A request on its way to Cohere: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.asked import Asked
from dragoman.dialects.cohere_v2.families import FAMILIES, Family, family_of
from dragoman.dialects.cohere_v2.quirks import Profile
from dragoman.dialects.profiles import family_for
from dragoman.models import shared

Json = dict[str, Any]

NOWHERE: Final = "Cohere's dialect has no place for it"


class Draft(Asked):
    """The JSON being written; the caller's own objects are never touched."""

    nowhere = NOWHERE

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__(request, model=model)
        self.family: Family = family_for(model, profile, FAMILIES, family_of)
        self.messages: list[Json] = []
        self.tools: list[Json] = []
        self.body: Json = {}
