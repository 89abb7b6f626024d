"""The tools of a request, and which of them must be called."""

import re
from typing import Any, Final

from dragoman.dialects.anthropic_messages.draft import NOWHERE, Block, Draft
from dragoman.dialects.claude_schemas import ANSWER, input_schema, strict_schema
from dragoman.models import shared

SERVER_TOOLS: Final = re.compile(
    r"(web_search|web_fetch|code_execution|bash|text_editor|computer|memory|advisor"
    r"|tool_search_tool_\w+?)_\d{8}|mcp_toolset"
)
"""Types of Anthropic's own tools, which go along as the caller wrote them."""

TEXT_INPUT: Final = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}
"""The arguments of a function that stands for a custom tool."""

OWN_FIELDS: Final = ("defer_loading", "allowed_callers", "eager_input_streaming", "input_examples")
"""Fields of Anthropic's tools that the hub has none for, and that go along."""


def tools(draft: Draft) -> None:
    """Write the tools that the caller offers, and those that the conversation needs."""
    allowed = _allowed(draft)
    for position, tool in enumerate(draft.request.tools or ()):
        pointer = f"/tools/{position}"
        block = _tool(draft, tool, pointer)
        if block is not None and (allowed is None or _named(tool) in allowed):
            draft.tools.append(block)
    for position, function in enumerate(draft.request.functions or ()):
        pointer = f"/functions/{position}"
        draft.lose(pointer, "renamed", "sent as a tool; calls come back as tool calls")
        draft.tools.append(_function(draft, function, f"{pointer}", f"{pointer}/parameters"))
    _web_search(draft)
    draft.offered = bool(draft.tools)
    if not draft.offered:
        _stand_ins(draft)


def _tool(draft: Draft, tool: shared.Tool, pointer: str) -> Block | None:
    match tool:
        case shared.ChatCompletionTool(function=function):
            place = f"{pointer}/function"
            block = _function(draft, function, place, f"{place}/parameters")
            _strict(draft, block, function, place)
            for field in OWN_FIELDS:
                if (value := draft.taken(f"{pointer}/{field}")) is not None:
                    block[field] = value
        case shared.CustomToolChatCompletions(custom=custom):
            reason = "sent as a function of one text, `input`; calls come back as calls of it"
            draft.lose(pointer, "emulated", reason)
            told = [] if custom.description is None else [custom.description]
            if isinstance(custom.format, shared.GrammarFormat):
                grammar = custom.format.grammar
                told.append(
                    f"`input` follows this grammar ({grammar.syntax}): {grammar.definition}"
                )
                draft.lose(f"{pointer}/custom/format", "emulated", "told in the description")
            block = {"name": custom.name}
            if told:
                block["description"] = "\n".join(told)
            block["input_schema"] = TEXT_INPUT
        case shared.OtherPart(raw=raw):
            return _native(draft, raw.value, pointer)
    draft.mark(block, tool, pointer)
    return block


def _native(draft: Draft, raw: Any, pointer: str) -> Block | None:
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or not SERVER_TOOLS.fullmatch(kind):
        draft.lose(pointer, "dropped", NOWHERE)
        return None
    block: Block = dict(raw)
    if "cache_control" in block:
        draft.marks[id(block)] = f"{pointer}/cache_control"
    return block


def _function(
    draft: Draft,
    function: shared.FunctionObject | shared.ChatCompletionFunctions,
    pointer: str,
    place: str,
) -> Block:
    if function.name == ANSWER:
        raise draft.refuse(f"{pointer}/name", "expected another name; got one of Dragoman's own")
    block: Block = {"name": function.name}
    if function.description is not None:
        block["description"] = function.description
    block["input_schema"] = input_schema(
        function.parameters, lambda where, why: draft.lose(f"{place}{where}", "emulated", why)
    )
    return block


def _strict(draft: Draft, block: Block, function: shared.FunctionObject, pointer: str) -> None:
    if not function.strict:
        return
    if not draft.family.structured:
        draft.lose(f"{pointer}/strict", "dropped", f"{draft.model} cannot be held to a schema")
        return
    block["strict"] = True
    place = f"{pointer}/parameters"
    block["input_schema"] = strict_schema(
        block["input_schema"], lambda where, why: draft.lose(f"{place}{where}", "emulated", why)
    )


def _allowed(draft: Draft) -> list[Any] | None:
    choice = draft.request.tool_choice
    if not isinstance(choice, shared.ChatCompletionAllowedToolsChoice):
        return None
    draft.lose("/tool_choice", "emulated", "only the allowed tools are offered")
    return [_named(tool) for tool in choice.allowed_tools.tools]


def _named(tool: Any) -> Any:
    """What tells a tool from the others: its kind and name."""
    match tool:
        case shared.ChatCompletionTool(function=function):
            return "function", function.name
        case shared.CustomToolChatCompletions(custom=custom):
            return "custom", custom.name
        case shared.OtherPart(raw=raw):
            return _named(raw.value)
        case {"type": str(kind)} if isinstance(tool.get(kind), dict):
            return kind, tool[kind].get("name")
        case {"type": str(kind)}:
            return kind, None
    return None


def _web_search(draft: Draft) -> None:
    options = draft.request.web_search_options
    if options is None:
        return
    if not draft.quirks.web_search:
        draft.drop("web_search_options", "the quirk `web_search` is not set")
        return
    if options.search_context_size is not None:
        draft.lose("/web_search_options/search_context_size", "dropped", NOWHERE)
    tool: Block = {"type": "web_search_20250305", "name": "web_search"}
    if options.user_location is not None:
        tool["user_location"] = {
            "type": "approximate",
            **options.user_location.approximate.to_dict(),
        }
    draft.tools.append(tool)


def _stand_ins(draft: Draft) -> None:
    """Tools without a description, for calls of the conversation: they have to be known."""
    names = {
        block["name"]: None
        for message in draft.messages
        for block in message["content"]
        if block["type"] == "tool_use"
    }
    draft.tools = [{"name": name, "input_schema": {"type": "object"}} for name in names]


def tool_choice(draft: Draft) -> None:
    """Which tool is called: the model's choice, any, a certain one, or none."""
    choice = _choice(draft)
    field = "function_call" if draft.request.tool_choice is None else "tool_choice"
    if not draft.offered:
        if choice["type"] in ("any", "tool"):
            draft.lose(f"/{field}", "dropped", "no tool is there to choose from")
        return
    if choice["type"] in ("any", "tool"):
        choice = forced(draft, choice, f"/{field}")
    if draft.request.parallel_tool_calls is False and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    if choice != {"type": "auto"}:
        draft.body["tool_choice"] = choice


def _choice(draft: Draft) -> Block:
    choice: Any = draft.request.tool_choice
    if choice is None and draft.request.function_call is not None:
        choice = draft.request.function_call
    match choice:
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            choice = allowed.mode
        case shared.ChatCompletionNamedToolChoice(function=named):
            return {"type": "tool", "name": named.name}
        case shared.ChatCompletionNamedToolChoiceCustom(custom=named):
            return {"type": "tool", "name": named.name}
        case shared.ChosenName(name=name):
            draft.lose("/function_call", "renamed", "sent as `tool_choice`")
            return {"type": "tool", "name": name}
    if choice == "required":
        return {"type": "any"}
    return {"type": "none" if choice == "none" else "auto"}


def forced(draft: Draft, choice: Block, pointer: str) -> Block:
    """This forced choice, or what comes nearest to it; refused where nothing does."""
    forcing = draft.family.forcing
    if forcing == "not by budget" and draft.budgeted:
        del draft.body["thinking"]
        field = "/reasoning_effort" if draft.request.reasoning_effort else "/thinking"
        draft.lose(field, "dropped", "no tool can be forced while thinking has a budget")
    if forcing != "never":
        return choice
    if not draft.quirks.emulate_forced_tools:
        raise draft.refuse(pointer, f"expected auto or none, {draft.model} cannot be forced")
    wanted = f"the tool `{choice['name']}`" if "name" in choice else "one of the tools"
    draft.system.append({"type": "text", "text": f"Answer only by calling {wanted}."})
    draft.lose(pointer, "emulated", f"{draft.model} cannot be forced; it is told in words")
    return {"type": "auto"}
