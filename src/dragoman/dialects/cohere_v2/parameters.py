"""What becomes of a request's parameters; one small function per matter."""

from typing import Any, Final

from dragoman.dialects.cohere_v2.draft import NOWHERE, Draft
from dragoman.models import shared

BUDGETS: Final = {"minimal": 512, "low": 1024, "medium": 4096, "high": 16_384}
"""The tokens that a level of effort is worth; a level that is not here has no bound."""

OWN_FIELDS: Final = ("documents", "citation_options", "safety_mode", "priority")
"""Fields of Cohere's that the hub has none for, and that go along."""

UNNAMED: Final = "output"
"""What a format is called that came without a name, as Cohere's have none."""

LEAST_P: Final = 0.01
MOST_P: Final = 0.99

DEFAULTS: Final[dict[str, Any]] = {"parallel_tool_calls": True, "store": False}
"""Values that change nothing: leaving them out loses nothing."""

NO_PLACE: Final = (
    "top_logprobs",
    "logit_bias",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "verbosity",
    "prediction",
    "moderation",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "web_search_options",
)
"""Fields that Cohere has nothing for."""


def refused(draft: Draft) -> None:
    """What changes the meaning and cannot be had."""
    n = draft.request.n
    if n is not None and n > 1:
        raise draft.refuse("/n", f"expected 1, Cohere gives a single choice; got {n}")
    if "audio" in (draft.request.modalities or ()):
        raise draft.refuse("/modalities", "expected text alone, Cohere's models do not speak")
    draft.drop("audio", "expected nothing, Cohere's models do not speak")


def dropped(draft: Draft) -> None:
    """What Cohere has nothing for."""
    for field in NO_PLACE:
        if getattr(draft.request, field) != DEFAULTS.get(field, ...):
            draft.drop(field)
    options = draft.request.stream_options
    if options is not None and options.include_obfuscation:
        draft.lose("/stream_options/include_obfuscation", "dropped", NOWHERE)


def own_fields(draft: Draft) -> None:
    """What is Cohere's own, as the caller wrote it."""
    for field in OWN_FIELDS:
        if (value := draft.taken(f"/{field}")) is not None:
            draft.body[field] = value


def sampling(draft: Draft) -> None:
    """Temperature, nucleus, penalties, seed."""
    request = draft.request
    if request.temperature is not None:
        draft.body["temperature"] = request.temperature
    _within(draft, "top_p", "p", LEAST_P, MOST_P)
    if (top_k := draft.taken("/top_k")) is not None:
        draft.body["k"] = top_k
    _within(draft, "frequency_penalty", "frequency_penalty", 0, 1)
    _within(draft, "presence_penalty", "presence_penalty", 0, 1)
    if request.seed is not None:
        draft.body["seed"] = request.seed


def _within(draft: Draft, field: str, key: str, least: float, most: float) -> None:
    value = getattr(draft.request, field)
    if value is None:
        return
    sent = max(least, min(value, most))
    if sent != value:
        reason = f"Cohere's goes from {least} to {most}; sent as {sent}"
        draft.lose(f"/{field}", "clamped", reason)
    draft.body[key] = sent


def token_bound(draft: Draft) -> None:
    """The most tokens of an answer."""
    old, new = draft.request.max_tokens, draft.request.max_completion_tokens
    if old is not None and new not in (None, old):
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    wanted = old if new is None else new
    if wanted is not None:
        draft.body["max_tokens"] = wanted


def stop(draft: Draft) -> None:
    """Texts that end the answer."""
    wanted = draft.request.stop
    if wanted is not None:
        draft.body["stop_sequences"] = [wanted] if isinstance(wanted, str) else wanted


def thinking(draft: Draft) -> None:
    """How hard to think; what the caller says in Cohere's words comes first."""
    effort = draft.request.reasoning_effort
    own = draft.taken("/thinking")
    if own is not None:
        draft.body["thinking"] = own
    if effort is None:
        return
    if own is not None:
        draft.lose("/reasoning_effort", "dropped", "`thinking` is set too, and counts")
    elif not draft.family.reasoning:
        if effort != "none":
            draft.lose("/reasoning_effort", "dropped", f"{draft.model} does not reason")
    elif effort == "none":
        draft.body["thinking"] = {"type": "disabled"}
    elif effort in BUDGETS:
        budget = BUDGETS[effort]
        draft.body["thinking"] = {"type": "enabled", "token_budget": budget}
        draft.lose("/reasoning_effort", "emulated", f"sent as a budget of {budget} tokens")
    else:
        draft.body["thinking"] = {"type": "enabled"}
        draft.lose("/reasoning_effort", "emulated", "sent as thinking without a budget")


def logprobs(draft: Draft) -> None:
    """Log probabilities, which Cohere gives for pieces of text and not for single tokens."""
    wanted = draft.request.logprobs
    if wanted is None:
        return
    draft.body["logprobs"] = wanted
    if wanted:
        draft.lose("/logprobs", "renamed", "come as Cohere's own, in `response.raw` alone")


def response_format(draft: Draft) -> None:
    """A JSON Schema that the answer must follow, or any JSON object."""
    wanted = draft.request.response_format
    beside = "tools" if draft.tools else "documents" if "/documents" in draft.extra else None
    match wanted:
        case shared.ResponseFormatText():
            draft.body["response_format"] = {"type": "text"}
        case shared.ResponseFormatJsonObject():
            if beside is not None:
                reason = f"Cohere does not take it together with {beside}"
                draft.lose("/response_format", "dropped", reason)
                return
            draft.body["response_format"] = {"type": "json_object"}
        case shared.ResponseFormatJsonSchema(json_schema=schema):
            if beside is not None:
                raise draft.refuse(
                    "/response_format", f"expected none together with {beside}; got json_schema"
                )
            draft.body["response_format"] = {"type": "json_object", "json_schema": _named(schema)}


def _named(wanted: shared.JSONSchema) -> dict[str, Any]:
    """The schema, which has a place for name and description."""
    schema = wanted.schema or {"type": "object"}
    named = dict(schema) if wanted.name == UNNAMED else {"title": wanted.name, **schema}
    if wanted.description is not None:
        named.setdefault("description", wanted.description)
    return named
