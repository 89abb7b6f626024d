"""The commands and their options; what they do stands in modules of their own."""

import sys
from typing import BinaryIO

import click

from dragoman.cli import chatting, translating
from dragoman.dialects import DIALECTS

DIALECT = click.Choice(sorted(DIALECTS))

SETTINGS = click.option(
    "--settings",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The settings file; without one, the usual variables of providers are read.",
)

VIA = click.option(
    "--via",
    metavar="URL",
    help="The gateway to ask, as http://127.0.0.1:4000/v1; its key is in DRAGOMAN_API_KEY.",
)


@click.group()
@click.version_option(package_name="dragoman", message="dragoman %(version)s")
def dragoman() -> None:
    """One chat completion response, whatever model answered.

    \b
    Examples:
      dragoman --version
      dragoman chat -m sim/hello "Hi"
      dragoman serve
      dragoman doctor
      dragoman sim
      dragoman translate --from openai-chat --to openai-chat request.json
    """


@dragoman.command()
@click.argument("words", nargs=-1, metavar="[MODEL] [PROMPT]")
@click.option("-m", "--model", metavar="MODEL", help="Whom to ask: provider/model.")
@click.option("--system", metavar="TEXT", help="Instructions that come before the prompt.")
@click.option("--max-tokens", type=int, metavar="N", help="The most tokens to generate.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole response as JSON.")
@VIA
def chat(
    words: tuple[str, ...],
    model: str | None,
    system: str | None,
    max_tokens: int | None,
    as_json: bool,
    via: str | None,
) -> None:
    """Ask MODEL (provider/model) and print its answer as it comes.

    Without PROMPT the prompt is read from standard input. A provider's key is read from its
    usual environment variable, such as OPENAI_API_KEY; a gateway's from DRAGOMAN_API_KEY. The
    provider `sim` is a simulator in this process: no key, no network, and no model.

    \b
    Examples:
      dragoman chat -m sim/hello "Hi"
      dragoman chat sim/hello "Hi"
      echo "Say this again" | dragoman chat -m sim/echo
      dragoman chat -m sim/echo "Hi" --system "Be brief."
      dragoman chat -m "sim/words?n=200" "Hi" --max-tokens 20
      dragoman chat -m sim/hello "Hi" --json
      dragoman chat -m sim/hello "Hi" --via http://127.0.0.1:4000/v1
    """
    if model is None:
        if not words:
            raise click.UsageError("expected a model, as -m provider/model; got none")
        model, *words_left = words
    else:
        words_left = list(words)
    if len(words_left) > 1:
        raise click.UsageError("expected one prompt, in quotes; got more")
    text = words_left[0] if words_left else sys.stdin.read()
    chatting.chat(model, text, system=system, max_tokens=max_tokens, as_json=as_json, via=via)


@dragoman.command()
@click.argument("file", type=click.Path(dir_okay=False))
def check(file: str) -> None:
    """Say whether the gateway could run with the settings in FILE.

    A mistake is told with file, line and key, and ends it with exit code 2. References to
    secrets are followed, so that one that leads to nothing is a mistake, too.

    \b
    Examples:
      dragoman check dragoman.toml
    """
    from dragoman.cli import configured  # brings asyncio along, which the others can do without

    configured.check(file)


@dragoman.command()
@SETTINGS
def doctor(settings: str | None) -> None:
    """Say which providers are configured, by which keys, and whether they can be reached.

    Of a key only the place is told: the name of a variable, a file. The exit code is 1 where
    the host of a provider cannot be reached, 2 for a mistake in the settings.

    \b
    Examples:
      dragoman doctor
      dragoman doctor --settings dragoman.toml
    """
    from dragoman.cli import configured  # brings asyncio along, which the others can do without

    configured.doctor(settings)


@dragoman.command()
@SETTINGS
@VIA
def models(settings: str | None, via: str | None) -> None:
    """List what can be asked for, a name a line.

    Each provider that is configured is asked for its models. The exit code is 1 where one
    cannot be.

    \b
    Examples:
      dragoman models
      dragoman models --settings dragoman.toml
      dragoman models --via http://127.0.0.1:4000/v1
    """
    from dragoman.cli import configured  # brings asyncio along, which the others can do without

    if via is not None and settings is not None:
        raise click.UsageError("expected --settings or --via; got both")
    configured.models(settings, via)


@dragoman.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8089,
    show_default=True,
    metavar="N",
    help="The port to listen on; 0 is any that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on; any but a loopback one lets others in.",
)
def sim(port: int, host: str) -> None:
    """Serve the simulator over HTTP, with OpenAI's paths, until Ctrl-C.

    It needs no key, and is no model. What it says, how slowly, and what goes wrong stands in
    the name of the model that is asked: sim/words?n=200&rate=80, sim/fail?status=429.

    \b
    Examples:
      dragoman sim
      dragoman sim --port 8090
      dragoman sim --host 127.0.0.1 --port 0
    """
    from dragoman.cli import simulating  # brings asyncio along, which the others can do without

    simulating.serve(host, port)


@dragoman.command()
@SETTINGS
@click.option(
    "--host",
    metavar="ADDRESS",
    help="The address to listen on, 127.0.0.1 by default; any but a loopback one wants a key.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="The port to listen on, 4000 by default; 0 is any that is free.",
)
def serve(settings: str | None, host: str | None, port: int | None) -> None:
    """Serve any OpenAI client: each model of each provider, behind one address.

    A change of the settings file, or SIGHUP, is taken over while requests are under way. SIGTERM
    and Ctrl-C stop in order; a second time, at once.

    \b
    Examples:
      dragoman serve
      dragoman serve --settings dragoman.toml
      dragoman serve --host 127.0.0.1 --port 4000
    """
    from dragoman.cli import serving  # brings asyncio along, which the others can do without

    serving.serve(settings, host=host, port=port)


@dragoman.command()
@click.option("--from", "source", type=DIALECT, required=True, help="The dialect of FILE.")
@click.option("--to", "target", type=DIALECT, required=True, help="The dialect to print.")
@click.option("--model", metavar="NAME", help="The model that a request is for.")
@click.option("--stream", is_flag=True, help="FILE is a stream of events.")
@click.argument("file", type=click.File("rb"), default="-")
def translate(source: str, target: str, model: str | None, stream: bool, file: BinaryIO) -> None:
    """Translate FILE (or standard input): a request, a response, an error or a stream.

    The translation goes to standard output. What a request loses on the way is told on
    standard error, one loss a line.

    \b
    Examples:
      dragoman translate --from openai-chat --to openai-chat request.json
      dragoman translate --from openai-chat --to openai-chat --model gpt-5-mini request.json
      dragoman translate --from openai-chat --to openai-chat response.json
      dragoman translate --from openai-chat --to openai-chat --stream stream.txt
    """
    if stream:
        translating.stream(file, source, target)
    else:
        translating.document(file.read(), source, target, model=model)
