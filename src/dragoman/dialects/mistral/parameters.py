"""What becomes of a request's parameters; one small function per matter."""

from typing import Any, Final

from dragoman.dialects.mistral.draft import NOWHERE, Draft
from dragoman.models import shared
from dragoman.models.pointers import escaped

CARRIED: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "seed": "random_seed",
    "n": "n",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "metadata": "metadata",
    "parallel_tool_calls": "parallel_tool_calls",
    "prompt_cache_key": "prompt_cache_key",
}
"""Fields that Mistral has, and what it calls them."""

TIERS: Final[dict[str, str]] = {"auto": "auto", "default": "standard_only"}
"""Mistral's word for a service tier."""

OWN_FIELDS: Final = (
    "safe_prompt",
    "prompt_mode",
    "random_seed",
    "min_tokens",
    "top_k",
    "repetition_penalty",
    "guardrails",
)
"""Fields of Mistral's that the hub has none for, and that go along."""

JSON_ONLY: Final = "Respond with a single JSON object and nothing else."

DEFAULTS: Final[dict[str, Any]] = {"logprobs": False, "modalities": ["text"], "store": False}
"""Values that change nothing: leaving them out loses nothing."""

NO_PLACE: Final = (
    "logit_bias",
    "logprobs",
    "moderation",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "store",
    "top_logprobs",
    "user",
    "verbosity",
    "web_search_options",
)
"""Fields that Mistral has nothing for."""


def refused(draft: Draft) -> None:
    """What changes the meaning and cannot be had."""
    if "audio" in (draft.request.modalities or ()):
        raise draft.refuse("/modalities", "expected text alone, Mistral's models do not speak")
    if draft.request.audio is not None:
        draft.lose("/audio", "dropped", NOWHERE)


def carried(draft: Draft) -> None:
    """What Mistral has as well, under its own names."""
    for field, name in CARRIED.items():
        if (value := getattr(draft.request, field)) is not None:
            draft.body[name] = value


def dropped(draft: Draft) -> None:
    """What Mistral has nothing for; `stream_options` are refused there, usage always comes."""
    for field in NO_PLACE:
        if getattr(draft.request, field) != DEFAULTS.get(field, ...):
            draft.drop(field)
    options = draft.request.stream_options
    if options is not None and options.include_obfuscation:
        draft.lose("/stream_options/include_obfuscation", "dropped", NOWHERE)


def service_tier(draft: Draft) -> None:
    """Standard capacity alone, or whatever there is."""
    wanted = draft.request.service_tier
    if wanted in TIERS:
        draft.body["service_tier"] = TIERS[wanted]
    elif wanted is not None:
        draft.lose("/service_tier", "dropped", f"Mistral has no {wanted!r}")


def own_fields(draft: Draft) -> None:
    """What is Mistral's own, as the caller wrote it; it comes before what says the same."""
    for field in OWN_FIELDS:
        value = draft.taken(f"/{escaped(field)}")
        if value is None:
            continue
        if field == "random_seed" and draft.request.seed not in (None, value):
            draft.lose("/seed", "dropped", "`random_seed` is set too, and counts")
        draft.body[field] = value


def token_bound(draft: Draft) -> None:
    """The most tokens of the answer."""
    old, new = draft.request.max_tokens, draft.request.max_completion_tokens
    if old is not None and new not in (None, old):
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    bound = old if new is None else new
    if bound is not None:
        draft.body["max_tokens"] = bound


def prediction(draft: Draft) -> None:
    """Text that the answer will probably repeat; Mistral's is one text."""
    wanted = draft.request.prediction
    if wanted is None:
        return
    content = wanted.to_dict()["content"]
    if isinstance(content, list) and all(part.keys() == {"type", "text"} for part in content):
        content = "".join(part["text"] for part in content)
    # Any other part goes along, and Mistral says what it thinks of it.
    draft.body["prediction"] = {"type": "content", "content": content}


def effort(draft: Draft) -> None:
    """How hard to think: not at all, or hard; there is nothing between."""
    wanted = draft.request.reasoning_effort
    if wanted is None:
        return
    sent = "none" if wanted == "none" else "high"
    if sent != wanted:
        reason = f"Mistral honours none and high; {wanted!r} is sent as high"
        draft.lose("/reasoning_effort", "clamped", reason)
    draft.body["reasoning_effort"] = sent


def response_format(draft: Draft) -> None:
    """A JSON Schema that the answer must follow, or any JSON object."""
    match draft.request.response_format:
        case shared.ResponseFormatText():
            draft.body["response_format"] = {"type": "text"}
        case shared.ResponseFormatJsonObject():
            draft.body["response_format"] = {"type": "json_object"}
            if not _speaks_of_json(draft):
                # A model that does not know of it may write blanks until the bound.
                draft.messages.insert(0, {"role": "system", "content": JSON_ONLY})
                reason = "asked for in words, too, as no message does"
                draft.lose("/response_format", "emulated", reason)
        case shared.ResponseFormatJsonSchema(json_schema=wanted):
            schema: dict[str, Any] = {"name": wanted.name}
            if wanted.description is not None:
                schema["description"] = wanted.description
            schema["schema"] = wanted.schema or {"type": "object"}
            if wanted.strict is not None:
                schema["strict"] = wanted.strict
            draft.body["response_format"] = {"type": "json_schema", "json_schema": schema}


def _speaks_of_json(draft: Draft) -> bool:
    for message in draft.messages:
        content = message["content"]
        texts = [content] if isinstance(content, str) else [p.get("text", "") for p in content]
        if any("json" in text.lower() for text in texts):
            return True
    return False
