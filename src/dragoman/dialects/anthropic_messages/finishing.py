"""Why an answer ended: one table for whole and streamed ones."""

from typing import Final

from dragoman.models import shared

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "compaction": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""A word that is not here means that the model came to its end."""

PLAIN: Final = frozenset({"end_turn", "max_tokens", "tool_use"})
"""Words of which ours says everything; the others are told beside it."""

REFUSED: Final = "The model refused to answer."
"""What a refusal says that explains nothing."""


def finish_reason(word: str | None) -> shared.FinishReason:
    """OpenAI's word for a `stop_reason`."""
    return FINISH_REASONS.get(word or "", "stop")


def native_finish_reason(word: str | None) -> str | None:
    """Anthropic's word, where ours says less."""
    return None if word in PLAIN else word


def refusal(stop_details: object) -> str:
    """What a refusal says."""
    said = stop_details.get("explanation") if isinstance(stop_details, dict) else None
    return said if isinstance(said, str) and said else REFUSED
