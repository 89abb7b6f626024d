"""The tools of a request, and which of them must be called."""

from typing import Any, Final

from dragoman.dialects.cohere_v2.draft import NOWHERE, Draft, Json
from dragoman.models import shared

TEXT_INPUT: Final = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}
"""The arguments of a function that stands for a custom tool."""

NO_PARAMETERS: Final = {"type": "object", "properties": {}}


def tools(draft: Draft) -> None:
    """Write the tools that the caller offers, as far as the choice allows them."""
    allowed = _allowed(draft)
    strict: list[tuple[str, bool]] = []
    for position, tool in enumerate(draft.request.tools or ()):
        pointer = f"/tools/{position}"
        written = _tool(draft, tool, pointer)
        if written is None or (allowed is not None and _named(tool) not in allowed):
            continue
        draft.tools.append(written)
        held = isinstance(tool, shared.ChatCompletionTool) and bool(tool.function.strict)
        strict.append((f"{pointer}/function/strict", held))
    for position, function in enumerate(draft.request.functions or ()):
        pointer = f"/functions/{position}"
        if allowed is None or ("function", function.name) in allowed:
            draft.lose(pointer, "renamed", "sent as a tool; calls come back as tool calls")
            draft.tools.append(_function(function))
            strict.append((f"{pointer}/strict", False))
        else:
            draft.lose(pointer, "dropped", "not the function that has to be called")
    if strict and all(held for _, held in strict):
        draft.body["strict_tools"] = True
    else:
        for pointer, held in strict:
            if held:
                draft.lose(pointer, "dropped", "Cohere holds all tools to their schemas, or none")


def _tool(draft: Draft, tool: shared.Tool, pointer: str) -> Json | None:
    match tool:
        case shared.ChatCompletionTool(function=function):
            draft.unmarked(tool, pointer)
            return _function(function)
        case shared.CustomToolChatCompletions(custom=custom):
            draft.unmarked(tool, pointer)
            return _custom(draft, custom, pointer)
    draft.lose(pointer, "dropped", NOWHERE)
    return None


def _function(function: shared.FunctionObject | shared.ChatCompletionFunctions) -> Json:
    told: Json = {"name": function.name}
    if function.description is not None:
        told["description"] = function.description
    told["parameters"] = function.parameters or NO_PARAMETERS
    return {"type": "function", "function": told}


def _custom(draft: Draft, custom: shared.CustomToolProperties, pointer: str) -> Json:
    reason = "sent as a function of one text, `input`; calls come back as calls of it"
    draft.lose(pointer, "emulated", reason)
    told = [] if custom.description is None else [custom.description]
    if isinstance(custom.format, shared.GrammarFormat):
        grammar = custom.format.grammar
        told.append(f"`input` follows this grammar ({grammar.syntax}): {grammar.definition}")
        draft.lose(f"{pointer}/custom/format", "emulated", "told in the description")
    function: Json = {"name": custom.name}
    if told:
        function["description"] = "\n".join(told)
    function["parameters"] = TEXT_INPUT
    return {"type": "function", "function": function}


def _allowed(draft: Draft) -> list[Any] | None:
    """The tools that may be called, where the choice names some; the others are not offered."""
    match draft.request.tool_choice:
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            draft.lose("/tool_choice", "emulated", "only the allowed tools are offered")
            return [_named(tool) for tool in allowed.tools]
        case shared.ChatCompletionNamedToolChoice(function=named):
            draft.lose("/tool_choice", "emulated", "only the named tool is offered")
            return [("function", named.name)]
        case shared.ChatCompletionNamedToolChoiceCustom(custom=named):
            draft.lose("/tool_choice", "emulated", "only the named tool is offered")
            return [("custom", named.name)]
        case None if isinstance(draft.request.function_call, shared.ChosenName):
            name = draft.request.function_call.name
            draft.lose("/function_call", "renamed", "sent as `tool_choice`, with this tool alone")
            return [("function", name)]
    return None


def _named(tool: Any) -> Any:
    """What tells a tool from the others: its kind and name."""
    match tool:
        case shared.ChatCompletionTool(function=function):
            return "function", function.name
        case shared.CustomToolChatCompletions(custom=custom):
            return "custom", custom.name
        case {"type": str(kind)} if isinstance(tool.get(kind), dict):
            return kind, tool[kind].get("name")
    return None


def tool_choice(draft: Draft) -> None:
    """Which tool is called: the model's choice, any of those that are offered, or none."""
    choice: Any = draft.request.tool_choice
    field = "tool_choice"
    if choice is None:
        choice, field = draft.request.function_call, "function_call"
    if isinstance(choice, shared.ChatCompletionAllowedToolsChoice):
        choice = choice.allowed_tools.mode
    if choice in (None, "auto"):
        return
    if choice == "none":
        if draft.tools:
            draft.body["tool_choice"] = "NONE"
        return
    if not draft.tools:
        raise draft.refuse(f"/{field}", "expected a tool that is offered; got none of them")
    draft.body["tool_choice"] = "REQUIRED"
