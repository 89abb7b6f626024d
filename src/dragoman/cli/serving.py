"""`dragoman serve`: the gateway, until it is told to stop."""

import asyncio
import json
import logging
import sys
from typing import Final

import click

from dragoman.cli.simulating import EVERYWHERE
from dragoman.errors import ConfigurationError
from dragoman.gateway.configuration import Configuration, configure
from dragoman.gateway.entry import Entry, as_json, for_people
from dragoman.gateway.serving import Service

AGAIN_SECONDS: Final = 1.0
"""Between two lines of the log that say the same."""

QUESTION: Final = {"model": "sim/hello", "messages": [{"role": "user", "content": "Hi"}]}


def serve(path: str | None, *, host: str | None, port: int | None) -> None:
    """Serve; settings that cannot work end it with exit code 2."""
    for_machines = not sys.stderr.isatty()
    voice = logging.StreamHandler()
    voice.setFormatter(JsonLines() if for_machines else logging.Formatter("%(message)s"))
    voice.addFilter(NotAgain())
    logging.basicConfig(level=logging.WARNING, handlers=[voice])
    logging.getLogger("dragoman.gateway").setLevel(logging.INFO)
    try:
        configuration = configure(path)
        asyncio.run(served(path, configuration, host=host, port=port, for_machines=for_machines))
    except ConfigurationError as error:
        click.echo(f"dragoman: {error.message}", err=True)
        raise SystemExit(2) from None
    except OSError as error:
        raise click.ClickException(f"cannot listen: {error.strerror or error}") from None


class JsonLines(logging.Formatter):
    """What the gateway has to say besides its entries, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        told = {"at": record.created, "level": record.levelname, "message": record.getMessage()}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told)


class NotAgain(logging.Filter):
    """The same thing is told once a second: asyncio tells a thousand times a second that it has no
    descriptor left.
    """

    _told: tuple[str, float] = ("", 0.0)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this is to be told."""
        message, (before, at) = record.getMessage(), self._told
        if message == before and 0 <= record.created - at < AGAIN_SECONDS:
            return False
        self._told = (message, record.created)
        return True


async def served(
    path: str | None,
    configuration: Configuration,
    *,
    host: str | None,
    port: int | None,
    for_machines: bool,
) -> None:
    line = as_json if for_machines else for_people

    def tell(entry: Entry) -> None:
        click.echo(line(entry), err=True)

    service = Service(path, configuration, tell=tell)
    await service.listen(host, port)
    service.obey_signals()  # before anybody reads that it listens
    welcome(configuration, configuration.host(host), service.port)
    await service.run()


def welcome(configuration: Configuration, host: str, port: int) -> None:
    """Where it listens, what can be asked, and a line that works when it is pasted."""
    near = EVERYWHERE.get(host, host)
    base_url = f"http://{f'[{near}]' if ':' in near else near}:{port}/v1"
    click.echo(f"The gateway listens at {base_url} until Ctrl-C.")
    providers = configuration.usable
    if providers:
        click.echo(f"Providers: {', '.join(providers)}.")
    else:
        click.echo(
            "No provider is configured yet: set a key, such as OPENAI_API_KEY, or name one in a\n"
            "settings file (--settings). Until then the simulator answers; it is no model."
        )
    key = " -H 'Authorization: Bearer YOUR_KEY'" if configuration.keys else ""
    click.echo("Try it:")
    click.echo(
        f"curl {base_url}/chat/completions -H 'Content-Type: application/json'{key} "
        f"-d '{json.dumps(QUESTION)}'"
    )
