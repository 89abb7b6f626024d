"""The messages of a caller who speaks Gemini's dialect, from contents of two roles."""

from typing import Any, Final

import msgspec

from dragoman.dialects.gemini.blocks import FORMAT, Blocks
from dragoman.dialects.gemini.media import type_of
from dragoman.models import shared
from dragoman.wire import gemini as wire
from dragoman.wire import reading

SOUNDS: Final = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mp3": "mp3",
    "audio/mpeg": "mp3",
}
"""The formats of sound that a message of the hub may hold."""


class Heard:
    """The messages so far, and the calls that nobody has answered."""

    def __init__(self, extra: shared.Extra) -> None:
        self.messages: list[dict[str, Any]] = []
        self._extra = extra
        self._waiting: list[tuple[str, str]] = []

    def instructions(self, told: Any) -> None:
        """The system instruction: a content, or a text of somebody careless."""
        if told is None:
            return
        parts = [{"text": told}] if isinstance(told, str) else _parts(told, "systemInstruction")
        texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
        content: Any = texts[0] if len(texts) == 1 else [_text(text) for text in texts]
        if texts:
            self.messages.append({"role": "system", "content": content})

    def contents(self, contents: list[Any]) -> None:
        """Whatever else was said."""
        for position, content in enumerate(contents):
            path = f"contents[{position}]"
            parts = _parts(content, path)
            if content.get("role") == "model":
                self._hear_model(parts, position)
            else:
                self._hear_user(parts, path)

    def _hear_user(self, parts: list[dict[str, Any]], path: str) -> None:
        said: list[dict[str, Any]] = []
        for position, part in enumerate(parts):
            result = part.get("functionResponse")
            if not isinstance(result, dict):
                said.append(_heard(part))
            elif not self._hear_result(result, f"{path}.parts[{position}].functionResponse"):
                said.append(_text(reading.write(part).decode()))
        if len(said) == 1 and said[0]["type"] == "text":
            self.messages.append({"role": "user", "content": said[0]["text"]})
        elif said:
            self.messages.append({"role": "user", "content": said})

    def _hear_result(self, result: dict[str, Any], path: str) -> bool:
        """A result, as a message of its tool; false where no call waits for it."""
        name, id = result.get("name"), result.get("id")
        place = next(
            (
                place
                for place, (waiting, called) in enumerate(self._waiting)
                if (waiting == id if id else called == name)
            ),
            None,
        )
        if place is None:
            return False
        call_id, _ = self._waiting.pop(place)
        response = result.get("response", {})
        if not isinstance(response, dict):
            raise reading.MistypedError(
                "expected an object; got another value", f"{path}.response", "type"
            )
        content: Any = reading.write(response).decode()
        for key in ("output", "error"):
            if response.keys() == {key} and isinstance(response[key], str):
                content = response[key]
        if response.keys() == {"error"}:
            self._extra[f"/messages/{len(self.messages)}/is_error"] = True
        media = [_picture(part) for part in result.get("parts") or () if isinstance(part, dict)]
        if media:
            content = [_text(content), *media] if response else media
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": content})
        return True

    def _hear_model(self, parts: list[dict[str, Any]], position: int) -> None:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        blocks = Blocks()
        texts: list[str] = []
        details: list[dict[str, Any]] = []
        calls: list[dict[str, Any]] = []
        for place, part in enumerate(parts):
            text, signature = part.get("text"), part.get("thoughtSignature")
            call = part.get("functionCall")
            if isinstance(call, dict):
                calls.append(_call(call, signature, f"call_{position}_{place}"))
                blocks.add(part, "call")
            elif part.get("thought") and (text or signature):
                details.append(_detail(text or "", signature, len(details)))
                blocks.add(part, "thought" if text else "other")
            elif isinstance(text, str) and (text or signature):
                texts.append(text)
                if signature:
                    details.append(_detail("", signature, len(details)))
                blocks.add(part, "text")
            elif part and "text" not in part:
                blocks.add(part, "other")
        if texts or not calls:
            message["content"] = "".join(texts)
        reasoning = "".join(detail["text"] for detail in details)
        if reasoning:
            message["reasoning_content"] = reasoning
        if any("signature" in detail for detail in details):
            message["reasoning_details"] = details
        if calls:
            message["tool_calls"] = calls
        if blocks.needed:
            native = blocks.native_content()
            message["native_content"] = {"format": FORMAT, "content": native.content}
        if not self.messages or self.messages[-1]["role"] != "assistant":
            self._waiting = []  # of two answers in a row, the calls are answered together
        self._waiting += [(call["id"], call["function"]["name"]) for call in calls]
        self.messages.append(message)


def _parts(content: Any, path: str) -> list[dict[str, Any]]:
    if not isinstance(content, dict):
        raise reading.MistypedError("expected an object; got another value", path, "type")
    try:
        parts = msgspec.convert(content, wire.Content).parts or []
    except msgspec.ValidationError as error:
        raise reading.mistyped(error).within(path) from None
    try:
        msgspec.convert(parts, list[wire.Part])
    except msgspec.ValidationError as error:
        raise reading.mistyped(error).within(f"{path}.parts") from None
    return parts


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _detail(text: str, signature: Any, index: int) -> dict[str, Any]:
    detail = {"type": "reasoning.text", "text": text, "format": FORMAT, "index": index}
    return {**detail, "signature": signature} if isinstance(signature, str) else detail


def _call(call: dict[str, Any], signature: Any, id: str) -> dict[str, Any]:
    arguments = reading.write(call.get("args") or {}).decode()
    told: dict[str, Any] = {
        "id": call.get("id") or id,
        "type": "function",
        "function": {"name": call.get("name") or "", "arguments": arguments},
    }
    if signature:
        told["extra_content"] = {"google": {"thought_signature": signature}}
    return told


def _picture(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a tool's result, which may be an image; every other goes along whole."""
    heard = _heard(part)
    if heard["type"] == "image_url":
        return heard
    return {"type": "dragoman.other", "raw": shared.Verbatim(part)}


def _heard(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a message; one that only Gemini knows goes along whole."""
    text, blob, file = part.get("text"), part.get("inlineData"), part.get("fileData")
    if isinstance(text, str):
        return _text(text)
    if isinstance(blob, dict) and isinstance(blob.get("data"), str):
        mime_type, data = str(blob.get("mimeType")), blob["data"]
        uri = f"data:{mime_type};base64,{data}"
        if mime_type.startswith("image/"):
            return {"type": "image_url", "image_url": {"url": uri}}
        if mime_type in SOUNDS:
            sound = {"data": data, "format": SOUNDS[mime_type]}
            return {"type": "input_audio", "input_audio": sound}
        return {"type": "file", "file": {"file_data": uri}}
    if isinstance(file, dict) and isinstance(file.get("fileUri"), str):
        mime_type = str(file.get("mimeType"))
        if mime_type.startswith("image/") and type_of(file["fileUri"]) == mime_type:
            return {"type": "image_url", "image_url": {"url": file["fileUri"]}}
    return {"type": "dragoman.other", "raw": shared.Verbatim(part)}
