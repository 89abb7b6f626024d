"""A stream as a provider of the OpenAI dialect would send it, and what is heard of it."""

import json
from typing import Any

import msgspec

import dragoman
from dragoman.dialects.openai_chat import OPENAI_PROFILE, Profile
from dragoman.dialects.openai_chat.response import StreamDecoder
from dragoman.streaming.made import Made

MADE = Made(created=1795404600, id="chatcmpl-GEN1", model="asked")
DONE = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def said(
    *deltas: dict[str, Any], finish: str | None = "stop", index: int = 0, **rest: Any
) -> bytes:
    """A stream of these deltas of one choice, ended by a finish reason."""
    choices: list[dict[str, Any]] = [{"index": index, "delta": delta} for delta in deltas]
    if finish is not None:
        choices.append({"index": index, "delta": {}, "finish_reason": finish})
    return b"".join(event({"choices": [choice], **rest}) for choice in choices)


def heard(*pieces: bytes, profile: Profile = OPENAI_PROFILE) -> list[Any]:
    decoder = StreamDecoder(made=MADE, profile=profile)
    chunks = []
    for piece in pieces:
        chunks += decoder.receive(piece)
    return chunks + decoder.finish()


def folded(*pieces: bytes, profile: Profile = OPENAI_PROFILE) -> dict[str, Any]:
    response = dragoman.fold(heard(*pieces, profile=profile))
    value: dict[str, Any] = json.loads(msgspec.json.encode(response))
    return value


def message(*pieces: bytes) -> dict[str, Any]:
    value: dict[str, Any] = folded(*pieces)["choices"][0]["message"]
    return value


def call(**fields: Any) -> dict[str, Any]:
    """A piece of a tool call, from `name`, `arguments` and the call's own keys."""
    inner = {key: fields.pop(key) for key in ("name", "arguments") if key in fields}
    return {"tool_calls": [{**fields, "function": inner}]}


def calls(*pieces: bytes) -> list[tuple[str, str, str]]:
    return [
        (c["id"], c["function"]["name"], c["function"]["arguments"])
        for c in message(*pieces)["tool_calls"]
    ]
