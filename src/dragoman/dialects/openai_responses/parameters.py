"""What becomes of a request's parameters; one small function per matter."""

from typing import Any, Final

from dragoman.dialects.openai_models import nearest_effort
from dragoman.dialects.openai_responses.draft import NOWHERE, Draft
from dragoman.models import shared

LEAST_OUTPUT_TOKENS: Final = 16
"""The smallest bound that is taken; less is answered with 400."""

ENCRYPTED: Final = "reasoning.encrypted_content"
LOGPROBS: Final = "message.output_text.logprobs"

SAME: Final = (
    "parallel_tool_calls",
    "metadata",
    "service_tier",
    "safety_identifier",
    "user",
    "prompt_cache_key",
    "prompt_cache_retention",
)
"""Fields that are the same here."""

SAME_OBJECTS: Final = ("moderation", "prompt_cache_options")

OWN_FIELDS: Final = (
    "context_management",
    "max_tool_calls",
    "prompt_cache_retention",
    "service_tier",
    "truncation",
)
"""Fields of Responses' that the hub has none for, or fewer words, and that go along."""

STATEFUL: Final = ("background", "conversation", "previous_response_id", "prompt")
"""Fields that rest on what the provider keeps: an answer without them would be another."""

NO_PLACE: Final = (
    "frequency_penalty",
    "logit_bias",
    "prediction",
    "presence_penalty",
    "seed",
    "stop",
)
"""Fields that Responses has nothing for."""

DEFAULTS: Final[dict[str, Any]] = {
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "temperature": 1,
    "top_p": 1,
}
"""Values that change nothing: leaving them out loses nothing."""


def refused(draft: Draft) -> None:
    """What changes the meaning and cannot be had."""
    n = draft.request.n
    if n is not None and n > 1:
        raise draft.refuse("/n", f"expected 1, Responses gives a single choice; got {n}")
    if "audio" in (draft.request.modalities or ()):
        raise draft.refuse("/modalities", "expected text alone, Responses does not speak")
    if draft.request.audio is not None:
        draft.lose("/audio", "dropped", NOWHERE)
    for field in STATEFUL:
        if draft.taken(f"/{field}") not in (None, False):
            raise draft.refuse(
                f"/{field}", "expected a request that says all; nothing is kept between requests"
            )


def same(draft: Draft) -> None:
    """What is the same here; nothing is stored unless the caller wants it."""
    for field in SAME:
        if (value := getattr(draft.request, field)) is not None:
            draft.body[field] = value
    for field in SAME_OBJECTS:
        if (value := getattr(draft.request, field)) is not None:
            draft.body[field] = value.to_dict() | _more(draft, field)
    for field in OWN_FIELDS:
        if (value := draft.taken(f"/{field}")) is not None:
            draft.body[field] = value
    draft.body["store"] = bool(draft.request.store)


def _more(draft: Draft, field: str) -> dict[str, Any]:
    """What else the caller says of this, which may be newer than the hub."""
    place = f"/{field}/"
    keys = [one.removeprefix(place) for one in draft.extra if one.startswith(place)]
    return {key: draft.taken(f"{place}{key}") for key in keys if "/" not in key and "~" not in key}


def stream(draft: Draft) -> None:
    """Whether the answer comes in events; usage always comes with it."""
    if draft.request.stream:
        draft.body["stream"] = True
    options = draft.request.stream_options
    if options is not None and options.include_obfuscation is not None:
        draft.body["stream_options"] = {"include_obfuscation": options.include_obfuscation}


def token_bound(draft: Draft) -> None:
    """The most tokens of the answer, reasoning included."""
    old, new = draft.request.max_tokens, draft.request.max_completion_tokens
    if old is not None and new not in (None, old):
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    field, wanted = ("max_tokens", old) if new is None else ("max_completion_tokens", new)
    if wanted is None:
        return
    if wanted < LEAST_OUTPUT_TOKENS:
        reason = f"the smallest bound is {LEAST_OUTPUT_TOKENS} tokens"
        draft.lose(f"/{field}", "clamped", reason)
    draft.body["max_output_tokens"] = max(wanted, LEAST_OUTPUT_TOKENS)


def reasoning(draft: Draft) -> None:
    """How hard to think, and what comes back of it; the caller's own `reasoning` comes first."""
    effort = draft.request.reasoning_effort
    own = draft.taken("/reasoning")
    told: dict[str, Any] = dict(own) if isinstance(own, dict) else {}
    if own is not None and not isinstance(own, dict):
        draft.lose("/reasoning", "dropped", "expected an object")
    if effort is not None and "effort" in told:
        draft.lose("/reasoning_effort", "dropped", "`reasoning` is set too, and counts")
    elif effort is not None and not draft.family.efforts:
        why = "has a fixed effort" if draft.family.reasoning else "does not reason"
        draft.lose("/reasoning_effort", "dropped", f"{draft.model} {why}")
    elif effort is not None:
        level = nearest_effort(effort, draft.family.efforts)
        if level != effort:
            reason = f"{draft.model} has no {effort!r}; sent as {level!r}"
            draft.lose("/reasoning_effort", "clamped", reason)
        told["effort"] = level
        if draft.quirks.summaries and level != "none":
            told.setdefault("summary", "auto")
    if told:
        draft.body["reasoning"] = told
    if draft.family.reasoning and draft.quirks.encrypted_reasoning:
        draft.include.append(ENCRYPTED)


def sampling(draft: Draft) -> None:
    """Temperature, nucleus and log probabilities, as far as the model takes them."""
    allowed = _allowed(draft)
    why = f"{draft.model} does not take it while it reasons"
    for field in ("temperature", "top_p"):
        value = getattr(draft.request, field)
        if value is None:
            continue
        if allowed:
            draft.body[field] = value
        elif value != DEFAULTS[field]:
            draft.lose(f"/{field}", "dropped", why)
    if not allowed:
        if draft.request.logprobs:
            raise draft.refuse("/logprobs", why)
        draft.drop("top_logprobs", why)
        return
    if draft.request.logprobs:
        draft.include.append(LOGPROBS)
    top = draft.request.top_logprobs
    if top is not None:
        draft.body["top_logprobs"] = top


def _allowed(draft: Draft) -> bool:
    effort = draft.body.get("reasoning", {}).get("effort")
    match draft.family.sampling:
        case "accepted":
            return True
        case "with effort none":
            return bool(effort == "none")
        case "with effort none or unset":
            return effort in ("none", None)
    return False


def text(draft: Draft) -> None:
    """The format of the answer, flat, and how long it should be."""
    own = draft.taken("/text")
    told: dict[str, Any] = dict(own) if isinstance(own, dict) else {}
    if own is not None and not isinstance(own, dict):
        draft.lose("/text", "dropped", "expected an object")
    match draft.request.response_format:
        case shared.ResponseFormatText():
            told["format"] = {"type": "text"}
        case shared.ResponseFormatJsonObject():
            told["format"] = {"type": "json_object"}
        case shared.ResponseFormatJsonSchema(json_schema=wanted):
            schema = {"type": "object"} if wanted.schema is None else wanted.schema
            told["format"] = {"type": "json_schema", **wanted.to_dict(), "schema": schema}
    if draft.family.verbosity and draft.request.verbosity is not None:
        told["verbosity"] = draft.request.verbosity
    else:
        draft.drop("verbosity", f"{draft.model} does not know it")
    if told or isinstance(own, dict):
        draft.body["text"] = told


def dropped(draft: Draft) -> None:
    """What Responses has nothing for."""
    for field in NO_PLACE:
        if getattr(draft.request, field) != DEFAULTS.get(field, ...):
            draft.drop(field)


def include(draft: Draft) -> None:
    """What comes back beside the answer: what we need, and what the caller names."""
    own = draft.taken("/include")
    if own is not None and not isinstance(own, list):
        draft.lose("/include", "dropped", "expected a list")
    for name in own if isinstance(own, list) else ():
        if name not in draft.include:
            draft.include.append(name)
    if draft.include:
        draft.body["include"] = draft.include
