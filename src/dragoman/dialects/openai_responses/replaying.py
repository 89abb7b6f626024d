"""Earlier answers as items: reasoning, what was said, calls; or the provider's own items.

Nothing is stored with the provider, so that whatever goes back goes back whole: reasoning with its
encrypted content, or not at all; messages and calls without the ids of items.
"""

from typing import Any, Final

from dragoman.dialects.openai_responses.draft import FOREIGN, NOWHERE, Draft, Item
from dragoman.dialects.openai_responses.items import CALLS, FORMAT, PHASE, SERVED
from dragoman.models import shared

Message = shared.ChatCompletionRequestAssistantMessage

PHASES: Final = ("commentary", "final_answer")
"""The phases of an answer."""


class Calls:
    """The calls that were told, by their ids: a result has to be of the same kind."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._functions: dict[str, str] = {}

    def tell(self, item: Item) -> None:
        """Take in a call."""
        self._kinds[item["call_id"]] = item["type"]

    def kind(self, id: str) -> str:
        """Of which kind the call with this id was."""
        return self._kinds.get(id, "function_call")

    def named(self, name: str) -> str:
        """The id of a call by the deprecated `functions`, which have none."""
        self._functions[name] = id = f"call_{name}_{len(self._kinds)}"
        return id

    def of_function(self, name: str) -> str:
        """The id of the last call of this function."""
        return self._functions.get(name, f"call_{name}")


def answer_items(draft: Draft, message: Message, pointer: str, calls: Calls) -> list[Item]:
    """The items of an earlier answer, and what of it is lost."""
    for field in ("name", "audio", "extra_content"):
        if getattr(message, field) is not None:
            reason = FOREIGN if field == "extra_content" else NOWHERE
            draft.lose(f"{pointer}/{field}", "dropped", reason)
    draft.unmarked(message, pointer)
    text = _text(draft, message, pointer)
    called = _calls(draft, message, pointer, calls)
    phase = _phase(draft, message, pointer)
    items = _native(draft, message, pointer, text, called)
    if items is None:
        said: Item = {"role": "assistant", "content": text}
        if phase is not None:
            said["phase"] = phase
        rest = [*([said] if text or not called else []), *called]
        nothing = not text and not called
        items = [*_reasoning(draft, message, pointer, unfollowed=nothing), *rest]
        items = [] if nothing and message.content is None else items
    for item in items:
        if item.get("type") in CALLS:
            calls.tell(item)
    return items


def _phase(draft: Draft, message: Message, pointer: str) -> str | None:
    """The phase of an earlier answer, as the caller or the model said; None where there is none."""
    told = {f"{pointer}/phase": draft.taken(f"{pointer}/phase")}
    native = message.native_content
    if native is not None and native.format == PHASE:
        kept = native.content[0].get("phase") if native.content else None
        told[f"{pointer}/native_content"] = kept or ""
    known = [phase for phase in told.values() if phase in PHASES and draft.family.phase]
    for place, phase in told.items():
        if phase is not None and phase not in known:
            draft.lose(place, "dropped", f"{draft.model} knows no such phase")
    return known[0] if known else None


def _text(draft: Draft, message: Message, pointer: str) -> str:
    """What was said: text, and refusals as text."""
    told: list[str] = []
    content = message.content or ""
    for position, part in enumerate([content] if isinstance(content, str) else content):
        place = f"{pointer}/content/{position}"
        match part:
            case str():
                told.append(part)
            case shared.ChatCompletionRequestMessageContentPartText(text=text):
                told.append(text)
                draft.unmarked(part, place)
                if part.prompt_cache_breakpoint is not None:
                    reason = "an earlier answer has no breakpoints"
                    draft.lose(f"{place}/prompt_cache_breakpoint", "dropped", reason)
            case shared.ChatCompletionRequestMessageContentPartRefusal(refusal=refusal):
                told.append(refusal)
                draft.lose(place, "renamed", "sent as text")
            case _:
                draft.lose(place, "dropped", NOWHERE)
    if message.refusal is not None:
        told.append(message.refusal)
        draft.lose(f"{pointer}/refusal", "renamed", "sent as text")
    return "".join(told)


def _calls(draft: Draft, message: Message, pointer: str, calls: Calls) -> list[Item]:
    items: list[Item] = []
    for position, call in enumerate(message.tool_calls or ()):
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                items.append(_call(call.id, function.name, function.arguments))
                if call.extra_content is not None:
                    place = f"{pointer}/tool_calls/{position}/extra_content"
                    draft.lose(place, "dropped", FOREIGN)
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                kind = {"type": "custom_tool_call", "call_id": call.id}
                items.append({**kind, "name": custom.name, "input": custom.input})
    function_call = message.function_call
    if function_call is not None:
        draft.lose(f"{pointer}/function_call", "renamed", "sent as a tool call")
        id = calls.named(function_call.name)
        items.append(_call(id, function_call.name, function_call.arguments))
    return items


def _call(id: str, name: str, arguments: str) -> Item:
    told = arguments if arguments.strip() else "{}"
    return {"type": "function_call", "call_id": id, "name": name, "arguments": told}


def _native(
    draft: Draft, message: Message, pointer: str, text: str, called: list[Item]
) -> list[Item] | None:
    """The provider's own items of this answer, where they still say what the message says."""
    native = message.native_content
    if native is None or native.format == PHASE:
        return None
    place = f"{pointer}/native_content"
    if native.format != FORMAT:
        draft.lose(place, "dropped", FOREIGN)
        return None
    if _said(native.content) != text or _called(native.content) != _called(called):
        draft.lose(place, "dropped", "the message says something else by now")
        return None
    kept = [item for item in native.content if _may_return(draft, item)]
    while kept and kept[-1].get("type") == "reasoning":
        kept.pop()  # what it led to is not there, and it is refused alone
    if len(kept) < len(native.content):
        draft.lose(place, "dropped", "its reasoning cannot be sent back; the rest is")
    if not draft.family.phase and any(item.get("phase") is not None for item in kept):
        draft.lose(place, "dropped", f"{draft.model} knows no phases; the rest is sent back")
    return [_returned(draft, item) for item in kept]


def _may_return(draft: Draft, item: Item) -> bool:
    """Whether an item may go back: reasoning must hold what the model needs of it."""
    if item.get("type") != "reasoning":
        return True
    whole = item.get("encrypted_content") or item.get("content") or draft.request.store
    return draft.family.reasoning and bool(whole)


def _returned(draft: Draft, item: Item) -> Item:
    """An item as it is sent: messages and calls need neither their id nor a status."""
    match item.get("type"):
        case "message":
            told: Item = {"role": "assistant", "content": _said([item])}
            if draft.family.phase and item.get("phase") is not None:
                told["phase"] = item["phase"]
            return told
        case "function_call" | "custom_tool_call" | "reasoning":
            left_out = {"status"} if item["type"] == "reasoning" else {"id", "status"}
            return {k: v for k, v in item.items() if v is not None and k not in left_out}
    return {key: value for key, value in item.items() if value is not None}


def _said(items: list[Item]) -> str:
    """What these items say, refusals as text."""
    told: list[str] = []
    for item in items:
        content = item.get("content") if item.get("type") == "message" else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict):
                said = part.get("text") or part.get("refusal")
                told.append(said if isinstance(said, str) else "")
    return "".join(told)


def _called(items: list[Item]) -> list[Any]:
    return [
        (item.get("call_id"), item.get("name"), item.get("arguments") or item.get("input") or "{}")
        for item in items
        if item.get("type") in CALLS and not str(item.get("call_id")).startswith(SERVED)
    ]


def _reasoning(draft: Draft, message: Message, pointer: str, *, unfollowed: bool) -> list[Item]:
    """The reasoning of an answer, one item for each id; and what of the message it repeats."""
    place = f"{pointer}/reasoning_details"
    items: list[Item] = []
    told: list[str] = []
    for group in _groups(draft, message.reasoning_details or [], place):
        item = _reasoning_item([detail for _, detail in group])
        if not _may_return(draft, item) or unfollowed:
            reason = _why_not(draft, unfollowed)
            for position, _ in group:
                draft.lose(f"{place}/{position}", "dropped", reason)
            continue
        items.append(item)
        told += [detail.summary or detail.text or "" for _, detail in group]
    shown = "\n\n".join(text for text in told if text)
    for field in ("reasoning_content", "reasoning"):
        text = getattr(message, field)
        if text and text != shown:
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)
    if message.thinking_blocks is not None:
        draft.lose(f"{pointer}/thinking_blocks", "dropped", FOREIGN)
    return items


def _why_not(draft: Draft, unfollowed: bool) -> str:
    if not draft.family.reasoning:
        return f"{draft.model} does not reason"
    if unfollowed:
        return "reasoning goes back before what it led to, and nothing is there"
    return "without its encrypted content the provider does not know it"


Numbered = tuple[int, shared.ReasoningDetail]


def _groups(
    draft: Draft, details: list[shared.ReasoningDetail], pointer: str
) -> list[list[Numbered]]:
    """The details by item: those that follow each other and have the same id."""
    groups: list[list[Numbered]] = []
    for position, detail in enumerate(details):
        if detail.format != FORMAT:
            draft.lose(f"{pointer}/{position}", "dropped", FOREIGN)
        elif groups and groups[-1][0][1].id == detail.id:
            groups[-1].append((position, detail))
        else:
            groups.append([(position, detail)])
    return groups


def _reasoning_item(details: list[shared.ReasoningDetail]) -> Item:
    summaries = [detail.summary for detail in details if detail.summary is not None]
    texts = [detail.text for detail in details if detail.text is not None]
    encrypted = next((detail.data for detail in details if detail.data is not None), None)
    item: Item = {"type": "reasoning"}
    if details[0].id is not None:
        item["id"] = details[0].id
    item["summary"] = [{"type": "summary_text", "text": text} for text in summaries]
    if texts:
        item["content"] = [{"type": "reasoning_text", "text": text} for text in texts]
    if encrypted is not None:
        item["encrypted_content"] = encrypted
    return item
