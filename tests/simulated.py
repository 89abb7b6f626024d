"""Asking the simulator: requests from plain objects, answers folded or as they are streamed."""

from typing import Any, Final

from dragoman.dialects import DIALECTS
from dragoman.models import shared
from dragoman.simulator.engine import answer
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

MADE: Final = Made(created=1_795_404_600, id="chatcmpl-sim-1")


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def asked(
    model: str = "echo", *messages: dict[str, Any], **fields: Any
) -> shared.CreateChatCompletionRequest:
    """The request; without messages, the user says hi."""
    body = {"model": model, "messages": list(messages) or [user("hi")], **fields}
    return DIALECTS["openai-chat"].decode_request(reading.write(body))


def chunks(request: shared.CreateChatCompletionRequest) -> list[Chunk]:
    return [paced.chunk for paced in answer(request, made=MADE)]


def whole(request: shared.CreateChatCompletionRequest) -> shared.CreateChatCompletionResponse:
    return fold(chunks(request))


def choice(
    request: shared.CreateChatCompletionRequest,
) -> shared.CreateChatCompletionResponseChoices:
    """The only choice of the answer."""
    (only,) = whole(request).choices
    return only


def text(request: shared.CreateChatCompletionRequest) -> str:
    """The text of the only choice."""
    return choice(request).message.content or ""
