"""A request on its way to a provider: its JSON, and what it has lost so far."""

from typing import Any, Self

import msgspec

from dragoman.dialects.openai_chat.families import Family, family_of
from dragoman.dialects.openai_chat.quirks import Profile, Quirks
from dragoman.dialects.openai_chat.request import escaped, path_of
from dragoman.errors import UnsupportedParameterError
from dragoman.models import shared


class Draft:
    """The JSON being changed; the caller's own objects are never touched."""

    def __init__(self, body: dict[str, Any], model: str, profile: Profile) -> None:
        self.body = body
        self.model = model
        self.quirks: Quirks = profile.quirks
        self.family: Family | None = (
            family_of(profile.base_model or model) if profile.quirks.openai_models else None
        )
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
            if draft._carries(pointer):
                _put(body, pointer, value)
        return draft

    def _open_others(self) -> None:
        """Put parts and tools of unknown types back as the caller wrote them.

        One that does not go along leaves None, so that its neighbours keep their places.
        """
        lists: list[tuple[str, Any]] = [("/tools", self.body.get("tools"))]
        for position, message in enumerate(self.body["messages"]):
            lists.append((f"/messages/{position}/content", message.get("content")))
        for pointer, items in lists:
            for position, item in enumerate(items if isinstance(items, list) else ()):
                if item.get("type") == "dragoman.other":
                    goes = self._carries(f"{pointer}/{position}")
                    items[position] = item["raw"] if goes else None

    def _carries(self, pointer: str) -> bool:
        """Whether something unknown goes along; told as lost where it does not."""
        if self.quirks.extra:
            self.unknown.add(pointer)
        else:
            self.lose(pointer, "dropped", "the provider refuses fields it does not know")
        return self.quirks.extra

    def close(self) -> None:
        """Close the gaps that parts and tools left behind."""
        for message in self.body["messages"]:
            if isinstance(message.get("content"), list):
                message["content"] = [part for part in message["content"] if part] or ""
        if "tools" in self.body:
            self.body["tools"] = [tool for tool in self.body["tools"] if tool]

    def lose(self, pointer: str, kind: shared.LossKind, reason: str) -> None:
        """Tell a loss."""
        self.losses.append(shared.Loss(pointer=pointer, kind=kind, reason=reason))

    def drop(self, field: str, reason: str) -> None:
        """Leave a top-level field out, if it is set."""
        if field in self.body:
            del self.body[field]
            self.lose(f"/{escaped(field)}", "dropped", reason)

    def refuse(self, pointer: str, reason: str) -> UnsupportedParameterError:
        """The error for what must not be lost."""
        path = path_of(pointer)
        return UnsupportedParameterError(f"{path}: {reason}", param=path)

    @staticmethod
    def path(loss: shared.Loss) -> str:
        """Where a loss is, as errors name places."""
        return path_of(loss.pointer)


def _put(body: Any, pointer: str, value: Any) -> None:
    *parents, last = [
        token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]
    ]
    for token in parents:
        body = body[int(token)] if isinstance(body, list) else body.setdefault(token, {})
    if isinstance(body, list):
        body[int(last)] = value
    else:
        body[last] = value
