"""Why a choice ended: one table for all who speak this dialect."""

from typing import Final

from dragoman.models import shared

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "function_call": "function_call",
    "max_tokens": "length",
    "max_length": "length",
    "model_length": "length",
    "tool_use": "tool_calls",
    "tool_call": "tool_calls",
    "safety": "content_filter",
    "blocked": "content_filter",
    "sensitive": "content_filter",
    "recitation": "content_filter",
}
"""A word that is not here means that the model came to its end: eos, end_turn, complete, …"""

FAILURES: Final = {"error": 502, "abort": 502, "insufficient_system_resource": 503}
"""Words for an answer that failed, with the status it should have had.

With content they are `length`, since the answer is cut; without, they are errors.
"""


def finish_reason(word: str, has_calls: bool) -> shared.FinishReason:
    """OpenAI's word for a provider's."""
    if word == "function_call" and has_calls:
        return "tool_calls"
    if word in FAILURES:
        return "length"
    return FINISH_REASONS.get(word.lower(), "stop")
