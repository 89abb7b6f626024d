"""Translation by hand: for tools, and for people who want to see what is sent and understood.

Nothing here talks to a provider. Where `created` or `id` is None, the clock and chance are
asked.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Dialect, Encoded
from dragoman.dialects.openai_chat.request import written
from dragoman.errors import ConfigurationError
from dragoman.models import shared
from dragoman.providers.provider import profile_of
from dragoman.providers.table import PROVIDERS
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk


def request(
    request: shared.CreateChatCompletionRequest | Mapping[str, Any] | bytes,
    dialect: str,
    *,
    model: str | None = None,
) -> Encoded:
    """The request as a provider of this dialect gets it, with its losses.

    `model` is the model to ask, the request's own where None; a known provider of this dialect
    before a `/` lends its quirks and is taken off. Raises `BadRequestError` for what is no
    request, `UnsupportedParameterError` for what must not be lost.
    """
    spoken = dialect_of(dialect)
    decoded = as_request(request)
    name, _, rest = (model or decoded.model).partition("/")
    row = PROVIDERS.get(name)
    if row is None or row.dialect != dialect or not rest:
        return spoken.encode_request(decoded, model=model or decoded.model)
    return spoken.encode_request(decoded, model=rest, profile=profile_of(row))


def response(
    body: bytes, dialect: str, *, created: int | None = None, id: str | None = None
) -> shared.CreateChatCompletionResponse:
    """The response that a provider's whole answer is.

    Raises `RemoteProtocolError` for what is no answer, `APIStatusError` for an error.
    """
    return dialect_of(dialect).decode_response(body, made=made(created=created, id=id))


def stream(
    pieces: Iterable[bytes], dialect: str, *, created: int | None = None, id: str | None = None
) -> Iterator[Chunk]:
    """The chunks of a provider's stream, however its bytes are cut.

    The end of `pieces` counts as the end of a complete message. Usage comes in a last chunk
    wherever the provider told it. Raises as `response` does, once the chunks that came before
    the failure have been given.
    """
    decoder = dialect_of(dialect).stream_decoder(made=made(created=created, id=id))
    for piece in pieces:
        yield from decoder.receive(piece)
        if decoder.error is not None:
            raise decoder.error
    yield from decoder.finish()
    if decoder.error is not None:
        raise decoder.error


def as_request(
    request: shared.CreateChatCompletionRequest | Mapping[str, Any] | bytes,
) -> shared.CreateChatCompletionRequest:
    """Any form of a request, read strictly; the caller's own objects are never changed."""
    if isinstance(request, shared.CreateChatCompletionRequest):
        return request
    if not isinstance(request, bytes):
        request = written(request)
    return DIALECTS["openai-chat"].decode_request(request)


def made(*, created: int | None = None, id: str | None = None, model: str = "") -> Made:
    """What the provider may leave unsaid, from the clock and chance where it is None."""
    return Made(
        created=int(time.time()) if created is None else created,
        id=id or f"chatcmpl-{os.urandom(16).hex()}",
        model=model,
    )


def dialect_of(key: str) -> Dialect:
    """The dialect with this key; raises `ConfigurationError` naming those there are."""
    try:
        return DIALECTS[key]
    except KeyError:
        known = ", ".join(sorted(DIALECTS))
        raise ConfigurationError(
            f"dialect: expected one of {known}; got {key!r}", param="dialect"
        ) from None


__all__ = ["request", "response", "stream"]
