"""A request on its way to a provider: its JSON, and what it has lost so far."""

from typing import Any, Self

import msgspec

from dragoman.dialects.openai_chat.families import Family, family_of
from dragoman.dialects.openai_chat.quirks import Profile, Quirks
from dragoman.errors import UnsupportedParameterError
from dragoman.models import shared
from dragoman.models.pointers import escaped, path_of, put


class Draft:
    """The JSON being changed; the caller's own objects are never touched."""

    def __init__(self, body: dict[str, Any], model: str, profile: Profile) -> None:
        self.body = body
        self.model = model
        known_as = profile.base_model or model
        self.quirks: Quirks = profile.quirks.of(known_as)
        self.family: Family | None = family_of(known_as) if self.quirks.openai_models else None
        self.losses: list[shared.Loss] = []
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
        for position, message in enumerate(self.body["messages"]):
            content = message.get("content")
            if isinstance(content, list):
                lists.append((f"/messages/{position}/content", content))
        for pointer, items in lists:
            for position, item in enumerate(items):
                if item.get("type") == "dragoman.other":
                    goes = self._carries(f"{pointer}/{position}", item["raw"])
                    items[position] = item["raw"] if goes else None

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
        for message in self.body["messages"]:
            content = message.get("content")
            if isinstance(content, list) and None in content:
                message["content"] = [part for part in content if part is not None] or ""
        offered = self.body.get("tools")
        if offered and None in offered:
            self.body["tools"] = [tool for tool in offered if tool is not None]
            if not self.body["tools"]:
                del self.body["tools"]
                self.drop("tool_choice", "no tool is left to choose from")

    def lose(self, pointer: str, kind: shared.LossKind, reason: str) -> None:
        """Tell a loss."""
        self.losses.append(shared.Loss(pointer=pointer, kind=kind, reason=reason))

    def drop(self, field: str, reason: str) -> None:
        """Leave a top-level field out, if it is set; refuses what must not be lost."""
        if field in self.body:
            value = self.body.pop(field)
            if changes_meaning(field, value):
                raise self.refuse(f"/{field}", reason)
            self.lose(f"/{escaped(field)}", "dropped", reason)

    def refuse(self, pointer: str, reason: str) -> UnsupportedParameterError:
        """The error for what must not be lost."""
        path = path_of(pointer)
        return UnsupportedParameterError(f"{path}: {reason}", param=path)

    @staticmethod
    def path(loss: shared.Loss) -> str:
        """Where a loss is, as errors name places."""
        return path_of(loss.pointer)


def changes_meaning(field: str, value: Any) -> bool:
    """Whether an answer without this field would answer another request."""
    match field:
        case "n":
            return bool(value > 1)
        case "function_call":
            return isinstance(value, dict)
        case "tool_choice":
            if isinstance(value, dict) and value.get("type") == "allowed_tools":
                return bool(value["allowed_tools"]["mode"] == "required")
            return value == "required" or isinstance(value, dict)
        case "response_format":
            return value.get("type") not in ("text", "json_object")
        case "modalities":
            return "audio" in value
        case "audio":
            return True
        case "logprobs":
            return value is True
    return False
