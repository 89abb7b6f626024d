"""The tools of a request, and which of them must be called."""

from typing import Any, Final

from dragoman.dialects.openai_responses.draft import NOWHERE, Draft, Item
from dragoman.models import shared

HOSTED: Final = frozenset(
    {
        "apply_patch",
        "code_interpreter",
        "computer",
        "computer_use_preview",
        "file_search",
        "image_generation",
        "local_shell",
        "mcp",
        "namespace",
        "programmatic_tool_calling",
        "shell",
        "tool_search",
        "web_search",
        "web_search_2025_08_26",
        "web_search_preview",
        "web_search_preview_2025_03_11",
        "x_search",
    }
)
"""Types of Responses' own tools, which go along as the caller wrote them."""

NO_PARAMETERS: Final = {"type": "object", "properties": {}}

OWN_FIELDS: Final = ("defer_loading", "allowed_callers", "output_schema", "async")
"""Fields of Responses' functions that the hub has none for, and that go along."""


def tools(draft: Draft) -> None:
    """Write the tools that the caller offers."""
    for position, tool in enumerate(draft.request.tools or ()):
        told = _tool(draft, tool, f"/tools/{position}")
        if told is not None:
            draft.tools.append(told)
    for position, function in enumerate(draft.request.functions or ()):
        reason = "sent as a tool; calls come back as tool calls"
        draft.lose(f"/functions/{position}", "renamed", reason)
        draft.tools.append(_function(function, strict=False))
    _web_search(draft)


def _tool(draft: Draft, tool: shared.Tool, pointer: str) -> Item | None:
    match tool:
        case shared.OtherPart(raw=raw):
            if isinstance(raw.value, dict) and raw.value.get("type") in HOSTED:
                return dict(raw.value)
            draft.lose(pointer, "dropped", NOWHERE)
            return None
        case shared.ChatCompletionTool(function=function):
            told = _function(function, strict=bool(function.strict))
            for field in OWN_FIELDS:
                for place in (f"{pointer}/{field}", f"{pointer}/function/{field}"):
                    if (value := draft.taken(place)) is not None:
                        told[field] = value
        case shared.CustomToolChatCompletions(custom=custom):
            told = {"type": "custom", "name": custom.name}
            if custom.description is not None:
                told["description"] = custom.description
            if isinstance(custom.format, shared.GrammarFormat):
                told["format"] = {"type": "grammar", **custom.format.grammar.to_dict()}
            elif custom.format is not None:
                told["format"] = {"type": "text"}
    draft.unmarked(tool, pointer)
    return told


def _function(
    function: shared.FunctionObject | shared.ChatCompletionFunctions, *, strict: bool
) -> Item:
    """A function; `strict` is always said, since what is left out counts as true here."""
    told: Item = {"type": "function", "name": function.name}
    if function.description is not None:
        told["description"] = function.description
    told["parameters"] = NO_PARAMETERS if function.parameters is None else function.parameters
    told["strict"] = strict
    return told


def _web_search(draft: Draft) -> None:
    options = draft.request.web_search_options
    if options is None:
        return
    if not draft.quirks.web_search:
        draft.drop("web_search_options", "the quirk `web_search` is not set")
        return
    tool: Item = {"type": "web_search"}
    if options.search_context_size is not None:
        tool["search_context_size"] = options.search_context_size
    if options.user_location is not None:
        place = options.user_location.approximate.to_dict()
        tool["user_location"] = {"type": "approximate", **place}
    draft.tools.append(tool)
    reason = "sent as the tool `web_search`, which the model may use"
    draft.lose("/web_search_options", "emulated", reason)


def tool_choice(draft: Draft) -> None:
    """Which tool is called, in the flat shapes of this dialect."""
    own = draft.extra.get("/tool_choice")
    if isinstance(own, dict) and own.get("type") in HOSTED:
        draft.body["tool_choice"] = draft.taken("/tool_choice")
    choice: Any = draft.request.tool_choice
    if choice is None and draft.request.function_call is not None:
        choice = draft.request.function_call
    match choice:
        case None:
            return
        case shared.ChatCompletionNamedToolChoice(function=named):
            choice = {"type": "function", "name": named.name}
        case shared.ChatCompletionNamedToolChoiceCustom(custom=named):
            choice = {"type": "custom", "name": named.name}
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            names = [_flat(tool) for tool in allowed.tools]
            choice = {"type": "allowed_tools", "mode": allowed.mode, "tools": names}
        case shared.ChosenName(name=name):
            draft.lose("/function_call", "renamed", "sent as `tool_choice`")
            choice = {"type": "function", "name": name}
    if draft.request.tool_choice is not None and draft.request.function_call is not None:
        draft.lose("/function_call", "dropped", "`tool_choice` is set too, and counts")
    draft.body["tool_choice"] = choice


def _flat(tool: dict[str, Any]) -> Item:
    kind = tool.get("type")
    inner = tool.get(kind) if isinstance(kind, str) else None
    return {"type": kind, **inner} if isinstance(inner, dict) else dict(tool)
