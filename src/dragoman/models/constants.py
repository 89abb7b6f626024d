"""Fields that always hold one value, and the closed sets of the specification."""

from typing import Any, Literal

import msgspec

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""Why a choice ended, in OpenAI's words; `function_call` belongs to the deprecated functions."""

ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast"]
"""The latency tier a request asks for, or was really served on."""


def constant(value: str) -> Any:
    """A field that is written though nobody passes it; a bare default would be omitted."""
    return msgspec.field(default_factory=lambda: value)
