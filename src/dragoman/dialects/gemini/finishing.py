"""Why a candidate ended, and why a prompt was blocked: one table for whole and streamed answers."""

from typing import Final

from dragoman.models import shared

NUMBERED: Final = ("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION")
"""The finish reasons by number, as servers write them that write enums as numbers."""

BLOCKS_NUMBERED: Final = (
    "BLOCK_REASON_UNSPECIFIED",
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
)
"""The reasons for blocking a prompt by number."""

PLAIN: Final = frozenset({"STOP", "MAX_TOKENS"})
"""Words that say no more than OpenAI's."""

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "STOP": "stop",
    "FINISH_REASON_UNSPECIFIED": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
}
"""A word that is not here tells of a failure: after an answer it is `stop`, else an error."""


def word_of(word: str | int, numbered: tuple[str, ...] = NUMBERED) -> str:
    """The name of an enum's member; of a number without one, `OTHER`."""
    if isinstance(word, str):
        return word
    return numbered[word] if 0 <= word < len(numbered) else "OTHER"


def failed(word: str) -> bool:
    """Whether an answer with nothing in it that ended so is none."""
    return word not in FINISH_REASONS


def finish_reason(word: str) -> shared.FinishReason:
    """OpenAI's word; with a call, the writer makes `tool_calls` of `stop`."""
    return FINISH_REASONS.get(word, "stop")


def native(word: str) -> str | None:
    """Gemini's own word, where OpenAI's says less."""
    return None if word in PLAIN else word
