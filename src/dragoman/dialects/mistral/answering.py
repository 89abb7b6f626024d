"""The other side: answers as callers of Mistral's dialect expect them.

Its content is a text, or chunks where something was thought before it. Calls keep the ids that
they have: whoever answers them is told apart by those. Citations have no place.
"""

from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.dialects.dialect import EncodedError
from dragoman.dialects.mistral.conversation import sent_id
from dragoman.dialects.mistral.response import FAILED, FINISH_REASONS
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.wire import reading

Json = dict[str, Any]

WORDS: Final[dict[str, str]] = {"function_call": "tool_calls"}
"""Mistral's word for a finish reason, where it is not ours."""


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer."""
    choices = [
        {
            "index": choice.index,
            "finish_reason": word_of(choice.finish_reason, choice.native_finish_reason),
            "message": _message(choice.message),
        }
        for choice in response.choices
    ]
    return reading.write(
        {
            "id": response.id,
            "object": "chat.completion",
            "created": response.created,
            "model": response.model,
            "usage": {} if response.usage is None else usage_of(response.usage),
            "choices": choices,
        }
    )


def _message(message: shared.ChatCompletionResponseMessage) -> Json:
    text = "".join([message.content or "", message.refusal or ""])
    calls: list[Json] = []
    for call in message.tool_calls or ():
        if isinstance(call, shared.ChatCompletionMessageToolCall):
            calls.append(call_of(len(calls), call.id, call.function.name, call.function.arguments))
        else:
            custom = call.custom
            calls.append(call_of(len(calls), call.id, custom.name, input_of(custom.input)))
    if (old := message.function_call) is not None:
        calls.append(call_of(len(calls), function_id(old.name), old.name, old.arguments))
    content: Any = text
    if message.reasoning_content:
        content = [thought(message.reasoning_content)]
        content += [{"type": "text", "text": text}] if text or not calls else []
    return {"role": "assistant", "tool_calls": calls or None, "content": content}


def thought(text: str) -> Json:
    """A chunk of what was thought."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def call_of(index: int, id: str, name: str, arguments: str) -> Json:
    """A call as Mistral writes it."""
    function = {"name": name, "arguments": arguments}
    return {"id": id, "type": "function", "function": function, "index": index}


def input_of(text: str) -> str:
    """The arguments that stand for the text of a custom tool."""
    return reading.write({"input": text}).decode()


def function_id(name: str) -> str:
    """The id of a call by the deprecated `functions`, which have none."""
    return sent_id(f"function {name}")


def word_of(finish_reason: str, native: str | None) -> str:
    """Why the answer ended; a word of Mistral's own that says the same comes back as it was."""
    if native == FAILED and finish_reason == "stop":
        return FAILED
    if native is not None and FINISH_REASONS.get(native) == finish_reason:
        return native
    return WORDS.get(finish_reason, finish_reason)


def usage_of(told: shared.CompletionUsage) -> Json:
    """Usage as Mistral counts: sounds beside the prompt, and inside the total."""
    of_prompt = told.prompt_tokens_details or shared.PromptTokensDetails()
    found: Json = {
        "prompt_tokens": max(0, told.prompt_tokens - (of_prompt.audio_tokens or 0)),
        "total_tokens": told.total_tokens,
        "completion_tokens": told.completion_tokens,
    }
    details = {"cached_tokens": of_prompt.cached_tokens, "audio_tokens": of_prompt.audio_tokens}
    known = {name: count for name, count in details.items() if count is not None}
    return {**found, "prompt_tokens_details": known} if known else found


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error; of the provider's own body, nothing is repeated.

    What cannot be carried out has a list of mistakes besides, where Mistral's clients read it.
    """
    status = refusing.status_of(error)
    told: Json = {"object": "error", "message": error.message, "type": error.type}
    told |= {"param": error.param, "code": error.code}
    if status == 422:
        place = ["body"] if error.param is None else ["body", error.param]
        told["detail"] = [{"loc": place, "msg": error.message, "type": "value_error"}]
    return EncodedError(
        status_code=503 if status == 529 else status,
        headers={"content-type": "application/json"},
        body=reading.write(told),
    )
