"""A request in Converse: as a caller of ours would have asked it, and what it means.

`asked` is the same request in OpenAI's words, with Bedrock's own where those lack some. `meaning`
is one form for all ways of writing the same: what says nothing is left out, turns of one role are
one turn, results of tools come first in theirs, and their JSON is text.

Authority: the provider page, bedrock-converse.md section 2.
"""

import json
from typing import Any

MARK = {"type": "ephemeral"}
CLAUDE = "anthropic-claude-v1"
MIME = {"pdf": "application/pdf", "csv": "text/csv", "html": "text/html", "md": "text/markdown"}


def asked(body: dict[str, Any], model: str) -> dict[str, Any]:
    """The request of a caller of ours."""
    told: dict[str, Any] = {"model": model, "messages": []}
    if body.get("system"):
        told["messages"].append({"role": "system", "content": parts(body["system"])})
    for message in body.get("messages") or []:
        told["messages"] += turn(message)
    config = body.get("inferenceConfig") or {}
    names = {
        "maxTokens": "max_completion_tokens",
        "temperature": "temperature",
        "topP": "top_p",
        "stopSequences": "stop",
    }
    told |= {names[key]: value for key, value in config.items() if value not in (None, [])}
    tools = body.get("toolConfig") or {}
    told |= {"tools": [tool(one) for one in points_in(tools.get("tools") or [])]}
    if not told["tools"]:
        del told["tools"]
    match tools.get("toolChoice"):
        case {"any": _}:
            told["tool_choice"] = "required"
        case {"tool": {"name": name}}:
            told["tool_choice"] = {"type": "function", "function": {"name": name}}
    if output := body.get("outputConfig"):
        wanted = output["textFormat"]["structure"]["jsonSchema"]
        schema = {**wanted, "schema": json.loads(wanted["schema"])}
        told["response_format"] = {"type": "json_schema", "json_schema": schema}
    if metadata := body.get("requestMetadata"):
        told["metadata"] = metadata
    own = ("guardrailConfig", "performanceConfig", "promptVariables")
    more = ("additionalModelRequestFields", "additionalModelResponseFieldPaths")
    return told | {key: body[key] for key in (*own, *more) if body.get(key)}


def points_in(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, each with the cache point behind it."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        if "cachePoint" in block:
            found[-1]["cachePoint"] = block["cachePoint"]
        else:
            found.append(dict(block))
    return found


def marked(block: dict[str, Any]) -> dict[str, Any]:
    if "cachePoint" not in block:
        return {}
    ttl = {key: value for key, value in block["cachePoint"].items() if key == "ttl"}
    return {"cache_control": {**MARK, **ttl}}


def parts(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part(block) for block in points_in(blocks)]


def part(block: dict[str, Any]) -> dict[str, Any]:
    match block:
        case {"text": text}:
            return {"type": "text", "text": text, **marked(block)}
        case {"json": value}:
            return {"type": "text", "text": json.dumps(value), **marked(block)}
        case {"image": {"format": kind, "source": {"bytes": data}}}:
            url = f"data:image/{kind};base64,{data}"
            return {"type": "image_url", "image_url": {"url": url}, **marked(block)}
    (key,) = block.keys() - {"cachePoint"}
    return {"type": key, key: block[key]}


def turn(message: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = points_in(message["content"])
    if message["role"] == "assistant":
        return [answer(blocks)]
    results = [block for block in blocks if "toolResult" in block]
    told = [result(block) for block in results]
    said = [part(block) for block in blocks if block not in results]
    return told + ([{"role": "user", "content": said}] if said or not told else [])


def result(block: dict[str, Any]) -> dict[str, Any]:
    inside = block["toolResult"]
    content = [part(one) for one in inside["content"]]
    failed = {"is_error": True} if inside.get("status") == "error" else {}
    told = {"role": "tool", "tool_call_id": inside["toolUseId"], "content": content}
    return {**told, **failed, **marked(block)}


def answer(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    texts = [text_of(block) for block in blocks]
    told: dict[str, Any] = {"role": "assistant", "content": "".join(texts) or None}
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    if uses:
        told["tool_calls"] = [
            {
                "id": use["toolUseId"],
                "type": "function",
                "function": {"name": use["name"], "arguments": json.dumps(use["input"])},
            }
            for use in uses
        ]
    thoughts = [block["reasoningContent"] for block in blocks if "reasoningContent" in block]
    if thoughts:
        told["reasoning_details"] = [
            {"type": "reasoning.text", "format": CLAUDE, **one["reasoningText"]} for one in thoughts
        ]
    if any("citationsContent" in block for block in blocks) or sum(map(bool, texts)) > 1:
        told["native_content"] = {"format": "bedrock-converse-v1", "content": blocks}
    return told


def text_of(block: dict[str, Any]) -> str:
    cited = block.get("citationsContent", {}).get("content", [])
    return str(block.get("text", "")) + "".join(one["text"] for one in cited)


def tool(block: dict[str, Any]) -> dict[str, Any]:
    if "systemTool" in block:
        return {"type": "systemTool", "systemTool": block["systemTool"]}
    spec = block["toolSpec"]
    told = {key: value for key, value in spec.items() if key != "inputSchema"}
    function = {**told, "parameters": spec["inputSchema"]["json"]}
    return {"type": "function", "function": function, **marked(block)}


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    """What a request asks for, one form for all ways of writing it."""
    told = {key: value for key, value in body.items() if value not in (None, [], {})}
    told["messages"] = turns(told.get("messages") or [])
    told["system"] = [one for one in told.get("system") or [] if one.get("text", "x").strip()]
    config = told.get("inferenceConfig") or {}
    told["inferenceConfig"] = {k: v for k, v in config.items() if v not in (None, [])}
    tools = dict(told.pop("toolConfig", None) or {})
    told["tools"] = tools.get("tools")
    told["toolChoice"] = {k: v for k, v in (tools.get("toolChoice") or {}).items() if k != "auto"}
    if "outputConfig" in told:
        wanted = told["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
        told["outputConfig"] = {**wanted, "schema": json.loads(wanted["schema"])}
    return {key: value for key, value in told.items() if value}


def turns(messages: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    told: list[tuple[str, list[Any]]] = []
    for message in messages:
        said = [block(one) for one in message["content"] if one.get("text", "x").strip()]
        if told and told[-1][0] == message["role"]:
            told[-1][1].extend(said)
        else:
            told.append((message["role"], said))
    return told


def block(one: dict[str, Any]) -> dict[str, Any]:
    if "toolUse" in one:
        return {"toolUse": {k: v for k, v in one["toolUse"].items() if k != "type"}}
    if "toolResult" in one:
        inside = one["toolResult"]
        content = [plain(part) for part in inside["content"]] or ["(empty)"]
        failed = {"status": "error"} if inside.get("status") == "error" else {}
        return {"toolResult": {"toolUseId": inside["toolUseId"], "content": content, **failed}}
    return one


def plain(part: dict[str, Any]) -> Any:
    """Texts that hold JSON are known by its value."""
    if "json" in part:
        return part["json"]
    if "text" in part:
        try:
            return json.loads(part["text"])
        except ValueError:
            return part["text"]
    return part
