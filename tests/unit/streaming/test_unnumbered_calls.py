"""Tool calls whose pieces come without a number, or without one at first."""

from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter

MADE = Made(created=1795404600, id="chatcmpl-GEN1")


def told(*pieces: tuple[int | None, str | None, str | None, str]) -> list[tuple[int, str | None]]:
    """Number and arguments of what is written for pieces of place, id, name and arguments."""
    writer = ChunkWriter(MADE)
    for place, id, name, arguments in pieces:
        writer.tool_call(0, place=place, id=id, name=name, arguments=arguments)
    deltas = [chunk.choices[0].delta for chunk in writer.take()]
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    return [(call.index, call.function.arguments if call.function else None) for call in calls]


def test_a_call_that_began_without_a_number_goes_on_with_one() -> None:
    assert told((None, "call_q", "f", '{"a"'), (0, None, None, ":1}")) == [(0, '{"a"'), (0, ":1}")]


def test_a_number_of_its_own_makes_a_call_of_its_own() -> None:
    assert told((None, "call_q", "f", "{}"), (0, "call_r", "g", "{}")) == [(0, "{}"), (1, "{}")]
    assert told((0, "call_q", "f", "{}"), (1, None, None, "{}")) == [(0, "{}"), (1, "{}")]
