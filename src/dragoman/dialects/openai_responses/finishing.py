"""Why an answer ended: one table for whole and streamed ones."""

from typing import Any, Final

from dragoman.models import shared

COMPLETE: Final = frozenset({"completed", "complete"})
"""Statuses of an answer that came to its end; `complete` was seen once."""

INCOMPLETE: Final = "incomplete"

REASONS: Final[dict[str, shared.FinishReason]] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}
"""Why an answer is incomplete; of any other reason, it is cut."""


def finish_reason(status: str, reason: str | None) -> shared.FinishReason:
    """OpenAI's word in Chat Completions; where tools are called, `stop` becomes `tool_calls`."""
    return "stop" if status in COMPLETE else REASONS.get(reason or "", "length")


def native_finish_reason(status: str, reason: str | None) -> str | None:
    """The reason in the dialect's own word, where ours says less."""
    return None if status in COMPLETE or reason in REASONS else reason


def reason_in(incomplete_details: Any) -> str | None:
    """The reason why an answer is incomplete."""
    said = incomplete_details.get("reason") if isinstance(incomplete_details, dict) else None
    return said if isinstance(said, str) else None


def ending(finish_reason: str) -> dict[str, Any]:
    """Why the answer ended, as callers are told: in one of the two reasons that there are."""
    reason = next((r for r, ours in REASONS.items() if ours == finish_reason), None)
    if reason is None:
        return {"status": "completed"}
    return {"status": INCOMPLETE, "incomplete_details": {"reason": reason}}
