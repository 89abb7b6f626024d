"""Whether our chunks come in good order, each by itself being valid.

Per choice: a chunk with the role first, then one kind of content per chunk, tool calls numbered
in order of appearance, one finish and nothing after it. Over all: one id, one time, one model, and
usage, if any, at the very end.

Authority: the provider pages, README.md section 4.1.
"""

from collections.abc import Iterable, Sequence
from typing import Any

Chunk = dict[str, Any]

KINDS = {
    "content": "text",
    "refusal": "refusal",
    "reasoning_content": "reasoning",
    "reasoning_details": "reasoning",
    "tool_calls": "tool call",
    "function_call": "function call",
    "audio": "audio",
    "annotations": "annotations",
}

LEFT_OUT_WHEN_NULL = ("service_tier", "system_fingerprint", "moderation", "metadata")


def faults(chunks: Sequence[Chunk]) -> list[str]:
    """What is out of order in a whole stream; empty where nothing is."""
    found = [fault for n, chunk in enumerate(chunks) for fault in chunk_faults(n, chunk)]
    for key in ("id", "object", "created", "model"):
        if len({chunk[key] for chunk in chunks}) > 1:
            found.append(f"the {key} changes")
    if any(chunk.get("usage") for chunk in chunks[:-1]):
        found.append("usage is not at the end")

    by_index: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            by_index.setdefault(choice["index"], []).append(choice)
    for index, choices in by_index.items():
        found += [f"choice {index}: {fault}" for fault in choice_faults(choices)]
    return found


def chunk_faults(n: int, chunk: Chunk) -> Iterable[str]:
    if bool(chunk["choices"]) == bool(chunk.get("usage")):
        yield f"chunk {n}: has to carry either a choice or usage"
    if len(chunk["choices"]) > 1:
        yield f"chunk {n}: more than one choice"
    for key in LEFT_OUT_WHEN_NULL:
        if key in chunk and chunk[key] is None:
            yield f"chunk {n}: {key} is null instead of left out"
    for choice in chunk["choices"]:
        kinds = {KINDS[key] for key, value in choice["delta"].items() if key in KINDS and value}
        if len(kinds) > 1:
            yield f"chunk {n}: {' and '.join(sorted(kinds))} in one"


def choice_faults(choices: list[Chunk]) -> Iterable[str]:
    first, *middle, last = choices
    if first["delta"] != {"role": "assistant", "content": ""} or first is last:
        yield "does not begin with the chunk for the role alone"
    if any("role" in choice["delta"] for choice in [*middle, last]):
        yield "tells its role again"
    if any(choice["finish_reason"] for choice in [first, *middle]):
        yield "is finished before its end"
    if not last["finish_reason"]:
        yield "is never finished"
    if last["delta"].keys() - {"native_content"}:
        yield "says something in the chunk that finishes it"
    yield from call_faults(choices)


def typed(call: dict[str, Any]) -> bool:
    """Whether it says what it is; for a custom tool the published set has no word."""
    return "custom" in call or bool(call.get("type"))


def call_faults(choices: list[Chunk]) -> Iterable[str]:
    ids: list[str] = []
    for choice in choices:
        for call in choice["delta"].get("tool_calls", ()):
            place = f"tool call {call['index']}"
            told = call.get("function") or call.get("custom") or {}
            if call["index"] > len(ids):
                yield f"{place} comes when {len(ids)} would be next"
            elif call["index"] < len(ids):
                if call.keys() & {"id", "type"} or "name" in told:
                    yield f"{place} tells its id, type or name again"
            elif not (call.get("id") and typed(call) and told.get("name")):
                yield f"{place} begins without an id, a type or a name"
            else:
                ids.append(call["id"])
    if len(set(ids)) < len(ids):
        yield "two tool calls have the same id"
