"""What a request in Cohere's dialect means: one form for all ways of writing the same.

A text alone is a list of one part; what a tool answered is one text unless a document is among it;
what was said before calls is their plan; the older name of a schema is the newer one. What is false
or says nothing is left out.

Authority: the provider page, cohere-v2.md section 2, and above it the recorded traffic.
"""

from typing import Any


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in body.items() if v is not None and v is not False}
    told.pop("model", None)
    told["messages"] = [message(one) for one in told["messages"]]
    if format := told.get("response_format"):
        schema = format.get("json_schema") or format.get("schema")
        told["response_format"] = (format["type"], schema)
    return told


def message(one: dict[str, Any]) -> dict[str, Any]:
    told = {k: v for k, v in one.items() if v}
    content = told.pop("content", "")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if told["role"] == "tool" and not any(part["type"] == "document" for part in parts):
        parts = [{"type": "text", "text": "\n".join(part["text"] for part in parts)}]
    if told["role"] == "assistant":
        text = "".join(part.get("text", "") for part in parts)
        if told.get("tool_calls"):
            told["tool_plan"] = text or told.get("tool_plan", "")
            return told
        parts = [{"type": "text", "text": text}]
    return {**told, "content": parts}
