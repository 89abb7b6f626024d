"""The settings: one TOML file, or a dict of the same shape, read once, checked and typed.

    [providers.lab]
    base_url = "http://10.0.0.7:8000/v1"

    [models.fast]
    targets = ["lab/tiny"]

Every mistake is told with file, line and key. Secrets are kept as they are written, and references
to them are resolved by `settings.providers`; reading a file looks at nothing else.
"""

import os
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.table import PROVIDERS
from dragoman.settings.checking import key_of, mistake, named, only, typed
from dragoman.settings.gateway import GatewaySettings, KeySettings
from dragoman.settings.model import ModelSettings, model_of
from dragoman.settings.provider import ProviderSettings, row_of
from dragoman.settings.source import Source, parsed

TABLES: Final = ("gateway", "keys", "models", "providers")
"""What may stand at the top."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator wrote."""

    providers: dict[str, ProviderSettings] = {}
    """`[providers.NAME]`: who can be asked, besides those we know."""

    models: dict[str, ModelSettings] = {}
    """`[models.NAME]`: what callers may ask for, besides `provider/model`."""

    gateway: GatewaySettings = GatewaySettings()
    """`[gateway]`: where it listens; a client passes it over."""

    keys: dict[str, KeySettings] = {}
    """`[keys.NAME]`: who may ask the gateway; a client passes them over."""

    source: Source = Source()
    """Where it was written."""

    def target(self, model: str) -> str:
        """The `provider/model` that this name stands for; what is no name here, as it is.

        Raises `ConfigurationError` for a model with several targets, or fallbacks: a client asks
        one target and tries no other.
        """
        known = self.models.get(model)
        if known is None:
            return model
        key = key_of("models", model)
        why = "since a client asks one and tries no other"
        with self.source.named():
            if len(known.targets) > 1:
                raise mistake(f"{key}.targets", f"one target, {why}", str(len(known.targets)))
            if known.fallbacks:
                raise mistake(f"{key}.fallbacks", f"no target, {why}", str(len(known.fallbacks)))
        return known.targets[0].target


def read(written: Any, *, beside: Collection[str] = ()) -> Settings:
    """The settings in the TOML file at this path, or in this dict.

    `beside` names the providers that are set elsewhere. Raises `ConfigurationError`.
    """
    if isinstance(written, Mapping):
        return _typed(dict(written), Source(), beside)
    if not isinstance(written, (str, os.PathLike)):
        raise ConfigurationError(
            f"settings: expected a path or a dict; got {type(written).__name__}", param="settings"
        )
    document, source = parsed(os.fsdecode(written))
    with source.named():
        return _typed(document, source, beside)


def _typed(document: dict[str, Any], source: Source, beside: Collection[str]) -> Settings:
    only(document, TABLES, "")
    providers = {}
    for name, key, value in named(document.get("providers", {}), "providers"):
        providers[name] = typed(value, ProviderSettings, key)
        row_of(name, providers[name])
    there = {*PROVIDERS, *providers, *beside}
    models = {}
    for name, key, value in named(document.get("models", {}), "models"):
        models[name] = model_of(value, key, there)
    keys = {
        name: typed(value, KeySettings, key)
        for name, key, value in named(document.get("keys", {}), "keys")
    }
    for name, one in keys.items():
        if not one.key.reveal():
            raise mistake(f"{key_of('keys', name)}.key", "a key", "an empty one")
    gateway = typed(document.get("gateway", {}), GatewaySettings, "gateway")
    if not 0 <= gateway.port <= 65535:
        raise mistake("gateway.port", "a port from 0 to 65535", str(gateway.port))
    if not 0 <= gateway.drain_seconds < float("inf"):
        raise mistake("gateway.drain_seconds", "0 or more seconds", f"{gateway.drain_seconds:g}")
    if gateway.log not in ("requests", "failures"):
        raise mistake("gateway.log", "requests or failures", repr(gateway.log))
    if gateway.memory_limit is not None and gateway.memory_limit < 1:
        raise mistake("gateway.memory_limit", "a number of bytes", str(gateway.memory_limit))
    return Settings(providers=providers, models=models, keys=keys, gateway=gateway, source=source)
