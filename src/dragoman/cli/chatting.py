"""`dragoman chat`: one question, one answer."""

import click
import msgspec

from dragoman.cli.asker import asker, called
from dragoman.client.signature import Message
from dragoman.errors import Error


def chat(
    model: str,
    prompt: str,
    *,
    system: str | None,
    max_tokens: int | None,
    as_json: bool,
    via: str | None,
) -> None:
    """Ask, and print the answer; the exit code is 1 where there is none."""
    messages: list[Message] = [{"role": "user", "content": prompt}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    try:
        with asker(via) as client:
            completions, name = client.chat.completions, called(model, via)
            if as_json:
                response = completions.create(
                    model=name, messages=messages, max_completion_tokens=max_tokens
                )
                click.echo(msgspec.json.encode(response))
                return
            with completions.create(
                model=name, messages=messages, stream=True, max_completion_tokens=max_tokens
            ) as stream:
                for chunk in stream:
                    for choice in chunk.choices:
                        click.echo(choice.delta.content or choice.delta.refusal or "", nl=False)
        click.echo()
    except Error as error:
        raise click.ClickException(error.message) from None
