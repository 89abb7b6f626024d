"""What becomes of a request's parameters; one small function per matter."""

import re
from typing import Any, Final

from dragoman.dialects.bedrock_converse.draft import NOWHERE, Block, Draft
from dragoman.dialects.bedrock_converse.families import BASIC
from dragoman.dialects.bedrock_converse.tools import Choice, choose, forced
from dragoman.dialects.claude import nearest_effort
from dragoman.dialects.claude_schemas import ANSWER, strict_schema
from dragoman.models import shared
from dragoman.models.pointers import escaped
from dragoman.wire import reading

UNSTREAMED_TOKENS: Final = 21_333
"""The most tokens that Claude is asked for at once; Anthropic's SDK refuses longer answers."""

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

TIERS: Final = ("default", "flex", "priority")

OWN_FIELDS: Final = (
    "guardrailConfig",
    "performanceConfig",
    "promptVariables",
    "additionalModelResponseFieldPaths",
)
"""Fields of Bedrock's that the hub has none for, and that go along."""

ASKED_BY: Final = {
    "inferenceConfig": "/top_k",
    "output_config": "/reasoning_effort",
    "reasoningConfig": "/reasoning_effort",
    "reasoning_config": "/reasoning_effort",
    "reasoning_effort": "/reasoning_effort",
    "thinking": "/reasoning_effort",
    "tool_choice": "/parallel_tool_calls",
    "top_k": "/top_k",
}
"""What of the caller's asks for each field that we write for a model alone."""

METADATA_PAIRS: Final = 16
_KEY: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}")
_VALUE: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")

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
    "moderation",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "user",
    "web_search_options",
)
"""Fields that Bedrock has nothing for."""


def refused(draft: Draft) -> None:
    """What changes the meaning and cannot be had."""
    n = draft.request.n
    if n is not None and n > 1:
        raise draft.refuse("/n", f"expected 1, Bedrock gives a single choice; got {n}")
    if "audio" in (draft.request.modalities or ()):
        raise draft.refuse("/modalities", "expected text alone, no model speaks here")
    if draft.request.audio is not None:
        draft.lose("/audio", "dropped", NOWHERE)


def dropped(draft: Draft) -> None:
    """What Bedrock has nothing for."""
    for field in NO_PLACE:
        if getattr(draft.request, field) != DEFAULTS.get(field, ...):
            draft.drop(field)
    options = draft.request.stream_options
    if options is not None and options.include_obfuscation:
        draft.lose("/stream_options/include_obfuscation", "dropped", NOWHERE)


def own_fields(draft: Draft) -> None:
    """What is Bedrock's own, as the caller wrote it; it counts where we wrote another thing."""
    for field in OWN_FIELDS:
        if (value := draft.taken(f"/{field}")) is not None:
            draft.body[field] = value
    more = draft.extra.get("/additionalModelRequestFields")
    if isinstance(more, dict):
        draft.taken("/additionalModelRequestFields")
        for field, pointer in ASKED_BY.items():
            if field in more and draft.additional.get(field, more[field]) != more[field]:
                reason = f"`additionalModelRequestFields.{field}` is set too, and counts"
                draft.lose(pointer, "dropped", reason)
        draft.additional.update(more)


def metadata(draft: Draft) -> None:
    """What the request is filed under, as far as Bedrock's characters go."""
    sent: dict[str, str] = {}
    for key, value in (draft.request.metadata or {}).items():
        place = f"/metadata/{escaped(key)}"
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            draft.lose(place, "dropped", "it has characters that Bedrock refuses, or too many")
        elif len(sent) == METADATA_PAIRS:
            draft.lose(place, "dropped", f"{METADATA_PAIRS} pairs are the most")
        else:
            sent[key] = value
    if sent:
        draft.body["requestMetadata"] = sent


def service_tier(draft: Draft) -> None:
    """The tier, where Bedrock has it."""
    tier = draft.request.service_tier
    if tier in TIERS:
        draft.body["serviceTier"] = {"type": tier}
    else:
        draft.drop("service_tier", "Bedrock has no such tier")


def stop(draft: Draft) -> None:
    """Texts that end the answer; empty ones are refused."""
    wanted = draft.request.stop
    if wanted is None:
        return
    texts = (
        [("/stop", wanted)]
        if isinstance(wanted, str)
        else [(f"/stop/{n}", text) for n, text in enumerate(wanted)]
    )
    blank = draft.family.claude is not None
    sent = []
    for pointer, text in texts:
        if not text or (blank and not text.strip()):
            draft.lose(pointer, "dropped", "a text that says nothing is refused")
        else:
            sent.append(text)
    if sent:
        draft.inference["stopSequences"] = sent


def token_bound(draft: Draft) -> None:
    """The bound; without one, the most that Claude can, and for others what Bedrock does."""
    old, new = draft.request.max_tokens, draft.request.max_completion_tokens
    if old is not None and new not in (None, old):
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    wanted = old if new is None else new
    most = None if draft.family.claude is None else draft.family.claude.max_tokens
    if wanted is None and most is not None:
        wanted = most if draft.request.stream else min(most, UNSTREAMED_TOKENS)
    elif wanted is not None and most is not None and wanted > most:
        draft.lose(_bound(draft), "clamped", f"{draft.model} answers in at most {most} tokens")
        wanted = most
    elif wanted is not None and wanted < 1:
        draft.lose(_bound(draft), "clamped", "an answer has at least 1 token")
        wanted = 1
    if wanted is not None:
        draft.inference["maxTokens"] = wanted


def _bound(draft: Draft) -> str:
    old = draft.request.max_completion_tokens is None
    return "/max_tokens" if old else "/max_completion_tokens"


def thinking(draft: Draft) -> None:
    """How hard to think; what the caller says in the model's own words comes first."""
    effort = draft.request.reasoning_effort
    own = _own_thinking(draft) if draft.family.claude is not None else False
    if effort is None:
        return
    if own:
        draft.lose("/reasoning_effort", "dropped", "`thinking` is set too, and counts")
    elif draft.family.claude is None:
        _by_field(draft, effort)
    elif draft.family.claude.thinking == "adaptive":
        _adaptive(draft, effort)
    elif effort != "none":
        _budgeted(draft, effort)
    elif draft.family.claude.thinking == "budget":
        draft.additional["thinking"] = {"type": "disabled"}


def _own_thinking(draft: Draft) -> bool:
    """Take what the caller says in Anthropic's words; whether that is how to think."""
    output = draft.taken("/output_config")
    if isinstance(output, dict):
        draft.additional["output_config"] = dict(output)
    own = draft.taken("/thinking")
    if isinstance(own, dict):
        draft.additional["thinking"] = own
    return isinstance(own, dict)


def _by_field(draft: Draft, effort: str) -> None:
    """Models of others take a level, each in a field of its own, or none at all."""
    field = draft.family.thinking
    if field == "none":
        if effort != "none":
            reason = f"how much {draft.model} reasons is not to be changed"
            draft.lose("/reasoning_effort", "dropped", reason)
        return
    if effort == "none" and field != "reasoning_effort":
        return  # without the field, they do not reason
    level = effort if effort in BASIC else ("high" if effort in ("xhigh", "max") else "low")
    if level != effort:
        reason = f"{draft.model} has no {effort!r}; sent as {level!r}"
        draft.lose("/reasoning_effort", "clamped", reason)
    if field == "reasoningConfig":
        draft.additional[field] = {"type": "enabled", "maxReasoningEffort": level}
    else:
        draft.additional[field] = level


def _adaptive(draft: Draft, effort: str) -> None:
    family = draft.family.claude
    assert family is not None
    if effort == "none" and family.off != "never":
        draft.additional["thinking"] = {"type": family.off}
        return
    level = nearest_effort(effort, family.efforts)
    if level != effort:
        reason = f"{draft.model} has no {effort!r}; sent as {level!r}"
        draft.lose("/reasoning_effort", "clamped", reason)
    # Newer models leave their thinking out unless they are told to sum it up.
    draft.additional["thinking"] = {"type": "adaptive", "display": "summarized"}
    output = draft.additional.get("output_config", {})
    draft.additional["output_config"] = {**output, "effort": level}


def _budgeted(draft: Draft, effort: str) -> None:
    family = draft.family.claude
    assert family is not None
    if family.thinking == "none":
        draft.lose("/reasoning_effort", "dropped", f"{draft.model} does not reason")
        return
    if _thinking_is_lost(draft):
        reason = "the thinking before the last calls is not there to be sent back"
        draft.lose("/reasoning_effort", "dropped", reason)
        return
    budget, wanted = BUDGETS[effort], draft.inference["maxTokens"]
    bound = wanted
    if bound <= budget:
        bound = min(budget + wanted, family.max_tokens)
        budget = min(budget, bound - 1)
    if budget < LEAST_BUDGET:
        draft.lose("/reasoning_effort", "dropped", "the bound leaves no room to think")
        return
    if bound != wanted:
        reason = f"raised from {wanted} to {bound} by what thinking takes"
        draft.lose(_bound(draft), "clamped", reason)
    draft.inference["maxTokens"] = bound
    draft.additional["thinking"] = {"type": "enabled", "budget_tokens": budget}
    draft.lose("/reasoning_effort", "emulated", f"sent as a budget of {budget} tokens")


def _thinking_is_lost(draft: Draft) -> bool:
    """Whether the last answer called tools and does not begin with its thinking any more."""
    answers = [m["content"] for m in draft.messages if m["role"] == "assistant"]
    if not answers or not any("toolUse" in block for block in answers[-1]):
        return False
    return "reasoningContent" not in answers[-1][0]


def sampling(draft: Draft) -> None:
    """Temperature and nucleus, as far as the model takes them."""
    claude = draft.family.claude
    allowed = "both" if claude is None else claude.sampling
    why = f"{draft.model} does not take it"
    if allowed != "none" and draft.thinking:
        allowed, why = "none", f"{draft.model} does not take it while it thinks"
    values: list[tuple[str, str, Any]] = [
        ("temperature", "temperature", draft.request.temperature),
        ("top_p", "topP", draft.request.top_p),
    ]
    for field, name, value in values:
        if value is None:
            continue
        if allowed == "none" or (
            field == "top_p" and allowed == "one" and "temperature" in draft.inference
        ):
            if value != DEFAULTS.get(field):
                reason = why if allowed == "none" else "`temperature` is set too, and counts"
                draft.lose(f"/{field}", "dropped", reason)
            continue
        if field == "temperature" and value > 1:
            draft.lose("/temperature", "clamped", "Bedrock's goes from 0 to 1")
            value = 1
        draft.inference[name] = value
    _top_k(draft, None if allowed != "none" else why)


def _top_k(draft: Draft, why_not: str | None) -> None:
    value = draft.taken("/top_k")
    if value is None:
        return
    name = draft.family.top_k
    if name is None or why_not is not None:
        draft.lose("/top_k", "dropped", why_not or f"{draft.model} has no place for it")
    elif name == "topK":
        draft.additional["inferenceConfig"] = {"topK": value}
    else:
        draft.additional["top_k"] = value


def response_format(draft: Draft) -> None:
    """A JSON Schema that the answer must follow, or any JSON object."""
    wanted = draft.request.response_format
    match wanted:
        case shared.ResponseFormatJsonObject():
            draft.system.append({"text": JSON_ONLY})
            draft.lose("/response_format", "emulated", "asked for in words")
        case shared.ResponseFormatJsonSchema(json_schema=wanted_schema):
            where = "/response_format/json_schema/schema"
            schema = strict_schema(
                wanted_schema.schema or {"type": "object"},
                lambda place, why: draft.lose(f"{where}{place}", "emulated", why),
            )
            if draft.family.structured:
                draft.body["outputConfig"] = {"textFormat": _format(wanted_schema, schema)}
            else:
                _by_tool(draft, wanted_schema, schema)


def _format(wanted: shared.JSONSchema, schema: Block) -> Block:
    described = {} if not wanted.description else {"description": wanted.description}
    told = {"schema": reading.write(schema).decode(), "name": wanted.name, **described}
    return {"type": "json_schema", "structure": {"jsonSchema": told}}


def _by_tool(draft: Draft, wanted: shared.JSONSchema, schema: Block) -> None:
    """Models that cannot be held to a schema answer by calling a tool that has it."""
    if draft.choice is not None or "tool_choice" in draft.additional:
        chosen = draft.choice or draft.additional["tool_choice"]
        if "auto" not in (chosen, chosen.get("type")):
            raise draft.refuse(
                "/response_format", f"{draft.model} has no JSON Schema beside a forced tool"
            )
    draft.lose("/response_format", "emulated", f"{draft.model} answers by calling a tool")
    described = f" {wanted.description}" if wanted.description else ""
    answer: Block = {"name": ANSWER, "description": f"Give the answer: {wanted.name}.{described}"}
    answer["inputSchema"] = {"json": schema}
    sent = Choice("any") if draft.offered else Choice("tool", ANSWER)
    draft.tools.append({"toolSpec": answer})
    draft.choice = None
    draft.additional.pop("tool_choice", None)
    told = len(draft.losses)
    choose(draft, forced(draft, sent, "/response_format"))
    _once(draft, told)


def _once(draft: Draft, told: int) -> None:
    """Tell nothing again that was told before."""
    known = draft.losses[:told]
    draft.losses = known + [loss for loss in draft.losses[told:] if loss not in known]


def caching(draft: Draft) -> None:
    """At most four cache points, those of an hour before those of five minutes."""
    holders = [draft.tools, draft.system, *(m["content"] for m in draft.messages)]
    points = [block for blocks in holders for block in blocks if id(block) in draft.marks]
    for block in points[:-4]:
        draft.lose(draft.marks[id(block)], "dropped", "four breakpoints are the most")
        for blocks in holders:
            blocks[:] = [other for other in blocks if other is not block]
    short = False
    for block in points[-4:]:
        mark = block["cachePoint"]
        if short and mark.get("ttl") == "1h":
            del mark["ttl"]
            reason = "a shorter one stands before it; sent as 5m"
            draft.lose(f"{draft.marks[id(block)]}/ttl", "clamped", reason)
        short = short or mark.get("ttl") != "1h"
