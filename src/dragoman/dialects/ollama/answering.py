"""The other side: answers as callers of Ollama's dialect expect them.

Ollama has one choice, the first, and no id of an answer. Durations are not known here, and left
out, as citations are, which have no place.
"""

import datetime
from collections.abc import Iterable
from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.dialects.dialect import EncodedError
from dragoman.dialects.ollama.response import OWN_WORDS
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.wire import reading

Json = dict[str, Any]

WORDS: Final = {"length": "length", "content_filter": "content_filter"}
"""Ollama's word for a finish reason; any other is `stop`, calls included."""

LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, after which RFC 3339 has no time."""


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer."""
    choice = response.choices[0]
    told = choice.message
    message: Json = {"content": "".join([told.content or "", told.refusal or ""])}
    if told.reasoning_content:
        message["thinking"] = told.reasoning_content
    if calls := _calls(told):
        message["tool_calls"] = calls
    logprobs = {} if choice.logprobs is None else logprobs_of(choice.logprobs)
    about = about_of(response.created, response.model)
    word = word_of(choice.finish_reason, choice.native_finish_reason)
    return line(about, message, **logprobs, **done(word, response.usage))


def about_of(created: int, model: str) -> Json:
    """What stands in every line."""
    seconds = min(max(0, created), LAST_SECOND)
    instant = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return {"model": model, "created_at": instant.strftime("%Y-%m-%dT%H:%M:%SZ")}


def line(about: Json, message: Json, **fields: Any) -> bytes:
    """A line, or a whole answer, with this message."""
    told = {"role": "assistant", "content": "", **message}
    return reading.write({**about, "message": told, "done": False, **fields})


def done(word: str, usage: shared.CompletionUsage | None) -> Json:
    """What says that the answer is complete."""
    told: Json = {"done": True, "done_reason": word}
    if usage is None:
        return told
    counts = {"prompt_eval_count": usage.prompt_tokens, "eval_count": usage.completion_tokens}
    return {**told, **counts}


def logprobs_of(told: shared.CreateChatCompletionResponseChoicesLogprobs) -> Json:
    """The tokens of a text, or of a refusal."""
    tokens: Iterable[Any] = [*(told.content or ()), *(told.refusal or ())]
    return {"logprobs": [token.to_dict() for token in tokens]} if tokens else {}


def _calls(message: shared.ChatCompletionResponseMessage) -> list[Json]:
    calls: list[Json] = []
    for call in message.tool_calls or ():
        if isinstance(call, shared.ChatCompletionMessageToolCall):
            arguments = arguments_of(call.function.arguments)
            calls.append(call_of(len(calls), call.id, call.function.name, arguments))
        else:
            arguments = {"input": call.custom.input}
            calls.append(call_of(len(calls), call.id, call.custom.name, arguments))
    if (old := message.function_call) is not None:
        calls.append(call_of(len(calls), None, old.name, arguments_of(old.arguments)))
    return calls


def call_of(index: int, id: str | None, name: str, arguments: Json) -> Json:
    """A call as Ollama writes it; one by the deprecated `functions` has no id."""
    function = {"index": index, "name": name, "arguments": arguments}
    return {"function": function} if id is None else {"id": id, "function": function}


def arguments_of(text: str) -> Json:
    """The arguments as an object; what is none stands whole under `_raw`."""
    try:
        value = reading.read_untyped(text.encode(errors="replace")) if text.strip() else {}
    except reading.UnreadableError:
        value = None
    return value if isinstance(value, dict) else {"_raw": text}


def word_of(finish_reason: str, native: str | None) -> str:
    """Why the answer ended; a word of Ollama's own comes back as it was."""
    if native in OWN_WORDS and finish_reason in ("stop", "tool_calls"):
        return native or ""
    return WORDS.get(finish_reason, "stop")


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error; of the provider's own body, nothing is repeated."""
    status = refusing.status_of(error)
    return EncodedError(
        status_code=503 if status == 529 else status,
        headers={"content-type": "application/json"},
        body=reading.write({"error": error.message}),
    )
