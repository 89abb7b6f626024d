"""Earlier answers, as Claude gave them: reasoning, text, calls; or its own blocks, unchanged."""

import re
from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects.anthropic_messages import parts
from dragoman.dialects.anthropic_messages.blocks import FORMAT
from dragoman.dialects.anthropic_messages.draft import NOWHERE, Block, Draft
from dragoman.dialects.calls import Ids, arguments
from dragoman.models import shared

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

_ODD: Final = re.compile(r"[^a-zA-Z0-9_-]")


def allowed(id: str) -> str:
    """The id in the characters that Anthropic allows."""
    return _ODD.sub("_", id) or "_"


def assistant_blocks(
    draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str, ids: Ids
) -> list[Block]:
    """The blocks of an earlier answer, and what of it is lost."""
    for field in ("name", "audio", "extra_content"):
        if getattr(message, field) is not None:
            reason = FOREIGN if field == "extra_content" else NOWHERE
            draft.lose(f"{pointer}/{field}", "dropped", reason)
    said = _said(draft, message, pointer)
    calls = _calls(draft, message, pointer, ids)
    native = _native(draft, message, pointer, said, calls)
    if native is not None:
        return native
    return [*_reasoning(draft, message, pointer), *said, *calls]


def _said(
    draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str
) -> list[Block]:
    """What was said: text, and refusals as text."""
    if isinstance(message.content, str | None):
        said = parts.blocks_of(draft, message.content, f"{pointer}/content")
    else:
        said = []
        for position, part in enumerate(message.content):
            place = f"{pointer}/content/{position}"
            if isinstance(part, shared.ChatCompletionRequestMessageContentPartRefusal):
                draft.lose(place, "renamed", "sent as text")
                said += [{"type": "text", "text": part.refusal}] if part.refusal.strip() else []
            elif (block := parts.block_of(draft, part, place)) is not None:
                said.append(block)
    if message.refusal is not None:
        if message.refusal.strip():
            said.append({"type": "text", "text": message.refusal})
        draft.lose(f"{pointer}/refusal", "renamed", "sent as text")
    return said


def _calls(
    draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str, ids: Ids
) -> list[Block]:
    blocks: list[Block] = []
    for position, call in enumerate(message.tool_calls or ()):
        place = f"{pointer}/tool_calls/{position}"
        block: Block = {"type": "tool_use", "id": ids.of(call.id)}
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                block["name"] = function.name
                where = f"{place}/function/arguments"
                block["input"] = arguments(draft, function.arguments, where)
                if call.extra_content is not None:
                    draft.lose(f"{place}/extra_content", "dropped", FOREIGN)
                mark = draft.taken(f"{place}/cache_control")
                if mark is not None:
                    block["cache_control"] = mark
                    draft.marks[id(block)] = f"{place}/cache_control"
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                block["name"], block["input"] = custom.name, {"input": custom.input}
                draft.lose(place, "emulated", "sent as a call with the one argument `input`")
        blocks.append(block)
    function_call = message.function_call
    if function_call is not None:
        place = f"{pointer}/function_call"
        draft.lose(place, "renamed", "sent as a tool call")
        block = {"type": "tool_use", "id": ids.of_function(function_call.name)}
        block["name"] = function_call.name
        block["input"] = arguments(draft, function_call.arguments, f"{place}/arguments")
        blocks.append(block)
    return blocks


def _native(
    draft: Draft,
    message: shared.ChatCompletionRequestAssistantMessage,
    pointer: str,
    said: list[Block],
    calls: list[Block],
) -> list[Block] | None:
    """Claude's own blocks of this answer, where they still say what the message says."""
    native = message.native_content
    if native is None:
        return None
    if native.format != FORMAT:
        draft.lose(f"{pointer}/native_content", "dropped", FOREIGN)
        return None
    blocks = [block for block in native.content if block.get("text") != ""]
    if _text(blocks) != _text(said) or _called(blocks) != _called(calls):
        reason = "the message says something else by now"
        draft.lose(f"{pointer}/native_content", "dropped", reason)
        return None
    sent = [dict(block) for block in blocks]
    for block in sent:
        if "cache_control" in block:
            draft.marks[id(block)] = f"{pointer}/native_content"
    return sent


def _text(blocks: list[Block]) -> str:
    return "".join(str(block.get("text")) for block in blocks if block.get("type") == "text")


def _called(blocks: list[Block]) -> list[Any]:
    called = [block for block in blocks if block.get("type") == "tool_use"]
    return [(block.get("id"), block.get("name"), block.get("input")) for block in called]


def _reasoning(
    draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str
) -> list[Block]:
    """Thinking as it was signed, all of it or none; and what of the message it repeats."""
    details = message.reasoning_details
    blocks = _signed(draft, details or [], f"{pointer}/reasoning_details")
    if message.thinking_blocks is not None:
        place = f"{pointer}/thinking_blocks"
        if blocks:
            draft.lose(place, "dropped", "`reasoning_details` are there too, and count")
        else:
            blocks = _as_kept(draft, message.thinking_blocks, place)
    told = "\n\n".join(block["thinking"] for block in blocks if block.get("thinking"))
    for field in ("reasoning_content", "reasoning"):
        text = getattr(message, field)
        if text and text != told:
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)
    return blocks


def _signed(draft: Draft, details: list[shared.ReasoningDetail], pointer: str) -> list[Block]:
    blocks: list[Block] = []
    for position, detail in enumerate(details):
        if detail.format != FORMAT:
            draft.lose(f"{pointer}/{position}", "dropped", FOREIGN)
        elif detail.type == "reasoning.encrypted" and detail.data is not None:
            blocks.append({"type": "redacted_thinking", "data": detail.data})
        elif detail.type == "reasoning.text" and detail.signature is not None:
            block = {"type": "thinking", "thinking": detail.text or ""}
            blocks.append({**block, "signature": detail.signature})
        else:
            draft.lose(pointer, "dropped", "not all of the reasoning is signed")
            return []
    return blocks


def _as_kept(draft: Draft, kept: list[dict[str, Any]], pointer: str) -> list[Block]:
    """Thinking blocks as LiteLLM's clients keep them, which are Anthropic's own."""
    if all(_is_thinking(block) for block in kept):
        return [dict(block) for block in kept]
    draft.lose(pointer, "dropped", "not all of the reasoning is signed")
    return []


def _is_thinking(block: Mapping[str, Any]) -> bool:
    match block:
        case {"type": "thinking", "thinking": str(), "signature": str(signature)}:
            return bool(signature)
        case {"type": "redacted_thinking", "data": str()}:
            return True
    return False
