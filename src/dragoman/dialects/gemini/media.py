"""Images, sounds and documents of a message, as parts."""

import re
from typing import Any, Final

from dragoman.dialects.gemini.draft import Draft

DATA: Final = re.compile(r"data:(?P<type>[^;,]+)(?:;[^;,]*)*?;base64,(?P<data>.*)", re.DOTALL)
"""A data URI in base64."""

TYPES: Final = {
    "avif": "image/avif",
    "csv": "text/csv",
    "flac": "audio/flac",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "mov": "video/mov",
    "mp3": "audio/mp3",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}
"""The type of a file by the end of its name."""

LEVELS: Final = {"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}

BREAKPOINTS: Final = ("cache_control", "prompt_cache_breakpoint")


def part(draft: Draft, told: dict[str, Any], pointer: str) -> dict[str, Any] | None:
    """A part of a message; None for what is left out, which is told."""
    breakpoints(draft, told, pointer)
    match told["type"]:
        case "text":
            return {"text": told["text"]} if told["text"] else None
        case "refusal":
            return {"text": told["refusal"]} if told["refusal"] else None
        case "image_url":
            return _image(draft, told["image_url"], f"{pointer}/image_url")
        case "input_audio":
            sound = told["input_audio"]
            return _inline(f"audio/{sound['format']}", sound["data"])
        case "file":
            return _file(draft, told["file"], f"{pointer}/file")
    if "type" not in told["raw"]:  # a part of Gemini's own, which nobody else calls one
        own: dict[str, Any] = told["raw"]
        return own
    draft.lose(pointer, "dropped", "a part of a type that we do not know")
    return None


def breakpoints(draft: Draft, holder: dict[str, Any], pointer: str) -> None:
    """Cache breakpoints, which Gemini has none of."""
    for key in BREAKPOINTS:
        if key in holder:
            draft.lose(f"{pointer}/{key}", "dropped", "Gemini caches by itself")


def _image(draft: Draft, image: dict[str, Any], pointer: str) -> dict[str, Any]:
    made = _by_address(draft, image["url"], f"{pointer}/url", None)
    detail = image.get("detail", "auto")
    if detail in LEVELS and draft.family.media_resolution:
        made["mediaResolution"] = {"level": LEVELS[detail]}
    elif detail != "auto":
        draft.lose(f"{pointer}/detail", "dropped", f"{draft.model} has no such level")
    return made


def _file(draft: Draft, file: dict[str, Any], pointer: str) -> dict[str, Any]:
    name = file.get("filename")
    if name is not None:
        draft.lose(f"{pointer}/filename", "dropped", "Gemini has no place for it")
    if "file_data" in file:
        if "file_id" in file:
            draft.lose(f"{pointer}/file_id", "dropped", "`file_data` is set too, and counts")
        return _by_address(draft, file["file_data"], f"{pointer}/file_data", name)
    if "file_id" in file:
        return _by_address(draft, file["file_id"], f"{pointer}/file_id", name)
    raise draft.refuse(pointer, "expected `file_data` or `file_id`; got neither")


def _by_address(draft: Draft, address: str, pointer: str, name: str | None) -> dict[str, Any]:
    """What stands in a data URI, or a file that Gemini fetches by its URI."""
    data = DATA.fullmatch(address)
    if data is not None:
        return _inline(data["type"], data["data"])
    if address[:5].lower() == "data:" or "://" not in address:
        raise draft.refuse(
            pointer, "expected a data URI in base64, or the URI of a file; got another text"
        )
    file = {"fileUri": address}
    known = type_of(name or address)
    if known is not None:
        file["mimeType"] = known
    elif draft.quirks.media_types:
        raise draft.refuse(
            pointer, "expected an address whose name tells the type of the file; got another"
        )
    return {"fileData": file}


def type_of(address: str) -> str | None:
    """The type of a file by the end of its name; None for one that tells none."""
    path = address.partition("?")[0].partition("#")[0]
    return TYPES.get(path.rpartition(".")[2].lower())


def _inline(mime_type: str, data: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime_type, "data": data}}
