"""The parts of a message's content."""

from typing import Any, Final

from dragoman.dialects.openai_responses.draft import NOWHERE, Draft, Item
from dragoman.models import shared

NATIVE: Final = frozenset({"input_text", "input_image", "input_file"})
"""Responses' own types of parts, which go along as the caller wrote them."""


def parts_of(draft: Draft, content: str | list[Any], pointer: str) -> list[Item]:
    """The parts of this content."""
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    found = (_part(draft, part, f"{pointer}/{n}") for n, part in enumerate(content))
    return [part for part in found if part is not None]


def _part(draft: Draft, part: Any, pointer: str) -> Item | None:
    if isinstance(part, shared.OtherPart):
        raw = part.raw.value
        if isinstance(raw, dict) and raw.get("type") in NATIVE:
            return dict(raw)
        draft.lose(pointer, "dropped", NOWHERE)
        return None
    told: Item
    match part:
        case shared.ChatCompletionRequestMessageContentPartText(text=text):
            told = {"type": "input_text", "text": text}
        case shared.ChatCompletionRequestMessageContentPartImage(image_url=image):
            told = {
                "type": "input_image",
                "image_url": image.url,
                "detail": image.detail or "auto",
            }
        case shared.ChatCompletionRequestMessageContentPartFile(file=file):
            told = {"type": "input_file", **file.to_dict()}
        case _:
            raise draft.refuse(pointer, "expected text, image_url or file; got input_audio")
    draft.unmarked(part, pointer)
    if part.prompt_cache_breakpoint is not None:
        told["prompt_cache_breakpoint"] = part.prompt_cache_breakpoint.to_dict()
    return told
