"""What Ollama answers, whole or streamed: one decoder for both.

A whole answer is a stream of a single line: it is told to the same decoder and folded.
"""

import datetime
import enum
from typing import Any, Final

import msgspec

from dragoman.dialects.ollama.failure import decode_error
from dragoman.dialects.ollama.quirks import OLLAMA_PROFILE, Profile
from dragoman.errors import Error, RemoteProtocolError
from dragoman.models import shared
from dragoman.streaming import ndjson
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter, Logprobs
from dragoman.wire import ollama as wire
from dragoman.wire import reading

ANSWER: Final = msgspec.json.Decoder(wire.Answer)

FINISH_REASONS: Final[dict[str, shared.FinishReason]] = {
    "length": "length",
    "content_filter": "content_filter",
}
"""A word that is not here means that the model came to its end. Ollama filters nothing; a gateway
that speaks its dialect may."""

PLAIN: Final = frozenset({"stop", ""})
"""Reasons of which ours says everything; the others are told beside it."""

OWN_WORDS: Final = frozenset({"length", "load", "unload"})
"""Reasons that may stand beside one of ours which says less."""


def decode_response(
    body: bytes, *, made: Made, profile: Profile = OLLAMA_PROFILE
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error.

    A body of several lines is an answer, too: Ollama streams unless it is told not to.
    """
    decoder = StreamDecoder(made=made, profile=profile)
    decoder.hear_whole(body)
    response = fold(decoder.finish())
    return response.put_beside({"meta": shared.Meta(raw=body)})


class State(enum.Enum):
    """Where a stream is."""

    EXPECTING_LINE = 0
    OPEN = 1
    DONE = 2


class StreamDecoder:
    """Ollama's lines in, chunks out; one per stream.

        EXPECTING_LINE --a message--> OPEN --done: true--> DONE

    The first line may be the last one. Nothing is read after DONE. A failure is raised only when
    the chunks that came before it have been given, however the bytes were cut.
    """

    def __init__(self, *, made: Made, profile: Profile = OLLAMA_PROFILE) -> None:
        self.error: Error | None = None
        self._state = State.EXPECTING_LINE
        self._lines = ndjson.Splitter()
        self._writer = ChunkWriter(made)
        self._calls = 0

    @property
    def terminated(self) -> bool:
        """Whether the line that says `done` has come; what follows is not read."""
        return self._state is State.DONE

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_lines(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reason, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless the line that says `done` came.
        """
        if not self.terminated:
            self._hear_lines(None)
        if self.error is None:
            if self.terminated:
                self._writer.end()
            else:
                self.error = RemoteProtocolError(
                    "expected a line that says done; the stream ended", code="stream_truncated"
                )
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer; where it is no JSON as a whole, the lines that it may have."""
        if b"\n" not in body.strip() or reading.is_json(body):
            self._hear_line(body, last=False)
        else:
            self._hear_lines(body)

    def _ready(self) -> list[Chunk]:
        chunks = self._writer.take()
        if self.error is not None and not chunks:
            raise self.error
        return chunks

    def _hear_lines(self, data: bytes | None) -> None:
        if self.error is not None:
            return
        lines = self._lines
        try:
            for line in lines.finish() if data is None else lines.receive(data):
                if self.terminated:
                    break
                self._hear_line(line, last=data is None)
            if not self.terminated:
                self.error = lines.error
        except Error as error:
            self.error = error

    def _hear_line(self, line: bytes, *, last: bool) -> None:
        try:
            answer = _read(line, last)
            if answer.error:
                raise decode_error(200, {}, line)
            self._hear(answer)
        except RecursionError:
            raise RemoteProtocolError("expected JSON; nested too deeply") from None

    def _hear(self, answer: wire.Answer) -> None:
        message = answer.message
        if message is None and not answer.done:
            raise RemoteProtocolError("message: expected an object; got nothing", param="message")
        if self._state is State.EXPECTING_LINE:
            self._state = State.OPEN
            self._writer.start(created=seconds(answer.created_at), model=answer.model)
            self._writer.choice(0)
        self._hear_message(message or wire.Message(), _logprobs(answer.logprobs))
        if answer.done:
            self._state = State.DONE
            word = answer.done_reason or ""
            reason = "tool_calls" if self._calls else FINISH_REASONS.get(word, "stop")
            self._writer.finish(0, reason, None if word in PLAIN else word)
            if answer.eval_count is not None or answer.prompt_eval_count is not None:
                self._writer.usage(completion_usage(answer))

    def _hear_message(self, message: wire.Message, logprobs: Logprobs | None) -> None:
        writer = self._writer
        if message.thinking:
            writer.reasoning(0, message.thinking)
        if message.content or logprobs is not None:
            writer.text(0, message.content or "", logprobs)
        for call in message.tool_calls or ():
            function = call.function or wire.Function()
            # Each is a whole call, whatever its own index says: a place of its own for each.
            arguments = _compact(bytes(function.arguments))
            writer.tool_call(0, self._calls, call.id or None, function.name, arguments)
            self._calls += 1


def stream_decoder(*, made: Made, profile: Profile = OLLAMA_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made, profile=profile)


def completion_usage(answer: wire.Answer) -> shared.CompletionUsage:
    """The usage that the last line tells.

    Older servers say nothing of a prompt that they had cached; `eval_count` holds the thinking.
    """
    prompt, completion = _counted(answer.prompt_eval_count), _counted(answer.eval_count)
    return shared.CompletionUsage(
        completion_tokens=completion, prompt_tokens=prompt, total_tokens=prompt + completion
    )


def _counted(number: wire.Count) -> int:
    return max(0, int(number)) if number else 0


def seconds(created_at: Any) -> int | None:
    """Unix time of an instant of RFC 3339; None for what is none."""
    try:
        instant = datetime.datetime.fromisoformat(created_at)
        return None if instant.tzinfo is None else max(0, int(instant.timestamp()))
    except (TypeError, ValueError, OverflowError):
        return None


def _logprobs(entries: list[dict[str, Any]] | None) -> Logprobs | None:
    if not entries:
        return None
    completed = [
        {**entry, "bytes": entry.get("bytes"), "top_logprobs": _top(entry.get("top_logprobs"))}
        for entry in entries
    ]
    try:
        content = msgspec.convert(completed, list[shared.ChatCompletionTokenLogprob])
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error).within("logprobs")
        raise RemoteProtocolError(str(wrong), param=wrong.path) from None
    return Logprobs(content=content, refusal=None)


def _top(entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        return []
    return [{"bytes": None, **entry} if isinstance(entry, dict) else entry for entry in entries]


def _compact(value: bytes) -> str:
    """JSON text without blanks, keys and numbers as they came; a text is taken for the JSON."""
    if value in (b"", b"{}", b"null"):
        return "{}"
    try:
        if value.startswith(b'"'):
            text: str = reading.read_untyped(value)
            return text
        return reading.compact(value)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"arguments: expected JSON; {error}", param="arguments") from None


def _read(text: bytes, last: bool) -> wire.Answer:
    """The line that this text is; odd JSON is written again, so that parts can be kept as text."""
    try:
        return ANSWER.decode(text)
    except msgspec.ValidationError as error:
        raise _wrong(text, reading.mistyped(error)) from None
    except reading.UNREADABLE:
        pass
    try:
        return reading.read(reading.write(reading.read_untyped(text)), ANSWER)
    except reading.UnreadableError as error:
        code = "stream_truncated" if last else "bad_gateway"
        raise RemoteProtocolError(f"expected JSON; {error}", code=code) from None
    except reading.MistypedError as error:
        raise _wrong(text, error) from None


def _wrong(text: bytes, error: reading.MistypedError) -> Error:
    """Of an error object, other keys may have any shape."""
    try:
        value = reading.read_untyped(text)
    except reading.UnreadableError:
        value = None
    if isinstance(value, dict) and value.get("error"):
        return decode_error(200, {}, text)
    return RemoteProtocolError(str(error), param=error.path)
