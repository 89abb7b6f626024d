"""Ollama's own text: a whole body, lines, a refusal.

Authority: the provider pages, ollama.md sections 3 to 5, and above them the recorded traffic.
"""

import json
from datetime import datetime
from typing import Any

from tests.judge.refusals import TOO_LONG, SaidError, error_type
from tests.judge.words import UNSAID, Choice, Heard, NoAnswer, ToolCall, Usage, canonical, value_of


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    return heard_from([value_of(body)])


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    return heard_from([value_of(line) for line in raw.split(b"\n") if line.strip()])


def heard_from(lines: list[Any]) -> Heard:
    heard: list[dict[str, Any]] = []
    for line in lines:
        if not isinstance(line, dict) or line.get("error"):
            raise NoAnswer("no line of an answer")
        heard.append(line)
        if line.get("done"):
            break
    if not heard or not heard[-1].get("done"):
        raise NoAnswer("the stream ends before its end")
    first, last = heard[0], heard[-1]
    prompt, completion = last.get("prompt_eval_count"), last.get("eval_count")
    usage = Usage(prompt or 0, completion or 0, (prompt or 0) + (completion or 0), None, None, None)
    return Heard(
        id=UNSAID,
        model=first.get("model") or UNSAID,
        created=int(datetime.fromisoformat(first["created_at"]).timestamp()),
        choices=[choice_from([line.get("message") or {} for line in heard], heard)],
        usage=None if prompt is None and completion is None else usage,
    )


def choice_from(messages: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Choice:
    calls = [call for message in messages for call in message.get("tool_calls") or []]
    text = "".join(message.get("content") or "" for message in messages)
    reason = "length" if lines[-1].get("done_reason") == "length" else "stop"
    tokens = [token for line in lines for token in line.get("logprobs") or []]
    return Choice(
        index=0,
        content=None if calls and not text else text,
        refusal=None,
        reasoning="".join(message.get("thinking") or "" for message in messages) or None,
        reasoning_details=[],
        tool_calls=[
            ToolCall(
                "function",
                call["function"]["name"],
                call.get("id") or UNSAID,
                canonical(json.dumps(call["function"].get("arguments") or {})),
            )
            for call in calls
        ],
        function_call=None,
        audio=None,
        url_citations=[],
        logprobs=[(token["token"], token["logprob"]) for token in tokens],
        finish_reason="tool_calls" if calls else reason,
    )


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a refusal says; in a stream it has no status of its own."""
    message = value_of(body)["error"]
    code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status or 0)
    if status == 404 and message.startswith("model"):
        code = "model_not_found"
    if status in (200, None):
        status = 500
    if any(words in message.lower() for words in TOO_LONG):
        status, code = 400, "context_length_exceeded"
    return SaidError(message, status, error_type(status, code), code, None)
