"""A caller's request: read strictly, with what we do not know kept apart.

Unknown keys are refused by the types, which costs nothing when there are none. What was refused
is read once more by `unknown`, which finds out what we do not know, and what is wrong.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.wire import reading

REQUEST = msgspec.json.Decoder(shared.CreateChatCompletionRequest)


def decode_request(body: bytes) -> shared.CreateChatCompletionRequest:
    """The request that this body is; raises `BadRequestError` naming the place."""
    try:
        return REQUEST.decode(body)
    except reading.UNREADABLE:
        from dragoman.dialects.openai_chat.unknown import second_reading  # rarely needed, and slow

        return second_reading(body)


def written(request: Mapping[str, Any]) -> bytes:
    """A request of plain objects as JSON; what is None is not set.

    Objects with a `model_dump`, as other libraries have, are what that gives. Raises
    `BadRequestError` for what JSON cannot hold.
    """
    given = {key: value for key, value in request.items() if value is not None}
    try:
        text = reading.write(given, dumped)
        if b"null" in text:  # which is what NaN and the infinities are written as
            json.dumps(msgspec.to_builtins(given, enc_hook=dumped), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRequestError(
            f"body: expected what JSON can hold; {error}", status_code=400, code="invalid_json"
        ) from None
    return text


def dumped(value: Any) -> Any:
    """What an object of another library says of itself; raises `TypeError` where it cannot.

    Mappings and sequences of all kinds count as dicts and lists.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"got {type(value).__name__}")
    return dump(mode="json", exclude_none=True)
