"""AWS credentials: values that must not be seen, as a `Secret` of the settings, a room above.

Fetching them is a conversation (`resolving`).
"""

from typing import Final, NoReturn

EARLY_SECONDS: Final = 15 * 60
"""So near their end credentials are replaced while they are still used; botocore's figure."""


class Credentials:
    """A key id, its secret and, where they are of a session, the session's token.

    They have no repr, str, format, pickle or JSON that shows them; attributes do.
    """

    __slots__ = ("access_key_id", "expires_at", "secret_access_key", "session_token", "source")

    access_key_id: str
    """Names the key; AWS logs it, and so it is no secret."""

    secret_access_key: str
    """The secret."""

    session_token: str | None
    """A secret as well; None for the keys of a user, which belong to no session."""

    expires_at: float | None
    """Seconds since 1970; None where they stay."""

    source: str
    """Where they were found, for people: `the environment`, `the profile work`."""

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        *,
        expires_at: float | None = None,
        source: str,
    ) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token or None
        self.expires_at = expires_at
        self.source = source

    def __repr__(self) -> str:
        return f"<AWS credentials of {self.source}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and self._all == other._all

    def __hash__(self) -> int:
        return hash(self._all)

    def __reduce__(self) -> NoReturn:
        raise TypeError("AWS credentials are not pickled or copied to anywhere")

    @property
    def _all(self) -> tuple[str, str, str | None, float | None, str]:
        return (
            self.access_key_id,
            self.secret_access_key,
            self.session_token,
            self.expires_at,
            self.source,
        )
