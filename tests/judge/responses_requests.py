"""What a request in Responses' dialect means: one form for all ways of writing the same.

A text alone is a list of one part; instructions are the first item, of a developer, which is what
newer models call the system; ids and statuses of items say nothing; a function of which it is not
said is strict if every object in its schema is closed and has all its properties. What is null,
says nothing, or asks for what there is anyway is left out. Nothing is kept unless it is asked for.

Authority: the provider page, openai-responses.md sections 2 and 8, and above it the recorded
traffic.
"""

from typing import Any

QUIET: dict[str, Any] = {"stream": False, "background": False, "truncation": "disabled"}
"""What asks for what there is anyway."""

GIVEN_ANYWAY = "reasoning.encrypted_content"

SILENT = {"role": "assistant", "content": ""}
"""An answer that says nothing, as some write it beside calls."""

NOTHING_TAKEN = {"type": "object", "properties": {}}


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in body.items() if v is not None and v != QUIET.get(k)}
    told.pop("model", None)
    first = told.pop("instructions", None)
    given = told["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    items = [{"role": "developer", "content": first}, *items] if first else items
    told["input"] = [one for one in map(item, items) if one != SILENT]
    told["tools"] = [tool(one) for one in told.get("tools") or []]
    told["store"] = bool(told.get("store"))
    included = set(told.get("include") or [])
    if told.get("top_logprobs"):
        included.add("message.output_text.logprobs")
    told["include"] = sorted(included - {GIVEN_ANYWAY})
    for key in ("text", "reasoning"):
        told[key] = {k: v for k, v in (told.get(key) or {}).items() if v is not None}
    return {k: v for k, v in told.items() if v}


def item(one: dict[str, Any]) -> dict[str, Any]:
    kind = one.get("type") or "message"
    told = {k: v for k, v in one.items() if v is not None and k not in ("type", "status")}
    if kind == "message":
        told.pop("id", None)
        return message(told)
    if kind in ("function_call", "custom_tool_call", "function_call_output"):
        told.pop("id", None)
    if kind == "reasoning" and told.get("content") == []:
        del told["content"]
    if isinstance(told.get("output"), list):
        told["output"] = [part(inside) for inside in told["output"]]
    return {"type": kind, **told}


def message(one: dict[str, Any]) -> dict[str, Any]:
    told, content = dict(one), one["content"]
    if told["role"] == "system":
        told["role"] = "developer"
    if told["role"] == "assistant":
        parts = [{"text": content}] if isinstance(content, str) else content
        told["content"] = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
        return told
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    return {**told, "content": [part(inside) for inside in parts]}


def part(one: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in one.items() if v is not None}
    return {"detail": "auto", **told} if told["type"] == "input_image" else told


def tool(one: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in one.items() if v is not None}
    if told["type"] != "function":
        return told
    strict = told.get("strict", closed(told.get("parameters")))
    return {"parameters": NOTHING_TAKEN, **told, "strict": strict}


def closed(schema: Any) -> bool:
    """Whether all objects in this schema are closed, and have all they may have."""
    if isinstance(schema, list):
        return all(map(closed, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        named = schema.get("properties", {})
        if schema.get("additionalProperties", True) or set(named) - set(schema.get("required", ())):
            return False
        return all(map(closed, named.values())) and all(
            map(closed, schema.get("$defs", {}).values())
        )
    return all(map(closed, schema.values()))
