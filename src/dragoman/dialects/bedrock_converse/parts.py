"""The parts of a message's content, as blocks; a cache point stands behind what it marks."""

import base64
import binascii
import re
from typing import Any, Final

from dragoman.dialects.bedrock_converse.draft import NOWHERE, Block, Draft
from dragoman.models import shared

Part = shared.UserContentPart | shared.ToolContentPart | shared.TextContentPart

IMAGES: Final = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
"""Bedrock's name of a type of image."""

MAGIC: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
)
"""How images begin; a type that the bytes contradict is refused."""

OFFICE: Final = "application/vnd.openxmlformats-officedocument"
DOCUMENTS: Final = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    f"{OFFICE}.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    f"{OFFICE}.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
"""Bedrock's name of a type of document; other texts are `txt`."""

NATIVE: Final = frozenset({"document", "guardContent", "image", "searchResult", "video"})
"""Bedrock's own blocks, which go along where a part of this type has one of them inside."""

NAME_LENGTH: Final = 200

FILLER: Final = "."
"""A text that has to be there and says nothing."""

_DATA: Final = re.compile(r"data:(?P<type>[^;,]*)(?P<rest>[^,]*),(?P<data>.*)", re.DOTALL)
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_ODD: Final = re.compile(r"[^a-zA-Z0-9 ()\[\]-]")
_BLANKS: Final = re.compile(r"\s+")


def blocks_of(draft: Draft, content: str | list[Any] | None, pointer: str) -> list[Block]:
    """The blocks of this content; texts that say nothing are left out."""
    if isinstance(content, str) or content is None:
        said = content or ""
        if said and said.isspace():
            draft.lose(pointer, "dropped", "a text of blanks alone is refused")
        return [{"text": said}] if said.strip() else []
    blocks: list[Block] = []
    for position, part in enumerate(content):
        blocks += block_of(draft, part, f"{pointer}/{position}")
    return blocks


def block_of(draft: Draft, part: Part, pointer: str) -> list[Block]:
    """The block of this part, and its cache point; nothing for a text that says nothing."""
    if isinstance(part, shared.OtherPart):
        return other(draft, part.raw.value, pointer)
    block = _block(draft, part, pointer)
    return [] if block is None else [block, *draft.point(part, pointer)]


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
        return {"text": text}
    if text or part.cache_control is not None or part.prompt_cache_breakpoint is not None:
        draft.lose(pointer, "dropped", "a text that says nothing is refused")
    return None


def other(draft: Draft, raw: Any, pointer: str) -> list[Block]:
    """A part that the hub has no type for: Bedrock's own go along."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    if kind in NATIVE and isinstance(raw.get(kind), dict):
        return [{kind: raw[kind]}]
    draft.lose(pointer, "dropped", NOWHERE)
    return []


def _image(draft: Draft, image: shared.ImageURL, pointer: str) -> Block:
    if image.detail not in (None, "auto"):
        draft.lose(f"{pointer}/detail", "dropped", NOWHERE)
    place = f"{pointer}/url"
    if image.url.startswith("s3://"):
        kind = IMAGES.get(f"image/{image.url.rpartition('.')[2].lower()}")
        if kind is None:
            raise draft.refuse(place, "expected an address that ends with its type; got another")
        return {"image": {"format": kind, "source": {"s3Location": {"uri": image.url}}}}
    if image.url.startswith(("http://", "https://")):
        raise draft.refuse(
            place, "expected a data URI or s3://, Bedrock fetches nothing else; got an address"
        )
    said, data = _data_uri(draft, image.url, place)
    kind = sniffed(data) or IMAGES.get(said)
    if kind is None:
        expected = ", ".join(IMAGES)
        raise draft.refuse(place, f"expected one of {expected}; got {said!r}")
    return {"image": {"format": kind, "source": {"bytes": data}}}


def sniffed(data: str) -> str | None:
    """The type of image that this base64 begins like; None for none that we know."""
    try:
        head = base64.b64decode(data[:24])
    except (ValueError, binascii.Error):
        return None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return next((kind for magic, kind in MAGIC if head.startswith(magic)), None)


def _data_uri(draft: Draft, uri: str, pointer: str) -> tuple[str, str]:
    """The media type and the base64 of a data URI."""
    found = _DATA.match(uri)
    if found is None or not found["rest"].endswith(";base64"):
        raise draft.refuse(pointer, "expected a data URI in base64; got none")
    return found["type"].lower(), found["data"]


def _document(draft: Draft, file: shared.File, pointer: str) -> Block:
    if file.file_data is None:
        given = "nothing" if file.file_id is None else "file_id, and Bedrock keeps no files"
        raise draft.refuse(pointer, f"expected file_data; got {given}")
    if file.file_id is not None:
        draft.lose(f"{pointer}/file_id", "dropped", "`file_data` is set too, and counts")
    place = f"{pointer}/file_data"
    media_type, data = _data_uri(draft, file.file_data, place)
    kind = DOCUMENTS.get(media_type) or ("txt" if media_type.startswith("text/") else None)
    if kind is None:
        expected = ", ".join(DOCUMENTS)
        raise draft.refuse(place, f"expected one of {expected}; got {media_type!r}")
    name = _name(draft, file.filename, f"{pointer}/filename")
    return {"document": {"format": kind, "name": name, "source": {"bytes": data}}}


def _name(draft: Draft, filename: str | None, pointer: str) -> str:
    """A name in the characters that Bedrock allows, and that no other document has."""
    stem = _EXTENSION.sub("", filename or "")
    plain = _BLANKS.sub(" ", _ODD.sub("-", _BLANKS.sub(" ", stem))).strip()[:NAME_LENGTH]
    name, number = plain or "document", 2
    while name in draft.names:
        ending = f" {number}"
        name, number = f"{(plain or 'document')[: NAME_LENGTH - len(ending)]}{ending}", number + 1
    draft.names.add(name)
    if filename and name != stem:
        draft.lose(pointer, "renamed", f"sent as {name!r}: names are plain, and each its own")
    return name
