"""Earlier answers: text, calls, and the signatures that Gemini wants back with them.

An answer of Gemini's own goes back as it came where `native_content` still says what the message
says; else its parts are put together again from the message.
"""

from typing import Any, Final

import msgspec

from dragoman.dialects.gemini import media
from dragoman.dialects.gemini.blocks import FORMAT
from dragoman.dialects.gemini.draft import Draft
from dragoman.wire import reading

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

UNSIGNED: Final = "Gemini takes back only what it signed"

NO_SIGNATURE: Final = "skip_thought_signature_validator"
"""The signature of calls that Gemini did not make; its documentation names it."""


class Call(msgspec.Struct, frozen=True):
    """A call that a result may answer."""

    id: str | None
    """The id in the conversation; None for a call by the deprecated `functions`."""

    name: str

    sent_id: str | None
    """The id that Gemini sees; None where ids are not sent."""


def model_parts(
    draft: Draft, message: dict[str, Any], pointer: str
) -> tuple[list[dict[str, Any]], list[Call]]:
    """The parts of an assistant message, and the calls among them."""
    media.breakpoints(draft, message, pointer)
    if "name" in message:
        draft.lose(f"{pointer}/name", "dropped", "Gemini has no place for it")
    if "audio" in message:
        draft.lose(f"{pointer}/audio", "dropped", "Gemini keeps no earlier sounds")
    texts = _texts(draft, message, pointer)
    calls, parts = _calls(draft, message, pointer)
    native = _native(draft, message, pointer, texts, parts)
    signed, signature = _reasoning(draft, message, pointer, replayed=native is not None)
    if native is not None:
        return native, calls
    if signature is not None:
        texts = texts or [{"text": ""}]
        texts[-1] = {**texts[-1], "thoughtSignature": signature}
    if parts and draft.family.signatures and "thoughtSignature" not in parts[0]:
        parts[0]["thoughtSignature"] = NO_SIGNATURE
    return [*signed, *texts, *parts], calls


def _texts(draft: Draft, message: dict[str, Any], pointer: str) -> list[dict[str, Any]]:
    content = message.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    parts = [
        media.part(draft, part, f"{pointer}/content/{position}")
        for position, part in enumerate(content or ())
    ]
    if message.get("refusal"):
        parts.append({"text": message["refusal"]})
    return [part for part in parts if part is not None]


def _calls(
    draft: Draft, message: dict[str, Any], pointer: str
) -> tuple[list[Call], list[dict[str, Any]]]:
    calls, parts = [], []
    with_ids = draft.quirks.call_ids or draft.family.call_ids
    for position, call in enumerate(message.get("tool_calls", ())):
        place = f"{pointer}/tool_calls/{position}"
        function = call.get("function") or call["custom"]
        sent_id = call["id"] if with_ids else None
        calls.append(Call(call["id"], function["name"], sent_id))
        told: dict[str, Any] = {"name": function["name"]}
        if sent_id is not None:
            told = {"id": sent_id, **told}
        if call["type"] == "custom":
            told["args"] = {"input": function["input"]}
        else:
            told["args"] = _args(draft, function["arguments"], f"{place}/function/arguments")
        part: dict[str, Any] = {"functionCall": told}
        signature = _signature(draft, call, place)
        if signature is not None:
            part["thoughtSignature"] = signature
        parts.append(part)
    old = message.get("function_call")
    if old is not None:
        calls.append(Call(None, old["name"], None))
        args = _args(draft, old["arguments"], f"{pointer}/function_call/arguments")
        parts.append({"functionCall": {"name": old["name"], "args": args}})
    return calls, parts


def _args(draft: Draft, text: str, pointer: str) -> dict[str, Any]:
    """Arguments as the object that they are the text of."""
    if not text.strip():
        return {}
    try:
        value = reading.read_untyped(text.encode(errors="surrogatepass"))
    except reading.UnreadableError:
        value = None
    if isinstance(value, dict):
        return value
    draft.lose(pointer, "emulated", "it is no JSON object; sent as one with the text in `_raw`")
    return {"_raw": text}


def _signature(draft: Draft, holder: dict[str, Any], pointer: str) -> str | None:
    """The signature in `extra_content`; whatever else is in there is somebody else's."""
    extra = holder.get("extra_content")
    if extra is None:
        return None
    google = extra.get("google")
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    if extra != {"google": {"thought_signature": signature}}:
        draft.lose(f"{pointer}/extra_content", "dropped", "only Gemini's signature in it is sent")
    return signature if isinstance(signature, str) else None


def _native(
    draft: Draft,
    message: dict[str, Any],
    pointer: str,
    texts: list[dict[str, Any]],
    calls: list[dict[str, Any]],
) -> list[dict[str, Any]] | None:
    """The parts as they came, where they are Gemini's and still say what the message says."""
    native = message.get("native_content")
    if native is None:
        return None
    if native["format"] != FORMAT:
        draft.lose(f"{pointer}/native_content", "dropped", FOREIGN)
        return None
    parts: list[dict[str, Any]] = []
    waiting = list(calls)
    spoken = []
    same = True
    for part in native["content"]:
        call = part.get("functionCall")
        if isinstance(call, dict):
            told = waiting.pop(0)["functionCall"] if waiting else {}
            same = same and call.get("name") == told.get("name")
            same = same and (call.get("args") or {}) == told.get("args")
            part = {**part, "functionCall": told}
        elif isinstance(part.get("text"), str) and not part.get("thought"):
            spoken.append(part["text"])
        parts.append(part)
    if same and not waiting and "".join(spoken) == "".join(part["text"] for part in texts):
        return parts
    reason = "the message does not say the same any more, and counts"
    draft.lose(f"{pointer}/native_content", "dropped", reason)
    return None


def _reasoning(
    draft: Draft, message: dict[str, Any], pointer: str, *, replayed: bool
) -> tuple[list[dict[str, Any]], str | None]:
    """Signed thoughts as parts, and the signature of the text; all else is told as lost."""
    signed: list[dict[str, Any]] = []
    signature = _signature(draft, message, pointer)
    thoughts: list[str] = []
    for position, detail in enumerate(message.get("reasoning_details", ())):
        place = f"{pointer}/reasoning_details/{position}"
        text = detail.get("text") or ""
        if detail.get("format") != FORMAT or detail["type"] != "reasoning.text":
            draft.lose(place, "dropped", FOREIGN)
        elif replayed:
            thoughts.append(text)
        elif "signature" not in detail:
            draft.lose(place, "dropped", UNSIGNED)
        elif text:
            thoughts.append(text)
            told = {"text": text, "thought": True, "thoughtSignature": detail["signature"]}
            signed.append(told)
        else:
            signature = detail["signature"]
    for key in ("reasoning_content", "reasoning"):
        if message.get(key) and message[key] != "".join(thoughts):
            draft.lose(f"{pointer}/{key}", "dropped", UNSIGNED if thoughts else FOREIGN)
    if message.get("thinking_blocks"):
        draft.lose(f"{pointer}/thinking_blocks", "dropped", FOREIGN)
    return signed, signature
