"""The messages of a request, in the roles and the order that Mistral takes."""

import re
from typing import Any, Final

from dragoman.dialects.mistral.draft import FOREIGN, NOWHERE, Draft
from dragoman.dialects.mistral.parts import chunks_of
from dragoman.models import shared
from dragoman.wire import reading

Assistant = shared.ChatCompletionRequestAssistantMessage

OK: Final = {"role": "assistant", "content": "OK"}
"""What older models want between a result and what the user says."""

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

ID: Final = re.compile(r"[a-zA-Z0-9]{9}")

FORMATS: Final = frozenset({None, "unknown", "mistral"})
"""Formats of reasoning that may be Mistral's."""


def conversation(draft: Draft) -> None:
    """Write the messages."""
    names: dict[str, str] = {}
    for position, message in enumerate(draft.request.messages):
        pointer = f"/messages/{position}"
        draft.unmarked(message, pointer)
        match message:
            case Assistant():
                _answer(draft, message, pointer, names)
            case shared.ChatCompletionRequestToolMessage(tool_call_id=id):
                content = chunks_of(draft, message.content, pointer)
                _result(draft, sent_id(id), names.get(id), content)
            case shared.ChatCompletionRequestFunctionMessage(name=name):
                _result(draft, sent_id(f"function {name}"), name, message.content or "")
            case _:
                _unnamed(draft, message, pointer)
                content = chunks_of(draft, message.content, pointer)
                if message.role == "user":
                    _said(draft, content)
                else:
                    draft.messages.append({"role": "system", "content": content})
    last = draft.messages[-1] if draft.messages else {}
    if last.get("role") == "assistant" and "tool_calls" not in last:
        last.setdefault("prefix", True)  # else it is refused: nobody would have to answer


def sent_id(id: str) -> str:
    """The id under which a call is sent: nine letters and digits, the same in both places."""
    if ID.fullmatch(id):
        return id
    import hashlib  # with all of OpenSSL, for the calls that other providers made

    number = int.from_bytes(hashlib.sha256(id.encode(errors="replace")).digest())
    digits: list[str] = []
    while number:
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))[:9]


def _unnamed(draft: Draft, message: Any, pointer: str) -> None:
    if message.name is not None:
        draft.lose(f"{pointer}/name", "dropped", NOWHERE)


def _result(draft: Draft, id: str, name: str | None, content: Any) -> None:
    told = {"role": "tool", "tool_call_id": id, "content": content}
    draft.messages.append(told if name is None else {**told, "name": name})


def _said(draft: Draft, content: Any) -> None:
    """What the user says; in several messages, it is one."""
    last = draft.messages[-1] if draft.messages else {}
    if last.get("role") == "user":
        last["content"] = [*_listed(last["content"]), *_listed(content)]
        return
    if last.get("role") == "tool" and draft.quirks.answer_after_tool:
        draft.messages.append(dict(OK))
    draft.messages.append({"role": "user", "content": content})


def _listed(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _answer(draft: Draft, message: Assistant, pointer: str, names: dict[str, str]) -> None:
    _unnamed(draft, message, pointer)
    for field in ("audio", "extra_content"):
        if getattr(message, field) is not None:
            draft.lose(f"{pointer}/{field}", "dropped", NOWHERE)
    content = chunks_of(draft, message.content, pointer)
    if message.refusal is not None:
        draft.lose(f"{pointer}/refusal", "renamed", "sent as text")
        refusal = [{"type": "text", "text": message.refusal}]
        content = [*_listed(content), *refusal] if content else message.refusal
    if thought := _thought(draft, message, pointer):
        content = [*thought, *(_listed(content) if content else ())]
    calls = _calls(draft, message, pointer, names)
    prefix = draft.taken(f"{pointer}/prefix")
    if not content and not calls:
        draft.lose(pointer, "dropped", "an answer that says nothing is refused")
        return
    told: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        told["tool_calls"] = calls
    if prefix is not None:
        told["prefix"] = prefix
    draft.messages.append(told)


def _thought(draft: Draft, message: Assistant, pointer: str) -> list[dict[str, Any]]:
    """The reasoning as chunks, where the model wants it back; what is lost of it is told."""
    found: list[dict[str, Any]] = []
    wanted = draft.quirks.reasoning_replay
    for position, detail in enumerate(message.reasoning_details or ()):
        fits = detail.format in FORMATS and detail.type == "reasoning.text" and detail.text
        if wanted and fits:
            text = [{"type": "text", "text": detail.text}]
            signed = {} if detail.signature is None else {"signature": detail.signature}
            found.append({"type": "thinking", "thinking": text, **signed, "closed": True})
        else:
            draft.lose(f"{pointer}/reasoning_details/{position}", "dropped", FOREIGN)
    for field in ("reasoning_content", "reasoning"):
        thought = getattr(message, field)
        texts = [chunk["thinking"][0]["text"] for chunk in found]
        if not thought or thought in (*texts, "".join(texts)):
            continue
        if wanted and not found and not message.reasoning_details:
            text = [{"type": "text", "text": thought}]
            found.append({"type": "thinking", "thinking": text, "closed": True})
        else:
            reason = FOREIGN if wanted else "the quirk `reasoning_replay` is not set"
            draft.lose(f"{pointer}/{field}", "dropped", reason)
    for field in ("thinking_blocks", "native_content"):
        if getattr(message, field):
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)
    return found


def _calls(
    draft: Draft, message: Assistant, pointer: str, names: dict[str, str]
) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    for position, call in enumerate(message.tool_calls or ()):
        place = f"{pointer}/tool_calls/{position}"
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                name, arguments = function.name, function.arguments
                if call.extra_content is not None:
                    draft.lose(f"{place}/extra_content", "dropped", FOREIGN)
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                name, arguments = custom.name, _as_json({"input": custom.input})
                draft.lose(place, "emulated", "sent as a call with the one argument `input`")
        names[call.id] = name
        calls.append(_call(call.id, name, arguments))
    if (old := message.function_call) is not None:
        draft.lose(f"{pointer}/function_call", "renamed", "sent as a tool call")
        calls.append(_call(f"function {old.name}", old.name, old.arguments))
    return calls


def _call(id: str, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments if arguments.strip() else "{}"}
    return {"id": sent_id(id), "type": "function", "function": function}


def _as_json(value: dict[str, str]) -> str:
    return reading.write(value).decode()
