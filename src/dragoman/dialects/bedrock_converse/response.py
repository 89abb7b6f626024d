"""What Bedrock answers, whole or streamed: one decoder for both.

A whole answer is told to the decoder as the stream that would have carried it, and folded.
"""

import enum
from typing import Any

import msgspec

from dragoman.dialects.bedrock_converse import blocks as told
from dragoman.dialects.bedrock_converse import finishing
from dragoman.dialects.bedrock_converse.blocks import CLAUDE, Kept
from dragoman.dialects.bedrock_converse.failure import failure_in, failure_of
from dragoman.dialects.bedrock_converse.quirks import BEDROCK_PROFILE, Profile
from dragoman.dialects.bedrock_converse.usage import completion_usage
from dragoman.dialects.claude_schemas import ANSWER
from dragoman.errors import Error, RemoteProtocolError
from dragoman.models import shared
from dragoman.streaming import eventstream
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from dragoman.wire import bedrock_converse as wire
from dragoman.wire import reading

WHOLE = msgspec.json.Decoder(wire.Answer)
EVENT = msgspec.json.Decoder(wire.Event)
BLOCK = msgspec.json.Decoder(wire.Block)
START = msgspec.json.Decoder(wire.Start)

SERVICE_TIERS: dict[str | None, shared.ServiceTier] = {
    "default": "default",
    "flex": "flex",
    "priority": "priority",
}
"""OpenAI's word for a tier; others have none."""


def decode_response(
    body: bytes, *, made: Made, profile: Profile = BEDROCK_PROFILE
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error."""
    decoder = StreamDecoder(made=made, profile=profile)
    try:
        decoder.hear_whole(body)
        chunks = decoder.finish()
        if decoder.error is not None:
            raise decoder.error
        response = fold(chunks)
    except RecursionError:
        raise RemoteProtocolError("expected JSON; nested too deeply") from None
    return response.put_beside({"meta": shared.Meta(raw=body)})


class State(enum.Enum):
    """Where a stream is."""

    EXPECTING_START = 0
    OPEN = 1
    STOPPED = 2
    DONE = 3


class StreamDecoder:
    """Bedrock's bytes in, chunks out; one per stream.

        EXPECTING_START --messageStart--> OPEN --messageStop--> STOPPED --metadata--> DONE

    The usage comes last, in the metadata. A block begins with its first piece, since most models
    tell the start of calls only. An event out of place is the provider's mistake, and is reported
    as such; one that we have not met yet is passed over. Nothing is read after DONE. A failure is
    raised only when the chunks that came before it have been given, however the bytes were cut.
    """

    def __init__(self, *, made: Made, profile: Profile = BEDROCK_PROFILE) -> None:
        self.error: Error | None = None
        self._state = State.EXPECTING_START
        self._messages = eventstream.Splitter()
        self._writer = ChunkWriter(made)
        model = profile.base_model or made.model
        self._format = CLAUDE if "claude" in model.lower() else "unknown"
        self._usage: wire.Usage | None = None
        self._stop_reason: str | None = None
        self._blocks: list[Kept] = []
        self._open: dict[int, Kept] = {}
        self._length = 0
        self._thoughts = 0
        self._reasoned = False
        self._called = False
        self._answered = False

    @property
    def terminated(self) -> bool:
        """Whether the metadata have come, behind `messageStop`; what follows is not read."""
        return self._state is State.DONE

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        if not self.terminated:
            self._hear_messages(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reason, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless `messageStop` came and, where only
        the close of the connection told the end, the metadata.
        """
        if not self.terminated:
            self._hear_messages(None)
        if self.error is None:
            try:
                self._end(ended_by_close)
            except Error as error:
                self.error = error
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer, as the stream that would have carried it."""
        answer = _read(body, WHOLE)
        message = answer.output.message if answer.output is not None else None
        if message is None or message.content is None:
            if (failure := failure_in(body)) is not None:
                raise failure
            path = "output.message.content"
            raise RemoteProtocolError(f"{path}: expected a list; got nothing", param=path)
        self._start(_routed_to(answer.trace))
        for position, raw in enumerate(message.content):
            self._hear_block(bytes(raw), position)
        self._stop_reason = answer.stop_reason
        self._tell_metadata(answer.usage, answer.service_tier)
        self._state = State.DONE

    def _ready(self) -> list[Chunk]:
        chunks = self._writer.take()
        if self.error is not None and not chunks:
            raise self.error
        return chunks

    def _hear_messages(self, data: bytes | None) -> None:
        if self.error is not None:
            return
        messages = self._messages
        try:
            for message in messages.finish() if data is None else messages.receive(data):
                if self.terminated:
                    return
                self._hear_message(message)
            if not self.terminated:
                self.error = messages.error
        except Error as error:
            self.error = error
        except RecursionError:
            self.error = RemoteProtocolError("expected JSON; nested too deeply")

    def _hear_message(self, message: eventstream.Message) -> None:
        if (failure := failure_of(message)) is not None:
            raise failure
        kind = message.headers.get(":event-type")
        if kind in EVENT_TYPES:
            self._hear(str(kind), _read(message.payload or b"{}", EVENT))

    def _hear(self, kind: str, event: wire.Event) -> None:
        match self._state, kind:
            case State.OPEN, "contentBlockDelta":
                self._hear_delta(event)
            case State.OPEN, "contentBlockStart":
                self._start_block(event)
            case State.OPEN, "contentBlockStop":
                index = self._index(event)
                if index in self._open:
                    self._stop_block(self._open.pop(index))
            case State.EXPECTING_START, "messageStart":
                self._start(None)
            case State.OPEN, "messageStop":
                self._state = State.STOPPED
                self._stop_reason = event.stop_reason
            case ((State.OPEN | State.STOPPED), "metadata"):
                self._tell_metadata(event.usage, event.service_tier)
                if self._state is State.STOPPED:
                    self._state = State.DONE
            case state, _:
                raise RemoteProtocolError(f"expected no {kind} while {state.name}")

    def _start(self, model: str | None) -> None:
        self._state = State.OPEN
        self._writer.start(model=model)
        self._writer.choice(0)

    def _tell_metadata(
        self, usage: wire.Usage | None, service_tier: wire.ServiceTier | None
    ) -> None:
        self._usage = usage or self._usage
        if service_tier is not None:
            self._writer.served(SERVICE_TIERS.get(service_tier.type))

    def _index(self, event: wire.Event) -> int:
        """The block that an event is about; the last one where it does not say."""
        if event.content_block_index is not None:
            return event.content_block_index
        return next(reversed(self._open), len(self._blocks))

    def _begin(self, kind: told.Kind, index: int, raw: bytes = b"") -> Kept:
        """A further block, under this index; one that was open there is complete."""
        if index in self._open:
            self._stop_block(self._open.pop(index))
        opened = self._open[index] = Kept(kind, self._length, raw)
        self._blocks.append(opened)
        if kind == "reasoning":
            opened.number, self._thoughts = self._thoughts, self._thoughts + 1
        return opened

    def _at(self, kind: told.Kind, index: int) -> Kept:
        """The open block of this kind; where there is none, it begins here."""
        opened = self._open.get(index)
        if opened is None or opened.kind != kind:
            opened = self._begin(kind, index)
        return opened

    def _start_block(self, event: wire.Event) -> None:
        index = len(self._blocks) if event.content_block_index is None else self._index(event)
        raw = bytes(event.start)
        start = _read_at(raw, START, "start") if raw else wire.Start()
        if start.tool_use is not None:
            self._call(start.tool_use, index, raw)
        elif start.tool_result is not None:
            self._begin("other", index, raw)

    def _call(self, call: wire.ToolUse, index: int, raw: bytes) -> Kept:
        if call.type == "server_tool_use":
            opened = self._begin("other", index, raw)
            opened.tool = True
            return opened
        if not call.name:
            path = "toolUse.name"
            raise RemoteProtocolError(f"{path}: expected a name; got nothing", param=path)
        opened = self._begin("call", index, raw)
        opened.tool = True
        opened.call = len(self._blocks)
        opened.answer = call.name == ANSWER
        if opened.answer:
            self._answered = True
        else:
            self._called = True
            self._writer.tool_call(0, opened.call, call.tool_use_id or None, call.name)
        return opened

    def _hear_delta(self, event: wire.Event) -> None:
        index, delta = self._index(event), event.delta
        if delta is None:
            return
        if delta.text:
            self._text(self._at("text", index), delta.text)
        if delta.reasoning_content is not None:
            self._reasoning(self._at("reasoning", index), delta.reasoning_content)
        if delta.tool_use is not None:
            self._arguments(self._called_at(index), delta.tool_use.input or "")
        if delta.citation is not None:
            self._at("text", index).citations.append(delta.citation)
        if delta.tool_result is not None and index in self._open:
            results = delta.tool_result
            self._open[index].results += results if isinstance(results, list) else [results]

    def _called_at(self, index: int) -> Kept:
        opened = self._open.get(index)
        if opened is None or not opened.tool:
            raise RemoteProtocolError(
                f"contentBlockIndex: expected that of a call that was started; got {index}",
                param="contentBlockIndex",
            )
        return opened

    def _hear_block(self, raw: bytes, index: int) -> None:
        """A block of a whole answer."""
        path = f"output.message.content[{index}]"
        block = _read_at(raw, BLOCK, path)
        if block.tool_use is not None:
            opened = self._call(block.tool_use, index, raw)
            self._arguments(opened, _compact(bytes(block.tool_use.input), path))
        elif block.reasoning_content is not None:
            opened = self._begin("reasoning", index)
            said = block.reasoning_content
            read = said.reasoning_text or wire.ReasoningText()
            delta = wire.ReasoningDelta(read.text, read.signature, said.redacted_content)
            self._reasoning(opened, delta)
        elif block.citations_content is not None:
            opened = self._begin("text", index)
            for text in block.citations_content.content or ():
                self._text(opened, text.text or "")
            opened.citations += block.citations_content.citations or ()
        elif block.text is not None:
            self._text(self._begin("text", index), block.text)
        else:
            self._begin("other", index)
        self._stop_block(self._open.pop(index))
        self._blocks[-1].raw, self._blocks[-1].input = raw, []

    def _stop_block(self, opened: Kept) -> None:
        if opened.call and not opened.arguments:
            self._arguments(opened, "{}")
        if opened.redacted:
            detail = shared.ReasoningDetail(
                type="reasoning.encrypted",
                data=told.joined(opened.redacted),
                format=self._format,
                index=opened.number,
            )
            self._writer.reasoning(0, None, [detail])

    def _text(self, opened: Kept, text: str) -> None:
        opened.texts.append(text)
        if text:
            opened.length += len(text)
            self._length += len(text)
            self._writer.text(0, text)

    def _reasoning(self, opened: Kept, said: wire.ReasoningDelta) -> None:
        """A piece of reasoning; in the text for reading, blocks are a blank line apart.

        What is hidden is told when the block is complete: pieces of base64 are no base64.
        """
        if said.redacted_content:
            opened.redacted.append(said.redacted_content)
        if said.text:
            opened.texts.append(said.text)
            shown = said.text if opened.reasoned or not self._reasoned else f"\n\n{said.text}"
            opened.reasoned = self._reasoned = True
            self._writer.reasoning(0, shown, [self._detail(opened, text=said.text)])
        if said.signature:
            opened.signature = said.signature
            self._writer.reasoning(0, None, [self._detail(opened, signature=said.signature)])

    def _detail(self, opened: Kept, **fields: str) -> shared.ReasoningDetail:
        return shared.ReasoningDetail(
            type="reasoning.text", format=self._format, index=opened.number, **fields
        )

    def _arguments(self, opened: Kept, text: str) -> None:
        """A piece of a call's arguments; those of a tool that the server runs are not ours."""
        if not text:
            return
        opened.arguments = True
        opened.input.append(text)
        if opened.answer:
            self._length += len(text)
            self._writer.text(0, text)
        elif opened.call:
            self._writer.tool_call(0, opened.call, arguments=text)

    def _end(self, ended_by_close: bool) -> None:
        writer = self._writer
        if self._state is State.EXPECTING_START:
            raise RemoteProtocolError(
                "expected a message; the stream ended without any", code="stream_truncated"
            )
        if self._state is State.OPEN or (ended_by_close and not self.terminated):
            raise RemoteProtocolError(
                "expected messageStop and metadata; the stream ended", code="stream_truncated"
            )
        for opened in self._open.values():
            self._stop_block(opened)
        word = self._stop_reason
        if word in finishing.MALFORMED and not writer.spoken(0):
            raise RemoteProtocolError(f"expected an answer; the model ended with {word}")
        if cited := told.annotations(self._blocks):
            writer.annotations(0, cited)
        if (native := told.native_content(self._blocks)) is not None:
            writer.native_content(0, native)
        reason = finishing.finish_reason(word)
        if reason == "tool_calls" and self._answered and not self._called:
            reason = "stop"
        writer.finish(0, reason, finishing.native_finish_reason(word))
        if self._usage is not None:
            writer.usage(completion_usage(self._usage))
        writer.end()


EVENT_TYPES = frozenset(
    {
        "contentBlockDelta",
        "contentBlockStart",
        "contentBlockStop",
        "messageStart",
        "messageStop",
        "metadata",
    }
)
"""The events that we read; others are passed over."""


def stream_decoder(*, made: Made, profile: Profile = BEDROCK_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made, profile=profile)


def _routed_to(trace: Any) -> str | None:
    """The model that a prompt router chose; None where there was none."""
    match trace:
        case {"promptRouter": {"invokedModelId": str(model)}}:
            return model
    return None


def _compact(value: bytes, path: str) -> str:
    """JSON text without blanks, keys and numbers as they came; nothing is an empty object."""
    if value in (b"", b"{}", b"null"):
        return "{}"
    try:
        return reading.compact(value)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"{path}: expected JSON; {error}", param=path) from None


def _read(text: bytes, decoder: "msgspec.json.Decoder[reading.T]") -> reading.T:
    """The value that this text is."""
    try:
        return _decoded(text, decoder)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        if (failure := failure_in(text)) is not None:
            raise failure from None
        raise RemoteProtocolError(str(error), param=error.path) from None


def _read_at(text: bytes, decoder: "msgspec.json.Decoder[reading.T]", path: str) -> reading.T:
    """The value that this text is, a part of something at this place."""
    try:
        return _decoded(text, decoder)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"{path}: expected JSON; {error}", param=path) from None
    except reading.MistypedError as error:
        wrong = error.within(path)
        raise RemoteProtocolError(str(wrong), param=wrong.path) from None


def _decoded(text: bytes, decoder: "msgspec.json.Decoder[reading.T]") -> reading.T:
    """Odd JSON is written again first, so that parts can be kept as text."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise reading.mistyped(error) from None
    except reading.UNREADABLE:
        return reading.read(reading.write(reading.read_untyped(text)), decoder)
