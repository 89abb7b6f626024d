"""The parts of a message's content, as Mistral's chunks."""

import base64
import binascii
import re
from typing import Any, Final

from dragoman.dialects.mistral.draft import NOWHERE, Draft
from dragoman.models import shared

NATIVE: Final = frozenset(
    {"document_url", "input_audio", "reference", "resource", "resource_link", "thinking"}
)
"""Mistral's own types of chunks, which go along as the caller wrote them."""

DOCUMENTS: Final = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""The types of documents that were seen to be read."""

DETAILS: Final = frozenset({"auto", "low", "high"})

_DATA: Final = re.compile(r"data:(?P<type>[^;,]*)(?P<rest>[^,]*),(?P<data>.*)", re.DOTALL)


def chunks_of(draft: Draft, content: str | list[Any] | None, pointer: str) -> Any:
    """The content of the message at this place: a text, or a list of chunks."""
    if not isinstance(content, list):
        return content or ""
    found: list[dict[str, Any]] = []
    for position, part in enumerate(content):
        place = f"{pointer}/content/{position}"
        draft.unmarked(part, place)
        chunk = _chunk(draft, part, place)
        if chunk is not None:
            found.append(chunk)
    return found or ""


def _chunk(draft: Draft, part: Any, pointer: str) -> dict[str, Any] | None:
    match part:
        case shared.ChatCompletionRequestMessageContentPartText(text=text):
            return {"type": "text", "text": text}
        case shared.ChatCompletionRequestMessageContentPartRefusal(refusal=refusal):
            draft.lose(pointer, "renamed", "sent as text")
            return {"type": "text", "text": refusal}
        case shared.ChatCompletionRequestMessageContentPartImage(image_url=image):
            return {"type": "image_url", "image_url": _image(draft, image, pointer)}
        case shared.ChatCompletionRequestMessageContentPartAudio(input_audio=audio):
            # The reference has the bare data here; this is what was seen to be heard.
            return {"type": "input_audio", "input_audio": audio.to_dict()}
        case shared.ChatCompletionRequestMessageContentPartFile(file=file):
            return _file(draft, file, pointer)
        case shared.OtherPart(raw=raw):
            value = raw.value
            if isinstance(value, dict) and value.get("type") in NATIVE:
                return dict(value)
    draft.lose(pointer, "dropped", NOWHERE)
    return None


def _image(draft: Draft, image: shared.ImageURL, pointer: str) -> Any:
    if image.detail is None:
        return image.url
    detail: str = image.detail
    if detail not in DETAILS:
        place = f"{pointer}/image_url/detail"
        draft.lose(place, "clamped", f"Mistral has no {detail!r}; sent as high")
        detail = "high"
    return {"url": image.url, "detail": detail}


def _file(draft: Draft, file: shared.File, pointer: str) -> dict[str, Any]:
    """A document, by its bytes or its id; a text is inlined."""
    if file.file_data is None:
        if file.file_id is None:
            raise draft.refuse(pointer, "expected file_data or file_id; got neither")
        if file.filename is not None:
            draft.lose(f"{pointer}/file/filename", "dropped", NOWHERE)
        return {"type": "file", "file_id": file.file_id}
    if file.file_id is not None:
        draft.lose(f"{pointer}/file/file_id", "dropped", "`file_data` is set too, and counts")
    found = _DATA.match(file.file_data)
    kind = "" if found is None else found["type"].lower()
    if found is not None and kind.startswith("text/"):
        draft.lose(f"{pointer}/file", "emulated", "sent as text")
        return {"type": "text", "text": _decoded(draft, found, pointer)}
    if kind not in DOCUMENTS:
        expected = "expected a data URI of application/pdf, of a Word document or of text/*"
        raise draft.refuse(pointer, f"{expected}; got {kind!r}")
    told = {"type": "document_url", "document_url": file.file_data}
    return told if not file.filename else {**told, "document_name": file.filename}


def _decoded(draft: Draft, found: "re.Match[str]", pointer: str) -> str:
    try:
        if not found["rest"].endswith(";base64"):
            raise ValueError("not in base64")
        return base64.b64decode(found["data"], validate=True).decode()
    except (ValueError, binascii.Error):
        raise draft.refuse(pointer, "expected text in UTF-8, in base64; got none") from None
