"""Whether the events of a Responses stream come in good order, each with all that it must have.

Read with `json` alone. An item is added under the next index, told, and done under the same id; in
it every part is added, told and done, and what its pieces said is what its end says. But for calls,
one item is open at a time. The last event tells all items once more, as their own ends told them.

Authority: the provider page, openai-responses.md section 8.3.
"""

import json
from typing import Any

Json = dict[str, Any]

PLACE = ("item_id", "output_index")
MUST_HAVE = {
    "response.created": ("response",),
    "response.in_progress": ("response",),
    "response.completed": ("response",),
    "response.incomplete": ("response",),
    "response.output_item.added": ("output_index", "item"),
    "response.output_item.done": ("output_index", "item"),
    "response.content_part.added": (*PLACE, "content_index", "part"),
    "response.content_part.done": (*PLACE, "content_index", "part"),
    "response.output_text.delta": (*PLACE, "content_index", "delta", "logprobs"),
    "response.output_text.done": (*PLACE, "content_index", "text", "logprobs"),
    "response.output_text.annotation.added": (
        *PLACE,
        "content_index",
        "annotation_index",
        "annotation",
    ),
    "response.refusal.delta": (*PLACE, "content_index", "delta"),
    "response.refusal.done": (*PLACE, "content_index", "refusal"),
    "response.reasoning_text.delta": (*PLACE, "content_index", "delta"),
    "response.reasoning_text.done": (*PLACE, "content_index", "text"),
    "response.reasoning_summary_part.added": (*PLACE, "summary_index", "part"),
    "response.reasoning_summary_part.done": (*PLACE, "summary_index", "part"),
    "response.reasoning_summary_text.delta": (*PLACE, "summary_index", "delta"),
    "response.reasoning_summary_text.done": (*PLACE, "summary_index", "text"),
    "response.function_call_arguments.delta": (*PLACE, "delta"),
    "response.function_call_arguments.done": (*PLACE, "name", "arguments"),
    "response.custom_tool_call_input.delta": (*PLACE, "delta"),
    "response.custom_tool_call_input.done": (*PLACE, "input"),
}
"""Besides `type` and `sequence_number`."""

ENDS = ("response.completed", "response.incomplete")


def faults(raw: bytes) -> list[str]:
    """What is wrong with this stream; nothing where it is in good order."""
    events = events_of(raw)
    kinds = [event["type"] for event in events]
    found = []
    if kinds[:2] != ["response.created", "response.in_progress"]:
        found.append(f"begins with {kinds[:2]}")
    if kinds[-1] not in ENDS or any(kind in ENDS for kind in kinds[:-1]):
        found.append("an end that is not the last event, or none")
    for position, event in enumerate(events):
        lacks = [key for key in MUST_HAVE.get(event["type"], ("?",)) if key not in event]
        if event["sequence_number"] != position or lacks:
            found.append(f"{position}: {event['type']} lacks {lacks}")
    return found + faults_of_items(events[2:-1], events[-1].get("response", {}).get("output"))


def events_of(raw: bytes) -> list[Json]:
    events = []
    for block in raw.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def faults_of_items(events: list[Json], output: Any) -> list[str]:
    items: list[Json] = []
    done: dict[int, Json] = {}
    told: dict[tuple[Any, ...], str] = {}
    found = []
    for event in events:
        kind, index = event["type"], event["output_index"]
        if kind == "response.output_item.added":
            still = [i for i, item in enumerate(items) if i not in done and "call_id" not in item]
            if index != len(items) or still:
                found.append(f"item {index} is added while {still} are open")
            items.append(event["item"])
            continue
        if index >= len(items) or event.get("item_id", items[index]["id"]) != items[index]["id"]:
            found.append(f"{kind} of an item that is not there")
            continue
        if index in done and not kind.endswith("annotation.added"):
            found.append(f"{kind} after the end of the item")
        part = (index, event.get("content_index"), event.get("summary_index"))
        if kind.endswith(".delta"):
            told[part] = told.get(part, "") + event["delta"]
        elif kind == "response.output_item.done":
            done[index] = event["item"]
        elif kind.endswith("part.done"):
            said = event["part"].get("text", event["part"].get("refusal"))
            if said != told.get(part, ""):
                found.append(f"{kind}: {part} ends otherwise than it was told")
        elif kind.endswith(".done"):
            texts = [
                event[key] for key in ("text", "refusal", "arguments", "input") if key in event
            ]
            if texts != [told.get(part, "")]:
                found.append(f"{kind}: {part} ends otherwise than it was told")
    if [plain(done.get(index)) for index in range(len(items))] != [plain(o) for o in output or ()]:
        found.append("the last event tells other items")
    return found


def plain(item: Json | None) -> Any:
    """The item without citations, which may come after its end."""
    content = (item or {}).get("content")
    if not isinstance(content, list):
        return item
    parts = [{k: v for k, v in part.items() if k != "annotations"} for part in content]
    return {**(item or {}), "content": parts}
