"""Usage, counted as the hub counts: sounds lie inside the prompt, and so does what was cached."""

from typing import Any

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.wire import mistral as wire


def completion_usage(usage: wire.Usage) -> shared.CompletionUsage | None:
    """The one reading of a usage object, whole or streamed; None where it says nothing."""
    if usage.prompt_tokens is None and usage.completion_tokens is None:
        return None
    prompt, completion = _counted(usage.prompt_tokens) or 0, _counted(usage.completion_tokens) or 0
    details = usage.prompt_tokens_details or usage.prompt_token_details or {}
    cached = _counted(details.get("cached_tokens"))
    if cached is None:
        cached = _counted(usage.num_cached_tokens)
    audio = _counted(details.get("audio_tokens"))
    if audio and _counted(usage.total_tokens) == prompt + completion + audio:
        prompt += audio  # Voxtral counts it beside the prompt
    of_prompt = {"cached_tokens": cached, "audio_tokens": audio}
    told = {name: count for name, count in of_prompt.items() if count is not None}
    return adding_up(prompt, completion, told, {})


def _counted(number: Any) -> int | None:
    """A count of tokens, never negative; None where there is none."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return max(0, int(number))
