"""Places where bytes that we did not choose reach us, and what comes of them there.

Each place takes the bytes as they are, reads what it has made of them, and gives what a caller
would get, checked against OpenAI's schema by `jsonschema`. A refusal is one of our errors; any
other exception goes through, and fails the test.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.errors import Error
from tests import schema
from tests.spoken import DONE, MADE

DIALECT = DIALECTS["openai-chat"]

SAID: Final = "heliotropes turn their heads all day long towards the sun and back again"
"""What the prompt and the answer say."""

REPEATED: Final = SAID[:41]
"""So much of it may not stand in a message: one may quote a word that is in the wrong place."""

SAID_AS_JSON: Final = json.dumps(SAID).encode()

Place = Callable[[bytes], Any]

REFUSED_AS_JSON: Final = re.compile(r"(body: )?expected (a chunk in )?JSON; (?!nested)")


def response(**values: bytes) -> bytes:
    """An answer with these values spliced in as they are."""
    return _answer(b"message", values)


def chunk(**values: bytes) -> bytes:
    """A chunk that says as much."""
    return _answer(b"delta", values)


def _answer(message: bytes, values: Mapping[str, bytes]) -> bytes:
    content = values.get("content", SAID_AS_JSON)
    arguments = values.get("arguments", b'"{}"')
    return (
        b'{"id":"chatcmpl-1","created":5,"model":"m","choices":[{"index":0,"%s":{"content":%s,'
        b'"tool_calls":[{"index":0,"id":"call_1","function":{"name":"f","arguments":%s}}]},'
        b'"finish_reason":"tool_calls"}]%s}'
    ) % (message, content, arguments, _fields(values, "usage", "error"))


def request(**values: bytes) -> bytes:
    """A request with these values spliced in as they are; `x_new` is a field we do not know."""
    content = values.get("content", SAID_AS_JSON)
    parameters = values.get("parameters", b"{}")
    return (
        b'{"model":"m","messages":[{"role":"user","content":%s}],"tools":[{"type":"function",'
        b'"function":{"name":"f","parameters":%s}}]%s}'
    ) % (content, parameters, _fields(values, "temperature", "x_new"))


def _fields(values: Mapping[str, bytes], *names: str) -> bytes:
    return b"".join(b',"%s":%s' % (n.encode(), values[n]) for n in names if n in values)


def on_one_line(data: bytes) -> bytes:
    """An event that ends early where the data have a line break in them."""
    return b"data: " + data + b"\n\n"


def line_by_line(data: bytes) -> bytes:
    """An event in the way of the standard: each line of the data has its own field."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"


def whole(body: bytes) -> Any:
    """The response that this body is."""
    response = json.loads(
        DIALECT.encode_response(DIALECT.decode_response(body, made=MADE)), parse_constant=impossible
    )
    assert schema.faults("CreateChatCompletionResponse", response) == []
    return response


def heard(pieces: Iterable[bytes], *, ended_by_close: bool = False) -> tuple[Any, Error | None]:
    """The chunks of this stream, and why it failed, if it did."""
    decoder = DIALECT.stream_decoder(made=MADE)
    chunks: list[Any] = []
    try:
        for piece in pieces:
            chunks += decoder.receive(piece)
        chunks += decoder.finish(ended_by_close=ended_by_close)
    except Error:
        assert decoder.error is not None
    told = [json.loads(msgspec.json.encode(chunk)) for chunk in chunks]
    for chunk in told:
        assert schema.faults("CreateChatCompletionStreamResponse", chunk) == []
    return told, decoder.error


def streamed(event: bytes) -> Any:
    """The chunks of a stream that begins with this event; raises what it failed with."""
    chunks, error = heard([event, DONE])
    if error is not None:
        raise error
    return chunks


def asked(body: bytes) -> Any:
    """What a provider gets of this request."""
    sent = DIALECT.encode_request(DIALECT.decode_request(body), model="m").body
    return json.loads(sent, parse_constant=impossible)


def failed(body: bytes) -> Any:
    """What a caller gets told of an answer of 500 with this body."""
    told = DIALECT.encode_error(DIALECT.decode_error(500, {}, body))
    value = json.loads(told.body, parse_constant=impossible)
    assert schema.faults("ErrorResponse", value) == []
    assert told.status_code in (500, 400)  # 400 for a prompt that does not fit
    return value


def impossible(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def event(data: bytes) -> Any:
    return streamed(line_by_line(data))


def raw_event(data: bytes) -> Any:
    return streamed(on_one_line(data))


def value_of(name: str, text: Callable[..., bytes], read: Place) -> Place:
    """The place of this field's value in such a text."""
    return lambda data: read(text(**{name: data}))


ALONE: Final[dict[str, Place]] = {"a response": whole, "an event": event, "a request": asked}
"""Where the bytes are all there is."""

TOLD: Final = ("content", "arguments", "usage", "error")
ASKED: Final = ("content", "parameters", "temperature", "x_new")

WITHIN: Final[dict[str, Place]] = {
    **{f"a response's {name}": value_of(name, response, whole) for name in TOLD},
    **{f"a chunk's {name}": value_of(name, chunk, event) for name in TOLD},
    **{f"a request's {name}": value_of(name, request, asked) for name in ASKED},
}
"""Where they are the value of a field, in something that is good otherwise."""

ON_ONE_LINE: Final[dict[str, Place]] = {
    "a raw event": raw_event,
    **{f"a raw chunk's {name}": value_of(name, chunk, raw_event) for name in TOLD},
}
"""The same of streams, where a line break in the data ends them."""

PLACES: Final = {**ALONE, **WITHIN, **ON_ONE_LINE}


def refused(place: Place, data: bytes) -> Error | None:
    """The refusal of these bytes at this place; None where they were accepted."""
    refusal = None
    try:
        place(data)
    except Error as error:
        refusal = error
    assert REPEATED not in str(refusal)
    return refusal
