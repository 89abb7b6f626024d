"""Our answer: taken at its word, nothing repaired, nothing forgiven."""

import json
from typing import Any

from tests.judge.words import (
    Choice,
    Heard,
    ToolCall,
    Usage,
    arguments_of,
    canonical,
    tokens_of,
    urls_of,
)


def heard(ours: bytes) -> Heard:
    """What our response says: taken at its word, nothing repaired, nothing forgiven."""
    response = json.loads(ours)
    usage = response.get("usage")
    return Heard(
        id=response["id"],
        model=response["model"],
        created=response["created"],
        choices=[choice_heard(choice) for choice in response["choices"]],
        usage=usage and usage_heard(usage),
    )


def choice_heard(choice: dict[str, Any]) -> Choice:
    message = choice["message"]
    function_call, audio = message.get("function_call"), message.get("audio")
    return Choice(
        index=choice["index"],
        content=message["content"],
        refusal=message["refusal"],
        reasoning=message.get("reasoning_content"),
        reasoning_details=[
            (
                entry["type"],
                entry.get("text") or entry.get("summary") or entry.get("data") or "",
                entry.get("signature"),
            )
            for entry in message.get("reasoning_details", [])
        ],
        tool_calls=[tool_call_heard(call) for call in message.get("tool_calls", [])],
        function_call=function_call
        and (function_call["name"], arguments_of(function_call["arguments"])),
        audio=audio and (audio["data"], audio["transcript"]),
        url_citations=urls_of(message),
        logprobs=tokens_of(choice),
        finish_reason=choice["finish_reason"],
    )


def tool_call_heard(call: dict[str, Any]) -> ToolCall:
    told = call[call["type"]]
    if call["type"] == "custom":
        return ToolCall("custom", told["name"], call["id"], told["input"])
    # Not `arguments_of`: an empty text is not allowed to us.
    return ToolCall("function", told["name"], call["id"], canonical(told["arguments"]))


def usage_heard(usage: dict[str, Any]) -> Usage:
    of_prompt = usage.get("prompt_tokens_details", {})
    of_completion = usage.get("completion_tokens_details", {})
    return Usage(
        prompt=usage["prompt_tokens"],
        completion=usage["completion_tokens"],
        total=usage["total_tokens"],
        cached=of_prompt.get("cached_tokens"),
        cache_write=of_prompt.get("cache_write_tokens"),
        reasoning=of_completion.get("reasoning_tokens"),
    )
