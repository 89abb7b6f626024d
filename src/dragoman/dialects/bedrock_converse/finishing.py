"""Why an answer ended: one table for whole and streamed ones."""

from typing import Final

from dragoman.models import shared

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "malformed_model_output": "stop",
    "malformed_tool_use": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""A word that is not here means that the model came to its end."""

PLAIN: Final = frozenset({"end_turn", "max_tokens", "tool_use"})
"""Words of which ours says everything; the others are told beside it."""

MALFORMED: Final = frozenset({"malformed_model_output", "malformed_tool_use"})
"""The model said what nobody could read: where nothing else was said, there is no answer."""


def finish_reason(word: str | None) -> shared.FinishReason:
    """OpenAI's word for a `stopReason`."""
    return FINISH_REASONS.get(word or "", "stop")


def native_finish_reason(word: str | None) -> str | None:
    """Bedrock's word, where ours says less."""
    return None if word in PLAIN else word
