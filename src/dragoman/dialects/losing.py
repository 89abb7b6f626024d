"""What a request loses on its way to a provider, and what it must not lose; for every dialect."""

from typing import Any, Final

from dragoman.dialects.dialect import OnLoss
from dragoman.errors import UnsupportedParameterError
from dragoman.models import shared
from dragoman.models.pointers import path_of

UNASKED: Final = frozenset({"/response_format/json_schema/name"})
"""What a request has to say, and no answer depends on: told where it is lost, but never refused."""


class Losing:
    """The losses of a request, in the order in which they were met."""

    def __init__(self) -> None:
        self.losses: list[shared.Loss] = []

    def lose(self, pointer: str, kind: shared.LossKind, reason: str) -> None:
        """Tell a loss."""
        self.losses.append(shared.Loss(pointer=pointer, kind=kind, reason=reason))

    def refuse(self, pointer: str, reason: str) -> UnsupportedParameterError:
        """The error for what must not be lost."""
        path = path_of(pointer)
        return UnsupportedParameterError(f"{path}: {reason}", param=path)

    def settled(self, on_loss: OnLoss) -> tuple[shared.Loss, ...]:
        """All losses; raises `UnsupportedParameterError` for one that counts, where none may be."""
        felt = [loss for loss in self.losses if loss.pointer not in UNASKED]
        if felt and on_loss == "refuse":
            first = felt[0]
            raise UnsupportedParameterError(
                f"{first.pointer} would be {first.kind}: {first.reason}",
                param=path_of(first.pointer),
            )
        return tuple(self.losses)


def changes_meaning(field: str, value: Any) -> bool:
    """Whether an answer without this field would answer another request."""
    match field:
        case "n":
            return bool(value > 1)
        case "function_call":
            return isinstance(value, dict)
        case "tool_choice":
            match value:
                case {"type": "allowed_tools", "allowed_tools": {"mode": mode}}:
                    return bool(mode == "required")
            return value == "required" or isinstance(value, dict)
        case "response_format":
            return not isinstance(value, dict) or value.get("type") not in ("text", "json_object")
        case "modalities":
            return "audio" in value
        case "audio":
            return True
        case "logprobs":
            return value is True
    return False
