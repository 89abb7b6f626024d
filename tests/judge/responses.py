"""Responses' own text: a whole body, a stream in events, a refusal.

Of a stream, the pieces are put together here and the terminal event gives the rest; what it says
of the items is not looked at, so that both ways of telling the same are heard.

Authority: the provider pages, openai-responses.md sections 3 to 5, and above them the recorded
traffic.
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

CALLS = ("function_call", "custom_tool_call")


def said(body: bytes) -> Heard:
    """What a whole answer says."""
    response = value_of(body)
    if not isinstance(response, dict) or not isinstance(response.get("output"), list):
        raise NoAnswer("no response")
    return heard_from(response, response["output"])


def said_stream(raw: bytes) -> Heard:
    """What a stream says whose HTTP message ended, complete, with the last byte of `raw`."""
    items: dict[int, dict[str, Any]] = {}
    begun: dict[str, Any] = {}
    for event in events(raw):
        kind, place = event.get("type", ""), event.get("output_index", -1)
        if kind in ("error", "response.failed"):
            raise NoAnswer("an error in the stream")
        if kind in ("response.completed", "response.incomplete"):
            # On some proxies every event has another id; that of the first one counts.
            named = {key: begun[key] for key in ("id", "created_at", "model") if begun.get(key)}
            last = event["response"] | named
            return heard_from(last, [items[key] for key in sorted(items)])
        if kind == "response.created":
            begun = event["response"]
        elif kind == "response.output_item.added":
            items[place] = {"type": event["item"]["type"], "item": event["item"], "told": {}}
        elif kind == "response.output_item.done":
            items.setdefault(place, {"told": {}})
            items[place] |= {"type": event["item"]["type"], "item": event["item"]}
        elif kind.endswith(".delta") and isinstance(event.get("delta"), str):
            told = items[place]["told"]
            key = (kind, event.get("content_index", event.get("summary_index", 0)))
            told[key] = told.get(key, "") + event["delta"]
            if event.get("logprobs"):
                items[place].setdefault("logprobs", []).extend(event["logprobs"])
        elif kind == "response.output_text.annotation.added":
            items[place].setdefault("cited", []).append(event["annotation"])
    raise NoAnswer("the stream ends before its end")


def heard_from(response: dict[str, Any], output: list[dict[str, Any]]) -> Heard:
    status = response.get("status")
    if response.get("error") or status not in ("completed", "complete", "incomplete"):
        raise NoAnswer(f"status {status}")
    created = response.get("created_at")
    return Heard(
        id=response.get("id") or UNSAID,
        model=response.get("model") or UNSAID,
        created=UNSAID if created is None else int(created),
        choices=[choice_from(response, [whole(item) for item in output])],
        usage=usage_of(response["usage"]) if response.get("usage") else None,
    )


def whole(item: dict[str, Any]) -> dict[str, Any]:
    """An item as one object: that of a whole answer, or the pieces of a streamed one."""
    if "told" not in item:
        return item
    last, told = dict(item["item"]), item["told"]
    texts = pieces(told, "response.output_text.delta")
    if item["type"] == "message" and texts:
        cited = item.get("cited") or []
        last["content"] = [{"type": "output_text", "text": t, "annotations": []} for t in texts]
        last["content"][0] |= {"annotations": cited, "logprobs": item.get("logprobs")}
    if summaries := pieces(told, "response.reasoning_summary_text.delta"):
        last["summary"] = [{"type": "summary_text", "text": text} for text in summaries]
    if thoughts := pieces(told, "response.reasoning_text.delta"):
        last["content"] = [{"type": "reasoning_text", "text": text} for text in thoughts]
    for event, field in (
        ("function_call_arguments", "arguments"),
        ("custom_tool_call_input", "input"),
    ):
        if written := pieces(told, f"response.{event}.delta"):
            last[field] = written[0]
    return last


def pieces(told: dict[tuple[str, int], str], kind: str) -> list[str]:
    return [told[key] for key in sorted(told) if key[0] == kind]


def choice_from(response: dict[str, Any], output: list[dict[str, Any]]) -> Choice:
    parts = [p for i in output if i["type"] == "message" for p in i.get("content") or []]
    thoughts = [i for i in output if i["type"] == "reasoning"]
    calls = [call_from(item) for item in output if item["type"] in CALLS and not served(item)]
    text = "".join(part.get("text") or "" for part in parts)
    refusal = "".join(part.get("refusal") or "" for part in parts) or None
    shown = [
        part["text"]
        for item in thoughts
        for part in [*(item.get("summary") or []), *(item.get("content") or [])]
        if part["text"]
    ]
    cited = [a for part in parts for a in part.get("annotations") or []]
    tokens = [token for part in parts for token in part.get("logprobs") or []]
    return Choice(
        index=0,
        content=None if not text and (calls or refusal) else text,
        refusal=refusal,
        reasoning="\n\n".join(shown) or None,
        reasoning_details=[detail for item in thoughts for detail in details_of(item)],
        tool_calls=calls,
        function_call=None,
        audio=None,
        url_citations=[a["url"] for a in cited if a["type"] == "url_citation"],
        logprobs=[(token["token"], token["logprob"]) for token in tokens],
        finish_reason=finish_reason(response, calls),
    )


def served(item: dict[str, Any]) -> bool:
    """Whether xAI makes and answers this call itself."""
    return str(item.get("call_id")).startswith("xs_call")


def call_from(item: dict[str, Any]) -> ToolCall:
    if item["type"] == "custom_tool_call":
        return ToolCall("custom", item["name"], item["call_id"], item["input"])
    arguments = arguments_of(item["arguments"])
    return ToolCall("function", item["name"], item["call_id"], arguments)


def finish_reason(response: dict[str, Any], calls: list[ToolCall]) -> str:
    if response["status"] == "incomplete":
        reason = (response.get("incomplete_details") or {}).get("reason")
        return "content_filter" if reason == "content_filter" else "length"
    return "tool_calls" if calls else "stop"


def details_of(item: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    for part in item.get("summary") or []:
        if part["text"]:
            yield "reasoning.summary", part["text"], None
    for part in item.get("content") or []:
        if part["text"]:
            yield "reasoning.text", part["text"], None
    if item.get("encrypted_content"):
        yield "reasoning.encrypted", item["encrypted_content"], None


def usage_of(usage: dict[str, Any]) -> Usage:
    prompt, completion = usage["input_tokens"], usage["output_tokens"]
    of_prompt = usage.get("input_tokens_details") or {}
    of_completion = usage.get("output_tokens_details") or {}
    return Usage(
        prompt,
        completion,
        prompt + completion,
        of_prompt.get("cached_tokens"),
        of_prompt.get("cache_write_tokens"),
        of_completion.get("reasoning_tokens"),
    )


def events(raw: bytes) -> Iterator[dict[str, Any]]:
    """The events of a text; the last one counts without its blank line, if its data is whole."""
    for event in re.split(r"(?:\r\n|\r|\n){2}", raw.decode("utf-8", "replace")):
        lines = [line for line in re.split("\r\n|\r|\n", event) if line.startswith("data:")]
        data = "\n".join(line.removeprefix("data:").removeprefix(" ") for line in lines)
        if not data or data == "[DONE]":
            continue
        if not is_json(data):
            raise NoAnswer("data that is no JSON")
        yield json.loads(data)


def said_error(status: int | None, body: bytes) -> SaidError:
    """What a refusal says; xAI's is a text beside a code."""
    value = value_of(body)
    error = value["error"] if isinstance(value["error"], dict) else {"message": value["error"]}
    message, code = error["message"], error.get("code", value.get("code"))
    if status in (200, None):
        status = None  # what the code says is for the examples
    if code == "model_not_found":
        status = 404
    if message.startswith("Incorrect API key provided"):
        status, code = 401, "invalid_api_key"
    if any(words in message.lower() for words in TOO_LONG):
        status, code = 400, "context_length_exceeded"
    return SaidError(message, status, error_type(status, code), code, error.get("param"))
