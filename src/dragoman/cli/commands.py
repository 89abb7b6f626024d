"""The commands and their options; what they do stands in modules of their own."""

import sys
from typing import BinaryIO

import click

from dragoman.cli import chatting, translating
from dragoman.dialects import DIALECTS

DIALECT = click.Choice(sorted(DIALECTS))


@click.group()
@click.version_option(package_name="dragoman", message="dragoman %(version)s")
def dragoman() -> None:
    """One chat completion response, whatever model answered.

    \b
    Examples:
      dragoman --version
      dragoman chat sim/hello "Hi"
      dragoman serve
      dragoman sim
      dragoman translate --from openai-chat --to openai-chat request.json
    """


@dragoman.command()
@click.argument("model")
@click.argument("prompt", required=False)
@click.option("--system", metavar="TEXT", help="Instructions that come before the prompt.")
@click.option("--max-tokens", type=int, metavar="N", help="The most tokens to generate.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole response as JSON.")
def chat(
    model: str, prompt: str | None, system: str | None, max_tokens: int | None, as_json: bool
) -> None:
    """Ask MODEL (provider/model) and print its answer as it comes.

    Without PROMPT the prompt is read from standard input. A provider's key is read from its
    usual environment variable, such as OPENAI_API_KEY. The provider `sim` is a simulator in
    this process: it needs no key and no network, and is no model.

    \b
    Examples:
      dragoman chat sim/hello "Hi"
      echo "Say this again" | dragoman chat sim/echo
      dragoman chat sim/echo "Hi" --system "Be brief."
      dragoman chat "sim/words?n=200" "Hi" --max-tokens 20
      dragoman chat sim/hello "Hi" --json
    """
    text = prompt if prompt is not None else sys.stdin.read()
    chatting.chat(model, text, system=system, max_tokens=max_tokens, as_json=as_json)


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
@click.option(
    "--settings",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The settings file; without one, the usual variables of providers are read.",
)
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
      dragoman serve --port 0
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
