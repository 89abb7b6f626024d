"""The other side: answers as callers of Cohere's dialect expect them.

What was thought before an answer is told as thinking, also where it was the plan of calls: a
stream cannot know which calls will follow.
"""

from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.dialects.cohere_v2.finishing import FAILURES, FINISH_REASONS
from dragoman.dialects.dialect import EncodedError
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.wire import reading

Json = dict[str, Any]

WORDS: Final[dict[str, str]] = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool_calls": "TOOL_CALL",
    "function_call": "TOOL_CALL",
    "content_filter": "ERROR_TOXIC",
}
"""Cohere's word for a finish reason."""


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer; Cohere has one choice, the first."""
    choice = response.choices[0]
    message = choice.message
    content: list[Json] = []
    if message.reasoning_content:
        content.append({"type": "thinking", "thinking": message.reasoning_content})
    text = "".join([message.content or "", message.refusal or ""])
    calls = calls_of(message, response.id)
    if text or not calls:
        content.append({"type": "text", "text": text})
    told: Json = {"role": "assistant"}
    if content:
        told["content"] = content
    if calls:
        told["tool_calls"] = calls
    if message.annotations:
        place = len(content) - 1
        told["citations"] = [citation(one, text, 0, place) for one in message.annotations]
    return reading.write(
        {
            "id": response.id,
            "message": told,
            "finish_reason": word_of(choice.finish_reason, choice.native_finish_reason),
            "usage": usage_of(response.usage),
        }
    )


def calls_of(message: shared.ChatCompletionResponseMessage, id: str) -> list[Json]:
    """The calls of an answer; a custom tool's is one of the one argument `input`."""
    calls: list[Json] = []
    for call in message.tool_calls or ():
        if isinstance(call, shared.ChatCompletionMessageCustomToolCall):
            calls.append(call_of(call.id, call.custom.name, input_of(call.custom.input)))
        else:
            calls.append(call_of(call.id, call.function.name, call.function.arguments))
    function = message.function_call
    if function is not None:
        calls.append(call_of(function_id(id), function.name, function.arguments))
    return calls


def call_of(id: str, name: str, arguments: str) -> Json:
    """A call as Cohere writes it."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def input_of(text: str) -> str:
    """The arguments that stand for the text of a custom tool."""
    return reading.write({"input": text}).decode()


def function_id(id: str) -> str:
    """The id of a call by the deprecated `functions`, which have none."""
    return f"call_{id}"


def citation(
    annotation: shared.ChatCompletionResponseMessageAnnotation, text: str, start: int, place: int
) -> Json:
    """A citation of a web page, in the text that begins at `start` and is item `place`."""
    cited = annotation.url_citation
    first, last = cited.start_index - start, cited.end_index - start
    page = {"url": cited.url, "title": cited.title}
    return {
        "start": first,
        "end": last,
        "text": text[max(0, first) : max(0, last)],
        "sources": [{"type": "document", "id": cited.url, "document": page}],
        "content_index": place,
        "type": "TEXT_CONTENT",
    }


def word_of(finish_reason: str, native: str | None) -> str:
    """Why the answer ended; a word of Cohere's own comes back as it was."""
    if native in FINISH_REASONS or native in FAILURES:
        return native or ""
    return WORDS[finish_reason]


def usage_of(told: shared.CompletionUsage | None) -> Json:
    """Usage as Cohere counts: images beside the input. What is billed is not known here."""
    if told is None:
        return {}
    of_prompt = told.prompt_tokens_details or shared.PromptTokensDetails()
    of_completion = told.completion_tokens_details or shared.CompletionTokensDetails()
    images, thought = of_prompt.image_tokens, of_completion.reasoning_tokens
    tokens: Json = {
        "input_tokens": max(0, told.prompt_tokens - (images or 0)),
        "output_tokens": told.completion_tokens,
    }
    if images is not None:
        tokens["image_tokens"] = images
    if thought is not None:
        tokens["reasoning_tokens"] = thought
    found: Json = {"tokens": tokens}
    if of_prompt.cached_tokens is not None:
        found["cached_tokens"] = of_prompt.cached_tokens
    return found


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error; of the provider's own body, nothing is repeated."""
    return EncodedError(
        status_code=refusing.status_of(error),
        headers={"content-type": "application/json"},
        body=reading.write({"message": error.message}),
    )
