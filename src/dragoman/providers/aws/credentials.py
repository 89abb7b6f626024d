"""AWS credentials: what they are, and when they are old.

They are values that must not be seen, as a `Secret` of the settings is, a room above. When to fetch
new ones is told as data; fetching them is a conversation (`resolving`).
"""

from datetime import UTC, datetime
from typing import Final, Literal, NoReturn

MANDATORY_SECONDS: Final = 10 * 60
"""So near their end credentials are replaced before they are used again; botocore's figure."""

ADVISORY_SECONDS: Final = 15 * 60
"""So near their end credentials are replaced while they are still used; botocore's figure."""

Freshness = Literal["fresh", "aging", "due"]
"""`fresh`: use them. `aging`: use them and fetch others meanwhile; if that fails, never mind.
`due`: fetch others first; if that fails, so does the call."""


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


def freshness(credentials: Credentials, *, now: float) -> Freshness:
    """Whether these may be used at this instant, in seconds since 1970."""
    if credentials.expires_at is None:
        return "fresh"
    left = credentials.expires_at - now
    if left >= ADVISORY_SECONDS:
        return "fresh"
    return "aging" if left >= MANDATORY_SECONDS else "due"


def sendable(value: str | None) -> bool:
    """Whether this can stand in a header, as keys and tokens have to; None can, being left out.

    What cannot is damaged: none of AWS's has a line break, a control or a character outside ASCII.
    """
    return value is None or (value.isascii() and value.isprintable())


def instant(text: str) -> float:
    """Seconds since 1970 of a time as AWS writes it; one without a zone is UTC.

    Raises `ValueError` for what is none.
    """
    time = datetime.fromisoformat(text.strip())
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
