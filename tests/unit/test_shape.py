"""The order of chunks: a stream as it should be, and everything that can be wrong with one."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests import shape

Json = dict[str, Any]


def chunk(delta: Json, finish_reason: str | None = None, *, index: int = 0) -> Json:
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c", "object": "o", "created": 1, "model": "m", "choices": [choice]}


def call(arguments: str, index: int = 0, **first: Any) -> Json:
    name = {"name": first.pop("name")} if first else {}
    return {"tool_calls": [{"index": index, **first, "function": {**name, "arguments": arguments}}]}


def good() -> list[Json]:
    first: Json = {"type": "function", "name": "f"}
    return [
        chunk({"role": "assistant", "content": ""}),
        chunk({"role": "assistant", "content": ""}, index=1),
        chunk({"reasoning_content": "Th", "reasoning_details": [{"type": "reasoning.text"}]}),
        chunk({"content": "a"}, index=1),
        chunk({"content": "b"}),
        chunk({}, "length", index=1),
        chunk(call("", id="call_1", **first)),
        chunk(call("{}")),
        chunk(call("{}", 1, id="call_2", **first)),
        chunk({"native_content": {}}, "tool_calls"),
        {**chunk({}), "choices": [], "usage": {"total_tokens": 1}},
    ]


def test_a_stream_in_good_order_has_no_faults() -> None:
    assert shape.faults(good()) == []


def delta(chunks: list[Json], n: int) -> Json:
    found: Json = chunks[n]["choices"][0]["delta"]
    return found


@pytest.mark.parametrize(
    ("fault", "break_it"),
    [
        ("the id changes", lambda c: c[3].update(id="d")),
        ("the model changes", lambda c: c[-1].update(model="n")),
        ("usage is not at the end", lambda c: c.insert(5, c.pop())),
        ("chunk 3: has to carry either", lambda c: c[3].update(choices=[])),
        ("chunk 9: has to carry either", lambda c: c[9].update(usage={"total_tokens": 1})),
        ("chunk 2: more than one choice", lambda c: c[2]["choices"].extend(c[3]["choices"])),
        ("chunk 2: service_tier is null", lambda c: c[2].update(service_tier=None)),
        ("chunk 4: reasoning and text in one", lambda c: delta(c, 4).update(reasoning_content="a")),
        ("choice 1: does not begin", lambda c: c.pop(1)),
        ("choice 1: does not begin", lambda c: delta(c, 1).update(content="a")),
        ("choice 0: tells its role again", lambda c: delta(c, 4).update(role="assistant")),
        ("choice 1: is never finished", lambda c: c.pop(5)),
        ("choice 0: is finished before its end", lambda c: c.insert(4, c[9])),
        ("choice 0: says something in the chunk", lambda c: delta(c, 9).update(content="a")),
        ("choice 0: tool call 1 comes when 0", lambda c: [c.pop(6), c.pop(6)]),
        ("choice 0: tool call 1 begins", lambda c: delta(c, 8)["tool_calls"][0].pop("id")),
        ("choice 0: tool call 0 tells", lambda c: delta(c, 7)["tool_calls"][0].update(id="call_1")),
        ("choice 0: two", lambda c: delta(c, 8)["tool_calls"][0].update(id="call_1")),
    ],
)
def test_what_is_out_of_order_is_named(
    fault: str, break_it: Callable[[list[Json]], object]
) -> None:
    chunks = copy.deepcopy(good())

    break_it(chunks)

    assert any(found.startswith(fault) for found in shape.faults(chunks)), shape.faults(chunks)
