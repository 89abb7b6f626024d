"""The tools that a caller offers, and which of them must be called."""

from typing import Any, Final

from dragoman.dialects.given import CHOICE, Given, unknown
from dragoman.dialects.openai_responses.hearing import leave
from dragoman.dialects.openai_responses.tools import HOSTED
from dragoman.models import shared

WORDS: Final = ("none", "auto", "required")
MODES: Final = ("auto", "required")
FORMATS: Final = ("text", "grammar")
SYNTAXES: Final = ("lark", "regex")


def tools(given: Given, extra: shared.Extra) -> list[shared.Tool] | None:
    """The tools; those that the provider runs as they came."""
    offered = given.take("tools", list)
    return [
        _tool(Given(tool, f"/tools/{position}"), extra)
        for position, tool in enumerate(offered or ())
    ] or None


def _tool(given: Given, extra: shared.Extra) -> shared.Tool:
    whole = dict(given.rest)
    tool: shared.Tool
    match given.must("type", str):
        case "function":
            tool = shared.ChatCompletionTool(function=_function(given))
        case "custom":
            custom = shared.CustomToolProperties(
                name=given.must("name", str),
                description=given.take("description", str),
                format=_format(given, extra),
            )
            tool = shared.CustomToolChatCompletions(custom=custom)
        case _:
            return shared.OtherPart(raw=shared.Verbatim(whole))
    leave(given, given.pointer, extra)
    return tool


def _function(given: Given) -> shared.FunctionObject:
    """A function; where nothing is said of it, it is strict if its schema can be."""
    parameters = given.take("parameters", dict)
    strict = given.take("strict", bool)
    return shared.FunctionObject(
        name=given.must("name", str),
        description=given.take("description", str),
        parameters=parameters,
        strict=is_strict(parameters) if strict is None else strict,
    )


def is_strict(schema: Any) -> bool:
    """Whether every object in this schema has all its properties, and no others."""
    if isinstance(schema, list):
        return all(is_strict(inner) for inner in schema)
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, dict):
        named = properties if isinstance(properties, dict) else {}
        required = schema.get("required") or []
        if schema.get("additionalProperties") is not False or not isinstance(required, list):
            return False
        if not all(name in required for name in named):
            return False
        schema = {**schema, "properties": list(named.values())}
    return all(is_strict(inner) for inner in schema.values())


def _format(given: Given, extra: shared.Extra) -> Any:
    """The format of a custom tool's input, which is flat here."""
    said = given.take("format", dict)
    if said is None:
        return None
    format = Given(said, given.place("format"))
    kind = format.must("type", str)
    if kind not in FORMATS:
        raise unknown(format.place("type"), FORMATS, kind)
    found: Any = shared.TextFormat()
    if kind == "grammar":
        syntax: Any = format.must("syntax", str)
        if syntax not in SYNTAXES:
            raise unknown(format.place("syntax"), SYNTAXES, syntax)
        grammar = shared.Grammar(definition=format.must("definition", str), syntax=syntax)
        found = shared.GrammarFormat(grammar=grammar)
    leave(format, f"{given.pointer}/custom/format", extra)
    return found


def tool_choice(given: Given, extra: shared.Extra) -> Any:
    """Which tool is called; a tool that the provider runs is one that the hub cannot name."""
    said = given.take("tool_choice", CHOICE)
    if said is None:
        return None
    if isinstance(said, str):
        if said not in WORDS:
            raise unknown("/tool_choice", WORDS, said)
        return said
    choice = Given(said, "/tool_choice")
    match kind := choice.must("type", str):
        case "function" | "custom":
            named = shared.ChosenName(name=choice.must("name", str))
            leave(choice, "/tool_choice", extra)
            if kind == "custom":
                return shared.ChatCompletionNamedToolChoiceCustom(custom=named)
            return shared.ChatCompletionNamedToolChoice(function=named)
        case "allowed_tools":
            allowed = _allowed(choice)
            leave(choice, "/tool_choice", extra)
            return shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed)
    if kind not in HOSTED:
        words = ("function", "custom", "allowed_tools", *sorted(HOSTED))
        raise unknown("/tool_choice/type", words, kind)
    extra["/tool_choice"] = said
    return None


def _allowed(choice: Given) -> shared.AllowedTools:
    mode: Any = choice.must("mode", str)
    if mode not in MODES:
        raise unknown("/tool_choice/mode", MODES, mode)
    tools: list[dict[str, Any]] = []
    for position, tool in enumerate(choice.must("tools", list)):
        named = Given(tool, f"/tool_choice/tools/{position}")
        kind = named.must("type", str)
        flat = kind not in ("function", "custom")
        tools.append(dict(tool) if flat else {"type": kind, kind: named.rest})
    return shared.AllowedTools(mode=mode, tools=tools)
