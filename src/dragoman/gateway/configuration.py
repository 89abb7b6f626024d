"""One version of the settings, ready to answer by: validated, resolved, with its transports."""

import os
from collections.abc import Mapping
from typing import Any, Final

from dragoman.client.asking import Options
from dragoman.client.asynchronous import AsyncTransports
from dragoman.gateway.guarding import Keys
from dragoman.settings.checking import key_of
from dragoman.settings.file import Settings, read
from dragoman.settings.providers import ConfiguredProvider, configured
from dragoman.settings.secret import resolved
from dragoman.transport.asynchronous import AsyncioTransport

CONNECTIONS_PER_HOST: Final = 1024
"""Attempts under way at one upstream; a client's own hundred would be little for many callers."""


class Upstreams(AsyncTransports):
    """What carries requests, loaded at the start: a first request waits for no import, and finds
    it also where no file can be opened any more.
    """

    def network(self) -> AsyncioTransport:
        """What speaks HTTP."""
        return AsyncioTransport(
            proxy=self.proxy,
            environ=self.environ,
            ssl_context=self.ssl_context,
            limit_per_host=CONNECTIONS_PER_HOST,
        )


class Configuration:
    """What a request is answered by, from its first byte to its last."""

    def __init__(
        self,
        *,
        settings: Settings,
        providers: Mapping[str, ConfiguredProvider],
        keys: Keys,
    ) -> None:
        self.settings = settings
        self.providers = providers
        self.keys = keys
        self.options = Options()
        self.transports = Upstreams(None, None, None)

    @property
    def usable(self) -> list[str]:
        """The providers that can be asked and bill somebody: all but the simulator."""
        return sorted(
            name
            for name, one in self.providers.items()
            if name != "sim"
            and (one.api_key is not None or (name in self.settings.providers and not one.lacks_key))
        )

    def close(self) -> None:
        """Close what is idle; answers under way go on."""
        self.transports.close()


def configure(written: Any = None, *, environ: Mapping[str, str] | None = None) -> Configuration:
    """The configuration that a settings file (or a dict of its shape) and the environment make.

    Raises `ConfigurationError` naming file, line and key.
    """
    environ = os.environ if environ is None else environ
    settings = Settings() if written is None else read(written)
    with settings.source.named():
        providers = configured(settings, environ=environ)
        keys = {
            name: resolved(one.key, environ=environ, key=f"{key_of('keys', name)}.key").reveal()
            for name, one in settings.keys.items()
        }
    return Configuration(settings=settings, providers=providers, keys=Keys(keys))
