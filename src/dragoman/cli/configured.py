"""`dragoman check`, `models` and `doctor`: what the settings and the environment make possible."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from dragoman.cli.asker import GATEWAY, asker
from dragoman.client.sync import Client
from dragoman.errors import ConfigurationError, Error
from dragoman.gateway.configuration import Configuration, configure
from dragoman.settings.providers import ConfiguredProvider
from dragoman.settings.secret import whereabouts
from dragoman.simulator.models import MODELS
from dragoman.transport.asynchronous import AsyncioTransport
from dragoman.transport.protocol import Request, shown
from dragoman.transport.timeouts import Timeout

SHORT: Final = Timeout(dns=2, connect=3, tls=3, first_byte=2, total=8)
"""For a host to be reached in; whether it answers is no question here."""


@contextmanager
def mistakes() -> Iterator[None]:
    """Settings that cannot work are told in a line, and end it with exit code 2."""
    try:
        yield
    except ConfigurationError as error:
        click.echo(error.message, err=True)
        raise SystemExit(2) from None


def check(path: str) -> None:
    """Say whether the gateway could start with this file, or take it over."""
    with mistakes():
        configuration = configure(path)
        configuration.host()
    settings = configuration.settings
    counted = {
        "providers": len(settings.providers),
        "models": len(settings.models),
        "keys": len(settings.keys),
    }
    told = ", ".join(f"{name}: {number}" for name, number in counted.items())
    click.echo(f"{path}: no mistake ({told})")


def models(path: str | None, via: str | None) -> None:
    """Print what can be asked for, a name a line; whoever cannot be asked is told apart."""
    if via is not None:
        with asker(via) as client:
            if not listed(client, GATEWAY, ""):
                raise SystemExit(1)
        return
    with mistakes():
        configuration = configure(path)
    for name in [*configuration.settings.models, *(f"sim/{name}" for name in MODELS)]:
        click.echo(name)
    with Client(settings=path) as client:
        failures = [one for one in configuration.usable if not listed(client, one, f"{one}/")]
    if failures:
        raise SystemExit(1)


def listed(client: Client, provider: str, before: str) -> bool:
    """Whether the models of this provider could be printed."""
    try:
        for model in client.models.list(provider=provider).data:
            click.echo(f"{before}{model.id}")
    except Error as error:
        click.echo(f"{provider}: {error.message}", err=True)
        return False
    return True


def doctor(path: str | None) -> None:
    """Print who is configured, by which key, and whether it can be reached; else exit code 1."""
    with mistakes():
        configuration = configure(path)
    if path is None:
        click.echo("No settings file: the usual variables of providers are read.")
    else:
        click.echo(f"Settings: {path}")
        click.echo(f"Keys of callers: {', '.join(configuration.settings.keys) or 'none'}")
    rows = {name: configuration.providers[name] for name in configuration.usable}
    failures = asyncio.run(examined(rows, configuration))
    others = [
        f"{name} ({missing(one)})"
        for name, one in sorted(configuration.providers.items())
        if name not in rows and one.row.key_variable is not None
    ]
    told = f"Not configured, and what is missing: {', '.join(others) or 'none'}"
    click.echo(click.wrap_text(told, subsequent_indent="  "))
    click.echo("The simulator (sim) needs no key and no network.")
    if failures:
        raise SystemExit(1)


async def examined(rows: dict[str, ConfiguredProvider], configuration: Configuration) -> int:
    """How many of these could not be reached; each is told, in their order."""
    transport = AsyncioTransport(environ=dict(os.environ))
    try:
        found = await asyncio.gather(*(reached(one, transport) for one in rows.values()))
    finally:
        transport.close()
    for (name, one), error in zip(rows.items(), found, strict=True):
        click.echo(
            f"{name}: {shown(one.row.base_url or '')}, key: {key_of(name, configuration)}, "
            + ("reached" if error is None else f"NOT REACHED: {error}")
        )
    return sum(error is not None for error in found)


async def reached(provider: ConfiguredProvider, transport: AsyncioTransport) -> str | None:
    """None where its host takes connections, over TLS where it should; else why not.

    It is asked for nothing that costs, and shown no key: whatever it answers, it is there.
    """
    request = Request(method="HEAD", url=provider.row.base_url or "", headers={}, body=b"")
    try:
        (await transport.send(request, timeout=SHORT)).close()
    except ConfigurationError as error:
        return error.message
    except Error as error:
        return error.message if error.attempt_class == "not_sent" else None
    return None


def missing(provider: ConfiguredProvider) -> str:
    """What keeps this provider from being asked, as it would be set."""
    key = [] if provider.api_key is not None else [str(provider.row.key_variable)]
    return ", ".join([*key, *(["base_url"] if provider.row.base_url is None else [])])


def key_of(name: str, configuration: Configuration) -> str:
    """Where the key of this provider is; never the key."""
    written = configuration.settings.providers.get(name)
    if written is not None and written.api_key is not None:
        return whereabouts(written.api_key)
    provider = configuration.providers[name]
    if provider.identity is not None:
        return f"none, but {provider.identity!r}"
    return "none" if provider.api_key is None else str(provider.row.key_variable)
