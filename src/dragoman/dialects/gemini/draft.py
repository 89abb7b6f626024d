"""A request on its way to Gemini: what is still to be sent, what is written, what is lost."""

from typing import Any, Final

import msgspec

from dragoman.dialects.gemini.families import FAMILIES, Family, family_of
from dragoman.dialects.gemini.quirks import Profile, Quirks
from dragoman.dialects.losing import Losing, changes_meaning
from dragoman.dialects.profiles import family_for
from dragoman.models import shared
from dragoman.models.pointers import escaped

ORDER: Final = (
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "cachedContent",
    "labels",
    "serviceTier",
    "continuationToken",
)
"""The top-level fields of a body, in the order in which they are written."""

OWN_FIELDS: Final = {
    "top_k": "top_k",
    "safety_settings": "safety_settings",
    "safetySettings": "safety_settings",
    "cached_content": "cached_content",
    "cachedContent": "cached_content",
    "thinking_config": "thinking_config",
    "thinkingConfig": "thinking_config",
    "labels": "labels",
    "continuation_token": "continuation_token",
    "continuationToken": "continuation_token",
}
"""Fields that are Gemini's own, and no one else's, in both of its spellings."""


class Draft(Losing):
    """The caller's request, of which each field is taken once, and what becomes of it.

    What is never taken is lost, and told.
    """

    def __init__(
        self, request: shared.CreateChatCompletionRequest, model: str, profile: Profile
    ) -> None:
        super().__init__()
        known_as = profile.base_model or model
        self.model = model
        self.quirks: Quirks = profile.quirks
        self.family: Family = family_for(model, profile, FAMILIES, family_of)
        self.speaks = any(word in known_as.lower() for word in ("tts", "native-audio", "-live"))
        self.body: dict[str, Any] = {}
        self.config: dict[str, Any] = {}
        self.asked: dict[str, Any] = msgspec.to_builtins(request, enc_hook=lambda kept: kept.value)
        self.asked.pop("extra", None)
        self.asked.pop("model")
        self.extra: dict[str, Any] = dict(request.extra or {})
        self.held_to_schemas = False
        """Whether a function asks that its calls follow its schema."""
        self.own: dict[str, tuple[str, Any]] = {}
        for name, meaning in OWN_FIELDS.items():
            if f"/{name}" in self.extra and meaning not in self.own:
                self.own[meaning] = (f"/{name}", self.extra.pop(f"/{name}"))

    def take(self, field: str) -> Any:
        """The value of a top-level field, which is then dealt with; None where it is not set."""
        return self.asked.pop(field, None)

    def take_own(self, field: str) -> tuple[str, Any]:
        """The place and value of a field of Gemini's own; an empty place where it is not set."""
        return self.own.pop(field, ("", None))

    def drop(self, field: str, reason: str) -> None:
        """Leave a top-level field out, if it is set; refuses what must not be lost."""
        value = self.take(field)
        if value is not None:
            if changes_meaning(field, value):
                raise self.refuse(f"/{field}", reason)
            self.lose(f"/{escaped(field)}", "dropped", reason)

    def drop_rest(self) -> None:
        """Tell what was not taken."""
        for field in list(self.asked):
            self.drop(field, "Gemini knows nothing like it")
        for pointer, value in self.extra.items():
            field = pointer.removeprefix("/")
            if changes_meaning(field, value):
                raise self.refuse(pointer, "expected a kind that we know; got another")
            self.lose(pointer, "dropped", "Gemini knows no such field")

    def written(self) -> dict[str, Any]:
        """The body."""
        if self.config:
            self.body["generationConfig"] = self.config
        return {key: self.body[key] for key in ORDER if key in self.body}
