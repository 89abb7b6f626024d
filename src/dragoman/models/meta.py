"""What is known about an answer and is no part of it."""

from collections.abc import Mapping
from typing import Self

import msgspec

from dragoman.models.beside import Beside
from dragoman.models.headers import Headers
from dragoman.models.hub import HubType
from dragoman.models.loss import Loss


class Timings(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """How long an answer took, in seconds since it was asked for: retries and waits included."""

    head: float | None = None
    """Until the head of the answer came: its status and headers."""

    first_content: float | None = None
    """Until the first content of a stream came; None for an answer that came whole."""

    total: float | None = None
    """Until the end of the answer came; None for a stream that is not at its end."""


class Meta(HubType, frozen=True, kw_only=True, omit_defaults=True):
    """How an answer came about; stands beside its fields, never among them."""

    raw: bytes | None = None
    """The provider's whole body as it came; None for an answer folded from a stream."""

    losses: tuple[Loss, ...] = ()
    """What the request lost on its way to the target."""

    target: str | None = None
    """`provider/model` that was asked, or the provider alone for its models; None for neither."""

    attempts: int = 0
    """How many attempts it took; 0 where nothing was sent."""

    request_id: str | None = None
    """The provider's own id of the request, from its headers; None where it gave none."""

    status_code: int | None = None
    """The HTTP status of the answer; None where no provider was asked."""

    headers: Mapping[str, str] = Headers({})
    """The headers of the answer; names are found in any case, and shown without their values."""

    timings: Timings = Timings()
    """How long it took."""


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
