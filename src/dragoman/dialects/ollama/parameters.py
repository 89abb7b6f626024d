"""What becomes of a request's parameters; one small function per matter."""

from typing import Any, Final

from dragoman.dialects.ollama.draft import NOWHERE, Draft
from dragoman.models import shared

LEVELS: Final[dict[str, Any]] = {
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "max",
    "max": "max",
}
"""What `think` is for a level of effort."""

SAMPLING: Final = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")
"""Fields that are options under the same names."""

OPTIONS: Final = (
    "num_ctx",
    "num_keep",
    "num_batch",
    "num_gpu",
    "main_gpu",
    "num_thread",
    "use_mmap",
    "top_k",
    "min_p",
    "tfs_z",
    "typical_p",
    "repeat_last_n",
    "repeat_penalty",
    "penalize_newline",
    "mirostat",
    "mirostat_tau",
    "mirostat_eta",
)
"""Ollama's options that the hub has no field for, and that go along."""

OWN_FIELDS: Final = ("keep_alive", "truncate", "shift")
"""Fields of Ollama's that the hub has none for, and that go along."""

UNNAMED: Final = "output"
"""What a format is called that came without a name, as Ollama's have none."""

JSON_ONLY: Final = "Respond with a single JSON object and nothing else."

DEFAULTS: Final[dict[str, Any]] = {
    "logprobs": False,
    "modalities": ["text"],
    "n": 1,
    "parallel_tool_calls": True,
    "store": False,
}
"""Values that change nothing: leaving them out loses nothing."""

NO_PLACE: Final = (
    "logit_bias",
    "metadata",
    "moderation",
    "parallel_tool_calls",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
    "verbosity",
    "web_search_options",
)
"""Fields that Ollama has nothing for."""


def refused(draft: Draft) -> None:
    """What changes the meaning and cannot be had."""
    n = draft.request.n
    if n is not None and n > 1:
        raise draft.refuse("/n", f"expected 1, Ollama gives a single choice; got {n}")
    if "audio" in (draft.request.modalities or ()):
        raise draft.refuse("/modalities", "expected text alone, Ollama's models do not speak")
    if draft.request.audio is not None:
        draft.lose("/audio", "dropped", NOWHERE)


def dropped(draft: Draft) -> None:
    """What Ollama has nothing for."""
    for field in NO_PLACE:
        if getattr(draft.request, field) != DEFAULTS.get(field, ...):
            draft.drop(field)
    options = draft.request.stream_options
    if options is not None and options.include_obfuscation:
        draft.lose("/stream_options/include_obfuscation", "dropped", NOWHERE)


def own_fields(draft: Draft) -> None:
    """What is Ollama's own, as the caller wrote it."""
    for field in OWN_FIELDS:
        if (value := draft.taken(f"/{field}")) is not None:
            draft.body[field] = value


def token_bound(draft: Draft) -> None:
    """The most tokens of the answer; without a bound there is none."""
    old, new = draft.request.max_tokens, draft.request.max_completion_tokens
    if old is not None and new not in (None, old):
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    bound = old if new is None else new
    if bound is not None:
        draft.options["num_predict"] = bound


def sampling(draft: Draft) -> None:
    """How tokens are drawn, and what ends the answer."""
    for field in SAMPLING:
        if (value := getattr(draft.request, field)) is not None:
            draft.options[field] = value
    stop = draft.request.stop
    if stop is not None:
        draft.options["stop"] = [stop] if isinstance(stop, str) else stop


def own_options(draft: Draft) -> None:
    """Ollama's options, each by its name or all in `options`, where they come first."""
    for name in OPTIONS:
        if (value := draft.taken(f"/{name}")) is not None:
            draft.options[name] = value
    own = draft.extra.get("/options")
    if isinstance(own, dict):
        del draft.extra["/options"]
        for name in (*SAMPLING, "stop"):
            if name in own and draft.options.get(name, own[name]) != own[name]:
                draft.lose(f"/{name}", "dropped", f"`options.{name}` is set too, and counts")
        draft.options.update(own)
    if draft.quirks.num_ctx is not None:
        draft.options.setdefault("num_ctx", draft.quirks.num_ctx)


def thinking(draft: Draft) -> None:
    """How hard to think; what the caller says in Ollama's word comes first."""
    effort = draft.request.reasoning_effort
    own = draft.taken("/think")
    if own is not None:
        draft.body["think"] = own
        if effort is not None:
            draft.lose("/reasoning_effort", "dropped", "`think` is set too, and counts")
        return
    if effort is None:
        return
    level = LEVELS[effort]
    if level is not False and draft.quirks.bool_think:
        level = True
        draft.lose("/reasoning_effort", "clamped", "the models think or do not; sent as true")
    elif level not in (False, effort):
        draft.lose("/reasoning_effort", "clamped", f"Ollama has no {effort!r}; sent as {level!r}")
    draft.body["think"] = level


def logprobs(draft: Draft) -> None:
    """Log probabilities, which recent servers have under the same names."""
    for field in ("logprobs", "top_logprobs"):
        value = getattr(draft.request, field)
        if value is not None and value != DEFAULTS.get(field, ...):
            draft.body[field] = value


def response_format(draft: Draft) -> None:
    """A JSON Schema that the answer must follow, or any JSON object."""
    where = "/response_format"
    own = draft.taken("/format")
    if own is not None:
        draft.body["format"] = own
        if draft.request.response_format is not None:
            draft.lose(where, "dropped", "`format` is set too, and counts")
        return
    match draft.request.response_format:
        case shared.ResponseFormatJsonObject():
            draft.body["format"] = "json"
            if not _speaks_of_json(draft):
                # A model that does not know of it may write blanks until the bound.
                draft.told.append(JSON_ONLY)
                draft.lose(where, "emulated", "asked for in words, too, as no message does")
        case shared.ResponseFormatJsonSchema(json_schema=wanted):
            draft.body["format"] = wanted.schema or {"type": "object"}
            place = f"{where}/json_schema"
            if wanted.name != UNNAMED:
                draft.lose(f"{place}/name", "dropped", NOWHERE)
            if wanted.description is not None:
                draft.lose(f"{place}/description", "dropped", NOWHERE)
            if wanted.strict is False:
                draft.lose(f"{place}/strict", "dropped", "the answer is held to the schema")


def _speaks_of_json(draft: Draft) -> bool:
    return any("json" in message["content"].lower() for message in draft.messages)
