"""The messages of a request: one text each, with images and calls beside it."""

import base64
import binascii
import re
from typing import Any, Final

from dragoman.dialects.ollama.draft import FOREIGN, NOWHERE, Draft
from dragoman.models import shared
from dragoman.wire import reading

_DATA: Final = re.compile(r"data:(?P<type>[^;,]*)(?P<rest>[^,]*),(?P<data>.*)", re.DOTALL)

Assistant = shared.ChatCompletionRequestAssistantMessage


def conversation(draft: Draft) -> None:
    """Write the messages."""
    names: dict[str, str] = {}
    for position, message in enumerate(draft.request.messages):
        pointer = f"/messages/{position}"
        draft.unmarked(message, pointer)
        match message:
            case Assistant():
                draft.messages.append(_assistant(draft, message, pointer, names))
            case shared.ChatCompletionRequestToolMessage(tool_call_id=id):
                told = {"role": "tool", **_content(draft, message.content, pointer)}
                if id in names:
                    told["tool_name"] = names[id]
                draft.messages.append({**told, "tool_call_id": id})
            case shared.ChatCompletionRequestFunctionMessage(name=name):
                text = message.content or ""
                draft.messages.append({"role": "tool", "content": text, "tool_name": name})
            case _:
                role = "user" if message.role == "user" else "system"
                _unnamed(draft, message, pointer)
                told = {"role": role, **_content(draft, message.content, pointer)}
                draft.messages.append(told)


def _unnamed(draft: Draft, message: Any, pointer: str) -> None:
    if message.name is not None:
        draft.lose(f"{pointer}/name", "dropped", NOWHERE)


def _content(draft: Draft, content: str | list[Any] | None, pointer: str) -> dict[str, Any]:
    """The text of a message, and the images behind it."""
    if not isinstance(content, list):
        return {"content": content or ""}
    texts: list[str] = []
    images: list[str] = []
    for position, part in enumerate(content):
        place = f"{pointer}/content/{position}"
        draft.unmarked(part, place)
        match part:
            case shared.ChatCompletionRequestMessageContentPartText(text=text):
                if images:
                    draft.lose(place, "emulated", "sent before the image that it stands behind")
                texts.append(text)
            case shared.ChatCompletionRequestMessageContentPartRefusal(refusal=refusal):
                draft.lose(place, "renamed", "sent as text")
                texts.append(refusal)
            case shared.ChatCompletionRequestMessageContentPartImage(image_url=image):
                images.append(_image(draft, image, place))
            case shared.ChatCompletionRequestMessageContentPartFile(file=file):
                texts.append(_inlined(draft, file, place))
            case shared.ChatCompletionRequestMessageContentPartAudio():
                raise draft.refuse(place, "expected text or image_url; got input_audio")
            case _:
                draft.lose(place, "dropped", NOWHERE)
    told: dict[str, Any] = {"content": "\n".join(texts)}
    return {**told, "images": images} if images else told


def _image(draft: Draft, image: shared.ImageURL, pointer: str) -> str:
    """The base64 of an image; nothing is fetched."""
    if image.detail not in (None, "auto"):
        draft.lose(f"{pointer}/image_url/detail", "dropped", NOWHERE)
    found = _DATA.match(image.url)
    if found is None or not found["rest"].endswith(";base64"):
        got = "an address" if image.url.startswith("http") else "something else"
        raise draft.refuse(pointer, f"expected an image as data URI in base64; got {got}")
    return found["data"]


def _inlined(draft: Draft, file: shared.File, pointer: str) -> str:
    """The text of a file that is one; any other is refused."""
    if file.file_data is None:
        raise draft.refuse(pointer, "expected a text in file_data; got none")
    found = _DATA.match(file.file_data)
    if found is None or not found["type"].lower().startswith("text/"):
        raise draft.refuse(pointer, "expected a data URI of text/*; got another")
    try:
        data = found["data"]
        if not found["rest"].endswith(";base64"):
            raise ValueError("not in base64")
        text = base64.b64decode(data, validate=True).decode()
    except (ValueError, binascii.Error):
        raise draft.refuse(pointer, "expected text in UTF-8, in base64; got none") from None
    draft.lose(f"{pointer}/file", "emulated", "sent as text")
    return text


def _assistant(
    draft: Draft, message: Assistant, pointer: str, names: dict[str, str]
) -> dict[str, Any]:
    _unnamed(draft, message, pointer)
    for field in ("audio", "extra_content"):
        if getattr(message, field) is not None:
            draft.lose(f"{pointer}/{field}", "dropped", NOWHERE)
    told = {"role": "assistant", **_content(draft, message.content, pointer)}
    if message.refusal is not None:
        draft.lose(f"{pointer}/refusal", "renamed", "sent as text")
        told["content"] = "\n".join(text for text in (told["content"], message.refusal) if text)
    _thought(draft, message, pointer, told)
    if calls := _calls(draft, message, pointer, names):
        told["tool_calls"] = calls
    return told


def _thought(draft: Draft, message: Assistant, pointer: str, told: dict[str, Any]) -> None:
    """Reasoning that can be read goes back; what others signed does not."""
    thought = message.reasoning_content or message.reasoning
    if thought:
        told["thinking"] = thought
    if message.reasoning and message.reasoning != thought:
        draft.lose(f"{pointer}/reasoning", "dropped", "`reasoning_content` is there too")
    for field in ("reasoning_details", "thinking_blocks", "native_content"):
        if getattr(message, field):
            draft.lose(f"{pointer}/{field}", "dropped", FOREIGN)


def _calls(
    draft: Draft, message: Assistant, pointer: str, names: dict[str, str]
) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    for position, call in enumerate(message.tool_calls or ()):
        place = f"{pointer}/tool_calls/{position}"
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                name = function.name
                arguments = _arguments(draft, function.arguments, f"{place}/function/arguments")
                if call.extra_content is not None:
                    draft.lose(f"{place}/extra_content", "dropped", FOREIGN)
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                name, arguments = custom.name, {"input": custom.input}
                draft.lose(place, "emulated", "sent as a call with the one argument `input`")
        names[call.id] = name
        calls.append({"id": call.id, "function": {"name": name, "arguments": arguments}})
    if (old := message.function_call) is not None:
        place = f"{pointer}/function_call"
        draft.lose(place, "renamed", "sent as a tool call")
        arguments = _arguments(draft, old.arguments, f"{place}/arguments")
        calls.append({"function": {"name": old.name, "arguments": arguments}})
    return calls


def _arguments(draft: Draft, text: str, pointer: str) -> dict[str, Any]:
    """The arguments of a call as the object that they have to be."""
    if not text.strip():
        return {}
    try:
        value = reading.read_untyped(text.encode(errors="replace"))
    except reading.UnreadableError:
        draft.lose(pointer, "emulated", "no JSON; sent as the text `_raw`")
        return {"_raw": text}
    if isinstance(value, dict):
        return value
    draft.lose(pointer, "emulated", "no object; sent as its `value`")
    return {"value": value}
