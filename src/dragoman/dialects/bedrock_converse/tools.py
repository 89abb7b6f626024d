"""The tools of a request, and which of them must be called."""

from typing import Any, Final, NamedTuple

from dragoman.dialects.bedrock_converse.draft import NOWHERE, Block, Draft
from dragoman.dialects.claude_schemas import ANSWER, input_schema, strict_schema
from dragoman.models import shared
from dragoman.wire import reading

TEXT_INPUT: Final = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}
"""The arguments of a function that stands for a custom tool."""


class Choice(NamedTuple):
    """Which tool is called: `auto`, `any`, `none`, or `tool` with a name."""

    kind: str
    name: str = ""

    def written(self) -> Block:
        """As `toolChoice`."""
        return {self.kind: {"name": self.name} if self.name else {}}

    def for_claude(self) -> Block:
        """As Anthropic writes it."""
        return {"type": self.kind, **({"name": self.name} if self.name else {})}


def tools(draft: Draft) -> None:
    """Write the tools that the caller offers, and those that the conversation needs."""
    allowed = _allowed(draft)
    for position, tool in enumerate(draft.request.tools or ()):
        blocks = _tool(draft, tool, f"/tools/{position}")
        if allowed is None or _named(tool) in allowed:
            draft.tools += blocks
    for position, function in enumerate(draft.request.functions or ()):
        pointer = f"/functions/{position}"
        draft.lose(pointer, "renamed", "sent as a tool; calls come back as tool calls")
        block = _function(draft, function, pointer, f"{pointer}/parameters")
        draft.tools.append({"toolSpec": block})
    if draft.tools and _choice(draft).kind == "none":
        _withhold(draft)
    draft.offered = bool(draft.tools)
    if not draft.offered:
        _stand_ins(draft)


def _tool(draft: Draft, tool: shared.Tool, pointer: str) -> list[Block]:
    match tool:
        case shared.ChatCompletionTool(function=function):
            place = f"{pointer}/function"
            block = _function(draft, function, place, f"{place}/parameters")
            _strict(draft, block, function, place)
        case shared.CustomToolChatCompletions(custom=custom):
            reason = "sent as a function of one text, `input`; calls come back as calls of it"
            draft.lose(pointer, "emulated", reason)
            told = [] if not custom.description else [custom.description]
            if isinstance(custom.format, shared.GrammarFormat):
                grammar = custom.format.grammar
                told.append(
                    f"`input` follows this grammar ({grammar.syntax}): {grammar.definition}"
                )
                draft.lose(f"{pointer}/custom/format", "emulated", "told in the description")
            block = {"name": custom.name}
            if told:
                block["description"] = "\n".join(told)
            block["inputSchema"] = {"json": TEXT_INPUT}
        case shared.OtherPart(raw=raw):
            return _native(draft, raw.value, pointer)
    return [{"toolSpec": block}, *draft.point(tool, pointer)]


def _native(draft: Draft, raw: Any, pointer: str) -> list[Block]:
    """A tool that Bedrock runs itself, as the caller wrote it."""
    match raw:
        case {"type": "systemTool", "systemTool": dict(tool)}:
            return [{"systemTool": tool}]
    draft.lose(pointer, "dropped", NOWHERE)
    return []


def _function(
    draft: Draft,
    function: shared.FunctionObject | shared.ChatCompletionFunctions,
    pointer: str,
    place: str,
) -> Block:
    if function.name == ANSWER:
        raise draft.refuse(f"{pointer}/name", "expected another name; got one of Dragoman's own")
    block: Block = {"name": function.name}
    if function.description:
        block["description"] = function.description
    schema = input_schema(
        function.parameters, lambda where, why: draft.lose(f"{place}{where}", "emulated", why)
    )
    block["inputSchema"] = {"json": schema}
    return block


def _strict(draft: Draft, block: Block, function: shared.FunctionObject, pointer: str) -> None:
    if not function.strict:
        return
    if not draft.family.structured:
        draft.lose(f"{pointer}/strict", "dropped", f"{draft.model} cannot be held to a schema")
        return
    block["strict"] = True
    place = f"{pointer}/parameters"
    block["inputSchema"]["json"] = strict_schema(
        block["inputSchema"]["json"],
        lambda where, why: draft.lose(f"{place}{where}", "emulated", why),
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
    return None


def _withhold(draft: Draft) -> None:
    """No tool may be called: Bedrock cannot be told so, and is told of no tool at all."""
    field = "function_call" if draft.request.tool_choice is None else "tool_choice"
    draft.lose(f"/{field}", "emulated", "Bedrock has no such choice; no tool is offered")
    draft.tools = []
    for message in draft.messages:
        blocks: list[Block] = []
        for block in message["content"]:
            blocks += _in_words(block)
        message["content"] = blocks


def _in_words(block: Block) -> list[Block]:
    """Calls and results as text: without tools, they are refused."""
    if "toolUse" in block:
        use = block["toolUse"]
        written = reading.write(use.get("input", {})).decode()
        return [{"text": f"[tool call {use.get('name')}({written})]"}]
    if "toolResult" in block:
        content = block["toolResult"].get("content", [])
        texts = [one["text"] for one in content if "text" in one]
        others = [one for one in content if "text" not in one]
        return [{"text": f"[tool result {' '.join(texts)}]"}, *others]
    return [block]


def _stand_ins(draft: Draft) -> None:
    """Tools without a description, for calls of the conversation: they have to be known."""
    names = {
        block["toolUse"]["name"]: None
        for message in draft.messages
        for block in message["content"]
        if "toolUse" in block
    }
    empty = {"json": {"type": "object", "properties": {}}}
    draft.tools = [{"toolSpec": {"name": name, "inputSchema": empty}} for name in names]


def tool_choice(draft: Draft) -> None:
    """Which tool is called: the model's choice, any, a certain one."""
    choice = _choice(draft)
    field = "function_call" if draft.request.tool_choice is None else "tool_choice"
    if not draft.offered:
        if choice.kind in ("any", "tool"):
            draft.lose(f"/{field}", "dropped", "no tool is there to choose from")
        return
    if choice.kind in ("any", "tool"):
        choice = forced(draft, choice, f"/{field}")
    choose(draft, choice)


def choose(draft: Draft, choice: Choice) -> None:
    """Write this choice; that no calls are to come side by side is a matter of Claude's."""
    draft.choice = None if choice.kind == "auto" else choice.written()
    if draft.request.parallel_tool_calls is not False:
        return
    if draft.family.claude is None:
        reason = f"{draft.model} cannot be told"
        draft.lose("/parallel_tool_calls", "dropped", reason)
        return
    draft.choice = None
    draft.additional["tool_choice"] = {**choice.for_claude(), "disable_parallel_tool_use": True}


def _choice(draft: Draft) -> Choice:
    choice: Any = draft.request.tool_choice
    if choice is None and draft.request.function_call is not None:
        choice = draft.request.function_call
    match choice:
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            choice = allowed.mode
        case shared.ChatCompletionNamedToolChoice(function=named):
            return Choice("tool", named.name)
        case shared.ChatCompletionNamedToolChoiceCustom(custom=named):
            return Choice("tool", named.name)
        case shared.ChosenName(name=name):
            return Choice("tool", name)
    if choice == "required":
        return Choice("any")
    return Choice("none" if choice == "none" else "auto")


def forced(draft: Draft, choice: Choice, pointer: str) -> Choice:
    """This forced choice, or what comes nearest to it; refused where nothing does."""
    claude, forcing = draft.family.claude, draft.family.forcing
    if claude is not None and claude.forcing == "not by budget" and draft.budgeted:
        del draft.additional["thinking"]
        field = "/reasoning_effort" if draft.request.reasoning_effort else "/thinking"
        draft.lose(field, "dropped", "no tool can be forced while thinking has a budget")
    if pointer == "/function_call":
        draft.lose(pointer, "renamed", "sent as the choice of a tool")
    if choice.kind in forcing:
        return choice
    if "any" in forcing and _only(draft) == choice.name:
        return Choice("any")
    if not draft.quirks.emulate_forced_tools:
        raise draft.refuse(pointer, f"expected auto or none, {draft.model} cannot be forced so")
    wanted = f"the tool `{choice.name}`" if choice.name else "one of the tools"
    draft.system.append({"text": f"Answer only by calling {wanted}."})
    draft.lose(pointer, "emulated", f"{draft.model} cannot be forced; it is told in words")
    return Choice("auto")


def _only(draft: Draft) -> str | None:
    """The name of the only tool there is; None where there are several."""
    names = [tool["toolSpec"]["name"] for tool in draft.tools if "toolSpec" in tool]
    return str(names[0]) if len(names) == 1 else None
