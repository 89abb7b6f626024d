"""A request on its way to a provider: its JSON, and what it has lost so far."""

from typing import Any, Self

import msgspec

from dragoman.dialects.losing import Losing, changes_meaning
from dragoman.dialects.openai_chat.families import FAMILIES, Family, family_of
from dragoman.dialects.openai_chat.quirks import Profile, Quirks
from dragoman.dialects.profiles import family_for
from dragoman.models import shared
from dragoman.models.pointers import escaped, put


class Draft(Losing):
    """The JSON being changed; the caller's own objects are never touched."""

    def __init__(self, body: dict[str, Any], model: str, profile: Profile) -> None:
        super().__init__()
        self.body = body
        self.model = model
        known_as = profile.base_model or model
        self.quirks: Quirks = profile.quirks.of(known_as)
        self.family: Family | None = None
        if self.quirks.openai_models:
            self.family = family_for(model, profile, FAMILIES, family_of)
        self.unknown: set[str] = set()

    @classmethod
    def of(
        cls, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> Self:
        """The caller's JSON, with the unknown in its places."""
        body = msgspec.to_builtins(request, enc_hook=lambda kept: kept.value)
        body.pop("extra", None)
        draft = cls(body, model, profile)
        draft._open_others()
        for pointer, value in (request.extra or {}).items():
            if draft._carries(pointer, value):
                put(body, pointer, value)
        return draft

    def _open_others(self) -> None:
        """Put parts and tools of unknown types back as the caller wrote them.

        One that does not go along leaves None, so that its neighbours keep their places.
        """
        lists: list[tuple[str, Any]] = [("/tools", self.body.get("tools", ()))]
        lists += [(f"{pointer}/content", holder["content"]) for pointer, holder in self._in_parts()]
        for pointer, items in lists:
            for position, item in enumerate(items):
                if item.get("type") == "dragoman.other":
                    goes = self._carries(f"{pointer}/{position}", item["raw"])
                    items[position] = item["raw"] if goes else None

    def _in_parts(self) -> list[tuple[str, dict[str, Any]]]:
        """What has its content in parts, of the messages and the prediction."""
        found = [
            (f"/messages/{position}", message)
            for position, message in enumerate(self.body["messages"])
            if isinstance(message.get("content"), list)
        ]
        prediction = self.body.get("prediction")
        if prediction is not None and isinstance(prediction.get("content"), list):
            found.append(("/prediction", prediction))
        return found

    def _carries(self, pointer: str, value: Any) -> bool:
        """Whether something unknown goes along; told as lost where it does not."""
        field = pointer.split("/", 2)[1]
        if self.quirks.extra or field in self.quirks.known_extra:
            self.unknown.add(pointer)
            return True
        if pointer == f"/{field}" and changes_meaning(field, value):
            raise self.refuse(pointer, f"expected a kind that we know; got {value.get('type')!r}")
        self.lose(pointer, "dropped", "the provider refuses fields it does not know")
        return False

    @property
    def thinking(self) -> bool:
        """Whether the model thinks before it answers."""
        switch = self.body.get("thinking") if self.quirks.thinking_switch else None
        if isinstance(switch, dict) and switch.get("type") in ("enabled", "disabled"):
            return bool(switch["type"] == "enabled")
        return self.quirks.thinks and self.body.get("reasoning_effort") != "none"

    def close(self) -> None:
        """Close the gaps that parts and tools left behind."""
        for _, holder in self._in_parts():
            content = holder["content"]
            if None in content:
                holder["content"] = [part for part in content if part is not None] or ""
        offered = self.body.get("tools")
        if offered and None in offered:
            self.body["tools"] = [tool for tool in offered if tool is not None]
            if not self.body["tools"]:
                del self.body["tools"]
                self.drop("tool_choice", "no tool is left to choose from")

    def drop(self, field: str, reason: str) -> None:
        """Leave a top-level field out, if it is set; refuses what must not be lost."""
        if field in self.body:
            value = self.body.pop(field)
            if changes_meaning(field, value):
                raise self.refuse(f"/{field}", reason)
            self.lose(f"/{escaped(field)}", "dropped", reason)
