"""`dragoman translate`: what is said in one dialect, in another."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import click

from dragoman import translate
from dragoman.dialects import DIALECTS
from dragoman.errors import Error
from dragoman.wire import reading

ANSWERING: Final = frozenset(
    {"candidates", "choices", "content", "error", "message", "output", "promptFeedback"}
)
"""Keys that only answers have, in one dialect or another."""

PIECE: Final = 64 * 1024
"""Bytes of a stream that are read at once."""


def document(text: bytes, source: str, target: str, *, model: str | None) -> None:
    """Translate a request, a response or an error, whichever this is."""
    try:
        if _is_request(text):
            _request(text, source, target, model)
        else:
            response = translate.response(text, source)
            click.echo(DIALECTS[target].encode_response(response))
    except Error as error:
        _failed(error, target)


def _is_request(text: bytes) -> bool:
    try:
        value: Any = reading.read_untyped(text)
    except reading.UnreadableError:
        return False
    return isinstance(value, dict) and not ANSWERING & value.keys()


def _request(text: bytes, source: str, target: str, model: str | None) -> None:
    request = DIALECTS[source].decode_request(text)
    encoded = translate.request(request, target, model=model)
    for loss in encoded.losses:
        click.echo(f"{loss.kind} {loss.pointer}: {loss.reason}", err=True)
    click.echo(encoded.body)


def stream(file: BinaryIO, source: str, target: str) -> None:
    """Translate a stream as it comes, usage included."""
    try:
        encoder = DIALECTS[target].stream_encoder(include_usage=True)
    except Error as error:
        raise click.ClickException(error.message) from None
    try:
        for chunk in translate.stream(_pieces(file), source):
            click.echo(encoder.encode(chunk), nl=False)
        click.echo(encoder.end(), nl=False)
    except Error as error:
        click.echo(encoder.error(error), nl=False)
        raise click.ClickException(error.message) from None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _failed(error: Error, target: str) -> None:
    """An error inside the document is translated like the rest; the exit code tells it."""
    click.echo(DIALECTS[target].encode_error(error).body)
    raise click.ClickException(error.message)
