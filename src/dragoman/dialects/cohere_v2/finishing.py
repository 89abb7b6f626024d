"""Why an answer ended: one table for whole and streamed ones."""

from typing import Final

from dragoman.models import shared

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TIMEOUT": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
"""A word that is not here means that the model came to its end."""

PLAIN: Final = frozenset({"COMPLETE", "MAX_TOKENS", "TOOL_CALL"})
"""Words of which ours says everything; the others are told beside it."""

FAILURES: Final = {"ERROR": 502, "TIMEOUT": 504}
"""Words that are errors of this status where nothing was said before them."""


def finish_reason(word: str | None) -> shared.FinishReason:
    """OpenAI's word for a `finish_reason`."""
    return FINISH_REASONS.get(word or "", "stop")


def native_finish_reason(word: str | None) -> str | None:
    """Cohere's word, where ours says less."""
    return None if word in PLAIN else word
