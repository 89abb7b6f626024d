"""What Bedrock's models say in Converse: a whole body, a stream in AWS's frames, a refusal.

Authority: the provider pages, bedrock-converse.md sections 3 to 5, and above them the recorded
traffic.
"""

import base64
import json
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
    arguments_of,
    canonical,
    is_json,
    value_of,
)

ANSWERING_TOOL = "dragoman_json_answer"

FINISH_REASONS = {
    "max_tokens": "length", "model_context_window_exceeded": "length", "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter", "content_filtered": "content_filter",
}  # fmt: skip


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    answer = value_of(body)
    if not isinstance(answer, dict) or "output" not in answer:
        raise NoAnswer("no message")
    blocks = answer["output"]["message"]["content"]
    return heard_from(answer["stopReason"], answer.get("usage"), blocks)


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    pieces: dict[int, list[dict[str, Any]]] = {}
    stopped: str | None = None
    usage: dict[str, Any] | None = None
    for kind, payload in frames(raw):
        if kind in ("contentBlockStart", "contentBlockDelta"):
            said_of_it = payload["start"] if kind == "contentBlockStart" else payload["delta"]
            pieces.setdefault(payload["contentBlockIndex"], []).append(said_of_it)
        elif kind == "messageStop":
            stopped = payload["stopReason"]
        elif kind == "metadata":
            usage = payload["usage"]
    if stopped is None:
        raise NoAnswer("the stream ends before its end")
    return heard_from(stopped, usage, [block_of(pieces[index]) for index in sorted(pieces)])


def block_of(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """The block of a whole answer that these pieces are."""
    keys = {key for piece in pieces for key in piece}
    if "toolUse" in keys:
        written = "".join(piece["toolUse"].get("input", "") for piece in pieces)
        return {"toolUse": {**pieces[0]["toolUse"], "input": written}}
    if "reasoningContent" in keys:
        inside = [piece["reasoningContent"] for piece in pieces]
        hidden = [
            base64.b64decode(one["redactedContent"]) for one in inside if "redacted" in str(one)
        ]
        if hidden:
            together = base64.b64encode(b"".join(hidden)).decode()
            return {"reasoningContent": {"redactedContent": together}}
        text = "".join(one.get("text", "") for one in inside)
        signature = "".join(one.get("signature", "") for one in inside)
        return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}
    text = "".join(piece.get("text", "") for piece in pieces)
    citations = [piece["citation"] for piece in pieces if "citation" in piece]
    return {"citationsContent": {"content": [{"text": text}], "citations": citations}}


def heard_from(stopped: str, usage: dict[str, Any] | None, blocks: list[dict[str, Any]]) -> Heard:
    return Heard(
        id=UNSAID,
        model=UNSAID,
        created=UNSAID,
        choices=[choice_from(stopped, blocks)],
        usage=usage_of(usage) if usage else None,
    )


def choice_from(stopped: str, blocks: list[dict[str, Any]]) -> Choice:
    called = [b["toolUse"] for b in blocks if "toolUse" in b]
    called = [call for call in called if call.get("type") != "server_tool_use"]
    calls = [call for call in called if call["name"] != ANSWERING_TOOL]
    text = "".join(text_of(block) for block in blocks)
    reason = FINISH_REASONS.get(stopped, "stop")
    if calls and reason == "stop":
        reason = "tool_calls"
    if called and not calls and reason == "tool_calls":
        reason = "stop"
    thoughts = [b["reasoningContent"] for b in blocks if "reasoningContent" in b]
    read = [(one.get("reasoningText") or {}).get("text") for one in thoughts]
    return Choice(
        index=0,
        content=None if not text and calls else text,
        refusal=None,
        reasoning="\n\n".join(one for one in read if one) or None,
        reasoning_details=[detail for one in thoughts for detail in details_of(one)],
        tool_calls=[
            ToolCall("function", one["name"], one["toolUseId"], written(one["input"]))
            for one in calls
        ],
        function_call=None,
        audio=None,
        url_citations=[url for b in blocks for url in urls_of(b)],
        logprobs=[],
        finish_reason=reason,
    )


def text_of(block: dict[str, Any]) -> str:
    if "citationsContent" in block:
        return "".join(one["text"] for one in block["citationsContent"].get("content", []))
    if block.get("toolUse", {}).get("name") == ANSWERING_TOOL:
        return written(block["toolUse"]["input"])
    return str(block.get("text", ""))


def written(value: Any) -> str:
    """The arguments of a call, as text in a stream, else as what they are."""
    return arguments_of(value) if isinstance(value, str) else canonical(json.dumps(value))


def details_of(thought: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    if "redactedContent" in thought:
        yield "reasoning.encrypted", thought["redactedContent"], None
    else:
        one = thought["reasoningText"]
        if one["text"] or one.get("signature"):
            yield "reasoning.text", one["text"], one.get("signature") or None


def urls_of(block: dict[str, Any]) -> Iterator[str]:
    for citation in block.get("citationsContent", {}).get("citations", []):
        location = citation["location"]
        if "web" in location:
            yield location["web"]["url"]
        elif "searchResultLocation" in location and "://" in citation["source"]:
            yield citation["source"]


def usage_of(usage: dict[str, Any]) -> Usage:
    """The prompt holds what was read from the cache and what was written to it."""
    cached, wrote = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    prompt = usage["inputTokens"] + (cached or 0) + (wrote or 0)
    assert prompt + usage["outputTokens"] == usage["totalTokens"]
    return Usage(prompt, usage["outputTokens"], usage["totalTokens"], cached, wrote, None)


def frames(raw: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events that AWS packs in frames, each with its length and two checksums."""
    while raw:
        if len(raw) < 12 or len(raw) < struct.unpack("!I", raw[:4])[0]:
            raise NoAnswer("a frame that is cut")
        total, length, _ = struct.unpack("!III", raw[:12])
        frame, raw = raw[:total], raw[total:]
        assert zlib.crc32(frame[:-4]) == struct.unpack("!I", frame[-4:])[0]
        headers = headers_in(frame[12 : 12 + length])
        if headers[":message-type"] != "event":
            raise NoAnswer("an exception")
        payload = frame[12 + length : -4].decode()
        if not is_json(payload):
            raise NoAnswer("a payload that is no JSON")
        yield headers[":event-type"], json.loads(payload)


def headers_in(block: bytes) -> dict[str, str]:
    """All headers; every one that Bedrock sends is a string."""
    found = {}
    while block:
        name, rest = block[1 : 1 + block[0]], block[1 + block[0] :]
        assert rest[0] == 7
        (size,) = struct.unpack("!H", rest[1:3])
        found[name.decode()] = rest[3 : 3 + size].decode()
        block = rest[3 + size :]
    return found


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a refusal says, whose exception is not told in the body."""
    message = value_of(body)["message"]
    code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status or 0)
    if any(words in message.lower() for words in TOO_LONG):
        status, code = 400, "context_length_exceeded"
    elif "model identifier is invalid" in message:
        status, code = 404, "model_not_found"
    return SaidError(message, status, error_type(status, code), code, None)
