"""What a client is made of, from its arguments and the environment, read once."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from dragoman.client.asking import Options, lowered
from dragoman.errors import ConfigurationError
from dragoman.settings.providers import RESPONSES, ConfiguredProvider, configured, of_one_account
from dragoman.settings.secret import Secret
from dragoman.transport.timeouts import Timeout

if TYPE_CHECKING:
    from dragoman.settings.file import Settings


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments that both clients take; each says in its docstring what they mean."""

    api_key: str | None = None
    base_url: str | None = None
    organization: str | None = None
    project: str | None = None
    timeout: float | Timeout | None = None
    max_retries: int = 2
    default_headers: Mapping[str, str] | None = None
    settings: Any = None
    providers: Mapping[str, Any] | None = None

    def options(self) -> Options:
        """How the client asks."""
        if self.max_retries < 0:
            raise ConfigurationError(
                f"max_retries: expected 0 or more; got {self.max_retries}", param="max_retries"
            )
        return Options(
            timeout=Timeout.of(self.timeout),
            max_retries=self.max_retries,
            headers=lowered(self.default_headers or {}),
        )

    def written(self) -> "tuple[Settings | None, Settings | None]":
        """The settings, and the providers of the arguments, which go before those."""
        if self.settings is None and self.providers is None:
            return None, None
        from dragoman.settings.file import read  # only those who have settings need it

        given = None if self.providers is None else read({"providers": self.providers})
        beside = given.providers if given else ()
        return None if self.settings is None else read(self.settings, beside=beside), given

    def known(
        self, written: "Iterable[Settings | None]", environ: Mapping[str, str]
    ) -> dict[str, ConfiguredProvider]:
        """The providers, those that are written on top of those we know."""
        settings = [one for one in written if one is not None]
        known = configured(*settings, environ=environ)
        openai = known["openai"]
        # Where the settings tell of the provider, the usual variables have nothing to add.
        usual = {} if any("openai" in one.providers for one in settings) else environ
        headers = {
            name: value
            for name, value in (
                ("openai-organization", self.organization or usual.get("OPENAI_ORG_ID")),
                ("openai-project", self.project or usual.get("OPENAI_PROJECT_ID")),
            )
            if value
        }
        row = openai.row
        base_url = self.base_url or usual.get("OPENAI_BASE_URL")
        if base_url:
            row = msgspec.structs.replace(row, base_url=base_url)
        key = openai.api_key if self.api_key is None else Secret(self.api_key)
        known["openai"] = msgspec.structs.replace(openai, row=row, api_key=key, headers=headers)
        if not any(RESPONSES in one.providers for one in settings):
            known[RESPONSES] = of_one_account(known["openai"], known[RESPONSES])
        return known
