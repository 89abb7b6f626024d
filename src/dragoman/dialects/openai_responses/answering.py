"""The other side: answers as callers of Responses expect them.

What a caller asked for is not known here: where an answer repeats the request, it says what a
request says that sets nothing.
"""

from typing import Any

from dragoman.dialects.dialect import EncodedError
from dragoman.dialects.openai_responses import moderating
from dragoman.dialects.openai_responses.carrying import Carried
from dragoman.dialects.openai_responses.finishing import ending
from dragoman.dialects.openai_responses.items import FORMAT, PHASE, Json
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.usage import usage
from dragoman.dialects.refusing import in_openais_words, status_of
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.wire import reading


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer; Responses has one choice, the first."""
    choice = response.choices[0]
    told = answer(
        response.id,
        response.created,
        response.model,
        output=_items(choice, response.id),
        **ending(choice.finish_reason),
        **beside(response),
        usage=usage(response.usage),
    )
    return reading.write(told)


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error."""
    return in_openais_words(error)


def answer(id: str, created: int, model: str, **told: Any) -> Json:
    """A response object: one that has just begun, but for what is told."""
    return {
        "id": id if id.startswith("resp_") else f"resp_{id}",
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": None,
        "metadata": {},
        **told,
    }


def beside(
    said: shared.CreateChatCompletionResponse | shared.CreateChatCompletionStreamResponse,
) -> Json:
    """What stands beside the message, as far as this says it."""
    told: Json = {}
    if said.service_tier is not None:
        told["service_tier"] = said.service_tier
    if said.metadata is not None:
        told["metadata"] = said.metadata
    if said.moderation is not None:
        told["moderation"] = moderating.told(said.moderation)
    return told


def _items(choice: shared.CreateChatCompletionResponseChoices, id: str) -> list[Json]:
    message = choice.message
    native = message.native_content
    if native is not None and native.format == FORMAT:
        return native.content
    phased = native if native is not None and native.format == PHASE else None
    output = Output(id)
    if message.reasoning_details:
        output.reason(message.reasoning_details)
    elif message.reasoning_content:
        output.think(message.reasoning_content)
    if message.content:
        output.text(message.content, choice.logprobs)
    if message.refusal:
        output.refusal(message.refusal)
    for annotation in message.annotations or ():
        output.cite(annotation)
    beside_calls: dict[str, Json] = {}
    for number, call in enumerate(message.tool_calls or ()):
        if isinstance(call, shared.ChatCompletionMessageCustomToolCall):
            output.call(number, call.id, call.custom.name, custom=True)
            output.argue(number, call.custom.input)
        else:
            output.call(number, call.id, call.function.name)
            output.argue(number, call.function.arguments)
            if call.extra_content is not None:
                beside_calls[call.id] = call.extra_content
    if message.function_call is not None:
        output.call(-1, function_id(id), message.function_call.name)
        output.argue(-1, message.function_call.arguments)
    carried = Carried(
        extra_content=message.extra_content,
        extra_content_of_calls=beside_calls or None,
        native_content=None if phased else native,
    )
    output.close(carried)
    if phased is not None:
        told = [item for item in output.items if item["type"] == "message"]
        for item, kept in zip(told, phased.content, strict=False):
            item.update(kept)
    return output.items


def function_id(id: str) -> str:
    """The id of a call by the deprecated `functions`, which have none."""
    return f"call_{id.removeprefix('resp_')}"


def failure(error: Error) -> Json:
    """The error of a response that failed."""
    status = status_of(error)
    usual = "server_error" if status >= 500 else "invalid_prompt"
    code = error.code or ("rate_limit_exceeded" if status == 429 else usual)
    return {"code": code, "message": error.message, "param": error.param, "type": error.type}
