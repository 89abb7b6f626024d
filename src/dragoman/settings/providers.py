"""All providers that can be asked: those we know, and what the settings make of them.

References to secrets are resolved here, and so are the usual environment variables. What reads
settings is loaded by whoever has some.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.provider import Provider
from dragoman.providers.table import PROVIDERS
from dragoman.settings.secret import Secret, resolved

if TYPE_CHECKING:
    from dragoman.providers.aws.credentials import Credentials
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

    aws: "Credentials | None" = None
    """AWS's own credentials, where they sign for it: without a key."""

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
    known = {
        name: _signed_for(row, _usual_key(row, environ), environ) for name, row in PROVIDERS.items()
    }
    last = {name: settings for settings in written for name in settings.providers}
    for name, settings in last.items():
        with settings.source.named():
            known[name] = _configured(name, settings, environ)
    if RESPONSES not in last:
        known[RESPONSES] = of_one_account(known["openai"], known[RESPONSES])
    return known


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
    if wanted.api_key is None:
        key = _usual_key(row, environ)
    else:
        key = resolved(wanted.api_key, environ=environ, key=f"{key_of('providers', name)}.api_key")
    signed_for = _signed_for(row, key, environ)
    return msgspec.structs.replace(signed_for, base_model=wanted.base_model)


def _signed_for(
    row: Provider, key: Secret | None, environ: Mapping[str, str]
) -> ConfiguredProvider:
    """A provider with what signs for it: its key, else the keys that the environment holds.

    Most who ask never ask AWS, so that keys which cannot be used are no mistake here; AWS tells.
    """
    if row.signing is None or key is not None or not environ.get("AWS_ACCESS_KEY_ID"):
        return ConfiguredProvider(row=row, api_key=key)
    from dragoman.providers.aws.resolving import of_environment

    with suppress(ConfigurationError):
        return ConfiguredProvider(row=row, aws=of_environment(environ))
    return ConfiguredProvider(row=row)
