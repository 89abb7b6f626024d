"""What a caller wrote, as a call that can be carried: relayed as it is, or translated."""

from collections.abc import Mapping

import msgspec

from dragoman.client.asking import Asked, directed
from dragoman.dialects.dialect import OnLoss
from dragoman.dialects.openai_chat import exact
from dragoman.dialects.openai_chat.request import written
from dragoman.errors import BadRequestError, status_error
from dragoman.gateway.configuration import Configuration, Way
from dragoman.gateway.replies import OPENAI
from dragoman.models import shared
from dragoman.wire import reading


def named(body: bytes, deployment: str) -> bytes:
    """The body with the model that the path names, as Azure has it."""
    try:
        fields = reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise BadRequestError(
            f"body: expected JSON; {error}", status_code=400, code="invalid_json"
        ) from None
    if not isinstance(fields, dict):
        raise BadRequestError("body: expected an object", status_code=400, code="invalid_type")
    return written({**fields, "model": deployment})


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


class Ready(msgspec.Struct, frozen=True):
    """What is asked, and what each attempt sends."""

    asked: Asked
    body: bytes

    way: Way

    relays: bool
    """Whether the body is the caller's own, in the envelope of the way."""


def called(body: bytes, how: OnLoss, configuration: Configuration) -> Ready:
    """What this request asks; relayed where its target speaks as the caller does.

    Raises `BadRequestError` for what is wrong in it; where it is relayed, what lies deeper than its
    fields is the provider's to judge.
    """
    request: shared.CreateChatCompletionRequest | exact.Loosely
    try:
        request = OPENAI.decode_request(body)
    except BadRequestError as error:
        request = exact.loosely(body, error)
        way = configuration.way(request.model, how)
        if not way.relays:
            raise
        return relayed(exact.fields_of(body), request, way)
    way = configuration.way(request.model, how)
    if way.relays:
        fields = exact.fields_of(body)
        if not way.rewords or exact.goes_as_it_is(fields):
            return relayed(fields, request, way)
    asked = directed(request, way.target, way.options)
    return Ready(asked, asked.encoded.body, way, False)


def relayed(
    fields: dict[str, msgspec.Raw],
    request: shared.CreateChatCompletionRequest | exact.Loosely,
    way: Way,
) -> Ready:
    """What is asked with these fields as they came."""
    stream = request.stream is True
    options = request.stream_options
    asked = way.asked(
        stream=stream,
        include_usage=options is not None and options.include_usage is True,
        kept=request.store is True,
    )
    body = exact.relayed_body(fields, model=way.model, stream=stream)
    return Ready(asked, body, way, True)
