"""Mistral's own text, told as OpenAI would have it and then understood as OpenAI's.

What is different: content in chunks, arguments as objects, the id "null", and where usage says
what was cached.

Authority: the provider pages, mistral.md sections 3 to 5, and above them the recorded traffic.
"""

import json
from typing import Any

from tests.judge import providers
from tests.judge.refusals import TOO_LONG, SaidError, error_type
from tests.judge.words import Heard, NoAnswer, value_of


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    return providers.said(json.dumps(plain(value_of(body))).encode())


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    told: list[str] = []
    for _, data in providers.events(raw):
        if data.strip() != "[DONE]":
            value = value_of(data.encode())
            if value is None:
                raise NoAnswer("data that is no JSON")
            data = json.dumps(plain(value))
        told.append(f"data: {data}\n\n")
    return providers.said_stream("".join(told).encode())


def plain(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    for choice in answer.get("choices") or []:
        message = choice.get("message") or choice.get("delta") or {}
        content = message.get("content")
        if isinstance(content, list):
            texts = [chunk["text"] for chunk in content if chunk["type"] == "text"]
            thoughts = [chunk for chunk in content if chunk["type"] == "thinking"]
            message["content"] = "".join(texts)
            message["reasoning_content"] = "".join(
                inner.get("text", "") for chunk in thoughts for inner in chunk["thinking"]
            )
        for call in message.get("tool_calls") or []:
            if call.get("id") == "null":
                del call["id"]
            arguments = call["function"].get("arguments")
            if isinstance(arguments, dict):
                call["function"]["arguments"] = json.dumps(arguments)
    if usage := answer.get("usage"):
        details = usage.get("prompt_tokens_details") or usage.pop("prompt_token_details", None)
        usage["prompt_tokens_details"] = details
        usage["cached_tokens"] = usage.pop("num_cached_tokens", None)
    return answer


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a refusal says."""
    value = value_of(body)
    told = value.get("message") or value.get("detail")
    if isinstance(told, dict):
        told = told["detail"]
    if isinstance(told, list):
        places = [(".".join(map(str, one.get("loc", []))), one["msg"]) for one in told]
        told = "; ".join(f"{where}: {what}" if where else what for where, what in places)
    code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status or 0)
    if any(words in told.lower() for words in TOO_LONG):
        status, code = 400, "context_length_exceeded"
    return SaidError(told, status, error_type(status, code), code, value.get("param"))
