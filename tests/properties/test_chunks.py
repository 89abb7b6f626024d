"""Whatever the writer is told, in whatever order, its chunks are a well-formed stream."""

import json
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given

from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from tests.schema import faults
from tests.strategies import Telling, tellings

MADE = Made(created=1, id="chatcmpl-made", model="made")

KINDS = ({"reasoning_content", "reasoning_details"},)
"""Keys of a delta that are of one kind: reasoning for reading, and as it must go back."""


def told(*said: Telling) -> list[Chunk]:
    """The chunks that a writer makes of this."""
    writer = ChunkWriter(MADE)
    for method, what in said:
        getattr(writer, method)(**what)
    writer.end()
    return writer.take()


def as_json(chunks: list[Chunk]) -> list[Any]:
    return [json.loads(msgspec.json.encode(chunk)) for chunk in chunks]


def by_choice(chunks: list[Any]) -> dict[int, list[Any]]:
    """What is said about each choice, in order."""
    found: dict[int, list[Any]] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            found.setdefault(choice["index"], []).append(choice)
    return found


def calls_in(said: list[Any]) -> list[Any]:
    """The pieces of tool calls of one choice, in order."""
    return [call for choice in said for call in choice["delta"].get("tool_calls", [])]


@given(said=tellings)
def test_each_chunk_is_valid(said: list[Telling]) -> None:
    chunks = as_json(told(*said))

    assert [faults("CreateChatCompletionStreamResponse", chunk) for chunk in chunks] == [[]] * len(
        chunks
    )


@given(said=tellings)
def test_all_chunks_share_their_id_time_and_model(said: list[Telling]) -> None:
    chunks = as_json(told(("start", {"id": "a", "created": 2, "model": "m"}), *said))

    assert {(c["id"], c["created"], c["model"]) for c in chunks} <= {("a", 2, "m")}


@given(said=tellings)
def test_the_role_comes_first_and_only_once(said: list[Telling]) -> None:
    for choices in by_choice(as_json(told(*said))).values():
        opening = {"role": "assistant", "content": ""}

        assert choices[0]["delta"] == opening
        assert not any("role" in choice["delta"] for choice in choices[1:])


@given(said=tellings)
def test_a_chunk_says_one_kind_of_thing_about_one_choice(said: list[Telling]) -> None:
    for chunk in as_json(told(*said)):
        assert len(chunk["choices"]) <= 1
        for choice in chunk["choices"]:
            kinds = choice["delta"].keys() - {"role"}
            assert len(kinds) <= 1 or kinds in KINDS


@given(said=tellings)
def test_a_choice_ends_once_and_nothing_of_it_follows(said: list[Telling]) -> None:
    for choices in by_choice(as_json(told(*said))).values():
        reasons = [choice["finish_reason"] for choice in choices]

        assert reasons[-1] is not None
        assert choices[-1]["delta"].keys() <= {"native_content"}
        assert set(reasons[:-1]) == {None}


@given(said=tellings)
def test_tool_calls_are_numbered_from_0_in_order_of_appearance(said: list[Telling]) -> None:
    for choices in by_choice(as_json(told(*said))).values():
        numbers = list(dict.fromkeys(call["index"] for call in calls_in(choices)))

        assert numbers == list(range(len(numbers)))


@given(said=tellings)
def test_a_tool_call_has_its_id_and_type_in_its_first_piece_and_no_other(
    said: list[Telling],
) -> None:
    for choices in by_choice(as_json(told(*said))).values():
        seen: set[int] = set()
        for call in calls_in(choices):
            first = call["index"] not in seen
            seen.add(call["index"])

            assert bool(call.get("id")) == first
            assert ("type" in call) == (first and "function" in call)


@given(said=tellings)
def test_a_tool_call_stays_of_one_kind_and_has_its_name_once(said: list[Telling]) -> None:
    for choices in by_choice(as_json(told(*said))).values():
        for one, other in pairwise(sorted(calls_in(choices), key=lambda call: int(call["index"]))):
            if one["index"] == other["index"]:
                assert ("custom" in one) == ("custom" in other)
        names = [
            call["index"]
            for call in calls_in(choices)
            if (call.get("function") or call.get("custom")).get("name")
        ]
        assert len(names) == len(set(names))


@given(said=tellings)
def test_a_call_of_a_function_never_ends_without_arguments(said: list[Telling]) -> None:
    chunks = told(*said)
    if not any(chunk.choices for chunk in chunks):
        return

    for choice in fold(chunks).choices:
        for call in choice.message.tool_calls or ():
            assert call.type == "custom" or call.function.arguments != ""


@given(said=tellings)
def test_usage_comes_once_and_last(said: list[Telling]) -> None:
    chunks = as_json(told(*said))
    asked = any(method == "usage" for method, _ in said)

    assert [chunk["choices"] == [] for chunk in chunks if "usage" in chunk] == [True] * asked
    assert not any("usage" in chunk for chunk in chunks[:-1])
