"""Folding is linear, and a response has nothing that no chunk could bring."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from msgspec import inspect

from dragoman.models import shared
from dragoman.streaming.folding import fold

Delta = shared.ChatCompletionStreamResponseDelta
Call = shared.ChatCompletionMessageToolCallChunk


def chunk(delta: Delta, reason: shared.FinishReason | None = None) -> Any:
    choice = shared.CreateChatCompletionStreamResponseChoices(
        delta=delta, finish_reason=reason, index=0
    )
    return shared.CreateChatCompletionStreamResponse(
        choices=[choice], created=1, id="chatcmpl-1", model="m"
    )


def stream(pieces: list[Delta]) -> list[Any]:
    return [*map(chunk, pieces), chunk(Delta(), "stop")]


class Fragment(str):
    """A text that counts how many characters are copied when it is added to another."""

    copied = 0

    def __add__(self, other: str) -> "Fragment":
        Fragment.copied += len(self) + len(other)
        return Fragment(str(self) + str(other))

    def __radd__(self, other: str) -> "Fragment":
        return Fragment(other) + self


def call(text: str) -> Delta:
    function = shared.ChatCompletionMessageToolCallChunkFunction(arguments=text)
    return Delta(tool_calls=[Call(index=0, function=function)])


def custom_call(text: str) -> Delta:
    custom = shared.ChatCompletionMessageToolCallChunkCustom(input=text)
    return Delta(tool_calls=[Call(index=0, custom=custom)])


def function_call(text: str) -> Delta:
    piece = shared.ChatCompletionStreamResponseDeltaFunctionCall(arguments=text)
    return Delta(function_call=piece)


def audio(text: str) -> Delta:
    return Delta(audio=shared.ChatCompletionStreamResponseDeltaAudio(data=text, transcript=text))


def detail(text: str) -> Delta:
    detail = shared.ReasoningDetail(type="reasoning.text", index=0, text=text)
    return Delta(reasoning_details=[detail])


def many_details(text: str) -> Delta:
    return Delta(reasoning_details=[shared.ReasoningDetail(type="reasoning.text", text=text)])


def annotation(text: str) -> Delta:
    citation = shared.UrlCitation(end_index=1, start_index=0, title=text, url=text)
    return Delta(
        annotations=[shared.ChatCompletionResponseMessageAnnotation(url_citation=citation)]
    )


SAYING: dict[str, Callable[[str], Delta]] = {
    "content": lambda text: Delta(content=text),
    "refusal": lambda text: Delta(refusal=text),
    "reasoning": lambda text: Delta(reasoning_content=text),
    "a detail": detail,
    "many details": many_details,
    "a call": call,
    "a custom call": custom_call,
    "a function call": function_call,
    "audio": audio,
    "annotations": annotation,
}
"""A delta with this text, for everything that comes in pieces."""


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python this takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("kind", SAYING)
def test_no_piece_is_added_to_what_came_before(kind: str) -> None:
    Fragment.copied = 0
    chunks = stream([SAYING[kind](Fragment("ab")) for _ in range(50)])

    fold(chunks)

    assert Fragment.copied == 0


@pytest.mark.parametrize("kind", SAYING)
def test_twice_the_pieces_take_twice_the_lines(kind: str) -> None:
    short, long = (stream([SAYING[kind]("ab")] * count) for count in (200, 400))

    once, twice = lines_run(lambda: fold(short)), lines_run(lambda: fold(long))

    assert once < twice <= 2 * once


def test_adding_pieces_one_by_one_would_be_counted() -> None:
    Fragment.copied = 0
    text = ""
    for piece in [Fragment("ab")] * 50:
        text += piece

    assert Fragment.copied == sum(2 * count for count in range(1, 51))


def test_a_hundred_thousand_pieces_are_one_answer() -> None:
    text = "".join(chr(0x4E00 + place % 5000) for place in range(100_000))
    said = [Delta(content=piece) for piece in text]
    called = [call(piece) for piece in text]

    message = fold(stream(said + called)).choices[0].message

    assert message.content == text
    assert message.tool_calls is not None
    assert message.tool_calls[0].type == "function"
    assert message.tool_calls[0].function.arguments == text


SOURCES = (
    ("choices[].message.", "choices[].delta."),
    ("choices[].message", "choices[].delta"),
)
"""Where a chunk has the field of a response: under the same names, but for `message`."""

CONSTANTS = {
    "object": "the writer's own word",
    "choices[].delta.tool_calls[].type": "`custom` has no word in a chunk, but a key of its name",
}
"""Leaves that say nothing which a chunk would have to bring."""


def leaves(kind: inspect.Type, path: str = "") -> Iterator[tuple[str, inspect.Type]]:
    """The paths to all that is no object, with `[]` for any place in a list."""
    match kind:
        case inspect.UnionType(types=types):
            for member in types:
                if not isinstance(member, inspect.NoneType):
                    yield from leaves(member, path)
        case inspect.ListType(item_type=item_type):
            yield from leaves(item_type, f"{path}[]")
        case inspect.StructType(fields=fields, tag_field=tag_field):
            dot = f"{path}." if path else ""
            if tag_field is not None:
                yield f"{dot}{tag_field}", inspect.StrType()
            for field in fields:
                yield from leaves(field.type, f"{dot}{field.encode_name}")
        case _:
            yield path, kind


def source(path: str) -> str:
    """The path in a chunk that this path in a response comes from."""
    for ours, theirs in SOURCES:
        if path.startswith(ours):
            return theirs + path.removeprefix(ours)
    return path


def without_source(
    response: Iterator[tuple[str, inspect.Type]], chunk: Iterator[tuple[str, inspect.Type]]
) -> list[str]:
    """The leaves of a response that no leaf of a chunk is the source of, by name and type."""
    brought = {(path, type(kind)) for path, kind in chunk}
    return [
        path
        for path, kind in response
        if (source(path), type(kind)) not in brought and source(path) not in CONSTANTS
    ]


RESPONSE = inspect.type_info(shared.CreateChatCompletionResponse)
CHUNK = inspect.type_info(shared.CreateChatCompletionStreamResponse)


def test_everything_in_a_response_has_a_place_in_a_chunk_that_brings_it() -> None:
    assert without_source(leaves(RESPONSE), leaves(CHUNK)) == []


def test_a_leaf_of_a_response_without_a_source_is_found() -> None:
    response = iter([("choices[].message.content", inspect.StrType()), ("cost", inspect.StrType())])
    chunk = iter([("choices[].delta.content", inspect.StrType())])

    assert without_source(response, chunk) == ["cost"]


def test_no_constant_is_named_that_a_response_does_not_have() -> None:
    assert {source(path) for path, _ in leaves(RESPONSE)} >= CONSTANTS.keys()
