"""Who a client is towards a provider, where no key tells it: what signs, and when it is old.

An `Identity` keeps what was found last, for all who share it. What to do about it is decided here,
with time as an argument; looking is a conversation (`wishes`), which a driver above carries out,
one at a time.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Generic, NamedTuple, Protocol, TypeVar

from dragoman.providers.wishes import Conversation

PAUSE_SECONDS: Final = 60.0
"""After a look, before the next one, while what there is still holds: services give the same again
for a while, and those that fail are not asked before every call."""


class Found(Protocol):
    """What signs, until it ends."""

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970; None where it stays."""


F = TypeVar("F", bound=Found)


class AtHand(NamedTuple, Generic[F]):
    """What there is at an instant."""

    found: F | None
    """What may be used; None where there is nothing, or it has ended."""

    look: bool
    """Whether to look for something new: at once without `found`, else beside its use."""


class Identity(ABC, Generic[F]):
    """One way to prove who asks; each client has its own, and nothing is looked for before a call.

    Its repr says which, and shows nothing that was found.
    """

    early_seconds: ClassVar[float]
    """So near its end what was found is replaced, while it is still used."""

    def __init__(self) -> None:
        self.looks = 0
        """How many have brought something."""
        self._found: F | None = None
        self._before: F | None = None
        self._look_after = 0.0

    @abstractmethod
    def looked_for(self, now: Callable[[], float]) -> Conversation[F]:
        """What signs from here on; `now` tells seconds since 1970.

        Raises `ConfigurationError`, which names each place and why there was nothing, and
        `APIConnectionError`, of an attempt that was not sent, where a service fails.
        """

    @abstractmethod
    def signed(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, by: F, at: float
    ) -> dict[str, str]:
        """The headers of this request, with those that sign it at this instant."""

    @abstractmethod
    def secrets_of(self, found: F) -> tuple[str | None, ...]:
        """What a provider might repeat, and nobody may read."""

    def at_hand(self, now: float) -> AtHand[F]:
        """What there is at this instant, in seconds since 1970."""
        found = self._found
        if found is None or found.expires_at is None:
            return AtHand(found, look=found is None)
        left = found.expires_at - now
        if left <= 0:
            return AtHand(None, look=True)
        return AtHand(found, look=left < self.early_seconds and now >= self._look_after)

    def looked(self, found: F | None, *, now: float) -> None:
        """A look is over, and this came of it; None where it failed."""
        self._look_after = now + PAUSE_SECONDS
        if found is not None:
            self.looks += 1
            self._before = self._found or self._before
            self._found = found

    def called_back(self, looks: int) -> bool:
        """What there was after so many looks holds no longer, as a provider says.

        False where there will be nothing newer.
        """
        found = self._found or self._before
        if found is None or found.expires_at is None:
            return False
        if self.looks == looks:  # else somebody has seen to it
            self._found, self._before = None, found
        return True

    def secrets(self) -> tuple[str, ...]:
        """What nobody may read, of what was found last, and of what may still be on its way."""
        there = [one for one in (self._found, self._before) if one is not None]
        return tuple(secret for one in there for secret in self.secrets_of(one) if secret)
