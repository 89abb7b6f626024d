"""What is known about an answer and is no part of it."""

from typing import Self

import msgspec

from dragoman.models.beside import Beside
from dragoman.models.hub import HubType
from dragoman.models.loss import Loss


class Meta(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """How an answer came about; stands beside its fields, never among them."""

    raw: bytes | None = None
    """The provider's whole body as it came; None for an answer folded from a stream."""

    losses: tuple[Loss, ...] = ()
    """What the request lost on its way to the target."""

    target: str | None = None
    """`provider/model` that was asked; None where no provider was."""

    attempts: int = 0
    """How many attempts it took; 0 where nothing was sent."""

    request_id: str | None = None
    """The provider's own id of the request, from its headers; None where it gave none."""


NOTHING_KNOWN = Meta()


class WithMeta(Beside, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """A value with a `meta` beside its fields."""

    @property
    def meta(self) -> Meta:
        """How this answer came about."""
        meta: Meta = self.__dict__.get("meta", NOTHING_KNOWN)
        return meta

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What the request lost on its way to the target; short for `meta.losses`."""
        return self.meta.losses

    @property
    def raw(self) -> bytes | None:
        """The provider's whole body as it came; short for `meta.raw`."""
        return self.meta.raw

    def with_meta(self, meta: Meta) -> Self:
        """The same value with this `meta`."""
        twin = msgspec.structs.replace(self)
        twin.__dict__["meta"] = meta
        return twin
