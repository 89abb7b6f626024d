"""The tools that a request offers, and how the model may choose among them."""

import re
from typing import Any, Final

from dragoman.dialects.gemini.draft import Draft
from dragoman.dialects.gemini.schemas import as_openapi

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
"""What a function may be called."""

INVOKING: Final = "/toolConfig/includeServerSideToolInvocations"
VALIDATED: Final = "/toolConfig/functionCallingConfig/mode"
"""Where a caller who speaks this dialect, too, said what nobody else can."""

ONE_TEXT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}
"""The parameters of a function that stands for a custom tool."""


def tools(draft: Draft) -> None:
    """All functions, in one tool: older models refuse several."""
    offered, old = draft.take("tools") or [], draft.take("functions") or []
    allowed = _allowed(draft.asked.get("tool_choice"))
    declarations, own = [], []
    for position, tool in enumerate(offered):
        pointer = f"/tools/{position}"
        if tool["type"] == "dragoman.other":
            if "type" not in tool["raw"]:  # a tool of Gemini's own, which nobody else calls one
                own.append(tool["raw"])
            else:
                draft.lose(pointer, "dropped", "Gemini has no such tool")
            continue
        if "cache_control" in tool:
            reason = "Gemini caches by itself"
            draft.lose(f"{pointer}/cache_control", "dropped", reason)
        declared = _declared(draft, tool, pointer)
        if allowed is None or declared["name"] in allowed:
            declarations.append(declared)
    for position, function in enumerate(old):
        pointer = f"/functions/{position}"
        declarations.append(_function(draft, function, pointer))
        draft.lose(pointer, "renamed", "sent as a tool; its calls come as tool calls")
    if declarations:
        own.insert(0, {"functionDeclarations": declarations})
    if own:
        draft.body["tools"] = own


def _allowed(choice: Any) -> set[str] | None:
    """The names to which the offer is cut; None where all are offered."""
    if not isinstance(choice, dict) or choice["type"] != "allowed_tools":
        return None
    allowed = choice["allowed_tools"]
    return {_name(tool) for tool in allowed["tools"]} if allowed["mode"] == "auto" else None


def tool_choice(draft: Draft) -> None:
    """Whether a function is called, and which."""
    invoking = draft.extra.pop(INVOKING, None)
    if draft.extra.pop(VALIDATED, None) is not None:
        draft.held_to_schemas = True
    _choose(draft)
    if invoking is not None:
        draft.body.setdefault("toolConfig", {})["includeServerSideToolInvocations"] = invoking


def _choose(draft: Draft) -> None:
    choice, old = draft.take("tool_choice"), draft.take("function_call")
    if choice is not None and old is not None:
        draft.lose("/function_call", "dropped", "`tool_choice` is set too, and counts")
    field = "tool_choice" if choice is not None else "function_call"
    choice = old if choice is None else choice
    if choice is None:
        _hold_to_schemas(draft)
        return
    config = _config(draft, choice)
    if config["mode"] == "ANY" and not draft.body.get("tools"):
        raise draft.refuse(f"/{field}", "expected a tool that Gemini can be offered; got none")
    if not draft.body.get("tools"):
        draft.lose(f"/{field}", "dropped", "no tool is left to choose from")
        return
    if config["mode"] == "AUTO":
        _hold_to_schemas(draft)
        config = draft.body.get("toolConfig", {}).get("functionCallingConfig", config)
    draft.body["toolConfig"] = {"functionCallingConfig": config}


def _config(draft: Draft, choice: Any) -> dict[str, Any]:
    if isinstance(choice, str):
        return {"mode": {"none": "NONE", "auto": "AUTO", "required": "ANY"}[choice]}
    if choice.get("type") == "allowed_tools":
        allowed = choice["allowed_tools"]
        if allowed["mode"] == "required":
            names = [_name(tool) for tool in allowed["tools"]]
            return {"mode": "ANY", "allowedFunctionNames": names}
        draft.lose("/tool_choice", "emulated", "only the allowed tools are offered")
        return {"mode": "AUTO"}
    return {"mode": "ANY", "allowedFunctionNames": [_name(choice)]}


def _name(tool: dict[str, Any]) -> str:
    """The name of a function or custom tool, or of one that was chosen."""
    kind = tool.get("type")
    inner = tool.get(kind) if isinstance(kind, str) else tool
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else ""


def _declared(draft: Draft, tool: dict[str, Any], pointer: str) -> dict[str, Any]:
    if tool["type"] == "function":
        return _function(draft, tool["function"], f"{pointer}/function")
    custom = tool["custom"]
    draft.lose(pointer, "emulated", "sent as a function with one text, `input`, and called so")
    told = {key: custom[key] for key in ("name", "description") if key in custom}
    if custom.get("format", {}).get("type") == "grammar":
        grammar = custom["format"]["grammar"]
        hint = f"The input follows this grammar ({grammar['syntax']}):\n{grammar['definition']}"
        told["description"] = "\n\n".join(filter(None, (custom.get("description"), hint)))
    return _function(draft, {**told, "parameters": ONE_TEXT}, f"{pointer}/custom")


def _function(draft: Draft, function: dict[str, Any], pointer: str) -> dict[str, Any]:
    name = function["name"]
    if not NAME.fullmatch(name):
        raise draft.refuse(
            f"{pointer}/name",
            "expected a letter or underscore, then at most 127 letters, digits, underscores, "
            "dots, colons and dashes; got another name",
        )
    declared: dict[str, Any] = {
        key: function[key] for key in ("name", "description") if key in function
    }
    parameters = function.get("parameters")
    if parameters is not None:
        if draft.quirks.json_schema and draft.family.json_schema:
            declared["parametersJsonSchema"] = parameters
        elif parameters.get("properties"):  # older models refuse an empty list of parameters
            declared["parameters"] = as_openapi(draft, parameters, f"{pointer}/parameters")
    if function.get("strict") is True:
        _strict(draft, f"{pointer}/strict")
    return declared


def _strict(draft: Draft, pointer: str) -> None:
    if not draft.family.validated:
        draft.lose(pointer, "dropped", f"{draft.model} does not hold calls to their schemas")
        return
    draft.held_to_schemas = True
    draft.lose(pointer, "emulated", "by the mode `VALIDATED`, which holds for all functions")


def _hold_to_schemas(draft: Draft) -> None:
    """The mode that does what `strict` asks for; a forced call is held to its schema anyway."""
    if draft.held_to_schemas and draft.body.get("tools"):
        draft.body["toolConfig"] = {"functionCallingConfig": {"mode": "VALIDATED"}}
