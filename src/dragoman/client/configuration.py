"""What a client is made of, from its arguments and the environment, read once."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman.client.asking import Options
from dragoman.errors import ConfigurationError
from dragoman.settings.providers import ConfiguredProvider, configured
from dragoman.settings.secret import Secret
from dragoman.transport.timeouts import Timeout


class Settings(msgspec.Struct, frozen=True, kw_only=True):
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
            headers=dict(self.default_headers or {}),
        )

    def known(self, environ: Mapping[str, str]) -> dict[str, ConfiguredProvider]:
        """The providers, those of the settings and the arguments on top of those we know."""
        written = {**_providers_of(self.settings), **(self.providers or {})}
        known = configured(written, environ=environ)
        openai = known["openai"]
        # Where the settings tell of the provider, the usual variables have nothing to add.
        usual = {} if "openai" in written else environ
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
        return known


def _providers_of(settings: Any) -> Mapping[str, Any]:
    """The providers of a settings file, or of a dict of the same shape."""
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        settings = _read(settings)
    unknown = sorted(settings.keys() - {"providers"})
    if unknown:
        raise ConfigurationError(
            f"{unknown[0]}: expected no other table than providers", param=unknown[0]
        )
    providers = settings.get("providers", {})
    if not isinstance(providers, Mapping):
        raise ConfigurationError(
            f"providers: expected a table; got {type(providers).__name__}", param="providers"
        )
    return providers


def _read(path: Any) -> Mapping[str, Any]:
    import tomllib  # only those who have a file need it

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(
            f"settings: expected a readable file at {path}; got {type(error).__name__}",
            param="settings",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: expected TOML; {error}", param="settings") from None
