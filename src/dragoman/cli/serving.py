"""`dragoman serve`: the gateway, until it is told to stop."""

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Callable
from typing import Final

import click

from dragoman.cli.simulating import EVERYWHERE
from dragoman.errors import ConfigurationError
from dragoman.gateway.configuration import Configuration, configure
from dragoman.gateway.entry import Entry, as_json, for_people
from dragoman.gateway.serving import Service

AGAIN_SECONDS: Final = 1.0
"""Between two lines of the log that say the same."""

GARBAGE_THRESHOLD: Final = 20_000
"""Objects that may be made, less those that have gone, before circles are looked for."""

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
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(served(path, configuration, host=host, port=port, for_machines=for_machines))
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


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop: uvloop where it is installed, which takes half of asyncio's time
    for what goes over sockets.
    """
    try:
        import uvloop
    except ImportError:  # Windows has none
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


class Lines:
    """The log: the lines of one turn of the loop are written together."""

    def __init__(self, line: Callable[[Entry], str]) -> None:
        self._line = line
        self._waiting: list[str] = []

    def tell(self, entry: Entry) -> None:
        """Write a line, in this turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.write)
        self._waiting.append(self._line(entry))

    def write(self) -> None:
        """Write what waits."""
        lines, self._waiting = self._waiting, []
        if lines:
            click.echo("\n".join(lines), err=True)


async def served(
    path: str | None,
    configuration: Configuration,
    *,
    host: str | None,
    port: int | None,
    for_machines: bool,
) -> None:
    lines = Lines(as_json if for_machines else for_people)
    service = Service(path, configuration, tell=lines.tell)
    await service.listen(host, port)
    service.obey_signals()  # before anybody reads that it listens
    welcome(configuration, configuration.host(host), service.port)
    settle_memory()
    try:
        await service.run()
    finally:
        lines.write()


def settle_memory() -> None:
    """What is there now stays: nobody looks through it for garbage again.

    Requests leave no circles behind, so that what looks for them may do it seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)


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
