"""What a caller wrote, as a call that can be carried: relayed as it is, or translated."""

from collections.abc import Mapping

import msgspec

from dragoman.client.asking import Asked, directed
from dragoman.client.call import Call
from dragoman.dialects.dialect import Encoded, OnLoss
from dragoman.dialects.openai_chat import exact
from dragoman.dialects.openai_chat.request import written
from dragoman.errors import BadRequestError, status_error
from dragoman.gateway.configuration import Configuration, Way
from dragoman.gateway.replies import OPENAI
from dragoman.models import shared
from dragoman.transport.protocol import Request
from dragoman.wire import reading


def named(body: bytes, deployment: str) -> bytes:
    """The body with the model that the path names, as Azure has it; as it is where none is."""
    if not deployment:
        return body
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


def called(body: bytes, how: OnLoss, configuration: Configuration) -> tuple[Call, Way]:
    """The call that this request makes, and its way there.

    It is relayed where its target speaks as the caller does. Raises `BadRequestError` for what is
    wrong in it; where it is relayed, what lies deeper than its fields is the provider's to judge.
    """
    request: shared.CreateChatCompletionRequest | exact.Loosely
    try:
        request = OPENAI.decode_request(body)
    except BadRequestError as error:
        request = exact.loosely(body, error)
        way = configuration.way(request.model, how)
        if way.message is None:
            raise
        return relayed(exact.fields_of(body), request, way, configuration), way
    way = configuration.way(request.model, how)
    if way.message is not None:
        fields = exact.fields_of(body)
        if exact.goes_as_it_is(fields, way.target.model):
            return relayed(fields, request, way, configuration), way
    return Call(directed(request, way.target, configuration.options), configuration.options), way


def relayed(
    fields: dict[str, msgspec.Raw],
    request: shared.CreateChatCompletionRequest | exact.Loosely,
    way: Way,
    configuration: Configuration,
) -> Call:
    """The call that carries these fields as they came."""
    target, message = way.target, way.message
    assert message is not None
    stream = bool(request.stream)
    options = request.stream_options
    body = exact.relayed_body(fields, model=target.model, stream=stream)
    asked = Asked(
        target=target.name,
        model=target.model,
        stream=stream,
        include_usage=options is not None and options.include_usage is True,
        exact=True,
        kept=bool(request.store),
        dialect=target.dialect,
        profile=target.profile,
        encoded=Encoded(method=message.method, path="", headers=message.headers, body=body),
        message=Request(method=message.method, url=message.url, headers=message.headers, body=body),
        key=target.provider.api_key,
    )
    return Call(asked, configuration.options)
