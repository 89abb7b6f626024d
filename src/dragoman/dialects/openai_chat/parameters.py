"""What becomes of a request's parameters; one small function per matter."""

from typing import Any, Final

from dragoman.dialects.openai_chat.draft import Draft
from dragoman.dialects.openai_chat.families import SAMPLING_FIELDS
from dragoman.dialects.openai_models import nearest_effort

DEFAULTS: Final[dict[str, Any]] = {
    "temperature": 1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "logprobs": False,
}
"""Values that change nothing: leaving them out loses nothing."""


def refused(draft: Draft) -> None:
    """Fields that the provider answers with an error, unless they ask for nothing."""
    refused = draft.quirks.refuse
    for field in sorted(refused & draft.body.keys()) if refused else ():
        if draft.body[field] == DEFAULTS.get(field, ...):
            del draft.body[field]
        else:
            raise draft.refuse(f"/{field}", "this provider does not take it")
    if draft.body.get("logprobs") is True and draft.family and _sampling_refused(draft):
        raise draft.refuse("/logprobs", f"{draft.model} has none while it reasons")


def choices(draft: Draft) -> None:
    """Several choices change the meaning; one is what there is anyway."""
    n = draft.body.get("n")
    family_drops = draft.family is not None and "n" in draft.family.drop
    if n is None or not (draft.quirks.single_choice or family_drops):
        return
    if n > 1:
        raise draft.refuse("/n", f"expected 1, the target gives a single choice; got {n}")
    del draft.body["n"]


def response_format(draft: Draft) -> None:
    """A JSON Schema that the target does not know must not be lost."""
    wanted = draft.body.get("response_format", {})
    if wanted.get("type") == "json_schema" and not draft.quirks.json_schema:
        raise draft.refuse(
            "/response_format/type",
            "expected text or json_object, the target has no JSON Schema; got 'json_schema'",
        )


def tool_choice(draft: Draft) -> None:
    """A choice that the target would refuse, or take for another, must not be lost."""
    choice = draft.body.get("tool_choice")
    of_allowed = choice if isinstance(choice, dict) and choice["type"] == "allowed_tools" else None
    if of_allowed is not None and not draft.quirks.allowed_tools:
        _cut_to_allowed(draft, of_allowed["allowed_tools"])
    for field, offered in (("tool_choice", "tools"), ("function_call", "functions")):
        _check_choice(draft, field, offered)


def _check_choice(draft: Draft, field: str, offered: str) -> None:
    choice = draft.body.get(field)
    kind = "named" if isinstance(choice, dict) else choice
    if draft.thinking and kind in draft.quirks.refused_tool_choice_while_thinking:
        raise draft.refuse(f"/{field}", f"{draft.model} takes no {kind} choice while it thinks")
    if kind not in draft.quirks.refused_tool_choice:
        return
    if kind != "none":
        raise draft.refuse(f"/{field}", f"the provider does not know a {kind} choice")
    if offered in draft.body:
        del draft.body[field]
        draft.lose(f"/{field}", "emulated", f"the provider does not know it; `{offered}` go out")
        draft.drop(offered, f"`{field}` is none, and the provider does not know that")
    else:
        draft.drop(field, "the provider does not know it")


def _cut_to_allowed(draft: Draft, allowed: dict[str, Any]) -> None:
    names = [_name(tool) for tool in allowed["tools"]]
    for position, tool in enumerate(draft.body.get("tools", [])):
        if tool is not None and _name(tool) not in names:
            draft.body["tools"][position] = None
    draft.body["tool_choice"] = allowed["mode"]
    draft.lose(
        "/tool_choice", "emulated", "the target knows no allowed tools; only those are offered"
    )


def _name(tool: Any) -> Any:
    kind = tool.get("type") if isinstance(tool, dict) else None
    inner = tool.get(kind) if isinstance(kind, str) else None
    return (kind, inner.get("name")) if isinstance(inner, dict) else kind


def tools(draft: Draft) -> None:
    """Keys of tools that the target does not know."""
    quirks = draft.quirks
    for position, tool in enumerate(draft.body.get("tools", [])):
        pointer = f"/tools/{position}"
        if tool is None or pointer in draft.unknown:
            continue
        if "cache_control" in tool and quirks.cache_control != "cache_control":
            del tool["cache_control"]
            draft.lose(f"{pointer}/cache_control", "dropped", "the target caches no tools")
        function = tool.get("function") if tool.get("type") == "function" else None
        if isinstance(function, dict) and "strict" in function and not quirks.strict_tools:
            del function["strict"]
            draft.lose(f"{pointer}/function/strict", "dropped", "the provider does not know it")


def schemas(draft: Draft) -> None:
    """The keyword that says which JSON Schema a schema is written in."""
    if draft.quirks.schema_keyword:
        return
    places: list[tuple[str, Any]] = []
    for position, tool in enumerate(draft.body.get("tools", [])):
        if tool is not None and tool.get("type") == "function":
            schema = tool["function"].get("parameters")
            places.append((f"/tools/{position}/function/parameters", schema))
    for position, function in enumerate(draft.body.get("functions", [])):
        places.append((f"/functions/{position}/parameters", function.get("parameters")))
    wanted = draft.body.get("response_format", {})
    if wanted.get("type") == "json_schema":
        places.append(("/response_format/json_schema/schema", wanted["json_schema"].get("schema")))
    for pointer, schema in places:
        if schema is not None and "$schema" in schema:
            del schema["$schema"]
            draft.lose(f"{pointer}/$schema", "dropped", "the provider refuses it")


def effort(draft: Draft) -> None:
    """Each model has a part of the levels; the nearest lower one is sent."""
    wanted = draft.body.get("reasoning_effort")
    if wanted is None or "/reasoning_effort" in draft.unknown:
        return
    if draft.quirks.thinking_switch and wanted == "none":
        if "thinking" in draft.body:
            draft.drop("reasoning_effort", "`thinking` is set too, and counts")
        else:
            del draft.body["reasoning_effort"]
            draft.body["thinking"] = {"type": "disabled"}
        return
    levels = draft.quirks.efforts if draft.family is None else draft.family.efforts
    if draft.family is not None and not levels:
        draft.drop("reasoning_effort", f"{draft.model} does not take it")
        return
    level = nearest_effort(wanted, levels) if levels else wanted
    if level != wanted:
        draft.body["reasoning_effort"] = level
        draft.lose(
            "/reasoning_effort", "clamped", f"{draft.model} has no {wanted!r}; sent as {level!r}"
        )


def service_tier(draft: Draft) -> None:
    """Tiers are a matter between caller and provider: one that it does not know is left out."""
    known = draft.quirks.service_tiers
    if known is not None and draft.body.get("service_tier") not in known:
        draft.drop("service_tier", "the provider does not know it")


def sampling(draft: Draft) -> None:
    """Reasoning models refuse the sampling fields while they reason, defaults included."""
    if draft.quirks.top_p_below_one and draft.body.get("top_p") == 1:
        del draft.body["top_p"]
    if draft.family is None or not _sampling_refused(draft):
        return
    for field in SAMPLING_FIELDS:
        if draft.body.get(field, ...) == DEFAULTS.get(field):
            del draft.body[field]
        else:
            draft.drop(field, f"{draft.model} does not take it while it reasons")


def _sampling_refused(draft: Draft) -> bool:
    assert draft.family is not None
    wanted = draft.body.get("reasoning_effort")
    match draft.family.sampling:
        case "accepted":
            return False
        case "with effort none":
            return wanted != "none"
        case "with effort none or unset":
            return wanted not in (None, "none")
    return True


def token_bound(draft: Draft) -> None:
    """One bound, under the name that the target reads; both count the same where one works."""
    body = draft.body
    old, new = body.pop("max_tokens", None), body.pop("max_completion_tokens", None)
    if old is None and new is None:
        return
    field = draft.quirks.max_tokens
    if draft.family is not None and draft.family.reasoning:
        field = "max_completion_tokens"
    elif field == "as set":
        field = "max_tokens" if new is None else "max_completion_tokens"
    if old is not None and new is not None and old != new:
        draft.lose("/max_tokens", "dropped", "`max_completion_tokens` is set too, and counts")
    body[field] = old if new is None else new


def stop(draft: Draft) -> None:
    """Newer reasoning models take no `stop`."""
    if draft.family is not None and not draft.family.stop:
        draft.drop("stop", f"{draft.model} does not take it")


def logprobs(draft: Draft) -> None:
    """Together wants the number of alternatives where others want a boolean."""
    if not draft.quirks.logprobs_as_number or "logprobs" not in draft.body:
        return
    wanted = draft.body.pop("logprobs")
    alternatives = draft.body.pop("top_logprobs", None)
    if wanted:
        draft.body["logprobs"] = max(1, alternatives or 1)


def stream_options(draft: Draft) -> None:
    """Options that the target does not know."""
    options = draft.body.get("stream_options")
    if options is None:
        return
    if "include_obfuscation" in options and not draft.quirks.obfuscation:
        del options["include_obfuscation"]
        draft.lose(
            "/stream_options/include_obfuscation", "dropped", "the provider does not know it"
        )
        if not options:
            del draft.body["stream_options"]


def dropped(draft: Draft) -> None:
    """Top-level fields that the provider, the family or the model does not take."""
    quirks, fields = draft.quirks, draft.body.keys()
    for field in sorted(quirks.drop & fields) if quirks.drop else ():
        draft.drop(field, "the provider does not know it")
    if quirks.dropped_while_thinking and draft.thinking:
        for field in sorted(quirks.dropped_while_thinking & fields):
            draft.drop(field, f"{draft.model} does not take it while it thinks")
    if draft.family is not None:
        for field in sorted(draft.family.drop & fields) if draft.family.drop else ():
            draft.drop(field, f"{draft.model} does not take it")
        if "verbosity" in fields and not draft.family.verbosity:
            draft.drop("verbosity", f"{draft.model} does not take it")
