"""What Bedrock would send, and what is heard of it."""

import json
from typing import Any, Final

import msgspec

import dragoman
from dragoman.dialects import bedrock_converse
from dragoman.streaming import eventstream
from dragoman.streaming.made import Made

CLAUDE: Final = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

MADE: Final = Made(created=1795404600, id="chatcmpl-GEN1", model=CLAUDE)

USAGE: Final = {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}


def framed(headers: dict[str, str], payload: bytes) -> bytes:
    return eventstream.encode({**headers, ":content-type": "application/json"}, payload)


def event(kind: str, **fields: Any) -> bytes:
    payload = json.dumps({**fields, "p": "abc"}, ensure_ascii=False).encode()
    return framed({":event-type": kind, ":message-type": "event"}, payload)


def exception(kind: str, **fields: Any) -> bytes:
    headers = {":exception-type": kind, ":message-type": "exception"}
    return framed(headers, json.dumps(fields).encode())


def begun(index: int, **start: Any) -> bytes:
    return event("contentBlockStart", contentBlockIndex=index, start=start)


def called(index: int, id: str = "tooluse_1", name: str = "f", **fields: Any) -> bytes:
    return begun(index, toolUse={"toolUseId": id, "name": name, **fields})


def added(index: int, **delta: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=delta)


def thought(index: int, **fields: Any) -> bytes:
    return added(index, reasoningContent=fields)


def stopped(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


def ended(reason: str = "end_turn") -> bytes:
    return event("messageStop", stopReason=reason)


START: Final = event("messageStart", role="assistant")

METADATA: Final = event("metadata", usage=USAGE, metrics={"latencyMs": 4})


def chunks(*pieces: bytes, ended_by_close: bool = False) -> list[Any]:
    decoder = bedrock_converse.stream_decoder(made=MADE)
    found: list[Any] = []
    for piece in pieces:
        found += decoder.receive(piece)
    return found + decoder.finish(ended_by_close=ended_by_close)


def folded(*pieces: bytes) -> dict[str, Any]:
    """The response that this stream is."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(dragoman.fold(chunks(*pieces))))
    return value


def whole(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The response that a body with these blocks is."""
    body = {"output": {"message": {"role": "assistant", "content": blocks}}, "usage": USAGE}
    body = {"stopReason": "end_turn", **body, **fields}
    response = bedrock_converse.decode_response(json.dumps(body).encode(), made=MADE)
    value: dict[str, Any] = json.loads(msgspec.json.encode(response))
    return value


def message(response: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = response["choices"][0]["message"]
    return value
