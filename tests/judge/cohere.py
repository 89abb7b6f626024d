"""Cohere's own text: a whole body, a stream in events, a refusal.

Authority: the provider page, cohere-v2.md sections 3 to 5, and above it the recorded traffic, which
counts images beside the prompt.
"""

import json
import re
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
    is_json,
    value_of,
)

FINISH_REASONS = {
    "MAX_TOKENS": "length", "TIMEOUT": "length",
    "TOOL_CALL": "tool_calls", "ERROR_TOXIC": "content_filter",
}  # fmt: skip


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    answer = value_of(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("message"), dict):
        raise NoAnswer("no message")
    message = answer["message"]
    told = [
        *(("item", n, item) for n, item in enumerate(message.get("content") or [])),
        ("plan", 0, {"thinking": message.get("tool_plan") or ""}),
    ]
    return heard_from(
        answer,
        told,
        message.get("tool_calls") or [],
        message.get("citations") or [],
    )


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    id, told, calls, citations = "", [], [], []
    open_calls: dict[int, dict[str, Any]] = {}
    for event in events(raw):
        delta = event.get("delta") or {}
        added = delta.get("message") or {}
        match event.get("type"):
            case "message-start":
                id = event.get("id") or ""
            case "content-start" | "content-delta":
                told.append(("item", event["index"], added["content"]))
            case "tool-plan-delta":
                told.append(("plan", 0, {"thinking": added["tool_plan"]}))
            case "tool-call-start":
                call = json.loads(json.dumps(added["tool_calls"]))
                open_calls[event["index"]] = call
                calls.append(call)
            case "tool-call-delta":
                piece = added["tool_calls"]["function"]["arguments"]
                open_calls[event["index"]]["function"]["arguments"] += piece
            case "citation-start":
                citations.append(added["citations"])
            case "message-end":
                if delta.get("error"):
                    raise NoAnswer("an error in the stream")
                return heard_from({**delta, "id": id}, told, calls, citations)
    raise NoAnswer("the stream ends before its end")


def heard_from(
    answer: dict[str, Any],
    told: list[tuple[str, int, dict[str, Any]]],
    calls: list[dict[str, Any]],
    citations: list[dict[str, Any]],
) -> Heard:
    thoughts: dict[tuple[str, int], str] = {}
    for kind, place, piece in told:
        if piece.get("thinking"):
            thoughts[kind, place] = thoughts.get((kind, place), "") + piece["thinking"]
    text = "".join(piece.get("text") or "" for _, _, piece in told)
    word = answer.get("finish_reason")
    if word in ("ERROR", "TIMEOUT") and not (text or thoughts or calls):
        raise NoAnswer("it failed before it said anything")
    reason = FINISH_REASONS.get(word or "", "stop")
    return Heard(
        id=answer.get("id") or UNSAID,
        model=UNSAID,
        created=UNSAID,
        choices=[
            Choice(
                index=0,
                content=None if calls and not text else text,
                refusal=None,
                reasoning="\n\n".join(thoughts.values()) or None,
                reasoning_details=[],
                tool_calls=[call_of(call) for call in calls],
                function_call=None,
                audio=None,
                url_citations=[url for citation in citations for url in urls_of(citation)],
                logprobs=[],
                finish_reason="tool_calls" if calls and reason == "stop" else reason,
            )
        ],
        usage=usage_of(answer.get("usage") or {}),
    )


def call_of(call: dict[str, Any]) -> ToolCall:
    written = call["function"].get("arguments")
    written = "" if written in (None, "null") else written
    return ToolCall("function", call["function"]["name"], call["id"], arguments_of(written))


def urls_of(citation: dict[str, Any]) -> Iterator[str]:
    """What has an address: a document, or what a tool gave."""
    if citation.get("type", "TEXT_CONTENT") != "TEXT_CONTENT":
        return
    for source in citation.get("sources") or []:
        page = source.get("document") or source.get("tool_output") or {}
        if str(page.get("url", "")).startswith("http"):
            yield page["url"]


def usage_of(usage: dict[str, Any]) -> Usage | None:
    """Images lie beside the input tokens where they are counted, and inside those billed."""
    tokens = usage.get("tokens") or {}
    if not tokens:
        tokens = {**(usage.get("billed_units") or {}), "image_tokens": 0}
        if len(tokens) == 1:
            return None
    prompt = int(tokens.get("input_tokens") or 0) + int(tokens.get("image_tokens") or 0)
    completion = int(tokens.get("output_tokens") or 0)
    cached, thought = usage.get("cached_tokens"), tokens.get("reasoning_tokens")
    return Usage(
        prompt,
        completion,
        prompt + completion,
        None if cached is None else min(int(cached), prompt),
        None,
        None if thought is None else min(int(thought), completion),
    )


def events(raw: bytes) -> Iterator[dict[str, Any]]:
    """The events of a text; the last one counts without its blank line, if its data is whole."""
    for event in re.split(r"(?:\r\n|\r|\n){2}", raw.decode("utf-8", "replace")):
        lines = [line for line in re.split("\r\n|\r|\n", event) if line.startswith("data:")]
        data = "\n".join(line.removeprefix("data:").removeprefix(" ") for line in lines)
        if data == "[DONE]":
            return
        if not data:
            continue
        if not is_json(data):
            raise NoAnswer("data that is no JSON")
        yield json.loads(data)


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a refusal says."""
    value = value_of(body)
    message = value["message"]
    code = {401: "invalid_api_key", 402: "insufficient_quota"}.get(status or 0)
    code = "rate_limit_exceeded" if status == 429 else code
    if any(words in message.lower() for words in (*TOO_LONG, "too many tokens")):
        status, code = 400, "context_length_exceeded"
    return SaidError(message, status, error_type(status, code), code, None)
