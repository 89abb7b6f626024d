"""What Responses would send, and what is heard of it."""

import json
from typing import Any, Final

import msgspec

import dragoman
from dragoman.dialects import openai_responses
from dragoman.streaming.made import Made

MADE: Final = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")

USAGE: Final = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def response(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    named = {"id": "resp_1", "created_at": 1795404601.7, "model": "gpt-5.1", "usage": USAGE}
    return {**named, "status": "completed", "output": list(output), **fields}


START: Final = event("response.created", response=response(status="in_progress", usage=None))


def added(index: int, **item: Any) -> bytes:
    return event("response.output_item.added", output_index=index, item=item)


def done(index: int, **item: Any) -> bytes:
    return event("response.output_item.done", output_index=index, item=item)


def said(index: int, text: str, part: int = 0, **fields: Any) -> bytes:
    place = {"output_index": index, "content_index": part}
    return event("response.output_text.delta", **place, delta=text, **fields)


def argued(index: int, text: str) -> bytes:
    return event("response.function_call_arguments.delta", output_index=index, delta=text)


def completed(*output: dict[str, Any], **fields: Any) -> bytes:
    return event("response.completed", response=response(*output, **fields))


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text}], **fields}


def called(call_id: str, arguments: str = "{}", **fields: Any) -> dict[str, Any]:
    return {
        "type": "function_call",
        "call_id": call_id,
        "name": "f",
        "arguments": arguments,
        **fields,
    }


def thought(*summaries: str, id: str = "rs_1", **fields: Any) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": text} for text in summaries]
    return {"type": "reasoning", "id": id, "summary": summary, **fields}


def chunks(*pieces: bytes) -> list[Any]:
    decoder = openai_responses.stream_decoder(made=MADE)
    found: list[Any] = []
    for piece in pieces:
        found += decoder.receive(piece)
    return found + decoder.finish()


def folded(*pieces: bytes) -> dict[str, Any]:
    """The response that this stream is."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(dragoman.fold(chunks(*pieces))))
    return value


def whole(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The response that a body with these items is."""
    body = json.dumps(response(*output, **fields)).encode()
    told = openai_responses.decode_response(body, made=MADE)
    value: dict[str, Any] = json.loads(msgspec.json.encode(told))
    return value


def answered(told: dict[str, Any]) -> dict[str, Any]:
    """The message of this response."""
    value: dict[str, Any] = told["choices"][0]["message"]
    return value
