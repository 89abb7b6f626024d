"""What Mistral answers, whole or streamed: one decoder for both.

A whole answer is a stream that came at once: it is told to the same decoder and folded.
"""

from typing import Any, Final

import msgspec

from dragoman.dialects.mistral.failure import decode_error, failure_in
from dragoman.dialects.mistral.quirks import MISTRAL_PROFILE, Profile
from dragoman.dialects.mistral.usage import completion_usage
from dragoman.errors import Error, RemoteProtocolError, status_error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from dragoman.wire import mistral as wire
from dragoman.wire import reading

COMPLETION: Final = msgspec.json.Decoder(wire.Completion)

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
"""A word that is not here means that the model came to its end."""

FAILED: Final = "error"
"""The word for an answer that failed: an error before any content, else the end of it."""


def decode_response(
    body: bytes, *, made: Made, profile: Profile = MISTRAL_PROFILE
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error."""
    decoder = StreamDecoder(made=made, profile=profile)
    decoder.hear_whole(body)
    response = fold(decoder.finish())
    return response.put_beside({"meta": shared.Meta(raw=body)})


class StreamDecoder:
    """Mistral's events in, chunks out; one per stream.

        OPEN --[DONE]--> TERMINATED          OPEN --an error, or nonsense--> FAILED

    Nothing is read after TERMINATED. A failure is raised only when the chunks that came before it
    have been given, however the bytes were cut.
    """

    def __init__(self, *, made: Made, profile: Profile = MISTRAL_PROFILE) -> None:
        self.error: Error | None = None
        self.terminated = False
        self._events = sse.Splitter()
        self._made = made
        self._writer = ChunkWriter(made)
        self._usage: wire.Usage | None = None
        self._calls: set[tuple[int, int]] = set()
        self._ids_made = 0

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_events(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reasons, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless the terminator came or, in a
        message that has an end of its own, every choice had its finish reason.
        """
        if not self.terminated:
            self._hear_events(None)
        if self.error is None:
            try:
                self._end(ended_by_close)
            except Error as error:
                self.error = error
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer, as the stream that would have carried it."""
        try:
            completion = _read(body)
            for position, choice in enumerate(completion.choices or ()):
                if choice.message is None:
                    path = f"choices[{position}].message"
                    raise RemoteProtocolError(
                        f"{path}: expected an object; got nothing", param=path
                    )
                choice.index = position
                choice.finish_reason = choice.finish_reason or "stop"
            self._hear(body, completion, whole=True)
        except RecursionError:
            raise _nested_too_deeply() from None
        if not completion.choices:
            raise RemoteProtocolError("choices: expected at least one; got none", param="choices")
        self.terminated = True

    def _ready(self) -> list[Chunk]:
        chunks = self._writer.take()
        if self.error is not None and not chunks:
            raise self.error
        return chunks

    def _hear_events(self, data: bytes | None) -> None:
        if self.error is not None:
            return
        events = self._events
        try:
            for event in events.finish() if data is None else events.receive(data):
                if self.terminated:
                    break
                self._hear_event(event, last=data is None)
        except Error as error:
            self.error = error
        except RecursionError:
            self.error = _nested_too_deeply()

    def _hear_event(self, event: sse.Event, *, last: bool) -> None:
        data = event.data
        if data.lstrip().startswith(b"[DONE]"):
            self.terminated = True
        elif event.name == "error":
            raise decode_error(200, {}, data)
        else:
            try:
                completion = _read(data)
            except RemoteProtocolError as error:
                if last and not reading.is_json(data):
                    error.code = "stream_truncated"
                raise
            self._hear(data, completion, whole=False)

    def _hear(self, text: bytes, completion: wire.Completion, *, whole: bool) -> None:
        if not completion.choices and (failure := failure_in(text)) is not None:
            raise failure
        writer = self._writer
        if completion.choices and not writer.opened:
            created = completion.created
            writer.start(completion.id, None if created is None else int(created), completion.model)
        self._usage = completion.usage or self._usage
        for position, choice in enumerate(completion.choices or ()):
            index = position if choice.index is None else int(choice.index)
            writer.choice(index)
            message = choice.message if whole else choice.delta
            if message is not None:
                self._hear_message(index, message, whole)
            if choice.finish_reason:
                self._hear_finish(index, choice.finish_reason)

    def _hear_message(self, index: int, message: wire.Message, whole: bool) -> None:
        writer, content = self._writer, message.content
        if isinstance(content, str):
            if content:
                writer.text(index, content)
        else:
            for chunk in content or ():
                thought = _thought(chunk.thinking) if chunk.type == "thinking" else ""
                if thought:
                    writer.reasoning(index, thought)
                if chunk.type == "text" and chunk.text:
                    writer.text(index, chunk.text)
        for position, call in enumerate(message.tool_calls or ()):
            given = None if call.index is None else int(call.index)
            self._hear_call(index, position if whole else given, call)

    def _hear_call(self, index: int, place: int | None, call: wire.ToolCall) -> None:
        function = call.function or wire.Function()
        id = None if call.id in ("", "null") else call.id
        known = place is not None and (index, place) in self._calls
        if id is None and function.name and not known:
            self._ids_made += 1
            id = self._made.call_id(self._ids_made)[-9:]  # Mistral's have nine characters
        if place is not None:
            self._calls.add((index, place))
        arguments = _text(bytes(function.arguments))
        self._writer.tool_call(index, place, id, function.name or None, arguments)

    def _hear_finish(self, index: int, word: str) -> None:
        if word == FAILED and not self._writer.spoken(index):
            raise status_error(
                f"choices[{index}].finish_reason: the provider failed before any content",
                status_code=502,
                code="bad_gateway",
            )
        self._writer.finish(index, FINISH_REASONS.get(word, "stop"), word)

    def _end(self, ended_by_close: bool) -> None:
        writer = self._writer
        if not writer.opened:
            raise RemoteProtocolError(
                "expected at least one choice; the stream ended without any",
                code="bad_gateway" if self.terminated else "stream_truncated",
            )
        if not self.terminated and (ended_by_close or writer.unfinished):
            raise RemoteProtocolError(
                "expected the terminator, or a finish reason for every choice; the stream ended",
                code="stream_truncated",
            )
        usage = None if self._usage is None else completion_usage(self._usage)
        if usage is not None:
            writer.usage(usage)
        writer.end()


def stream_decoder(*, made: Made, profile: Profile = MISTRAL_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made, profile=profile)


def _thought(thinking: Any) -> str:
    """The text of a thinking chunk; references in it are left out."""
    if isinstance(thinking, str):
        return thinking
    chunks = thinking if isinstance(thinking, list) else []
    texts = [chunk.get("text") for chunk in chunks if isinstance(chunk, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _text(arguments: bytes) -> str | None:
    """The arguments as text; an object has its blanks taken out, keys and numbers as they came."""
    if arguments in (b"", b"null"):
        return None
    try:
        if arguments.startswith(b'"'):
            text: str = reading.read_untyped(arguments)
            return text
        return reading.compact(arguments)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"arguments: expected JSON; {error}", param="arguments") from None


def _read(text: bytes) -> wire.Completion:
    """The chunk that this text is; odd JSON is written again, so that parts can be kept as text."""
    try:
        return COMPLETION.decode(text)
    except msgspec.ValidationError as error:
        raise _wrong(text, reading.mistyped(error)) from None
    except reading.UNREADABLE:
        pass
    try:
        return reading.read(reading.write(reading.read_untyped(text)), COMPLETION)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        raise _wrong(text, error) from None


def _wrong(text: bytes, error: reading.MistypedError) -> Error:
    return failure_in(text) or RemoteProtocolError(str(error), param=error.path)


def _nested_too_deeply() -> RemoteProtocolError:
    return RemoteProtocolError("expected JSON; nested too deeply")
