"""Recorded exchanges: one file each, a heading and what goes in above `----`, what comes out below.

The heading says what it is and whose: `request groq/llama-3.3-70b`, and behind that options such
as `base_model=o4-mini`, or a quirk with its value in JSON. What comes out is a list of lines: for a
request the path, the dialect's headers, the body and the losses, or why it is refused; for `models`
the path of their list; for an answer the response, or the status and the error; for a stream the
events. `frames` are a stream of AWS's, a message a line. The other way round, `asked` is a request
of a caller's in the provider's dialect, `answer` and `answer-stream` are ours to that caller. JSON
in a line is compared as JSON, so its keys may stand in any order.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from dragoman.dialects import DIALECTS, openai_chat
from dragoman.dialects.dialect import Dialect, Profile
from dragoman.dialects.openai_chat import Quirks
from dragoman.dialects.openai_chat.caller import StreamEncoder
from dragoman.errors import APIStatusError, ConfigurationError, UnsupportedParameterError
from dragoman.providers.provider import profile_of, quirks_of
from dragoman.providers.table import PROVIDERS
from dragoman.streaming import eventstream
from dragoman.streaming.made import Made

ROOT: Final = Path(__file__).parents[2] / "recordings"


class Recording(NamedTuple):
    """One file, taken apart."""

    name: str
    kind: str
    provider: str
    model: str
    options: dict[str, str]
    said: bytes
    expected: str

    @property
    def dialect(self) -> Dialect:
        """What the provider speaks."""
        return DIALECTS[PROVIDERS[self.provider].dialect]

    def profile(self, quirks: Any = None) -> Profile:
        """What the translator knows of the target; with other quirks, to see what they do."""
        row = PROVIDERS[self.provider]
        quirks = self.quirks if quirks is None else quirks
        row = msgspec.structs.replace(row, quirks=quirks)
        return profile_of(row, base_model=self.options.get("base_model"))

    @property
    def quirks(self) -> Any:
        """Those of the provider, and what the heading says besides."""
        quirks = quirks_of(PROVIDERS[self.provider])
        own = {k: json.loads(v) for k, v in self.options.items() if k in self.fields}
        return msgspec.structs.replace(quirks, **own)

    @property
    def fields(self) -> tuple[str, ...]:
        """The quirks that there are."""
        return self.dialect.Quirks.__struct_fields__

    @property
    def made(self) -> Made:
        """The id and the time of the worked examples."""
        return Made(created=1795404600, id="chatcmpl-GEN1", model=self.model)


def read(path: Path) -> Recording:
    """The recording in this file; its bytes stand as they came."""
    heading, _, rest = path.read_bytes().decode().partition("\n")
    said, line, expected = rest.partition("\n----\n")
    assert line, f"{path}: nothing is expected"
    kind, target, *options = heading.split()
    provider, _, model = target.partition("/")
    named = dict(option.split("=", 1) for option in options)
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    return Recording(name, kind, provider, model, named, f"{said}\n".encode(), expected)


def recordings(folder: str) -> list[Recording]:
    """All recordings in this folder."""
    return [read(path) for path in sorted((ROOT / folder).glob("*.txt"))]


def lines(text: str) -> list[Any]:
    """The lines that say something, JSON in them understood."""
    return [_understood(line) for line in text.splitlines() if line.strip()]


def _understood(line: str) -> Any:
    text = line.removeprefix("data: ")
    return json.loads(text) if text.startswith("{") else text


def outcome(recording: Recording, quirks: Any = None) -> str:
    """What comes out."""
    return "\n".join(OUTCOMES[recording.kind](recording, recording.profile(quirks)))


def _of_request(recording: Recording, profile: Profile) -> Iterator[str]:
    request = openai_chat.decode_request(recording.said)
    try:
        encoded = recording.dialect.encode_request(request, model=recording.model, profile=profile)
    except UnsupportedParameterError as error:
        yield f"refused: {error.message}"
        return
    yield f"{encoded.method} {encoded.path}"
    for name, value in encoded.headers.items():
        if name != "content-type":
            yield f"{name}: {value}"
    yield encoded.body.decode()
    for loss in encoded.losses:
        yield f"{loss.kind} {loss.pointer}: {loss.reason}"


def _of_response(recording: Recording, profile: Profile) -> Iterator[str]:
    try:
        response = recording.dialect.decode_response(
            recording.said, made=recording.made, profile=profile
        )
    except APIStatusError as error:
        yield from _told(error)
    else:
        yield openai_chat.encode_response(response).decode()


def _of_stream(recording: Recording, profile: Profile) -> Iterator[str]:
    decoder = recording.dialect.stream_decoder(made=recording.made, profile=profile)
    encoder = StreamEncoder(include_usage="include_usage" in recording.options)
    try:
        for chunk in [*decoder.receive(recording.said), *decoder.finish()]:
            yield encoder.encode(chunk).decode().removesuffix("\n")
    except APIStatusError as error:
        yield encoder.error(error).decode().removesuffix("\n")
    else:
        yield encoder.end().decode().removesuffix("\n")


def _of_frames(recording: Recording, profile: Profile) -> Iterator[str]:
    """A stream of AWS's messages, each written as a line: its type, and its payload."""
    framed = b""
    for line in recording.said.splitlines():
        ((kind, payload),) = json.loads(line).items()
        sort = "exception" if kind.endswith("Exception") else "event"
        headers = {f":{sort}-type": kind, ":message-type": sort}
        framed += eventstream.encode(headers, json.dumps(payload).encode())
    decoder = recording.dialect.stream_decoder(made=recording.made, profile=profile)
    encoder = StreamEncoder(include_usage="include_usage" in recording.options)
    for chunk in decoder.receive(framed):
        yield encoder.encode(chunk).decode().removesuffix("\n")
    if isinstance(decoder.error, APIStatusError):
        yield encoder.error(decoder.error).decode().removesuffix("\n")
        return
    for chunk in decoder.finish():
        yield encoder.encode(chunk).decode().removesuffix("\n")
    yield encoder.end().decode().removesuffix("\n")


def _of_models(recording: Recording, profile: Profile) -> Iterator[str]:
    try:
        encoded = recording.dialect.encode_models_request(profile=profile)
    except ConfigurationError as error:
        yield f"refused: {error.message}"
    else:
        yield f"{encoded.method} {encoded.path}"


def _of_asked(recording: Recording, profile: Profile) -> Iterator[str]:
    yield json.dumps(recording.dialect.decode_request(recording.said).to_dict())


def _of_answer(recording: Recording, profile: Profile) -> Iterator[str]:
    response = openai_chat.decode_response(recording.said, made=recording.made)
    yield recording.dialect.encode_response(response).decode()


def _of_answer_stream(recording: Recording, profile: Profile) -> Iterator[str]:
    decoder = openai_chat.stream_decoder(made=recording.made)
    encoder = recording.dialect.stream_encoder(include_usage=True)
    for chunk in [*decoder.receive(recording.said), *decoder.finish()]:
        yield encoder.encode(chunk).decode()
    yield encoder.end().decode()


def _of_error(recording: Recording, profile: Profile) -> Iterator[str]:
    status_code = int(recording.options["status"])
    yield from _told(recording.dialect.decode_error(status_code, {}, recording.said))


def _told(error: APIStatusError) -> Iterator[str]:
    encoded = openai_chat.encode_error(error)
    yield str(encoded.status_code)
    yield encoded.body.decode()


OUTCOMES: Final[dict[str, Callable[[Recording, Profile], Iterator[str]]]] = {
    "request": _of_request,
    "response": _of_response,
    "stream": _of_stream,
    "frames": _of_frames,
    "error": _of_error,
    "models": _of_models,
    "asked": _of_asked,
    "answer": _of_answer,
    "answer-stream": _of_answer_stream,
}


def without(quirks: Quirks, field: str) -> Quirks:
    """These quirks, and those of single models, with one field as of a provider we do not know."""
    plain = getattr(Quirks(), field)
    if field == "for_models":
        return msgspec.structs.replace(quirks, for_models=plain)
    own = tuple((pattern, without(of_model, field)) for pattern, of_model in quirks.for_models)
    return msgspec.structs.replace(quirks, for_models=own, **{field: plain})
