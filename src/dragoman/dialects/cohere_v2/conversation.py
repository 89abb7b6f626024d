"""The messages of a request, one by one: what stands later decides nothing."""

import base64
import binascii
from typing import Any, Final

from dragoman.dialects.cohere_v2.draft import NOWHERE, Draft, Json
from dragoman.models import shared
from dragoman.wire import reading

FOREIGN: Final = "foreign reasoning"
"""Why reasoning is lost on a target that did not write it."""

EMPTY: Final = "(empty)"
"""What a tool answered that answered nothing, which is refused."""

IMAGES_FOLLOW: Final = "The images of this result follow in the next user message."
"""What stands in a tool message whose images had to be moved."""

DETAILS: Final = (None, "auto", "low", "high")
"""How closely Cohere can look at an image."""

RESULTS: Final = (
    shared.ChatCompletionRequestToolMessage,
    shared.ChatCompletionRequestFunctionMessage,
)


def conversation(draft: Draft) -> None:
    """Write the messages."""
    calls: dict[str, str] = {}
    images: list[Json] = []
    for position, message in enumerate(draft.request.messages):
        pointer = f"/messages/{position}"
        draft.unmarked(message, pointer)
        if images and not isinstance(message, RESULTS):
            draft.messages.append({"role": "user", "content": images})
            images = []
        match message:
            case shared.ChatCompletionRequestAssistantMessage():
                draft.messages.append(_answer(draft, message, pointer, calls))
            case shared.ChatCompletionRequestToolMessage():
                content = _result(draft, message.content, f"{pointer}/content", images)
                draft.messages.append(_tool(message.tool_call_id, content))
            case shared.ChatCompletionRequestFunctionMessage():
                draft.lose(pointer, "renamed", "sent as the result of a tool")
                content = _result(draft, message.content, f"{pointer}/content", images)
                id = calls.get(message.name, message.name)
                draft.messages.append(_tool(id, content))
            case shared.ChatCompletionRequestUserMessage():
                _unnamed(draft, message, pointer)
                draft.messages.append({"role": "user", "content": _said(draft, message, pointer)})
            case _:
                _unnamed(draft, message, pointer)
                content = _parts(draft, message.content, f"{pointer}/content")
                draft.messages.append({"role": "system", "content": content})
    if images:
        draft.messages.append({"role": "user", "content": images})


def _tool(id: str, content: Any) -> Json:
    return {"role": "tool", "tool_call_id": id, "content": content}


def _unnamed(draft: Draft, message: Any, pointer: str) -> None:
    if message.name is not None:
        draft.lose(f"{pointer}/name", "dropped", NOWHERE)


def _said(draft: Draft, message: shared.ChatCompletionRequestUserMessage, pointer: str) -> Any:
    content = _parts(draft, message.content, f"{pointer}/content")
    if not content or (isinstance(content, list) and not any(_says(part) for part in content)):
        raise draft.refuse(f"{pointer}/content", "expected something said; got nothing")
    return content


def _says(part: Json) -> bool:
    return bool(part.get("text", "an image"))


def _parts(draft: Draft, content: str | list[Any], pointer: str) -> Any:
    """The content as it is, or part by part."""
    if isinstance(content, str):
        return content
    parts = [_part(draft, part, f"{pointer}/{n}") for n, part in enumerate(content)]
    return [part for part in parts if part is not None]


def _part(draft: Draft, part: Any, pointer: str) -> Json | None:
    draft.unmarked(part, pointer)
    match part:
        case shared.ChatCompletionRequestMessageContentPartText(text=text):
            return {"type": "text", "text": text}
        case shared.ChatCompletionRequestMessageContentPartImage(image_url=image):
            sent = {"url": image.url}
            if image.detail in DETAILS:
                sent |= {} if image.detail is None else {"detail": image.detail}
            else:
                reason = f"Cohere has no {image.detail!r}; sent as 'high'"
                draft.lose(f"{pointer}/image_url/detail", "clamped", reason)
                sent["detail"] = "high"
            return {"type": "image_url", "image_url": sent}
        case shared.ChatCompletionRequestMessageContentPartFile(file=file):
            return {"type": "text", "text": _text_in(draft, file, pointer)}
        case shared.ChatCompletionRequestMessageContentPartAudio():
            raise draft.refuse(pointer, "expected text or image_url; got input_audio")
    draft.lose(pointer, "dropped", NOWHERE)
    return None


def _text_in(draft: Draft, file: shared.File, pointer: str) -> str:
    """The text of a file; Cohere takes no files."""
    head, _, data = (file.file_data or "").partition(",")
    if not head.startswith("data:text/") or not head.endswith(";base64"):
        raise draft.refuse(pointer, "expected a text as data URI in base64; got another file")
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (ValueError, binascii.Error):
        raise draft.refuse(pointer, "expected text in UTF-8, in base64; got none") from None
    draft.lose(pointer, "emulated", "sent as text")
    return text


def _result(draft: Draft, content: str | list[Any] | None, pointer: str, images: list[Json]) -> Any:
    """What a tool answered: one text or, with documents among it, part by part.

    Cohere takes no images here; they are put to `images`, for a user message behind the results.
    """
    if not isinstance(content, list):
        return content or _nothing(draft, pointer)
    parts: list[Json] = []
    moved: list[Json] = []
    for position, part in enumerate(content):
        place = f"{pointer}/{position}"
        if isinstance(part, shared.OtherPart) and _is_document(part.raw.value):
            parts.append(part.raw.value)
        elif (sent := _part(draft, part, place)) is None:
            pass
        elif sent["type"] == "image_url":
            draft.lose(place, "emulated", "no image stands in a result; sent in a user message")
            moved.append(sent)
        else:
            parts.append(sent)
    if moved:
        parts.append({"type": "text", "text": IMAGES_FOLLOW})
        images += moved
    if any(part["type"] == "document" for part in parts):
        return parts
    return "\n".join(part["text"] for part in parts) or _nothing(draft, pointer)


def _is_document(raw: Any) -> bool:
    return isinstance(raw, dict) and raw.get("type") == "document"


def _nothing(draft: Draft, pointer: str) -> str:
    draft.lose(pointer, "emulated", f"an empty result is refused; sent as {EMPTY!r}")
    return EMPTY


def _answer(
    draft: Draft,
    message: shared.ChatCompletionRequestAssistantMessage,
    pointer: str,
    ids: dict[str, str],
) -> Json:
    """An earlier answer; what was said before calls is the plan that they follow."""
    for field in ("name", "audio", "extra_content", "native_content"):
        if getattr(message, field) is not None:
            reason = FOREIGN if field.endswith("_content") else NOWHERE
            draft.lose(f"{pointer}/{field}", "dropped", reason)
    for field in ("reasoning_details", "thinking_blocks"):
        if getattr(message, field) is not None:
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)
    text = _text(draft, message, pointer)
    calls = _calls(draft, message, pointer, ids)
    plan = _plan(draft, message, pointer, planned=bool(calls) and not text)
    if not calls:
        return {"role": "assistant", "content": text}
    said = {"tool_plan": text or plan} if text or plan else {}
    return {"role": "assistant", **said, "tool_calls": calls}


def _text(draft: Draft, message: shared.ChatCompletionRequestAssistantMessage, pointer: str) -> str:
    """What was said: text, and refusals as text."""
    said: list[str] = []
    if isinstance(message.content, str):
        said.append(message.content)
    for position, part in enumerate(message.content or () if not said else ()):
        place = f"{pointer}/content/{position}"
        if isinstance(part, shared.ChatCompletionRequestMessageContentPartRefusal):
            draft.lose(place, "renamed", "sent as text")
            said.append(part.refusal)
        elif (sent := _part(draft, part, place)) is not None:
            said.append(sent["text"])
    if message.refusal is not None:
        draft.lose(f"{pointer}/refusal", "renamed", "sent as text")
        said.append(message.refusal)
    return "".join(said)


def _plan(
    draft: Draft,
    message: shared.ChatCompletionRequestAssistantMessage,
    pointer: str,
    *,
    planned: bool,
) -> str | None:
    """The reasoning, where it is the plan of calls; elsewhere Cohere takes none back."""
    plan: str | None = None
    for field in ("reasoning_content", "reasoning"):
        text = getattr(message, field)
        if planned and text and plan in (None, text):
            plan = text
        elif text is not None:
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)
    return plan


def _calls(
    draft: Draft,
    message: shared.ChatCompletionRequestAssistantMessage,
    pointer: str,
    ids: dict[str, str],
) -> list[Json]:
    calls: list[Json] = []
    for position, call in enumerate(message.tool_calls or ()):
        place = f"{pointer}/tool_calls/{position}"
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                if call.extra_content is not None:
                    draft.lose(f"{place}/extra_content", "dropped", FOREIGN)
                calls.append(_call(call.id, function.name, function.arguments))
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                draft.lose(place, "emulated", "sent as a call with the one argument `input`")
                arguments = reading.write({"input": custom.input}).decode()
                calls.append(_call(call.id, custom.name, arguments))
    function_call = message.function_call
    if function_call is not None:
        draft.lose(f"{pointer}/function_call", "renamed", "sent as a tool call")
        name = function_call.name
        ids[name] = f"{name}_{len(ids) + 1}"
        calls.append(_call(ids[name], name, function_call.arguments))
    return calls


def _call(id: str, name: str, arguments: str) -> Json:
    written = arguments if arguments.strip() else "{}"
    return {"id": id, "type": "function", "function": {"name": name, "arguments": written}}
