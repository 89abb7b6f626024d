"""Every recorded answer of Responses, sent back on the next turn: it is what it was.

Whatever the model said, thought and called goes back in its order, as the provider wants it:
without the ids of what it has not stored, reasoning only where its encrypted content is there.
"""

import json
from typing import Any

import msgspec

import dragoman
from dragoman import translate
from tests import corpus

MADE: dict[str, Any] = {"created": 1795404600, "id": "chatcmpl-GEN1"}

MODEL = "gpt-5.4"

OWN = ("id", "status", "created_by")
"""What a message or a call has of the provider's own."""


def output_of(record: corpus.Record) -> list[dict[str, Any]] | None:
    """The items of this answer; None where it is none, or where no event tells them all."""
    if not record.streamed:
        body = json.loads(record.sent)
        told = body if record.status in (200, None) else {}
        done = told.get("status") in ("completed", "complete", "incomplete")
        return told.get("output") if done and not told.get("error") else None
    items: dict[int, dict[str, Any]] = {}
    for line in record.sent.decode().splitlines():
        event = json.loads(line.removeprefix("data:")) if line.startswith("data: {") else {}
        if event.get("type") == "response.output_item.done":
            items[event["output_index"]] = event["item"]  # not as the last event encrypts it again
        if event.get("type") == "response.completed":
            whole = len(items) == len(event["response"]["output"])
            return [items[index] for index in sorted(items)] if whole else None
    return None


ANSWERED = [
    record for record in corpus.records("openai-responses") if output_of(record) is not None
]


def as_sent_back(item: dict[str, Any]) -> dict[str, Any] | None:
    """The item as it should come back; None for one that may not."""
    told = {key: value for key, value in item.items() if value is not None}
    if item["type"] == "reasoning":
        told.pop("status", None)
        if not told.get("content"):
            told.pop("content", None)
        return told if told.get("encrypted_content") or told.get("content") else None
    if item["type"] == "message":
        text = "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
        phase = {"phase": item["phase"]} if item.get("phase") else {}
        return {"role": "assistant", "content": text, **phase}
    if item["type"] in ("function_call", "custom_tool_call"):
        return {key: value for key, value in told.items() if key not in OWN}
    return told


@corpus.each(ANSWERED)
def test_an_answer_goes_back_as_it_came(record: corpus.Record) -> None:
    if record.streamed:
        answer = dragoman.fold(list(translate.stream([record.sent], record.spoken, **MADE)))
    else:
        answer = translate.response(record.sent, record.spoken, **MADE)
    message = json.loads(msgspec.json.encode(answer.choices[0].message))
    message.pop("annotations", None)
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "x"}, message]}

    encoded = translate.request(asked, "openai-responses")

    output = output_of(record) or []
    expected = [item for item in map(as_sent_back, output) if item is not None]
    if expected and all(item.get("type") == "reasoning" for item in expected):
        expected = []  # it led to nothing
    sent = json.loads(encoded.body)["input"][1:]
    assert telling(sent) == telling(expected)


def telling(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items that say something, without empty contents that say nothing."""
    told = [{k: v for k, v in item.items() if (k, v) != ("content", [])} for item in items]
    return [item for item in told if item.get("type") or item["content"]]
