"""What reading costs, as a multiple of what `json.loads` takes for the same bytes.

That is the least anyone pays who reads the answer at all. Ours is decoded, checked, put into
the one form, and, where it is whole, folded from chunks.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bench import answers
from bench.pairs import Bar, Row, Run, expect, repeated
from dragoman.dialects import DIALECTS
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made

DIALECT = DIALECTS["openai-chat"]
CLAUDE = DIALECTS["anthropic-messages"]
MADE = Made(created=1, id="chatcmpl-made")
EVENTS = 8
"""So many events come with one read where the network is slower than the model."""

STREAM = 1000
"""So many chunks are folded."""


def rows(seconds: float) -> list[Callable[[], Row]]:
    """Each row, made (and its answers checked) when it is called; runs take `seconds`."""
    return [
        lambda: whole(seconds),
        lambda: whole_of_claude(seconds),
        lambda: chunk(seconds),
        lambda: several_chunks(seconds),
        lambda: folded(seconds),
    ]


def whole(seconds: float, body: bytes = answers.WHOLE) -> Row:
    """A whole answer with a tool call."""

    def check(response: Any) -> None:
        got = json.loads(DIALECT.encode_response(response))
        expect("the response", got, answers.WHOLE_RESULT)

    return Row(
        f"decode a whole answer of {len(body)} bytes ÷ json.loads",
        repeated(lambda: DIALECT.decode_response(body, made=MADE), check, seconds=seconds),
        loads([body], seconds),
        Bar("at most", 2.5),
    )


def whole_of_claude(seconds: float) -> Row:
    """The same answer in Anthropic's dialect, which has more to translate."""
    body = answers.CLAUDE

    def check(response: Any) -> None:
        got = json.loads(DIALECT.encode_response(response))
        expect("Claude's response", got, answers.CLAUDE_RESULT)

    return Row(
        f"decode a whole answer of Claude's, {len(body)} bytes ÷ json.loads",
        repeated(lambda: CLAUDE.decode_response(body, made=MADE), check, seconds=seconds),
        loads([body], seconds, id="msg_01XFDUDYJgAACzvnptvVoYEL"),
        Bar("at most", 5),
    )


def chunk(seconds: float) -> Row:
    """One chunk of a stream that is running."""
    data = answers.chunk({"content": answers.WORDS[0]})
    return Row(
        f"decode a stream chunk of {len(data)} bytes ÷ json.loads",
        running_stream([data], seconds),
        loads([data], seconds),
        Bar("at most", 2),
    )


def several_chunks(seconds: float) -> Row:
    """Several chunks that came with one read."""
    data = [answers.chunk({"content": word}) for word in answers.WORDS[:EVENTS]]
    return Row(
        f"… of {EVENTS} events in one read, each ÷ json.loads",
        running_stream(data, seconds),
        loads(data, seconds),
    )


def folded(seconds: float) -> Row:
    """The response that a long stream adds up to."""
    data, text = answers.stream(STREAM)
    decoder = DIALECT.stream_decoder(made=MADE)
    chunks = [c for one in data for c in decoder.receive(answers.event(one))]
    chunks += decoder.finish()

    def check(response: Any) -> None:
        got = json.loads(DIALECT.encode_response(response))
        expect("the folded response", got, answers.stream_result(text))

    return Row(
        f"fold {len(chunks)} chunks ÷ json.loads of all",
        repeated(lambda: fold(chunks), check, seconds=seconds, units=STREAM),
        loads(data, seconds),
    )


def running_stream(data: Sequence[bytes], seconds: float) -> Run:
    """Reads that bring these chunks, to a decoder that has heard the first ones."""
    decoder = DIALECT.stream_decoder(made=MADE)
    decoder.receive(answers.event(answers.chunk(answers.FIRST_DELTA)))
    decoder.receive(answers.event(answers.chunk({"content": "The"})))
    read = b"".join(answers.event(one) for one in data)
    contents = [json.loads(one)["choices"][0]["delta"]["content"] for one in data]
    expected = [answers.chunk_result(content) for content in contents]

    def check(chunks: Any) -> None:
        told = [json.loads(msgspec.json.encode(one)) for one in chunks]
        expect("the chunks", told, expected)

    return repeated(lambda: decoder.receive(read), check, seconds=seconds, units=len(data))


def loads(texts: Sequence[bytes], seconds: float, id: str = answers.ID) -> Run:
    """What it is measured by, for one of these texts."""
    ids = [id] * len(texts)

    def check(values: Any) -> None:
        expect("json.loads", [value["id"] for value in values], ids)

    if len(texts) == 1:
        (text,) = texts
        return repeated(lambda: json.loads(text), lambda v: check([v]), seconds=seconds)

    def work() -> list[Any]:
        return [json.loads(text) for text in texts]

    return repeated(work, check, seconds=seconds, units=len(texts))
