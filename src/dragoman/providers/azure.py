"""Who a client is towards Azure, where no key tells it: whoever Microsoft Entra says.

Getting a token is `azure-identity`'s: its credentials, their order and their HTTP are its own, and
some of them run programs. Here stands what it is asked for, and when again.

Reference: https://learn.microsoft.com/azure/ai-services/authentication
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from dragoman.providers.identity import Identity
from dragoman.providers.tokens import Token
from dragoman.providers.wishes import Acquire, Conversation

SCOPE: Final = "https://cognitiveservices.azure.com/.default"

EARLY_SECONDS: Final = 5 * 60
"""So near its end a token is replaced while it is still used; azure-identity's figure."""


class AzureIdentity(Identity[Token]):
    """One credential of `azure-identity`."""

    early_seconds: ClassVar[float] = EARLY_SECONDS

    def __init__(self, credential: Any) -> None:
        """`credential` has `get_token`, awaited for asynchronous clients; None: the default."""
        super().__init__()
        self._credential = credential

    def __repr__(self) -> str:
        return "an Azure credential"

    def looked_for(self, now: Callable[[], float]) -> Conversation[Token]:
        token = yield Acquire(self._credential, SCOPE)
        assert isinstance(token, Token)
        return token

    def signed(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        by: Token,
        at: float,
    ) -> dict[str, str]:
        return {**headers, "authorization": f"Bearer {by.value}"}

    def secrets_of(self, found: Token) -> tuple[str | None, ...]:
        return (found.value,)
