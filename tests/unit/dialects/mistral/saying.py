"""What Mistral would send, and what is heard of it."""

import json
from typing import Any, Final

import msgspec

import dragoman
from dragoman.dialects import mistral
from dragoman.streaming.made import Made

MADE: Final = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")
USAGE: Final = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
DONE: Final = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def said(delta: dict[str, Any], reason: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    about = {"id": "a1", "object": "chat.completion.chunk", "created": 7, "model": "magistral"}
    return event({**about, "choices": [choice], "p": "abc", **fields})


def ended(reason: str = "stop", **fields: Any) -> bytes:
    return said({"content": ""}, reason, usage=USAGE, **fields) + DONE


def chunks(*pieces: bytes, ended_by_close: bool = False) -> list[Any]:
    decoder = mistral.stream_decoder(made=MADE)
    found: list[Any] = []
    for piece in pieces:
        found += decoder.receive(piece)
    return found + decoder.finish(ended_by_close=ended_by_close)


def folded(*pieces: bytes) -> dict[str, Any]:
    """The response that this stream is."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(dragoman.fold(chunks(*pieces))))
    return value


def whole(message: dict[str, Any], reason: str = "stop", **fields: Any) -> dict[str, Any]:
    """The response that a body with this message is."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    body = {"id": "a1", "created": 7, "model": "m", "choices": [choice], "usage": USAGE, **fields}
    response = mistral.decode_response(json.dumps(body).encode(), made=MADE)
    value: dict[str, Any] = json.loads(msgspec.json.encode(response))
    return value


def thinking(*texts: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text} for text in texts]}
