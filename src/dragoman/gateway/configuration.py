"""One version of the settings, ready to answer by: validated, resolved, with its transports."""

import asyncio
import functools
import os
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dragoman.client.asking import Asked, Options, Target, aimed, message
from dragoman.client.asynchronous import AsyncTransports
from dragoman.client.signing import Unsigned
from dragoman.dialects.dialect import Encoded, OnLoss
from dragoman.dialects.openai_chat.encoding import path
from dragoman.dialects.openai_chat.families import family_of
from dragoman.gateway.guarding import Keys, is_loopback
from dragoman.gateway.replies import JSON
from dragoman.settings.checking import key_of, mistake
from dragoman.settings.file import Settings, read
from dragoman.settings.providers import ConfiguredProvider, configured
from dragoman.settings.secret import resolved
from dragoman.transport.aio.connection import Connection, Ears
from dragoman.transport.aio.hearing import PooledHearing
from dragoman.transport.aio.pool import Lane
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.hearing import Awaited, Hearer, Hearing
from dragoman.transport.http1.client import Envelope, envelope
from dragoman.transport.protocol import Request
from dragoman.transport.timeouts import Timeout

CONNECTIONS_PER_HOST: Final = 1024
"""Attempts under way at one upstream; a client's own hundred would be little for many callers."""

WAYS_KEPT: Final = 1024
"""Models whose way is remembered; callers may make up any number of names."""


class Way:
    """How a model is reached, and what all requests to it have in common."""

    def __init__(self, target: Target, options: Options, transports: "Upstreams") -> None:
        self.target = target
        self.options = options
        self.transports = transports
        timeout = options.timeout
        self._patience = min(timeout.write, timeout.first_byte, timeout.first_content)
        self._lane: Lane | None = None
        self.relays = target.provider.row.exact
        """Whether requests that the target takes as they are keep their bytes."""
        self.rewords = family_of(target.model).reasoning
        """Whether some fields have to be said to this model in other words."""
        self.model = msgspec.Raw(msgspec.json.encode(target.model))
        self._asked: dict[tuple[bool, bool, bool], Asked] = {}

    def asked(self, *, stream: bool, include_usage: bool, kept: bool) -> Asked:
        """What is asked by a request that keeps its bytes, which are not in it."""
        key = stream, include_usage, kept
        asked = self._asked.get(key)
        if asked is None:
            target = self.target
            encoded = Encoded(
                method="POST",
                path=path(target.profile.quirks, target.model),
                headers=dict(JSON),
                body=b"",
            )
            sent = message(
                encoded.path, target.provider, self.options, method="POST", encoded=encoded
            )
            asked = self._asked[key] = Asked(
                target=target.name,
                model=target.model,
                stream=stream,
                include_usage=include_usage,
                exact=True,
                kept=kept,
                dialect=target.dialect,
                profile=target.profile,
                encoded=encoded,
                message=sent,
                key=target.provider.api_key,
            )
        return asked

    @functools.cached_property
    def envelope(self) -> Envelope | None:
        """The head of such a request, ready to be sent; None where no socket takes it, and where
        each attempt is signed for itself.
        """
        sent = self._message
        if sent.url.startswith("sim:") or isinstance(sent, Unsigned):
            return None
        return envelope(sent.method, sent.url, sent.headers)

    def ask(self, body: bytes, ears: Ears) -> Connection | None:
        """Sends a request that keeps its bytes over an idle connection, as `Lane.ask`."""
        around, lane = self.envelope, self._lane
        if around is None:
            return None
        if lane is None or not lane.idle or lane.loop is not asyncio.get_running_loop():
            lane = self._lane = self._network.lane(around)
        return None if lane is None else lane.ask(around, body, ears, seconds=self._patience)

    def take_over(
        self, connection: Connection, hearer: Hearer, *, timeout: Timeout, since: float
    ) -> PooledHearing:
        """Goes on with what `ask` began then, on the loop's clock."""
        assert self.envelope is not None
        return self._network.take_over(
            connection, self.envelope, hearer, timeout=timeout, since=since
        )

    @functools.cached_property
    def _network(self) -> AsyncioTransport:
        network = self.transports.of(self._message.url)
        assert isinstance(network, AsyncioTransport)
        return network

    @property
    def _message(self) -> Request:
        return self.asked(stream=False, include_usage=False, kept=False).message


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

    def hear(
        self,
        request: Request,
        body: bytes,
        known: Envelope | None,
        hearer: Hearer,
        timeout: Timeout,
    ) -> Hearing:
        """Makes an attempt, with this body; raises `ConfigurationError` where that cannot be."""
        if isinstance(request, Unsigned):
            request, known = msgspec.structs.replace(request, body=body), None
            signed = request.signed_at_once(at=self.now())
            if signed is None:
                return Awaited(self.to(request), request, hearer, timeout=timeout)
            request = signed
        carrier = self.of(request.url)
        if not isinstance(carrier, AsyncioTransport):
            request = msgspec.structs.replace(request, body=body)
            return Awaited(carrier, request, hearer, timeout=timeout)
        if known is None:
            known = envelope(request.method, request.url, request.headers)
        return carrier.hear(known, body, hearer, timeout=timeout)


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
        self.tells_all = settings.gateway.log == "requests"
        """Whether a request that was answered is told, too."""
        self.transports = Upstreams(None, None, None)
        self._ways: dict[tuple[str, OnLoss], Way] = {}

    @property
    def usable(self) -> list[str]:
        """The providers that can be asked and bill somebody: all but the simulator."""
        return sorted(
            name
            for name, one in self.providers.items()
            if name != "sim"
            and one.row.base_url is not None
            and (one.api_key is not None or (name in self.settings.providers and not one.lacks_key))
        )

    def host(self, given: str | None = None) -> str:
        """The address to listen on: this one, or that of the settings.

        Raises `ConfigurationError` for one that others reach, where no key is set.
        """
        host = self.settings.gateway.host if given is None else given
        if self.keys or is_loopback(host):
            return host
        expected, got = "a loopback address, or a key in [keys.NAME]", f"{host!r} and no key"
        if given is not None:
            raise mistake("--host", expected, got)
        with self.settings.source.named():
            raise mistake("gateway.host", expected, got)

    def way(self, model: str, how: OnLoss) -> Way:
        """How the model is reached that a caller means by this name; raises as `aimed` does."""
        way = self._ways.get((model, how))
        if way is None:
            if len(self._ways) >= WAYS_KEPT:
                self._ways.clear()
            target = aimed(model, self.providers, self.settings, on_loss=how)
            way = self._ways[model, how] = Way(target, self.options, self.transports)
        return way

    def close(self) -> None:
        """Close what is idle; answers under way go on."""
        self.transports.close()


def configure(written: Any = None, *, environ: Mapping[str, str] | None = None) -> Configuration:
    """The configuration that a settings file (or a dict of its shape) and the environment make.

    Raises `ConfigurationError` naming file, line and key.
    """
    environ = os.environ if environ is None else environ
    settings = Settings() if written is None else read(written)
    providers = configured(settings, environ=environ)
    with settings.source.named():
        keys = {
            name: resolved(one.key, environ=environ, key=f"{key_of('keys', name)}.key").reveal()
            for name, one in settings.keys.items()
        }
    return Configuration(settings=settings, providers=providers, keys=Keys(keys))
