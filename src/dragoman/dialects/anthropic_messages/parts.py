"""The parts of a message's content, as blocks."""

import base64
import binascii
import re
from typing import Any, Final

from dragoman.dialects.anthropic_messages.draft import NOWHERE, Block, Draft
from dragoman.models import shared

Part = shared.UserContentPart | shared.ToolContentPart | shared.TextContentPart

IMAGES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")

MAGIC: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)
"""How images begin; the API refuses a type that the bytes contradict."""

NATIVE: Final = frozenset(
    {
        "image",
        "document",
        "search_result",
        "container_upload",
        "tool_reference",
        "tool_addition",
        "tool_removal",
    }
)
"""Anthropic's own types of parts, which go along as the caller wrote them."""

FILES_BETA: Final = "files-api-2025-04-14"

_DATA: Final = re.compile(r"data:(?P<type>[^;,]*)(?P<rest>[^,]*),(?P<data>.*)", re.DOTALL)


def blocks_of(draft: Draft, content: str | list[Any] | None, pointer: str) -> list[Block]:
    """The blocks of this content; texts that say nothing are left out."""
    if isinstance(content, str) or content is None:
        said = content or ""
        if said and said.isspace():
            draft.lose(pointer, "dropped", "a text of blanks alone is refused")
        return [{"type": "text", "text": said}] if said.strip() else []
    found = (block_of(draft, part, f"{pointer}/{n}") for n, part in enumerate(content))
    return [block for block in found if block is not None]


def block_of(draft: Draft, part: Part, pointer: str) -> Block | None:
    """The block of this part, with its cache breakpoint; None for a text that says nothing."""
    if isinstance(part, shared.OtherPart):
        return other(draft, part.raw.value, pointer)
    block = _block(draft, part, pointer)
    if block is not None:
        draft.mark(block, part, pointer)
    return block


def _block(draft: Draft, part: Part, pointer: str) -> Block | None:
    match part:
        case shared.ChatCompletionRequestMessageContentPartText(text=text):
            return _text(draft, part, text, pointer)
        case shared.ChatCompletionRequestMessageContentPartImage(image_url=image):
            return _image(draft, image, f"{pointer}/image_url")
        case shared.ChatCompletionRequestMessageContentPartFile(file=file):
            return _document(draft, file, f"{pointer}/file")
        case shared.ChatCompletionRequestMessageContentPartAudio():
            raise draft.refuse(pointer, "expected text, image_url or file; got input_audio")
    return None


def _text(draft: Draft, part: Any, text: str, pointer: str) -> Block | None:
    if text.strip():
        return {"type": "text", "text": text}
    if text or part.cache_control is not None or part.prompt_cache_breakpoint is not None:
        draft.lose(pointer, "dropped", "a text that says nothing is refused")
    return None


def other(draft: Draft, raw: Any, pointer: str) -> Block | None:
    """A part that the hub has no type for: Anthropic's own go along."""
    if isinstance(raw, dict) and raw.get("type") in NATIVE:
        block = dict(raw)
        if "cache_control" in block:
            draft.marks[id(block)] = f"{pointer}/cache_control"
        return block
    draft.lose(pointer, "dropped", NOWHERE)
    return None


def _image(draft: Draft, image: shared.ImageURL, pointer: str) -> Block:
    if image.detail not in (None, "auto"):
        draft.lose(f"{pointer}/detail", "dropped", NOWHERE)
    if image.url.startswith(("http://", "https://")):
        if not draft.quirks.url_sources:
            raise draft.refuse(
                f"{pointer}/url", "expected a data URI, this host fetches nothing; got an address"
            )
        return {"type": "image", "source": {"type": "url", "url": image.url}}
    said, data = _data_uri(draft, image.url, f"{pointer}/url")
    media_type = sniffed(data) or ("image/jpeg" if said == "image/jpg" else said)
    if media_type not in IMAGES:
        expected = ", ".join(IMAGES)
        raise draft.refuse(f"{pointer}/url", f"expected one of {expected}; got {said!r}")
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "source": source}


def sniffed(data: str) -> str | None:
    """The type of image that this base64 begins like; None for none that we know."""
    try:
        head = base64.b64decode(data[:24])
    except (ValueError, binascii.Error):
        return None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in MAGIC if head.startswith(magic)), None)


def _data_uri(draft: Draft, uri: str, pointer: str) -> tuple[str, str]:
    """The media type and the base64 of a data URI."""
    found = _DATA.match(uri)
    if found is None or not found["rest"].endswith(";base64"):
        raise draft.refuse(pointer, "expected an address or a data URI in base64; got neither")
    return found["type"].lower(), found["data"]


def _document(draft: Draft, file: shared.File, pointer: str) -> Block:
    title = {} if not file.filename else {"title": file.filename}
    if file.file_data is None:
        if file.file_id is None:
            raise draft.refuse(pointer, "expected file_data or file_id; got neither")
        draft.beta(FILES_BETA)
        source: Block = {"type": "file", "file_id": file.file_id}
        return {"type": "document", "source": source, **title}
    if file.file_id is not None:
        draft.lose(f"{pointer}/file_id", "dropped", "`file_data` is set too, and counts")
    place = f"{pointer}/file_data"
    media_type, data = _data_uri(draft, file.file_data, place)
    if media_type == "application/pdf":
        source = {"type": "base64", "media_type": media_type, "data": data}
    elif media_type.startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": _decoded(draft, data, place)}
    else:
        raise draft.refuse(place, f"expected application/pdf or text/*; got {media_type!r}")
    return {"type": "document", "source": source, **title}


def _decoded(draft: Draft, data: str, pointer: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (ValueError, binascii.Error):
        raise draft.refuse(pointer, "expected text in UTF-8, in base64; got none") from None
