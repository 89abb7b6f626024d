"""Which tool the simulator calls, and with what.

It is no model and cannot judge, so it calls the first tool it may whenever a user message comes
last, and answers in text otherwise: loops of agents come to their end.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import msgspec

from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.simulator.refusals import refused, shown
from dragoman.simulator.schema import smallest
from dragoman.simulator.text import compact

Key = tuple[str, str]
"""A tool's type and name, by which it is chosen."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool."""

    name: str
    """The name of the tool."""

    input: str
    """The arguments as JSON text; the input of a custom tool."""

    kind: Literal["function", "custom", "legacy"]
    """The type of the tool; `legacy` is one of the deprecated `functions`."""


def call_of(request: shared.CreateChatCompletionRequest) -> Call | None:
    """The call that answers this request; None where text does.

    Raises `BadRequestError` for a choice that cannot be met, and for arguments that cannot be
    made up.
    """
    if request.tools or request.tool_choice is not None:
        return tool_call(request)
    if request.functions or request.function_call is not None:
        return function_call(request)
    return None


def asked_by_user(request: shared.CreateChatCompletionRequest) -> bool:
    """Whether a user message comes last."""
    return isinstance(request.messages[-1], shared.ChatCompletionRequestUserMessage)


def tool_call(request: shared.CreateChatCompletionRequest) -> Call | None:
    """The call of one of `tools`, as `tool_choice` wants it."""
    offered = offers(request.tools or [])
    wanted: list[Key] = list(offered)
    forced = False
    match request.tool_choice:
        case "none":
            return None
        case "required":
            forced = True
        case shared.ChatCompletionNamedToolChoice(function=function):
            wanted, forced = [("function", function.name)], True
        case shared.ChatCompletionNamedToolChoiceCustom(custom=custom):
            wanted, forced = [("custom", custom.name)], True
        case shared.ChatCompletionAllowedToolsChoice(allowed_tools=allowed):
            wanted, forced = keys(allowed.tools), allowed.mode == "required"
    if not (forced or asked_by_user(request)):
        return None
    chosen = next((key for key in wanted if key in offered), None)
    if chosen is None:
        if forced:
            raise not_offered("tool_choice", wanted, list(offered))
        return None
    return offered[chosen]()


def offers(tools: list[shared.Tool]) -> dict[Key, Callable[[], Call]]:
    """How each tool is called; one of an unknown type cannot be."""
    found: dict[Key, Callable[[], Call]] = {}
    for place, tool in enumerate(tools):
        match tool:
            case shared.ChatCompletionTool(function=function):
                found.setdefault(
                    ("function", function.name), partial(function_tool_call, place, function)
                )
            case shared.CustomToolChatCompletions(custom=custom):
                found.setdefault(("custom", custom.name), partial(custom_tool_call, place, custom))
    return found


def keys(tools: list[dict[str, Any]]) -> list[Key]:
    """The tools that `allowed_tools` names; an entry that names none is passed over."""
    found = []
    for tool in tools:
        kind = tool.get("type")
        named = tool.get(kind) if isinstance(kind, str) else None
        name = named.get("name") if isinstance(named, Mapping) else None
        if isinstance(kind, str) and isinstance(name, str):
            found.append((kind, name))
    return found


def function_tool_call(place: int, function: shared.FunctionObject) -> Call:
    """A call of this function, with the smallest arguments."""
    arguments = arguments_for(function.parameters, f"tools[{place}].function.parameters")
    return Call(name=function.name, input=arguments, kind="function")


def custom_tool_call(place: int, custom: shared.CustomToolProperties) -> Call:
    """A call of this tool, with the smallest text."""
    if isinstance(custom.format, shared.GrammarFormat):
        raise refused(
            f"tools[{place}].custom.format.type",
            "text, the simulator speaks no grammar",
            "'grammar'",
            code="unsupported_value",
        )
    return Call(name=custom.name, input="", kind="custom")


def arguments_for(parameters: dict[str, Any] | None, path: str) -> str:
    """The smallest arguments; always an object, also where the schema forgets to say so."""
    schema = {"type": "object", **(parameters or {})}
    if schema["type"] != "object":
        raise refused(f"{path}.type", "'object'", compact(schema["type"])[:40])
    return compact(smallest(schema, path=path))


def function_call(request: shared.CreateChatCompletionRequest) -> Call | None:
    """The call of one of the deprecated `functions`, as `function_call` wants it."""
    functions = request.functions or []
    names = [function.name for function in functions]
    match request.function_call:
        case "none":
            return None
        case shared.ChosenName(name=name):
            if name not in names:
                raise not_offered(
                    "function_call", [("function", name)], [("function", n) for n in names]
                )
            place = names.index(name)
        case _:
            if not (names and asked_by_user(request)):
                return None
            place = 0
    path = f"functions[{place}].parameters"
    arguments = arguments_for(functions[place].parameters, path)
    return Call(name=names[place], input=arguments, kind="legacy")


def not_offered(path: str, wanted: list[Key], offered: list[Key]) -> BadRequestError:
    """The 400 for a tool that must be called and cannot be."""
    names = ", ".join(f"{kind} {shown(name)}" for kind, name in wanted) or "none to call"
    there = ", ".join(f"{kind} {shown(name)}" for kind, name in offered) or "nothing"
    return refused(path, f"a tool that is offered ({there})", names)
