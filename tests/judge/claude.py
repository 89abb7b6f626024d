"""Claude's own text: a whole body, a stream in events or in AWS's frames, a refusal.

Authority: the provider pages, anthropic-messages.md sections 3 to 5, and above them the recorded
traffic.
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from tests.judge.refusals import TOO_LONG, SaidError, error_type
from tests.judge.words import (
    UNSAID,
    Choice,
    Heard,
    NoAnswer,
    ToolCall,
    Usage,
    canonical,
    is_json,
    value_of,
)

FIXED_REFUSAL = "The model refused to answer."
ANSWERING_TOOL = "dragoman_json_answer"

FINISH_REASONS = {
    "max_tokens": "length", "model_context_window_exceeded": "length",
    "tool_use": "tool_calls", "refusal": "content_filter",
}  # fmt: skip


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    message = value_of(body)
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        raise NoAnswer("no message")
    return heard_from(message, message["content"])


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    message: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    order: list[dict[str, Any]] = []
    usage: dict[str, Any] = {}
    for event in events(raw):
        kind = event.get("type")
        if kind == "error":
            raise NoAnswer("an error in the stream")
        if kind == "message_start":
            message = dict(event["message"])
            usage = dict(message.get("usage") or {})
        elif kind == "content_block_start":
            block = {**event["content_block"], "json": ""}
            blocks[event["index"]] = block
            order.append(block)
        elif kind == "content_block_delta":
            add(blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            message |= {k: v for k, v in event["delta"].items() if v is not None}
            usage |= {k: v for k, v in (event.get("usage") or {}).items() if v is not None}
        elif kind == "message_stop":
            message["stopped"] = True
            break
    if not message or not (message.get("stopped") or message.get("stop_reason")):
        raise NoAnswer("the stream ends before its end")
    for block in order:
        if block["json"]:
            block["input"] = json.loads(block["json"]) if is_json(block["json"]) else block["json"]
    return heard_from({**message, "usage": usage}, order)


def add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] = block.get("text", "") + delta["text"]
        case "thinking_delta":
            block["thinking"] = block.get("thinking", "") + delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            block["json"] += delta["partial_json"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]


def heard_from(message: dict[str, Any], blocks: list[dict[str, Any]]) -> Heard:
    usage = message.get("usage")
    return Heard(
        id=message.get("id") or UNSAID,
        model=message.get("model") or UNSAID,
        created=UNSAID,
        choices=[choice_from(message, blocks)],
        usage=usage_of(usage) if usage else None,
    )


def choice_from(message: dict[str, Any], blocks: list[dict[str, Any]]) -> Choice:
    calls = [b for b in blocks if b["type"] == "tool_use" and b["name"] != ANSWERING_TOOL]
    answers = [b for b in blocks if b["type"] == "tool_use" and b["name"] == ANSWERING_TOOL]
    texts = [b for b in blocks if b["type"] == "text"]
    text = "".join(b["text"] for b in texts)
    refusal = None
    if message.get("stop_reason") == "refusal":
        refusal = (message.get("stop_details") or {}).get("explanation") or FIXED_REFUSAL
    reason = FINISH_REASONS.get(message.get("stop_reason") or "", "stop")
    if calls and reason == "stop":
        reason = "tool_calls"
    if answers and not calls and reason == "tool_calls":
        reason = "stop"
    thoughts = [b["thinking"] for b in blocks if b["type"] == "thinking" and b["thinking"]]
    return Choice(
        index=0,
        content=None if not text and (calls or refusal) else text,
        refusal=refusal,
        reasoning="\n\n".join(thoughts) or None,
        reasoning_details=[detail for b in blocks for detail in details_of(b)],
        tool_calls=[
            ToolCall("function", b["name"], b["id"], arguments_of(b.get("input"))) for b in calls
        ],
        function_call=None,
        audio=None,
        url_citations=[url for b in texts for url in urls_of(b)],
        logprobs=[],
        finish_reason=reason,
    )


def details_of(block: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    if block["type"] == "redacted_thinking":
        yield "reasoning.encrypted", block["data"], None
    if block["type"] == "thinking" and (block["thinking"] or block.get("signature")):
        yield "reasoning.text", block["thinking"], block.get("signature") or None


def arguments_of(value: Any) -> str:
    if isinstance(value, str):
        return value  # cut, or no JSON
    return canonical(json.dumps(value)) if value else "{}"


def urls_of(block: dict[str, Any]) -> Iterator[str]:
    for citation in block.get("citations") or []:
        if citation["type"] == "web_search_result_location":
            yield citation["url"]
        if citation["type"] == "search_result_location" and "://" in citation["source"]:
            yield citation["source"]


def usage_of(usage: dict[str, Any]) -> Usage:
    """The prompt holds what was read from the cache and what was written to it."""
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    prompt = (usage.get("input_tokens") or 0) + (cached or 0) + (written or 0)
    completion = usage.get("output_tokens") or 0
    thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    return Usage(prompt, completion, prompt + completion, cached, written, thought)


def events(raw: bytes) -> Iterator[dict[str, Any]]:
    yield from (frames(raw) if raw[:1] == b"\0" else texts(raw))


def texts(raw: bytes) -> Iterator[dict[str, Any]]:
    """The events of a text; the last one counts without its blank line, if its data is whole."""
    for event in re.split(r"(?:\r\n|\r|\n){2}", raw.decode("utf-8", "replace")):
        lines = [line for line in re.split("\r\n|\r|\n", event) if line.startswith("data:")]
        data = "\n".join(line.removeprefix("data:").removeprefix(" ") for line in lines)
        if not data:
            continue
        if not is_json(data):
            raise NoAnswer("data that is no JSON")
        yield json.loads(data)


def frames(raw: bytes) -> Iterator[dict[str, Any]]:
    """The events that AWS packs in frames, each with its length and two checksums."""
    while raw:
        if len(raw) < 12 or len(raw) < struct.unpack("!I", raw[:4])[0]:
            raise NoAnswer("a frame that is cut")
        total, headers, _ = struct.unpack("!III", raw[:12])
        frame, raw = raw[:total], raw[total:]
        assert zlib.crc32(frame[:-4]) == struct.unpack("!I", frame[-4:])[0]
        payload = json.loads(frame[12 + headers : -4])
        if b":exception-type" in frame[12 : 12 + headers]:
            raise NoAnswer("an exception")
        yield json.loads(base64.b64decode(payload["bytes"]))


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a refusal says; Bedrock's has the message alone."""
    value = value_of(body)
    error = value.get("error") or value
    message = error["message"]
    code = {401: "invalid_api_key", 402: "insufficient_quota", 529: "overloaded"}.get(status or 0)
    code = "rate_limit_exceeded" if status == 429 else code
    if status == 404 and message.startswith("model:"):
        code = "model_not_found"
    if any(words in message.lower() for words in TOO_LONG):
        status, code = 400, "context_length_exceeded"
    return SaidError(message, status, error_type(status, code), code, None)
