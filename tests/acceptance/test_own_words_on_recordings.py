"""Recorded requests in Mistral's and Ollama's words, read as a caller's or as OpenAI's.

Both dialects are so near to OpenAI's that a request of theirs can be read there, too, once the few
things are added that OpenAI wants. Either way it is sent on in their words and means what it meant;
what does not arrive is told as lost, and nothing is there that nobody asked for.
"""

import copy
import json
from typing import Any

import pytest

from dragoman import translate
from dragoman.dialects import DIALECTS
from dragoman.models import shared
from tests import corpus

RECORDS = corpus.records("mistral", "ollama")
ASKED = [record for record in RECORDS if record.request.get("body")]
WHOLE = [record for record in RECORDS if not record.refused and not record.streamed]


def read_as_a_callers(record: corpus.Record) -> shared.CreateChatCompletionRequest:
    body = json.dumps(record.request["body"]).encode()
    return DIALECTS[record.dialect].decode_request(body)


def read_as_openais(record: corpus.Record) -> shared.CreateChatCompletionRequest:
    body = json.dumps(as_openais(record.request["body"])).encode()
    return DIALECTS["openai-chat"].decode_request(body)


@corpus.each(ASKED)
@pytest.mark.parametrize("read", [read_as_a_callers, read_as_openais])
def test_what_is_written_in_the_targets_words_arrives(record: corpus.Record, read: Any) -> None:
    body = record.request["body"]

    encoded = DIALECTS[record.dialect].encode_request(read(record), model=body["model"])

    asked, sent = plain(body), plain(json.loads(encoded.body))
    if record.dialect == "ollama" and read is read_as_a_callers and "stream" not in body:
        asked["stream"] = True  # which is what whoever says nothing gets
    lost = [loss.pointer for loss in encoded.losses]
    untold = {
        key: (asked.get(key), sent.get(key))
        for key in {*asked, *sent}
        if sent.get(key) != asked.get(key) and not any(one.startswith(f"/{key}") for one in lost)
    }
    assert untold == {}


@corpus.each(WHOLE)
def test_an_answer_that_a_caller_sends_back_says_what_it_said(record: corpus.Record) -> None:
    body = json.loads(record.sent)
    message = body["choices"][0]["message"] if record.dialect == "mistral" else body["message"]
    asked = {"model": "m", "messages": [{"role": "user", "content": "x"}, message]}
    answer = translate.response(record.sent, record.dialect).choices[0].message.to_dict()

    told = DIALECTS[record.dialect].decode_request(json.dumps(asked).encode()).to_dict()

    back = told["messages"][1]
    content = back.get("content") or ""
    if not isinstance(content, str):
        content = "".join(part["text"] for part in content if part["type"] == "text")
    assert content == (answer["content"] or "")
    assert back.get("reasoning_content") == answer.get("reasoning_content")
    calls, again = ([one["function"] for one in m.get("tool_calls", [])] for m in (answer, back))
    assert again == calls


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
