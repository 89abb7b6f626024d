"""What Claude would send, and what is heard of it."""

import base64
import json
from typing import Any, Final

import msgspec

import dragoman
from dragoman.dialects import anthropic_messages
from dragoman.streaming import eventstream
from dragoman.streaming.made import Made

MADE: Final = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")

USAGE: Final = {"input_tokens": 3, "output_tokens": 5}


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def start(**fields: Any) -> bytes:
    message = {"id": "msg_1", "type": "message", "model": "claude", "content": [], **fields}
    return event("message_start", message={"usage": USAGE, **message})


def begun(index: int, **block: Any) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def added(index: int, kind: str, **fields: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def ended(reason: str | None = "end_turn", **fields: Any) -> bytes:
    delta = {"stop_reason": reason, "stop_sequence": None, **fields}
    return event("message_delta", delta=delta, usage={"output_tokens": 7})


STOP: Final = event("message_stop")


def chunks(*pieces: bytes, ended_by_close: bool = False) -> list[Any]:
    decoder = anthropic_messages.stream_decoder(made=MADE)
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
    body = {"id": "msg_1", "model": "claude", "content": blocks, "usage": USAGE, **fields}
    body.setdefault("stop_reason", "end_turn")
    response = anthropic_messages.decode_response(json.dumps(body).encode(), made=MADE)
    value: dict[str, Any] = json.loads(msgspec.json.encode(response))
    return value


def message(response: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = response["choices"][0]["message"]
    return value


def framed(*events: bytes) -> bytes:
    """The same events as Bedrock sends them."""
    frames = []
    for one in events:
        data = one.partition(b"data: ")[2].strip()
        payload = json.dumps({"bytes": base64.b64encode(data).decode(), "p": "abc"}).encode()
        headers = {":event-type": "chunk", ":message-type": "event"}
        frames.append(eventstream.encode(headers, payload))
    return b"".join(frames)
