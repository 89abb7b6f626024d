"""One chat completion: decoded, carried to its target, and told to the caller in OpenAI's words."""

from collections.abc import Callable, Mapping
from typing import Final

from dragoman.client.asking import Asked, directed
from dragoman.client.call import Call
from dragoman.client.carrying_later import carried_later
from dragoman.client.streamed import AsyncStream
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat.request import written
from dragoman.errors import BadRequestError, Error, status_error
from dragoman.gateway.configuration import Configuration
from dragoman.gateway.replies import OPENAI
from dragoman.gateway.stopping import Stop
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.wire import reading

Answer = shared.CreateChatCompletionResponse | AsyncStream

GONE: Final = status_error("the caller has gone", status_code=499, code="client_closed")
"""What became of a stream whose caller left."""


def decoded(body: bytes, deployment: str) -> shared.CreateChatCompletionRequest:
    """The request in this body; a deployment in the path, as Azure has it, names the model."""
    if not deployment:
        return OPENAI.decode_request(body)
    try:
        fields = reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise BadRequestError(
            f"body: expected JSON; {error}", status_code=400, code="invalid_json"
        ) from None
    if not isinstance(fields, dict):
        raise BadRequestError("body: expected an object", status_code=400, code="invalid_type")
    return OPENAI.decode_request(written({**fields, "model": deployment}))


def on_loss(headers: Mapping[str, str]) -> OnLoss:
    """What the caller wants done where something would be lost."""
    match headers.get("x-dragoman-on-loss", "report"):
        case "report":
            return "report"
        case "refuse":
            return "refuse"
    raise status_error(
        "x-dragoman-on-loss: expected report or refuse; got another",
        status_code=400,
        code="invalid_value",
        param="x-dragoman-on-loss",
    )


def prepared(body: bytes, deployment: str, how: OnLoss, configuration: Configuration) -> Asked:
    """The request in this body, ready to be carried to its target; nothing in it waits."""
    return directed(
        decoded(body, deployment),
        configuration.providers,
        configuration.options,
        configuration.settings,
        on_loss=how,
    )


async def answered(asked: Asked, configuration: Configuration) -> Answer:
    """The response, or the stream once it has content; raises the error of the last attempt."""
    call = Call(asked, configuration.options)
    return await carried_later(call, configuration.transports.of(asked.message.url))


class Told:
    """The events of a stream, as the pieces of a reply.

    One that fails ends with an error event, and without `[DONE]`. `ended` is called once, at the
    end: with the error, with None where the answer is complete, or with `GONE`.
    """

    def __init__(self, stream: AsyncStream, ended: Callable[[Error | None], None]) -> None:
        self._stream = stream
        self._ended = ended
        self._stop = Stop()
        self._over = False
        self._encoder = OPENAI.stream_encoder(include_usage=False)

    def __aiter__(self) -> "Told":
        return self

    async def __anext__(self) -> bytes:
        if self._over:
            raise StopAsyncIteration
        try:
            with self._stop:
                chunk = await anext(self._stream)
        except StopAsyncIteration:
            return self._last(None)
        except Error as error:
            return self._last(error)
        return sse.encode(reading.write(chunk))

    def stop(self, error: Error) -> None:
        """End here, with this error, whatever is still to come."""
        self._stop.now(error)

    async def aclose(self) -> None:
        """The caller has gone, or all has been told."""
        if not self._over:
            self._end(GONE)

    def _last(self, error: Error | None) -> bytes:
        self._end(error)
        return self._encoder.end() if error is None else self._encoder.error(error)

    def _end(self, error: Error | None) -> None:
        self._over = True
        self._stream.close()
        self._ended(error)
