"""Earlier answers, as the model gave them: reasoning, text, calls; or its blocks, unchanged."""

import re
from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects.bedrock_converse import parts
from dragoman.dialects.bedrock_converse.blocks import CLAUDE, FORMAT
from dragoman.dialects.bedrock_converse.draft import NOWHERE, Block, Draft
from dragoman.dialects.calls import Ids, arguments
from dragoman.models import shared

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

ID_LENGTH: Final = 64
SHORT_LENGTH: Final = 9

_ODD: Final = {
    "plain": re.compile(r"[^a-zA-Z0-9_-]"),
    "dotted": re.compile(r"[^a-zA-Z0-9_.:-]"),
    "short": re.compile(r"[^a-zA-Z0-9_-]"),
}
_SHORT: Final = re.compile(r"[a-zA-Z0-9]{9}|tooluse_[a-zA-Z0-9_-]{1,56}")
"""Nine letters and digits, or what Bedrock made itself."""


def allowed(kind: str, id: str) -> str:
    """The id in the characters, and of the length, that this kind of models allows."""
    plain = _ODD[kind].sub("_", id) or "_"
    if kind == "short":
        return id if _SHORT.fullmatch(id) else _digest(id)[:SHORT_LENGTH]
    if len(plain) > ID_LENGTH:
        ending = f"_{_digest(id)[:16]}"
        return plain[: ID_LENGTH - len(ending)] + ending
    return plain


def _digest(text: str) -> str:
    import hashlib  # with all of OpenSSL, for the few ids that have to be made shorter

    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


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
                said += [{"text": part.refusal}] if part.refusal.strip() else []
            else:
                said += parts.block_of(draft, part, place)
    if message.refusal is not None:
        if message.refusal.strip():
            said.append({"text": message.refusal})
        draft.lose(f"{pointer}/refusal", "renamed", "sent as text")
    return said


def _calls(
    draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str, ids: Ids
) -> list[Block]:
    blocks: list[Block] = []
    for position, call in enumerate(message.tool_calls or ()):
        place = f"{pointer}/tool_calls/{position}"
        use: Block = {"toolUseId": ids.of(call.id)}
        blocks.append({"toolUse": use})
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                use["name"] = function.name
                where = f"{place}/function/arguments"
                use["input"] = arguments(draft, function.arguments, where)
                if call.extra_content is not None:
                    draft.lose(f"{place}/extra_content", "dropped", FOREIGN)
                mark = draft.taken(f"{place}/cache_control")
                if isinstance(mark, dict):
                    blocks += draft.cache_point(mark.get("ttl"), f"{place}/cache_control")
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                use["name"], use["input"] = custom.name, {"input": custom.input}
                draft.lose(place, "emulated", "sent as a call with the one argument `input`")
    function_call = message.function_call
    if function_call is not None:
        place = f"{pointer}/function_call"
        draft.lose(place, "renamed", "sent as a tool call")
        use = {"toolUseId": ids.of_function(function_call.name), "name": function_call.name}
        use["input"] = arguments(draft, function_call.arguments, f"{place}/arguments")
        blocks.append({"toolUse": use})
    return blocks


def _native(
    draft: Draft,
    message: shared.ChatCompletionRequestAssistantMessage,
    pointer: str,
    said: list[Block],
    calls: list[Block],
) -> list[Block] | None:
    """The model's own blocks of this answer, where they still say what the message says."""
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
    return [dict(block) for block in blocks]


def _text(blocks: list[Block]) -> str:
    texts: list[str] = []
    for block in blocks:
        cited = block.get("citationsContent")
        inside = cited.get("content") if isinstance(cited, dict) else None
        holders = inside if isinstance(inside, list) else [block]
        texts += [str(one["text"]) for one in holders if isinstance(one, dict) and "text" in one]
    return "".join(texts)


def _called(blocks: list[Block]) -> list[Any]:
    uses = [block["toolUse"] for block in blocks if isinstance(block.get("toolUse"), dict)]
    return [
        (use.get("toolUseId"), use.get("name"), use.get("input"))
        for use in uses
        if use.get("type") != "server_tool_use"
    ]


def _reasoning(
    draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str
) -> list[Block]:
    """Reasoning as it was signed, all of it or none; and what of the message it repeats."""
    details = message.reasoning_details
    blocks = _signed(draft, details or [], f"{pointer}/reasoning_details")
    if message.thinking_blocks is not None:
        place = f"{pointer}/thinking_blocks"
        if blocks:
            draft.lose(place, "dropped", "`reasoning_details` are there too, and count")
        else:
            blocks = _as_kept(draft, message.thinking_blocks, place)
    readable = [block["reasoningContent"].get("reasoningText", {}).get("text") for block in blocks]
    told = "\n\n".join(text for text in readable if text)
    for field in ("reasoning_content", "reasoning"):
        text = getattr(message, field)
        if text and text != told:
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)
    return blocks


def _signed(draft: Draft, details: list[shared.ReasoningDetail], pointer: str) -> list[Block]:
    blocks: list[Block] = []
    for position, detail in enumerate(details):
        if detail.format != CLAUDE or draft.family.claude is None:
            draft.lose(f"{pointer}/{position}", "dropped", FOREIGN)
        elif detail.type == "reasoning.encrypted" and detail.data is not None:
            blocks.append(_redacted(detail.data))
        elif detail.type == "reasoning.text" and detail.signature is not None:
            blocks.append(_thought(detail.text or "", detail.signature))
        else:
            draft.lose(pointer, "dropped", "not all of the reasoning is signed")
            return []
    return blocks


def _thought(text: str, signature: str) -> Block:
    return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}


def _redacted(data: str) -> Block:
    return {"reasoningContent": {"redactedContent": data}}


def _as_kept(draft: Draft, kept: list[dict[str, Any]], pointer: str) -> list[Block]:
    """Thinking blocks as LiteLLM's clients keep them, which are Anthropic's own."""
    if draft.family.claude is None:
        draft.lose(pointer, "dropped", FOREIGN)
        return []
    blocks = [block for one in kept if (block := _of_kept(one)) is not None]
    if len(blocks) < len(kept):
        draft.lose(pointer, "dropped", "not all of the reasoning is signed")
        return []
    return blocks


def _of_kept(block: Mapping[str, Any]) -> Block | None:
    match block:
        case {"type": "thinking", "thinking": str(text), "signature": str(signature)} if signature:
            return _thought(text, signature)
        case {"type": "redacted_thinking", "data": str(data)}:
            return _redacted(data)
    return None
