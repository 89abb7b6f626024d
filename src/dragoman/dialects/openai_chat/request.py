"""A caller's request: read strictly, with what we do not know kept apart.

Unknown keys are refused by the types, which costs nothing when there are none. What was refused
is read once more by `unknown`, which finds out what we do not know, and what is wrong.
"""

import msgspec

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
