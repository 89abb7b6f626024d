"""Recorded requests in Mistral's and Ollama's words, read as OpenAI's and sent on as theirs.

Both dialects are so near to OpenAI's that a request of theirs can be read there, once the few
things are added that OpenAI wants. What is theirs alone goes along, or is told as lost.
"""

import copy
import json
from typing import Any

from dragoman.dialects import DIALECTS
from dragoman.dialects.openai_chat import decode_request
from tests import corpus

ASKED = [record for record in corpus.records("mistral", "ollama") if record.request.get("body")]


@corpus.each(ASKED)
def test_what_is_written_in_the_targets_words_arrives(record: corpus.Record) -> None:
    body = record.request["body"]
    request = decode_request(json.dumps(as_openais(body)).encode())

    encoded = DIALECTS[record.dialect].encode_request(request, model=body["model"])

    asked, sent = plain(body), plain(json.loads(encoded.body))
    lost = [loss.pointer for loss in encoded.losses]
    untold = {
        key: (value, sent.get(key))
        for key, value in asked.items()
        if sent.get(key) != value and not any(one.startswith(f"/{key}") for one in lost)
    }
    assert untold == {}


def as_openais(body: dict[str, Any]) -> dict[str, Any]:
    """The same with what OpenAI wants: a type of every tool and call, arguments as text."""
    told: dict[str, Any] = copy.deepcopy(body)
    if told.get("tool_choice") == "any":
        told["tool_choice"] = "required"
    for tool in told.get("tools") or []:
        tool.setdefault("type", "function")
    for message in told["messages"]:
        if message["role"] == "tool":
            message.setdefault("tool_call_id", "call_0")
        for number, call in enumerate(message.get("tool_calls") or []):
            call.setdefault("type", "function")
            call.setdefault("id", f"call_{number}")
            if isinstance(call["function"]["arguments"], dict):
                call["function"]["arguments"] = json.dumps(call["function"]["arguments"])
        for part in message["content"] if isinstance(message["content"], list) else ():
            if isinstance(part.get("image_url"), str):
                part["image_url"] = {"url": part["image_url"]}
    return told


def plain(value: Any) -> Any:
    """What a request says; what is the same without it is left out."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    told = {key: plain(inner) for key, inner in value.items()}
    if told.get("role") == "tool":
        told = {key: told[key] for key in ("role", "content")}  # its call is known by an id
    if "function" in told:
        told = {"function": told["function"]}
    if isinstance(told.get("image_url"), dict) and told["image_url"].keys() == {"url"}:
        told["image_url"] = told["image_url"]["url"]
    return {key: inner for key, inner in told.items() if inner not in (None, False, [], {}, "")}
