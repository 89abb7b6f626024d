"""All providers that can be asked: those we know, and what the settings make of them.

References to secrets are resolved here, and so are the usual environment variables. What reads
settings is loaded by whoever has some.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dragoman.providers.provider import Provider
from dragoman.providers.table import PROVIDERS
from dragoman.settings.secret import Secret, resolved

if TYPE_CHECKING:
    from dragoman.providers.identity import Identity
    from dragoman.settings.file import Settings

RESPONSES: Final = "openai-responses"
"""OpenAI by its other API."""


class ConfiguredProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that can be asked: its row, and what signs for it."""

    row: Provider
    """Where it is and what it does otherwise."""

    api_key: Secret | None = None
    """The key; None where none is needed, or none is known."""

    base_model: str | None = None
    """The model behind its deployments."""

    headers: dict[str, str] = {}
    """Headers that every request to it carries."""

    identity: "Identity[Any] | None" = None
    """What signs for it, where it has no key and something does."""

    @property
    def lacks_key(self) -> bool:
        """Whether a provider that wants a key, at its own address, would be asked without one."""
        known = PROVIDERS.get(self.row.name)
        at_home = known is not None and known.base_url == self.row.base_url
        return at_home and self.row.key_variable is not None and self.api_key is None


def configured(*written: "Settings", environ: Mapping[str, str]) -> dict[str, ConfiguredProvider]:
    """All providers by name; of settings that know the same one, the last have it.

    Where nothing is said of OpenAI's other API, it is where the first is.

    Raises `ConfigurationError` naming the key, what was expected and what came.
    """
    known = {name: _usual(row, environ) for name, row in PROVIDERS.items()}
    last = {name: settings for settings in written for name in settings.providers}
    for name, settings in last.items():
        with settings.source.named():
            known[name] = _configured(name, settings, environ)
    if RESPONSES not in last:
        known[RESPONSES] = of_one_account(known["openai"], known[RESPONSES])
    return known


def _usual(row: Provider, environ: Mapping[str, str]) -> ConfiguredProvider:
    key = _usual_key(row, environ)
    if row.signing == "aws" and ("AWS_REGION" in environ or "AWS_DEFAULT_REGION" in environ):
        from dragoman.settings.identities import identified

        return identified(row, key, environ, wanted=None)
    return ConfiguredProvider(row=row, api_key=key)  # the others that sign have no address yet


def of_one_account(openai: ConfiguredProvider, other: ConfiguredProvider) -> ConfiguredProvider:
    """The other API of OpenAI, asked as the first is: its key goes to no other address."""
    row = msgspec.structs.replace(other.row, base_url=openai.row.base_url)
    return msgspec.structs.replace(
        other, row=row, api_key=openai.api_key, base_model=openai.base_model, headers=openai.headers
    )


def _usual_key(row: Provider, environ: Mapping[str, str]) -> Secret | None:
    value = environ.get(row.key_variable) if row.key_variable else None
    return Secret(value) if value else None


def _configured(name: str, settings: "Settings", environ: Mapping[str, str]) -> ConfiguredProvider:
    from dragoman.settings.checking import key_of
    from dragoman.settings.provider import row_of

    wanted = settings.providers[name]
    row = row_of(name, wanted)
    if wanted.api_key is not None:
        key = resolved(wanted.api_key, environ=environ, key=f"{key_of('providers', name)}.api_key")
    elif wanted.profile or wanted.credential:
        key = None  # whoever names another proof does not mean the one in the environment
    else:
        key = _usual_key(row, environ)
    provider = ConfiguredProvider(row=row, api_key=key)
    if row.signing is not None:
        from dragoman.settings.identities import identified

        provider = identified(row, key, environ, wanted=wanted)
    return msgspec.structs.replace(provider, base_model=wanted.base_model)
