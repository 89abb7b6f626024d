"""What Claude answers, whole or streamed: one decoder for both.

A whole answer is told to the decoder as the stream that would have carried it, and folded.
"""

import enum

import msgspec

from dragoman.dialects.anthropic_messages import blocks as told
from dragoman.dialects.anthropic_messages import finishing
from dragoman.dialects.anthropic_messages.blocks import FORMAT, Kept
from dragoman.dialects.anthropic_messages.failure import decode_error, failure_in
from dragoman.dialects.anthropic_messages.framing import Events
from dragoman.dialects.anthropic_messages.quirks import ANTHROPIC_PROFILE, Profile
from dragoman.dialects.anthropic_messages.usage import completion_usage, latest
from dragoman.dialects.claude_schemas import ANSWER
from dragoman.errors import Error, RemoteProtocolError
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from dragoman.wire import anthropic_messages as wire
from dragoman.wire import reading

MESSAGE = msgspec.json.Decoder(wire.Message)
EVENT = msgspec.json.Decoder(wire.Event)
BLOCK = msgspec.json.Decoder(wire.Block)

SERVICE_TIERS: dict[str | None, shared.ServiceTier] = {
    "standard": "default",
    "priority": "priority",
}
"""OpenAI's word for a tier; others have none."""


def decode_response(
    body: bytes, *, made: Made, profile: Profile = ANTHROPIC_PROFILE
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error."""
    decoder = StreamDecoder(made=made, profile=profile)
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


class StreamDecoder:
    """Anthropic's bytes in, chunks out; one per stream.

        EXPECTING_START --message_start--> OPEN --message_stop--> DONE

    An event out of place is the provider's mistake, and is reported as such. One that we have
    not met yet is passed over, and so is every ping. Nothing is read after DONE. A failure is
    raised only when the chunks that came before it have been given, however the bytes were cut.
    """

    def __init__(self, *, made: Made, profile: Profile = ANTHROPIC_PROFILE) -> None:
        self.error: Error | None = None
        self._state = State.EXPECTING_START
        self._events = Events()
        self._writer = ChunkWriter(made)
        self._usage: wire.Usage | None = None
        self._ended = False
        self._stop_reason: str | None = None
        self._stop_details: object = None
        self._blocks: list[Kept] = []
        self._open: dict[int, Kept] = {}
        self._length = 0
        self._thoughts = 0
        self._reasoned = False
        self._called = False
        self._answered = False

    @property
    def terminated(self) -> bool:
        """Whether `message_stop` has come; what follows is not read."""
        return self._state is State.DONE

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_events(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reason, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless `message_stop` came or, in a
        message that has an end of its own, the reason why the answer ended.
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
        message = _read(body, MESSAGE)
        if message.error or message.type == "error" or message.content is None:
            if (failure := failure_in(body)) is not None:
                raise failure
            raise RemoteProtocolError("content: expected a list; got nothing", param="content")
        self._start(message)
        for position, block in enumerate(message.content):
            self._start_block(position, bytes(block), f"content[{position}]")
            self._stop_block(position)
        self._ended = True
        self._stop_reason, self._stop_details = message.stop_reason, message.stop_details
        self._state = State.DONE

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
            if not self.terminated:
                self.error = events.error
        except Error as error:
            self.error = error
        except RecursionError:
            self.error = RemoteProtocolError("expected JSON; nested too deeply")

    def _hear_text(self, event: sse.Event, *, last: bool) -> None:
        data = event.data
        try:
            heard = EVENT.decode(data)
        except reading.UNREADABLE:
            if event.name == "error":
                raise decode_error(200, {}, data) from None
            try:
                heard = _read(data, EVENT)
            except RemoteProtocolError as error:
                if last and not reading.is_json(data):
                    error.code = "stream_truncated"
                raise
        if heard.type == "error" or event.name == "error" or (heard.error and not heard.type):
            raise decode_error(200, {}, data)
        self._hear(heard)

    def _hear(self, event: wire.Event) -> None:
        match self._state, event.type:
            case State.OPEN, "content_block_delta":
                self._hear_delta(event)
            case State.OPEN, "content_block_start":
                index = len(self._blocks) if event.index is None else event.index
                self._start_block(index, bytes(event.content_block), "content_block")
            case State.OPEN, "content_block_stop":
                self._stop_block(self._index(event))
            case State.EXPECTING_START, "message_start":
                message = event.message or wire.Message()
                self._start(message)
                for position, block in enumerate(message.content or ()):
                    self._start_block(position, bytes(block), f"message.content[{position}]")
            case State.OPEN, "message_delta":
                self._usage = latest(self._usage, event.usage)
                delta = event.delta or wire.Delta()
                if delta.stop_reason is not None:
                    self._ended = True
                    self._stop_reason = delta.stop_reason
                self._stop_details = delta.stop_details or self._stop_details
            case State.OPEN, "message_stop":
                self._state = State.DONE
            case state, (
                "message_start"
                | "content_block_start"
                | "content_block_delta"
                | "content_block_stop"
                | "message_delta"
                | "message_stop"
            ):
                raise RemoteProtocolError(f"expected no {event.type} while {state.name}")

    def _start(self, message: wire.Message) -> None:
        self._state = State.OPEN
        self._usage = message.usage
        writer = self._writer
        writer.start(id=message.id, model=message.model)
        if message.usage is not None:
            writer.served(SERVICE_TIERS.get(message.usage.service_tier))
        writer.choice(0)

    def _index(self, event: wire.Event) -> int:
        """The block that an event is about; the last one where it does not say."""
        index = next(reversed(self._open), None) if event.index is None else event.index
        if index is None or index not in self._open:
            raise RemoteProtocolError(
                f"index: expected that of a block that was started; got {event.index} in a "
                f"{event.type}",
                param="index",
            )
        return index

    def _start_block(self, index: int, raw: bytes, path: str) -> None:
        if not raw:
            raise RemoteProtocolError(f"{path}: expected a block; got nothing", param=path)
        if index in self._open:
            self._stop_block(index)
        raw, block = _block(raw, path)
        opened = self._open[index] = Kept(raw, block, self._length)
        self._blocks.append(opened)
        match block.type:
            case "text":
                self._text(block.text)
            case "thinking":
                opened.number, self._thoughts = self._thoughts, self._thoughts + 1
                self._thought(opened, block.thinking)
                self._signature(opened, block.signature)
            case "redacted_thinking":
                detail = shared.ReasoningDetail(
                    type="reasoning.encrypted",
                    data=block.data or "",
                    format=FORMAT,
                    index=self._thoughts,
                )
                self._thoughts += 1
                self._writer.reasoning(0, None, [detail])
            case "tool_use":
                opened.call = len(self._blocks)
                opened.answer = block.name == ANSWER
                if opened.answer:
                    self._answered = True
                else:
                    self._called = True
                    self._writer.tool_call(0, opened.call, block.id or None, block.name)

    def _hear_delta(self, event: wire.Event) -> None:
        kept, delta = self._open[self._index(event)], event.delta
        if delta is None:
            return
        match kept.type, delta.type:
            case "text", "text_delta":
                if delta.text:
                    kept.add("text", delta.text)
                    self._text(delta.text)
            case "thinking", "thinking_delta":
                if delta.thinking:
                    kept.add("thinking", delta.thinking)
                    self._thought(kept, delta.thinking)
            case "thinking", "signature_delta":
                kept.put("signature", delta.signature)
                self._signature(kept, delta.signature)
            case _, "input_json_delta":
                if delta.partial_json:
                    kept.add("partial_json", delta.partial_json)
                    self._arguments(kept, delta.partial_json)
            case _, "citations_delta":
                if delta.citation is not None:
                    kept.cite(delta.citation)
            case _, "compaction_delta":
                kept.put("content", delta.content)

    def _stop_block(self, index: int) -> None:
        opened = self._open.pop(index)
        if opened.call and not opened.arguments:
            self._arguments(opened, _compact(opened.input))

    def _text(self, text: str | None) -> None:
        if text:
            self._length += len(text)
            self._writer.text(0, text)

    def _thought(self, opened: Kept, text: str | None) -> None:
        """A piece of reasoning; in the text for reading, blocks are a blank line apart."""
        if not text:
            return
        detail = shared.ReasoningDetail(
            type="reasoning.text", text=text, format=FORMAT, index=opened.number
        )
        shown = text if opened.reasoned or not self._reasoned else f"\n\n{text}"
        opened.reasoned = self._reasoned = True
        self._writer.reasoning(0, shown, [detail])

    def _signature(self, opened: Kept, signature: str | None) -> None:
        if signature:
            detail = shared.ReasoningDetail(
                type="reasoning.text", signature=signature, format=FORMAT, index=opened.number
            )
            self._writer.reasoning(0, None, [detail])

    def _arguments(self, opened: Kept, text: str) -> None:
        """A piece of a call's arguments; those of a tool that the server runs are not ours."""
        if not opened.call:
            return
        opened.arguments = True
        if opened.answer:
            self._text(text)
        else:
            self._writer.tool_call(0, opened.call, arguments=text)

    def _end(self, ended_by_close: bool) -> None:
        writer = self._writer
        if self._state is State.EXPECTING_START:
            raise RemoteProtocolError(
                "expected a message; the stream ended without any", code="stream_truncated"
            )
        if not self.terminated and (ended_by_close or not self._ended):
            raise RemoteProtocolError(
                "expected message_stop, or a stop_reason; the stream ended",
                code="stream_truncated",
            )
        for index in list(self._open):
            self._stop_block(index)
        if cited := told.annotations(self._blocks, self._length):
            writer.annotations(0, cited)
        if (native := told.native_content(self._blocks)) is not None:
            writer.native_content(0, native)
        word = self._stop_reason
        if word == "refusal":
            writer.refusal(0, finishing.refusal(self._stop_details))
        reason = finishing.finish_reason(word)
        if reason == "tool_calls" and self._answered and not self._called:
            reason = "stop"
        writer.finish(0, reason, finishing.native_finish_reason(word))
        if self._usage is not None:
            writer.usage(completion_usage(self._usage))
        writer.end()


def stream_decoder(*, made: Made, profile: Profile = ANTHROPIC_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made, profile=profile)


def _compact(value: bytes) -> str:
    """JSON text without blanks, keys and numbers as they came; nothing is an empty object."""
    if value in (b"", b"{}", b"null"):
        return "{}"
    try:
        return reading.compact(value)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"input: expected JSON; {error}", param="input") from None


def _read(text: bytes, decoder: "msgspec.json.Decoder[reading.T]") -> reading.T:
    """The value that this text is."""
    try:
        return _decoded(text, decoder)[1]
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        if (failure := failure_in(text)) is not None:
            raise failure from None
        raise RemoteProtocolError(str(error), param=error.path) from None


def _block(raw: bytes, path: str) -> tuple[bytes, wire.Block]:
    """A block, and its text, of which no part is odd."""
    try:
        return _decoded(raw, BLOCK)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"{path}: expected JSON; {error}", param=path) from None
    except reading.MistypedError as error:
        wrong = error.within(path)
        raise RemoteProtocolError(str(wrong), param=wrong.path) from None


def _decoded(text: bytes, decoder: "msgspec.json.Decoder[reading.T]") -> tuple[bytes, reading.T]:
    """This text and its value; odd JSON is written again, so that parts can be kept as text."""
    try:
        return text, decoder.decode(text)
    except msgspec.ValidationError as error:
        raise reading.mistyped(error) from None
    except reading.UNREADABLE:
        text = reading.write(reading.read_untyped(text))
    return text, reading.read(text, decoder)
