"""Who a client is towards Bedrock: whoever AWS's own programs would be here."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from dragoman.providers.aws import bedrock
from dragoman.providers.aws.credentials import EARLY_SECONDS, Credentials
from dragoman.providers.aws.profiles import CONFIG_FILE, SHARED_FILE
from dragoman.providers.aws.resolving import resolved
from dragoman.providers.identity import Identity
from dragoman.providers.wishes import Conversation, text_at


class AwsIdentity(Identity[Credentials]):
    """The credentials of a profile, or those that the environment leads to."""

    early_seconds: ClassVar[float] = EARLY_SECONDS

    def __init__(
        self, environ: Mapping[str, str], *, profile: str | None = None, region: str | None = None
    ) -> None:
        """`profile` is the operator's choice; `region` is signed for where no address names one."""
        super().__init__()
        self._environ = dict(environ)
        self._profile = profile
        self._region = region

    def __repr__(self) -> str:
        return f"the AWS profile {self._profile}" if self._profile else "AWS credentials"

    def looked_for(self, now: Callable[[], float]) -> Conversation[Credentials]:
        texts = []
        for variable, usual in (CONFIG_FILE, SHARED_FILE):
            texts.append((yield from text_at(self._environ.get(variable) or usual)))
        config, shared = texts
        return (
            yield from resolved(
                self._environ, now=now, config=config, shared=shared, profile=self._profile
            )
        )

    def signed(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        by: Credentials,
        at: float,
    ) -> dict[str, str]:
        return bedrock.signed(
            method, url, headers, body, credentials=by, at=at, region=self._region
        )

    def secrets_of(self, found: Credentials) -> tuple[str | None, ...]:
        return found.secret_access_key, found.session_token
