"""One request, one answer, over a blocking transport.

The thinnest way to a model: no retries, no fallback, no connection kept. What the caller writes
enters by one door: it is encoded, then decoded strictly.
"""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, overload

import msgspec

from dragoman.client.streamed import Stream, pump
from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Dialect, Encoded
from dragoman.dialects.openai_chat import Profile
from dragoman.dialects.openai_chat.caller import usage_asked
from dragoman.dialects.openai_chat.request import written
from dragoman.errors import ConfigurationError
from dragoman.models import shared
from dragoman.providers.provider import credentials
from dragoman.providers.routing import routed
from dragoman.settings.providers import ConfiguredProvider, configured
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.transport.protocol import Answer, Request, Transport
from dragoman.transport.timeouts import Timeout

TIMEOUT_SECONDS: Final = 600.0
"""How long a whole call may last: reasoning models are silent for minutes."""


@overload
def create(
    *,
    model: str,
    messages: Sequence[Any],
    stream: Literal[False] | None = None,
    providers: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    timeout: float | Timeout = TIMEOUT_SECONDS,
    **fields: Any,
) -> shared.CreateChatCompletionResponse: ...


@overload
def create(
    *,
    model: str,
    messages: Sequence[Any],
    stream: Literal[True],
    providers: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    timeout: float | Timeout = TIMEOUT_SECONDS,
    **fields: Any,
) -> Stream: ...


def create(
    *,
    model: str,
    messages: Sequence[Any],
    stream: bool | None = None,
    providers: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    timeout: float | Timeout = TIMEOUT_SECONDS,
    **fields: Any,
) -> shared.CreateChatCompletionResponse | Stream:
    """One chat completion: a response, or with `stream=True` its chunks.

    `model` is `provider/model`; `messages` are plain dicts, hub objects, or an earlier answer's
    `message` as it is; `fields` are the other fields of a request, under OpenAI's names, and
    whatever else the provider knows. `providers` adds providers to those we know, or changes
    them: name to `base_url`, `dialect`, `api_key` (or `env:NAME`, `file:PATH`) and others; a
    known one is there with the key in its usual environment variable. `timeout` is in seconds
    and holds for the whole call, until the last chunk of a streamed one; a `Timeout` bounds its
    phases one by one. `transport` carries the request; None means HTTP.

    Raises the errors of `dragoman.errors`: `BadRequestError` for what is no request,
    `NotFoundError` for an unknown provider, `ConfigurationError`, `UnsupportedParameterError`,
    and whatever comes back from the provider. Nothing is tried twice.
    """
    asked = {"model": model, "messages": list(messages), "stream": stream, **fields}
    request = DIALECTS["openai-chat"].decode_request(written(asked))
    known = configured(providers, environ=os.environ)
    row, name = routed(request.model, {key: one.row for key, one in known.items()})
    return _asked(request, known[row.name], name, transport, timeout)


def _asked(
    request: shared.CreateChatCompletionRequest,
    provider: ConfiguredProvider,
    name: str,
    transport: Transport | None,
    timeout: float | Timeout,
) -> shared.CreateChatCompletionResponse | Stream:
    row = provider.row
    if row.base_url is None:
        key = f"providers.{row.name}.base_url"
        raise ConfigurationError(f"{key}: expected the provider's address; got nothing", param=key)
    dialect = DIALECTS[row.dialect]
    profile = Profile(quirks=row.quirks, base_model=provider.base_model)
    encoded = dialect.encode_request(request, model=name, profile=profile)
    signed = _signed(encoded, row.base_url, provider)
    if transport is None:
        transport = _transport_for(row.base_url)
        answer = transport.send(signed, timeout=Timeout.of(timeout))
        transport.close()  # Made for this call alone: nothing of it is kept for a next one.
    else:
        answer = transport.send(signed, timeout=Timeout.of(timeout))
    try:
        if not 200 <= answer.status < 300:
            raise dialect.decode_error(answer.status, answer.headers, answer.read())
        meta = shared.Meta(
            losses=encoded.losses,
            target=f"{row.name}/{name}",
            request_id=answer.headers.get("x-request-id"),
        )
        made = Made(created=int(time.time()), id=f"chatcmpl-{os.urandom(16).hex()}", model=name)
        if request.stream:
            return _streamed(request, dialect, answer, made, profile, meta)
        response = _whole(dialect, answer, made, profile)
        raw = response.raw
        answer.close()
        return response.with_meta(msgspec.structs.replace(meta, raw=raw))
    except BaseException:
        answer.close()
        raise


def _streamed(
    request: shared.CreateChatCompletionRequest,
    dialect: Dialect,
    answer: Answer,
    made: Made,
    profile: Profile,
    meta: shared.Meta,
) -> Stream:
    decoder = dialect.stream_decoder(made=made, profile=profile)
    return Stream(answer, decoder, include_usage=usage_asked(request), meta=meta)


def _whole(
    dialect: Dialect, answer: Answer, made: Made, profile: Profile
) -> shared.CreateChatCompletionResponse:
    """A whole answer; one that a server streams unasked is folded."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        decoder = dialect.stream_decoder(made=made, profile=profile)
        return fold(pump(answer, decoder))
    return dialect.decode_response(answer.read(), made=made, profile=profile)


def _signed(encoded: Encoded, base_url: str, provider: ConfiguredProvider) -> Request:
    key = provider.api_key.reveal() if provider.api_key else None
    return Request(
        method=encoded.method,
        url=base_url.rstrip("/") + encoded.path,
        headers={**encoded.headers, **credentials(provider.row, key)},
        body=encoded.body,
    )


def _transport_for(base_url: str) -> Transport:
    """HTTP, or the simulator in this process; imported only when used."""
    if base_url.startswith("sim:"):
        from dragoman.simulator.in_process import InProcess

        return InProcess()
    from dragoman.transport.blocking import BlockingTransport

    return BlockingTransport(environ=os.environ)
