"""What a request in Claude's dialect means: one form for all ways of writing the same.

A text alone is a list of one block; turns of one role are one turn; results of tools come first
in theirs; what says nothing (null, `auto`, an empty text) is left out. How much thinking a budget
buys is not compared: what comes through is the level of effort that it stands for.

Authority: the provider page, anthropic-messages.md sections 2 and 8.
"""

from typing import Any

QUIET: dict[str, Any] = {"tool_choice": {"type": "auto"}, "temperature": 1, "top_p": 1}
"""What asks for what there is anyway."""


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in body.items() if v is not None}
    for key in ("model", "anthropic_version", "anthropic_beta"):
        told.pop(key, None)
    told["messages"] = turns(told["messages"])
    told["system"] = blocks(told.get("system") or "")
    told["tools"] = [tool(one) for one in told.get("tools") or []]
    told["output_config"] = dict(told.get("output_config") or {})
    if format := told.pop("output_format", None):
        told["output_config"]["format"] = format
    told["thinking"] = thinks(told)
    told["effort"] = told["output_config"].pop("effort", None)
    if choice := told.get("tool_choice"):
        told["tool_choice"] = {k: v for k, v in choice.items() if v is not False}
    if not told["tools"]:
        told.pop("tool_choice", None)
    return {k: v for k, v in told.items() if v and v != QUIET.get(k)}


def thinks(told: dict[str, Any]) -> str:
    """Whether the model is told to think; effort alone says so, too."""
    kind = (told.get("thinking") or {}).get("type")
    if kind in ("disabled", "between_tools"):
        return str(kind)
    return "thinks" if kind or "effort" in told["output_config"] else ""


def tool(one: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in one.items() if v not in (None, False)}
    if told.get("type") == "custom":
        del told["type"]
    return told


def turns(messages: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    told: list[tuple[str, list[Any]]] = []
    for message in messages:
        said = blocks(message["content"])
        if told and told[-1][0] == message["role"]:
            told[-1][1].extend(said)
        else:
            told.append((message["role"], said))
    return [(role, joined(said) if role == "assistant" else in_order(said)) for role, said in told]


def blocks(content: Any) -> list[Any]:
    said = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [block(one) for one in said if one.get("text", "x").strip()]


def block(one: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in one.items() if v not in (None, False)}
    if told["type"] == "tool_use":
        told.pop("caller", None)
    if told["type"] == "tool_result":
        inside = blocks(told.pop("content", ""))
        plain = all(set(part) == {"type", "text"} for part in inside)
        told["content"] = "\n".join(part["text"] for part in inside) if plain else inside
    return told


def in_order(said: list[Any]) -> list[Any]:
    return sorted(said, key=lambda one: one["type"] != "tool_result")


def joined(said: list[Any]) -> list[Any]:
    """Texts one after the other are one text, unless something stands on one of them."""
    told: list[Any] = []
    for one in said:
        if told and set(one) == set(told[-1]) == {"type", "text"}:
            told[-1] = {"type": "text", "text": told[-1]["text"] + one["text"]}
        else:
            told.append(one)
    return told
