"""An access token: what Google and Microsoft give to whoever proves who he is."""

from typing import NoReturn


class Token:
    """A bearer token and its end. It has no repr, str, format, pickle or JSON that shows it."""

    __slots__ = ("expires_at", "quota_project", "source", "value")

    value: str
    """The secret."""

    expires_at: float | None
    """Seconds since 1970; None where nobody said."""

    source: str
    """Where it was found, for people."""

    quota_project: str | None
    """The project of Google's that pays for the request, where it is not that of the address."""

    def __init__(
        self,
        value: str,
        *,
        expires_at: float | None,
        source: str,
        quota_project: str | None = None,
    ) -> None:
        self.value = value
        self.expires_at = expires_at
        self.source = source
        self.quota_project = quota_project

    def __repr__(self) -> str:
        return f"<a token of {self.source}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not pickled or copied to anywhere")
