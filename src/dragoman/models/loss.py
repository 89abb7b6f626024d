"""What could not be carried as the caller set it."""

from typing import Literal

from dragoman.models.hub import HubType

LossKind = Literal["dropped", "clamped", "emulated", "renamed"]
"""Left out; moved into the target's range; done by other means; carried with another meaning."""


class Loss(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the target could not carry as it was set."""

    pointer: str
    """Where it stood in the caller's request, as a JSON pointer (RFC 6901)."""

    kind: LossKind
    """What was done instead."""

    reason: str
    """Why, in words for the caller."""
