"""A request on its way to Mistral: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.asked import Asked
from dragoman.dialects.mistral.quirks import Profile
from dragoman.models import shared

NOWHERE: Final = "Mistral's dialect has no place for it"

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""


class Draft(Asked):
    """The JSON being written; the caller's own objects are never touched."""

    nowhere = NOWHERE

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__(request, model=model)
        self.quirks = profile.quirks
        self.body: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []
