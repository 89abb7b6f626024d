"""What is known about an answer and is no part of it."""

from typing import Any, Self

import msgspec

from dragoman.models.loss import Loss


class Meta(msgspec.Struct, frozen=True, kw_only=True):
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


class WithMeta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """A value with a `meta` beside its fields: not encoded, compared or printed.

    `copy.copy`, `copy.deepcopy`, `copy.replace` and pickle keep it. `msgspec.structs.replace`
    knows only fields and forgets it.
    """

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

    def __copy__(self) -> Self:
        return self.with_meta(self.meta)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.with_meta(self.meta)

    def __replace__(self, **changes: Any) -> Self:
        return msgspec.structs.replace(self, **changes).with_meta(self.meta)

    def __reduce__(self) -> Any:
        return _restored, (type(self), msgspec.structs.asdict(self), self.meta)


def _restored(kind: type[WithMeta], fields: dict[str, Any], meta: Meta) -> WithMeta:
    return kind(**fields).with_meta(meta)
