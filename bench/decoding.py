"""What reading costs, as a multiple of what `json.loads` takes for the same bytes.

That is the least anyone pays who reads the answer at all. Ours is decoded, checked, put into
the one form, and, where it is whole, folded from chunks.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from bench import answers
from bench.pairs import Bar, Row, Run, expect, repeated
from bench.wholes import WHOLES
from dragoman.dialects import DIALECTS
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made

DIALECT = DIALECTS["openai-chat"]
MADE = Made(created=1, id="chatcmpl-made", model="asked-for")
EVENTS = 8
"""So many events come with one read where the network is slower than the model."""

STREAM = 1000
"""So many chunks are folded."""


def rows(seconds: float) -> list[Callable[[], Row]]:
    """Each row, made (and its answers checked) when it is called; runs take `seconds`."""
    return [
        lambda: whole(seconds),
        *(partial(whole_in, dialect, seconds) for dialect in WHOLES),
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


def whole_in(dialect: str, seconds: float) -> Row:
    """Such an answer in another dialect, which has more to translate."""
    body, response = WHOLES[dialect]
    decode_response = DIALECTS[dialect].decode_response

    def check(got: Any) -> None:
        expect(f"the response of {dialect}", json.loads(DIALECT.encode_response(got)), response)

    return Row(
        f"… of {dialect}, {len(body)} bytes ÷ json.loads",
        repeated(lambda: decode_response(body, made=MADE), check, seconds=seconds),
        loads([body], seconds),
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


def loads(texts: Sequence[bytes], seconds: float) -> Run:
    """What it is measured by, for one of these texts."""
    read = [json.loads(text) for text in texts]

    def check(values: Any) -> None:
        expect("json.loads", values, read)

    if len(texts) == 1:
        (text,) = texts
        return repeated(lambda: json.loads(text), lambda v: check([v]), seconds=seconds)

    def work() -> list[Any]:
        return [json.loads(text) for text in texts]

    return repeated(work, check, seconds=seconds, units=len(texts))
