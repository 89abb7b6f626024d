"""What Ollama would send, and what is heard of it."""

import json
from typing import Any, Final

import msgspec

import dragoman
from dragoman.dialects import ollama
from dragoman.streaming.made import Made

MADE: Final = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")


def line(message: dict[str, Any] | None = None, **fields: Any) -> bytes:
    about = {"model": "qwen3", "created_at": "2026-11-23T03:30:00.5Z"}
    told = {**about, "message": {"role": "assistant", **(message or {})}, "done": False, **fields}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def done(message: dict[str, Any] | None = None, reason: str = "stop", **fields: Any) -> bytes:
    counts = {"prompt_eval_count": 3, "eval_count": 5}
    return line(
        {"content": "", **(message or {})}, done=True, done_reason=reason, **counts, **fields
    )


def chunks(*pieces: bytes, ended_by_close: bool = False) -> list[Any]:
    decoder = ollama.stream_decoder(made=MADE)
    found: list[Any] = []
    for piece in pieces:
        found += decoder.receive(piece)
    return found + decoder.finish(ended_by_close=ended_by_close)


def folded(*pieces: bytes) -> dict[str, Any]:
    """The response that this stream is."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(dragoman.fold(chunks(*pieces))))
    return value


def whole(body: bytes) -> dict[str, Any]:
    """The response that this body is."""
    response = ollama.decode_response(body, made=MADE)
    value: dict[str, Any] = json.loads(msgspec.json.encode(response))
    return value
