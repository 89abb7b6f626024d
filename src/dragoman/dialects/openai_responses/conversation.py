"""The messages of a request as items, each where it stands.

Everything is decided by the message and what stands before it, so that a longer conversation
begins with the same bytes: caches depend on it.
"""

from typing import Any

from dragoman.dialects.openai_responses import parts
from dragoman.dialects.openai_responses.draft import NOWHERE, Draft
from dragoman.dialects.openai_responses.replaying import Calls, answer_items
from dragoman.models import shared


def conversation(draft: Draft) -> None:
    """Write the items."""
    calls = Calls()
    for position, message in enumerate(draft.request.messages):
        _hear(draft, message, f"/messages/{position}", calls)


def _hear(draft: Draft, message: Any, pointer: str, calls: Calls) -> None:
    match message:
        case shared.ChatCompletionRequestAssistantMessage():
            draft.input += answer_items(draft, message, pointer, calls)
        case shared.ChatCompletionRequestToolMessage():
            draft.unmarked(message, pointer)
            kind = calls.kind(message.tool_call_id)
            draft.input.append(
                {
                    "type": f"{kind}_output",
                    "call_id": message.tool_call_id,
                    "output": _output(draft, message.content, f"{pointer}/content"),
                }
            )
        case shared.ChatCompletionRequestFunctionMessage(name=name, content=content):
            output = {"type": "function_call_output", "call_id": calls.of_function(name)}
            draft.input.append({**output, "output": content or ""})
        case shared.ChatCompletionRequestUserMessage():
            _say(draft, message, "user", pointer)
        case _:
            _say(draft, message, "developer" if draft.family.reasoning else "system", pointer)


def _say(draft: Draft, message: Any, role: str, pointer: str) -> None:
    if message.name is not None:
        draft.lose(f"{pointer}/name", "dropped", NOWHERE)
    draft.unmarked(message, pointer)
    content = parts.parts_of(draft, message.content, f"{pointer}/content")
    draft.input.append({"role": role, "content": content})


def _output(draft: Draft, content: str | list[Any], pointer: str) -> Any:
    return content if isinstance(content, str) else parts.parts_of(draft, content, pointer)
