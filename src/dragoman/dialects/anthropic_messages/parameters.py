"""What becomes of a request's parameters; one small function per matter."""

from typing import Any, Final

from dragoman.dialects.anthropic_messages.draft import NOWHERE, Block, Draft
from dragoman.dialects.anthropic_messages.tools import forced
from dragoman.dialects.claude import nearest_effort
from dragoman.dialects.claude_schemas import ANSWER, UNNAMED, strict_schema
from dragoman.models import shared

UNSTREAMED_TOKENS: Final = 21_333
"""The most tokens that are asked for at once; the vendor's own SDK refuses longer answers."""

BUDGETS: Final = {
    "minimal": 1024,
    "low": 2048,
    "medium": 10_000,
    "high": 16_384,
    "xhigh": 32_768,
    "max": 32_768,
}
"""The tokens that a level of effort is worth where thinking has a budget."""

LEAST_BUDGET: Final = 1024

JSON_ONLY: Final = "Respond with a single JSON object and nothing else."

TIERS: Final = {"auto": "auto", "default": "standard_only"}

OWN_FIELDS: Final = ("container", "context_management", "mcp_servers", "speed", "inference_geo")
"""Fields of Anthropic's that the hub has none for, and that go along."""

DEFAULTS: Final[dict[str, Any]] = {
    "frequency_penalty": 0,
    "logprobs": False,
    "n": 1,
    "presence_penalty": 0,
    "store": False,
    "temperature": 1,
    "top_p": 1,
}
"""Values that change nothing: leaving them out loses nothing."""

NO_PLACE: Final = (
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "prediction",
    "verbosity",
    "store",
    "metadata",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_retention",
)
"""Fields that Anthropic has nothing for."""


def refused(draft: Draft) -> None:
    """What changes the meaning and cannot be had."""
    n = draft.request.n
    if n is not None and n > 1:
        raise draft.refuse("/n", f"expected 1, Anthropic gives a single choice; got {n}")
    if "audio" in (draft.request.modalities or ()):
        raise draft.refuse("/modalities", "expected text alone, Claude does not speak")
    if draft.request.audio is not None:
        draft.lose("/audio", "dropped", NOWHERE)


def dropped(draft: Draft) -> None:
    """What Anthropic has nothing for."""
    for field in NO_PLACE:
        if getattr(draft.request, field) != DEFAULTS.get(field, ...):
            draft.drop(field)
    options = draft.request.stream_options
    if options is not None and options.include_obfuscation:
        draft.lose("/stream_options/include_obfuscation", "dropped", NOWHERE)


def own_fields(draft: Draft) -> None:
    """What is Anthropic's own, as the caller wrote it."""
    for field in OWN_FIELDS:
        if (value := draft.taken(f"/{field}")) is not None:
            draft.body[field] = value
    betas = draft.taken("/betas")
    for name in betas if isinstance(betas, list) else str(betas or "").split(","):
        if str(name).strip():
            draft.beta(str(name).strip())


def user(draft: Draft) -> None:
    """Who is asking."""
    known, older = draft.request.safety_identifier, draft.request.user
    if known is not None and older not in (None, known):
        draft.lose("/user", "dropped", "`safety_identifier` is set too, and counts")
    id = known if known is not None else older
    if id is not None:
        draft.body["metadata"] = {"user_id": id}


def service_tier(draft: Draft) -> None:
    """Priority where it is to be had, or never."""
    tier = draft.request.service_tier
    if tier in TIERS:
        draft.body["service_tier"] = TIERS[tier]
    else:
        draft.drop("service_tier", "Anthropic has no such tier")


def stop(draft: Draft) -> None:
    """Texts that end the answer; those of blanks alone are refused."""
    wanted = draft.request.stop
    if wanted is None:
        return
    texts = (
        [("/stop", wanted)]
        if isinstance(wanted, str)
        else [(f"/stop/{n}", text) for n, text in enumerate(wanted)]
    )
    for pointer, text in texts:
        if not text.strip():
            draft.lose(pointer, "dropped", "a text of blanks alone is refused")
    if sent := [text for _, text in texts if text.strip()]:
        draft.body["stop_sequences"] = sent


def token_bound(draft: Draft) -> None:
    """The bound that Anthropic requires; without one, the most that the model can."""
    old, new = draft.request.max_tokens, draft.request.max_completion_tokens
    most = draft.family.max_tokens
    if old is not None and new not in (None, old):
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    wanted = old if new is None else new
    if wanted is None:
        wanted = most if draft.request.stream else min(most, UNSTREAMED_TOKENS)
    elif wanted > most:
        draft.lose(_bound(draft), "clamped", f"{draft.model} answers in at most {most} tokens")
        wanted = most
    draft.body["max_tokens"] = wanted


def _bound(draft: Draft) -> str:
    old = draft.request.max_completion_tokens is None
    return "/max_tokens" if old else "/max_completion_tokens"


def thinking(draft: Draft) -> None:
    """How hard to think; what the caller says in Anthropic's words comes first."""
    effort = draft.request.reasoning_effort
    output = draft.taken("/output_config")
    if isinstance(output, dict):
        draft.body["output_config"] = dict(output)
    own = draft.taken("/thinking")
    if isinstance(own, dict):
        draft.body["thinking"] = own
    if effort is None:
        return
    if isinstance(own, dict):
        draft.lose("/reasoning_effort", "dropped", "`thinking` is set too, and counts")
    elif draft.family.thinking == "adaptive":
        _adaptive(draft, effort)
    elif effort != "none":
        _budgeted(draft, effort)
    elif draft.family.thinking == "budget":
        draft.body["thinking"] = {"type": "disabled"}


def _adaptive(draft: Draft, effort: str) -> None:
    off = draft.family.off
    if effort == "none" and off != "never":
        draft.body["thinking"] = {"type": off}
        return
    level = nearest_effort(effort, draft.family.efforts)
    if level != effort:
        reason = f"{draft.model} has no {effort!r}; sent as {level!r}"
        draft.lose("/reasoning_effort", "clamped", reason)
    # Newer models leave their thinking out unless they are told to sum it up.
    draft.body["thinking"] = {"type": "adaptive", "display": "summarized"}
    draft.body["output_config"] = {**draft.body.get("output_config", {}), "effort": level}


def _budgeted(draft: Draft, effort: str) -> None:
    if draft.family.thinking == "none":
        draft.lose("/reasoning_effort", "dropped", f"{draft.model} does not reason")
        return
    if _thinking_is_lost(draft):
        reason = "the thinking before the last calls is not there to be sent back"
        draft.lose("/reasoning_effort", "dropped", reason)
        return
    budget, wanted = BUDGETS[effort], draft.body["max_tokens"]
    bound = wanted
    if bound <= budget:
        bound = min(budget + wanted, draft.family.max_tokens)
        budget = min(budget, bound - 1)
    if budget < LEAST_BUDGET:
        draft.lose("/reasoning_effort", "dropped", "the bound leaves no room to think")
        return
    if bound != wanted:
        reason = f"raised from {wanted} to {bound} by what thinking takes"
        draft.lose(_bound(draft), "clamped", reason)
    draft.body["max_tokens"] = bound
    draft.body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    draft.lose("/reasoning_effort", "emulated", f"sent as a budget of {budget} tokens")


def _thinking_is_lost(draft: Draft) -> bool:
    """Whether the last answer called tools and does not begin with its thinking any more."""
    answers = [m["content"] for m in draft.messages if m["role"] == "assistant"]
    if not answers or not any(block["type"] == "tool_use" for block in answers[-1]):
        return False
    return "thinking" not in answers[-1][0]["type"]


def sampling(draft: Draft) -> None:
    """Temperature and nucleus, as far as the model takes them."""
    allowed = draft.family.sampling
    if draft.version == draft.quirks.newer_version:
        allowed = "none"
    why = f"{draft.model} does not take it"
    if allowed != "none" and draft.thinking:
        allowed, why = "none", f"{draft.model} does not take it while it thinks"
    values: list[tuple[str, Any]] = [
        ("temperature", draft.request.temperature),
        ("top_p", draft.request.top_p),
        ("top_k", draft.taken("/top_k")),
    ]
    for field, value in values:
        if value is None:
            continue
        if allowed == "none" or (
            field == "top_p" and allowed == "one" and "temperature" in draft.body
        ):
            if value != DEFAULTS.get(field):
                reason = why if allowed == "none" else "`temperature` is set too, and counts"
                draft.lose(f"/{field}", "dropped", reason)
            continue
        if field == "temperature" and value > 1:
            draft.lose("/temperature", "clamped", "Anthropic's goes from 0 to 1")
            value = 1
        draft.body[field] = value


def response_format(draft: Draft) -> None:
    """A JSON Schema that the answer must follow, or any JSON object."""
    wanted = draft.request.response_format
    match wanted:
        case shared.ResponseFormatJsonObject():
            draft.system.append({"type": "text", "text": JSON_ONLY})
            draft.lose("/response_format", "emulated", "asked for in words")
        case shared.ResponseFormatJsonSchema(json_schema=wanted_schema):
            schema = _named_schema(draft, wanted_schema)
            if draft.family.structured:
                output = draft.body.setdefault("output_config", {})
                output["format"] = {"type": "json_schema", "schema": schema}
            else:
                _by_tool(draft, wanted_schema, schema)


def _named_schema(draft: Draft, wanted: shared.JSONSchema) -> Block:
    """The schema, which has a place for name and description."""
    where = "/response_format/json_schema/schema"
    schema = strict_schema(
        wanted.schema or {"type": "object"},
        lambda place, why: draft.lose(f"{where}{place}", "emulated", why),
    )
    named = schema if wanted.name == UNNAMED else {"title": wanted.name, **schema}
    if wanted.description is not None:
        if "description" in schema:
            named["description"] = f"{wanted.description} {schema['description']}"
        else:
            named["description"] = wanted.description
    return named


def _by_tool(draft: Draft, wanted: shared.JSONSchema, schema: Block) -> None:
    """Models that cannot be held to a schema answer by calling a tool that has it."""
    choice = draft.body.get("tool_choice", {"type": "auto"})
    if choice["type"] in ("any", "tool"):
        raise draft.refuse(
            "/response_format", f"{draft.model} has no JSON Schema beside a forced tool"
        )
    draft.lose("/response_format", "emulated", f"{draft.model} answers by calling a tool")
    answer: Block = {"name": ANSWER, "description": f"Give the answer: {wanted.name}."}
    alone = not draft.offered or choice["type"] == "none"
    draft.tools.append({**answer, "input_schema": schema})
    sent: Block = {"type": "tool", "name": ANSWER} if alone else {"type": "any"}
    if "disable_parallel_tool_use" in choice:
        sent["disable_parallel_tool_use"] = True
    draft.body["tool_choice"] = forced(draft, sent, "/response_format")


def caching(draft: Draft) -> None:
    """At most four breakpoints, those of an hour before those of five minutes."""
    left = 4
    automatic = draft.taken("/cache_control")
    options = draft.request.prompt_cache_options
    if options is not None:
        if draft.quirks.automatic_cache and options.mode == "implicit":
            automatic = automatic or {"type": "ephemeral"}
            if options.ttl is not None:
                draft.lose("/prompt_cache_options/ttl", "dropped", NOWHERE)
        else:
            draft.drop("prompt_cache_options")
    if automatic is not None:
        draft.body["cache_control"] = automatic
        left -= 1
    marked = [block for block in _prefix(draft) if isinstance(block.get("cache_control"), dict)]
    for block in marked[:-left]:
        del block["cache_control"]
        draft.lose(
            draft.marks.get(id(block), "/messages"), "dropped", "four breakpoints are the most"
        )
    short = False
    for block in marked[-left:]:
        if short and block["cache_control"].get("ttl") == "1h":
            block["cache_control"] = {"type": "ephemeral"}
            reason = "a shorter one stands before it; sent as 5m"
            where = draft.marks.get(id(block), "/messages")
            draft.lose(f"{where}/ttl", "clamped", reason)
        short = short or block["cache_control"].get("ttl") != "1h"


def _prefix(draft: Draft) -> list[Block]:
    """All blocks, in the order in which they are cached."""
    blocks = [*draft.tools, *draft.system]
    for message in draft.messages:
        for block in message["content"]:
            inside = block.get("content") if block["type"] == "tool_result" else None
            blocks += inside if isinstance(inside, list) else ()
            blocks.append(block)
    return blocks
