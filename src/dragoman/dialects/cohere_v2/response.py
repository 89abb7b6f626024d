"""What Cohere answers, whole or streamed: one decoder for both.

A whole answer is told to the decoder as the stream that would have carried it, and folded.
"""

import enum

import msgspec

from dragoman.dialects.cohere_v2 import citing, finishing
from dragoman.dialects.cohere_v2.failure import decode_error, failure_in
from dragoman.dialects.cohere_v2.quirks import COHERE_PROFILE, Profile
from dragoman.dialects.cohere_v2.usage import completion_usage
from dragoman.errors import Error, RemoteProtocolError, status_error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from dragoman.wire import cohere_v2 as wire
from dragoman.wire import reading

ANSWER = msgspec.json.Decoder(wire.Answer)
EVENT = msgspec.json.Decoder(wire.Event)

NO_ARGUMENTS = "null"
"""What Cohere writes for a function without parameters, at times."""

PLAN = -1
"""Where the plan stands among what was thought, whose other parts are items of the content."""


def decode_response(
    body: bytes, *, made: Made, profile: Profile = COHERE_PROFILE
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error."""
    decoder = StreamDecoder(made=made)
    try:
        decoder.hear_whole(body)
        response = fold(decoder.finish())
    except RecursionError:
        raise RemoteProtocolError("expected JSON; nested too deeply") from None
    return response.put_beside({"meta": shared.Meta(raw=body)})


class State(enum.Enum):
    """Where a stream is."""

    EXPECTING_START = 0
    OPEN = 1
    DONE = 2


class Call:
    """A tool call on its way; what may still become `null` is held back."""

    __slots__ = ("held", "open", "place", "said")

    def __init__(self, place: int) -> None:
        self.place = place
        self.held = ""
        self.open = False
        """Whether the arguments are something else than `null`, and are told as they come."""

        self.said = False
        """Whether the arguments are more than blanks so far."""


class StreamDecoder:
    """Cohere's bytes in, chunks out; one per stream.

        EXPECTING_START --message-start--> OPEN --message-end--> DONE

    An event out of place is the provider's mistake, and is reported as such. One that we have
    not met yet is passed over. Nothing is read after DONE, so `[DONE]` may come or not. A failure
    is raised only when the chunks that came before it have been given, however the bytes were cut.
    """

    def __init__(self, *, made: Made) -> None:
        self.error: Error | None = None
        self._state = State.EXPECTING_START
        self._events = sse.Splitter()
        self._writer = ChunkWriter(made)
        self._finish_reason: str | None = None
        self._usage: wire.Usage | None = None
        self._starts: dict[int, int] = {}
        self._length = 0
        self._thinking: int | None = None
        self._calls: dict[int, Call] = {}
        self._called = 0
        self._citations: list[wire.Citation] = []

    @property
    def terminated(self) -> bool:
        """Whether `message-end` has come; what follows is not read."""
        return self._state is State.DONE

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_events(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reason, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless `message-end` came, which tells
        the end of the answer whatever ended the message.
        """
        if not self.terminated:
            self._hear_events(None)
        if self.error is None:
            if self.terminated:
                self._end()
            else:
                self.error = _truncated()
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer, as the stream that would have carried it."""
        answer = _read(body, ANSWER)
        if not isinstance(answer.message, wire.Message):
            if (failure := failure_in(body)) is not None:
                raise failure
            raise RemoteProtocolError("message: expected an object; got none", param="message")
        self._start(answer.id, answer.message)
        self._stop(answer.finish_reason, answer.usage)

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
                self._hear_text(event, last=data is None)
        except Error as error:
            self.error = error
        except RecursionError:
            self.error = RemoteProtocolError("expected JSON; nested too deeply")

    def _hear_text(self, event: sse.Event, *, last: bool) -> None:
        data = event.data
        if data.strip().startswith(b"[DONE]"):
            raise _truncated()
        if event.name == "error":
            raise decode_error(200, {}, data)
        try:
            heard = _read(data, EVENT)
        except RemoteProtocolError as error:
            if last and not reading.is_json(data):
                error.code = "stream_truncated"
            raise
        if heard.type is None:
            if (failure := failure_in(data)) is not None:
                raise failure
            heard.type = event.name or None
        self._hear(heard)

    def _hear(self, event: wire.Event) -> None:
        delta = event.delta or wire.Delta()
        added = delta.message or wire.Message()
        index = None if event.index is None else int(event.index)
        match self._state, event.type:
            case State.OPEN, "content-delta" | "content-start":
                begins = event.type == "content-start"
                self._hear_content(added.content, self._item(index, begins=begins))
            case State.OPEN, "tool-plan-delta":
                self._thought(PLAN, added.tool_plan)
            case State.OPEN, "tool-call-start":
                self._start_calls(added.tool_calls, index)
            case State.OPEN, "tool-call-delta":
                call = self._call(index, event.type)
                for piece in _each(added.tool_calls):
                    self._arguments(call, piece.function)
            case State.OPEN, "tool-call-end":
                self._stop_call(self._call(index, event.type), index)
            case State.OPEN, "citation-start":
                self._citations += _each(added.citations)
            case State.EXPECTING_START, "message-start":
                self._start(event.id, added)
            case State.OPEN, "message-end":
                self._stop(delta.finish_reason, delta.usage, delta)
            case State.EXPECTING_START, "message-end" if delta.error:
                self._stop(delta.finish_reason, delta.usage, delta)
            case State.OPEN, "content-end" | "citation-end":
                pass
            case state, (
                "message-start"
                | "content-start"
                | "content-delta"
                | "content-end"
                | "tool-plan-delta"
                | "tool-call-start"
                | "tool-call-delta"
                | "tool-call-end"
                | "citation-start"
                | "citation-end"
                | "message-end"
            ):
                raise RemoteProtocolError(f"expected no {event.type} while {state.name}")

    def _start(self, id: str | None, message: wire.Message) -> None:
        """The beginning of a stream, or a whole answer but for its end."""
        self._state = State.OPEN
        self._writer.start(id=id)
        self._writer.choice(0)
        if isinstance(message.content, str):
            self._text(message.content)
        else:
            for position, item in enumerate(_each(message.content)):
                self._hear_content(item, position)
        self._thought(PLAN, message.tool_plan)
        for position, call in enumerate(_each(message.tool_calls)):
            self._start_calls(call, position)
            self._stop_call(self._calls[position], position)
        self._citations += _each(message.citations)

    def _item(self, index: int | None, *, begins: bool) -> int:
        """The item of the content that an event is about; the last one where it does not say."""
        if index is None:
            return len(self._starts) if begins else next(reversed(self._starts), 0)
        return index

    def _hear_content(
        self, content: str | list[wire.Content] | wire.Content | None, index: int
    ) -> None:
        self._starts.setdefault(index, self._length)
        if isinstance(content, str):
            self._text(content)
            return
        for piece in _each(content):
            self._thought(index, piece.thinking)
            self._text(piece.text)

    def _text(self, text: str | None) -> None:
        if text:
            self._length += len(text)
            self._writer.text(0, text)

    def _thought(self, place: int, text: str | None) -> None:
        """A piece of what was thought; items, and the plan, are a blank line apart."""
        if not text:
            return
        apart = self._thinking not in (None, place)
        self._thinking = place
        self._writer.reasoning(0, f"\n\n{text}" if apart else text)

    def _call(self, index: int | None, kind: str | None) -> Call:
        """The call that an event is about; the last one where it does not say."""
        found = next(reversed(self._calls), None) if index is None else index
        if found is None or found not in self._calls:
            raise RemoteProtocolError(
                f"index: expected that of a call that was started; got {index} in a {kind}",
                param="index",
            )
        return self._calls[found]

    def _start_calls(
        self, calls: list[wire.ToolCall] | wire.ToolCall | None, index: int | None
    ) -> None:
        """Calls are numbered as they come: their `index` may be used again."""
        for begun in _each(calls):
            call = Call(self._called)
            self._called += 1
            key = call.place if index is None else index
            if key in self._calls:
                self._stop_call(self._calls[key], key)
            self._calls[key] = call
            function = begun.function or wire.Function()
            self._writer.tool_call(0, call.place, begun.id or None, function.name)
            self._arguments(call, function)

    def _arguments(self, call: Call, function: wire.Function | None) -> None:
        text = _written(function)
        if not call.open:
            text = call.held + text
            if NO_ARGUMENTS.startswith(text):
                call.held = text
                return
            call.held, call.open = "", True
        if text:
            call.said = call.said or not text.isspace()
            self._writer.tool_call(0, call.place, arguments=text)

    def _stop_call(self, call: Call, index: int | None) -> None:
        rest = "" if call.held == NO_ARGUMENTS else call.held
        if not rest and not call.said:
            rest = "{}"
        if rest:
            self._writer.tool_call(0, call.place, arguments=rest)
        key = next(reversed(self._calls)) if index is None else index
        del self._calls[key]

    def _stop(
        self, word: str | None, usage: wire.Usage | None, delta: wire.Delta | None = None
    ) -> None:
        for index, call in list(self._calls.items()):
            self._stop_call(call, index)
        self._state = State.DONE
        self._finish_reason, self._usage = word, usage
        told = None if delta is None else delta.error
        if told or (word in finishing.FAILURES and not self._writer.spoken(0)):
            raise _failed(word or "", told, None if delta is None else delta.error_type)

    def _end(self) -> None:
        writer, word = self._writer, self._finish_reason
        if cited := citing.annotations(self._citations, self._starts, self._length):
            writer.annotations(0, cited)
        writer.finish(0, finishing.finish_reason(word), finishing.native_finish_reason(word))
        used = None if self._usage is None else completion_usage(self._usage)
        if used is not None:
            writer.usage(used)
        writer.end()


def stream_decoder(*, made: Made, profile: Profile = COHERE_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made)


def _each(value: list[reading.T] | reading.T | None) -> list[reading.T]:
    """What stands alone in an event, and in a list in a whole message."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _written(function: wire.Function | None) -> str:
    """Arguments as text; a server that parsed them has them written again."""
    arguments = None if function is None else function.arguments
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else reading.write(arguments).decode()


def _truncated() -> RemoteProtocolError:
    return RemoteProtocolError("expected message-end; the stream ended", code="stream_truncated")


def _failed(word: str, told: object, kind: object) -> Error:
    message = told if isinstance(told, str) and told else f"the provider failed with {word!r}"
    return status_error(
        message,
        status_code=finishing.FAILURES.get(word, 502),
        code=kind if isinstance(kind, str) and kind else word or None,
    )


def _read(text: bytes, decoder: "msgspec.json.Decoder[reading.T]") -> reading.T:
    """The value that this text is."""
    try:
        return reading.read(text, decoder)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        if (failure := failure_in(text)) is not None:
            raise failure from None
        raise RemoteProtocolError(str(error), param=error.path) from None
