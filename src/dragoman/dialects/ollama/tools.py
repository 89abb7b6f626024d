"""The tools of a request. Ollama lets the model choose: none is offered, or any may be called."""

from typing import Any, Final

from dragoman.dialects.ollama.draft import NOWHERE, Draft
from dragoman.models import shared

TEXT_INPUT: Final = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}
"""The arguments of a function that stands for a custom tool."""

Named = tuple[str, str]
"""The kind and the name of a tool."""


def tools(draft: Draft) -> None:
    """Write the tools that the model may call."""
    offered = [*_tools(draft), *_functions(draft)]
    chosen = _chosen(draft, offered)
    if chosen:
        draft.body["tools"] = [tool for _, tool in chosen]


def _tools(draft: Draft) -> list[tuple[Named, dict[str, Any]]]:
    found: list[tuple[Named, dict[str, Any]]] = []
    for position, tool in enumerate(draft.request.tools or ()):
        pointer = f"/tools/{position}"
        match tool:
            case shared.ChatCompletionTool(function=function):
                if function.strict:
                    reason = "arguments are not held to the schema"
                    draft.lose(f"{pointer}/function/strict", "dropped", reason)
                found.append((("function", function.name), _function(function)))
            case shared.CustomToolChatCompletions(custom=custom):
                found.append((("custom", custom.name), _custom(draft, custom, pointer)))
            case _:
                draft.lose(pointer, "dropped", NOWHERE)
        draft.unmarked(tool, pointer)
    return found


def _function(
    function: shared.FunctionObject | shared.ChatCompletionFunctions,
) -> dict[str, Any]:
    told: dict[str, Any] = {"name": function.name}
    if function.description is not None:
        told["description"] = function.description
    if function.parameters is not None:
        told["parameters"] = function.parameters
    return {"type": "function", "function": told}


def _custom(draft: Draft, custom: shared.CustomToolProperties, pointer: str) -> dict[str, Any]:
    reason = "sent as a function of one text, `input`; calls come back as calls of it"
    draft.lose(pointer, "emulated", reason)
    told = [] if custom.description is None else [custom.description]
    if isinstance(custom.format, shared.GrammarFormat):
        grammar = custom.format.grammar
        told.append(f"`input` follows this grammar ({grammar.syntax}): {grammar.definition}")
        draft.lose(f"{pointer}/custom/format", "emulated", "told in the description")
    described = {"description": "\n".join(told)} if told else {}
    function = {"name": custom.name, **described, "parameters": TEXT_INPUT}
    return {"type": "function", "function": function}


def _functions(draft: Draft) -> list[tuple[Named, dict[str, Any]]]:
    found: list[tuple[Named, dict[str, Any]]] = []
    for position, function in enumerate(draft.request.functions or ()):
        reason = "sent as a tool; calls come back as tool calls"
        draft.lose(f"/functions/{position}", "renamed", reason)
        found.append((("function", function.name), _function(function)))
    return found


def _chosen(
    draft: Draft, offered: list[tuple[Named, dict[str, Any]]]
) -> list[tuple[Named, dict[str, Any]]]:
    """Those of the tools that may be called."""
    field = "function_call" if draft.request.tool_choice is None else "tool_choice"
    wanted: Any = draft.request.tool_choice or draft.request.function_call
    if None not in (draft.request.tool_choice, draft.request.function_call):
        draft.lose("/function_call", "dropped", "`tool_choice` is set too, and counts")
    names: list[Named] | None = None
    match wanted:
        case "none":
            return []
        case "required":
            _force(draft, field, "one of the tools")
        case shared.ChatCompletionNamedToolChoice(function=named) | (shared.ChosenName() as named):
            names = [("function", named.name)]
            _force(draft, field, f"the tool `{named.name}`")
        case shared.ChatCompletionNamedToolChoiceCustom(custom=named):
            names = [("custom", named.name)]
            _force(draft, field, f"the tool `{named.name}`")
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            if allowed.mode == "required":
                _force(draft, field, "one of the tools")
            draft.lose(f"/{field}", "emulated", "only the allowed tools are offered")
            names = [_named(tool) for tool in allowed.tools]
    return offered if names is None else [one for one in offered if one[0] in names]


def _force(draft: Draft, field: str, wanted: str) -> None:
    if not draft.quirks.emulate_forced_tools:
        raise draft.refuse(f"/{field}", "expected auto or none, Ollama forces no tool")
    draft.told.append(f"Answer only by calling {wanted}.")
    draft.lose(f"/{field}", "emulated", "Ollama forces no tool; it is told in words")


def _named(tool: dict[str, Any]) -> Named:
    kind = str(tool.get("type"))
    inner = tool.get(kind)
    return kind, str(inner.get("name")) if isinstance(inner, dict) else ""
