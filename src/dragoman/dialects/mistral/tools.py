"""The tools of a request, and which of them must be called."""

from typing import Any, Final

from dragoman.dialects.mistral.draft import NOWHERE, Draft
from dragoman.models import shared

TEXT_INPUT: Final = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}
"""The arguments of a function that stands for a custom tool."""

NO_ARGUMENTS: Final[dict[str, Any]] = {"type": "object", "properties": {}}
"""Mistral wants a schema of every function."""


def tools(draft: Draft) -> None:
    """Write the tools that may be called."""
    allowed = _allowed(draft)
    written: list[dict[str, Any]] = []
    for position, tool in enumerate(draft.request.tools or ()):
        pointer = f"/tools/{position}"
        told: dict[str, Any] | None = None
        named = ("", "")
        match tool:
            case shared.ChatCompletionTool(function=function):
                named, told = ("function", function.name), _function(function)
                if function.strict is not None:
                    told["function"]["strict"] = function.strict
            case shared.CustomToolChatCompletions(custom=custom):
                named, told = ("custom", custom.name), _custom(draft, custom, pointer)
            case _:
                draft.lose(pointer, "dropped", NOWHERE)
        draft.unmarked(tool, pointer)
        if told is not None and (allowed is None or named in allowed):
            written.append(told)
    for position, older in enumerate(draft.request.functions or ()):
        reason = "sent as a tool; calls come back as tool calls"
        draft.lose(f"/functions/{position}", "renamed", reason)
        written.append(_function(older))
    if written:
        draft.body["tools"] = written


def _function(
    function: shared.FunctionObject | shared.ChatCompletionFunctions,
) -> dict[str, Any]:
    told: dict[str, Any] = {"name": function.name}
    if function.description is not None:
        told["description"] = function.description
    told["parameters"] = NO_ARGUMENTS if function.parameters is None else function.parameters
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


def _allowed(draft: Draft) -> list[tuple[str, str]] | None:
    choice = draft.request.tool_choice
    if not isinstance(choice, shared.ChatCompletionAllowedToolsChoice):
        return None
    draft.lose("/tool_choice", "emulated", "only the allowed tools are offered")
    return [_named(tool) for tool in choice.allowed_tools.tools]


def _named(tool: dict[str, Any]) -> tuple[str, str]:
    kind = str(tool.get("type"))
    inner = tool.get(kind)
    return kind, str(inner.get("name")) if isinstance(inner, dict) else ""


def tool_choice(draft: Draft) -> None:
    """Which tool is called; `any` is what every model of Mistral's takes for `required`."""
    choice: Any = draft.request.tool_choice
    older = draft.request.function_call
    if older is not None and choice is not None:
        draft.lose("/function_call", "dropped", "`tool_choice` is set too, and counts")
    elif older is not None:
        choice = older
        draft.lose("/function_call", "renamed", "sent as `tool_choice`")
    match choice:
        case None:
            return
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            choice = allowed.mode
        case (
            shared.ChatCompletionNamedToolChoice(function=named)
            | shared.ChatCompletionNamedToolChoiceCustom(custom=named)
            | (shared.ChosenName() as named)
        ):
            draft.body["tool_choice"] = {"type": "function", "function": {"name": named.name}}
            return
    draft.body["tool_choice"] = "any" if choice == "required" else choice
