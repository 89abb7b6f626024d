"""What Cohere would send, and what is heard of it."""

import json
from typing import Any, Final

import msgspec

import dragoman
from dragoman.dialects import cohere_v2
from dragoman.streaming.made import Made

MADE: Final = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")

USAGE: Final = {"tokens": {"input_tokens": 3.0, "output_tokens": 5.0}}


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def adds(kind: str, index: int | None = None, **message: Any) -> bytes:
    """An event that adds something to the message."""
    place = {} if index is None else {"index": index}
    return event(kind, **place, delta={"message": message})


START: Final = event("message-start", id="c1", delta={"message": {"role": "assistant"}})


def content(index: int, **item: Any) -> bytes:
    return adds("content-delta", index, content=item)


def plan(text: str) -> bytes:
    return adds("tool-plan-delta", tool_plan=text)


def called(index: int | None, id: str, name: str, arguments: Any = "") -> bytes:
    function = {"name": name, "arguments": arguments}
    return adds("tool-call-start", index, tool_calls={"id": id, "function": function})


def argued(index: int | None, arguments: Any) -> bytes:
    return adds("tool-call-delta", index, tool_calls={"function": {"arguments": arguments}})


def ended(word: str | None = "COMPLETE", **fields: Any) -> bytes:
    return event("message-end", delta={"finish_reason": word, "usage": USAGE, **fields})


def chunks(*pieces: bytes, ended_by_close: bool = False) -> list[Any]:
    decoder = cohere_v2.stream_decoder(made=MADE)
    found: list[Any] = []
    for piece in pieces:
        found += decoder.receive(piece)
    return found + decoder.finish(ended_by_close=ended_by_close)


def folded(*pieces: bytes) -> dict[str, Any]:
    """The response that this stream is."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(dragoman.fold(chunks(*pieces))))
    return value


def whole(message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The response that a body with this message is."""
    body = {"id": "c1", "finish_reason": "COMPLETE", "message": message, "usage": USAGE, **fields}
    response = cohere_v2.decode_response(json.dumps(body).encode(), made=MADE)
    value: dict[str, Any] = json.loads(msgspec.json.encode(response))
    return value


def message(response: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = response["choices"][0]["message"]
    return value
