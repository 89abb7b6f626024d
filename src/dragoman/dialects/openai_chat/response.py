"""What a provider answers, whole or streamed: one decoder for both.

A whole answer is a stream that came at once: it is told to the same decoder and folded, so
that the two cannot drift apart. The decoder only tells the writer what was said; the shape
of chunks is the writer's affair.
"""

import msgspec

from dragoman.dialects.openai_chat import pieces
from dragoman.dialects.openai_chat.failure import failure_in, reads_as_failure
from dragoman.dialects.openai_chat.finishing import FAILURES, finish_reason
from dragoman.dialects.openai_chat.quirks import OPENAI_PROFILE, Profile
from dragoman.dialects.openai_chat.thinking import ThinkTags
from dragoman.dialects.openai_chat.usage import completion_usage
from dragoman.errors import Error, RemoteProtocolError, status_error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter, Logprobs
from dragoman.wire import openai_chat as wire
from dragoman.wire import reading

COMPLETION = msgspec.json.Decoder(wire.Completion)


def decode_response(
    body: bytes, *, made: Made, profile: Profile = OPENAI_PROFILE
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error.

    White space and a byte order mark before the body are read past: DeepSeek sends empty
    lines while a request queues.
    """
    decoder = StreamDecoder(made=made, profile=profile)
    try:
        decoder.hear_whole(body)
        response = fold(decoder.finish())
    except RecursionError:
        raise _nested_too_deeply() from None
    return response.put_beside({"meta": shared.Meta(raw=body)})


class StreamDecoder:
    """An OpenAI-shaped stream in, chunks out; one per stream.

        OPEN --[DONE]--> TERMINATED          OPEN --an error, or nonsense--> FAILED

    Nothing is read after TERMINATED. A failure is raised only when the chunks that came
    before it have been given, however the bytes were cut.
    """

    __slots__ = (
        "_events",
        "_quirks",
        "_started",
        "_thinking",
        "_usage",
        "_writer",
        "error",
        "terminated",
    )

    def __init__(self, *, made: Made, profile: Profile = OPENAI_PROFILE) -> None:
        self.error: Error | None = None
        self.terminated = False
        self._events = sse.Splitter()
        self._writer = ChunkWriter(made)
        self._started = False
        self._quirks = profile.quirks
        self._thinking: dict[int, ThinkTags] = {}
        self._usage: wire.Usage | None = None

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_events(self._events, data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reasons, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless the terminator came or, in a
        message that has an end of its own, every choice had its finish reason.
        """
        if not self.terminated:
            self._hear_events(self._events, None)
        if self.error is None:
            try:
                self._end(ended_by_close)
            except Error as error:
                self.error = error
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer, as the stream that would have carried it."""
        completion = _read(body)
        if completion.error or not completion.choices:
            self._hear_odd(body, completion)
            raise RemoteProtocolError("choices: expected at least one; got none", param="choices")
        for position, choice in enumerate(completion.choices):
            if choice.message is None and choice.delta is None:
                path = f"choices[{position}].message"
                raise RemoteProtocolError(f"{path}: expected an object; got nothing", param=path)
        if len(completion.choices) > 1:
            _tell_apart(completion.choices)
        self._hear(completion, True)
        self.terminated = True

    def _ready(self) -> list[Chunk]:
        chunks = self._writer.take()
        if self.error is not None and not chunks:
            raise self.error
        return chunks

    def _hear_events(self, events: sse.Splitter, data: bytes | None) -> None:
        if self.error is not None:
            return
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
            raise failure_in(data)
        else:
            try:
                completion = COMPLETION.decode(data)
            except reading.UNREADABLE:
                self._hear_glued(data, last)
            else:
                self._hear_chunk(data, completion)

    def _hear_glued(self, data: bytes, last: bool) -> None:
        """Data that is no chunk at first sight: of odd JSON, or several values in one event."""
        try:
            texts = [data] if reading.is_json(data) else reading.glued(data)
        except reading.UnreadableError as error:
            raise RemoteProtocolError(
                f"expected a chunk in JSON; {error}",
                code="stream_truncated" if last else "bad_gateway",
            ) from None
        for text in texts:
            self._hear_chunk(text, _read(text))

    def _hear_chunk(self, text: bytes, completion: wire.Completion) -> None:
        if completion.error or not completion.choices:
            self._hear_odd(text, completion)
        self._hear(completion, False)

    def _hear_odd(self, text: bytes, completion: wire.Completion) -> None:
        """An answer or chunk without choices: a failure, or a usage chunk, or Azure's first."""
        groq = completion.x_groq
        if completion.error or (groq and groq.error):
            raise failure_in(text)
        if completion.usage is None and reads_as_failure(text):
            raise failure_in(text)

    def _hear(self, completion: wire.Completion, whole: bool) -> None:
        writer = self._writer
        choices = completion.choices
        if choices and not self._started:
            self._started = True
            created = completion.created
            writer.start(completion.id, None if created is None else int(created), completion.model)
        if completion.service_tier or completion.system_fingerprint:
            tier = pieces.service_tier(completion.service_tier)
            writer.served(tier, completion.system_fingerprint)
        if completion.usage is not None:
            self._usage = completion.usage
        elif completion.x_groq is not None and completion.x_groq.usage is not None:
            self._usage = completion.x_groq.usage
        if completion.metadata or completion.moderation:
            writer.about(
                metadata=pieces.metadata(completion.metadata),
                moderation=pieces.moderation(completion.moderation),
            )
        if choices:
            for position, choice in enumerate(choices):
                self._hear_choice(choice, position, whole)

    def _hear_choice(self, choice: wire.Choice, position: int, whole: bool) -> None:
        index = position if choice.index is None else int(choice.index)
        if choice.error:
            raise failure_in(msgspec.json.encode({"error": choice.error}))
        message = (choice.message or choice.delta) if whole else choice.delta
        try:
            logprobs = pieces.logprobs(choice.logprobs) if choice.logprobs else None
            if message is not None:
                self._hear_message(index, message, logprobs, whole)
            else:
                self._writer.choice(index)
        except reading.MistypedError as wrong:
            if not wrong.path.startswith("logprobs"):
                wrong = wrong.within("delta" if message is choice.delta else "message")
            raise _protocol_error(wrong.within(f"choices[{position}]")) from None
        if choice.usage is not None:
            self._usage = choice.usage
        if choice.finish_reason or whole:
            self._hear_finish(index, choice, message)

    def _hear_message(
        self, index: int, message: wire.Message, logprobs: Logprobs | None, whole: bool
    ) -> None:
        writer = self._writer
        writer.choice(index)
        details = message.reasoning_details
        reasoning = message.reasoning_content or message.reasoning
        if reasoning or details:
            said = pieces.reasoning_details(details) if details else None
            writer.reasoning(index, reasoning or None, said)
        content = message.content
        if content.__class__ is not str and content is not None:
            content = pieces.text(content)
        if content or (logprobs is not None and logprobs.content is not None):
            self._hear_content(index, content or "", logprobs)
            logprobs = None
        if message.tool_calls:
            self._hear_calls(index, message.tool_calls, whole)
        if message.refusal or logprobs is not None:
            writer.refusal(index, message.refusal or "", logprobs)
        if (
            message.function_call is not None
            or message.audio is not None
            or message.annotations
            or message.extra_content
            or message.native_content
        ):
            self._hear_rarer(index, message)

    def _hear_rarer(self, index: int, message: wire.Message) -> None:
        writer = self._writer
        name, arguments = pieces.function(message.function_call)
        if name or arguments:
            writer.function_call(index, name, arguments)
        if message.audio is not None and (audio := pieces.audio(message.audio)):
            writer.audio(index, audio)
        if annotations := pieces.annotations(message.annotations or []):
            writer.annotations(index, annotations)
        if message.extra_content:
            writer.extra_content(index, message.extra_content)
        if native := pieces.native_content(message.native_content):
            writer.native_content(index, native)

    def _hear_content(self, index: int, text: str, logprobs: Logprobs | None) -> None:
        if self._quirks.think_tags != "none":
            tags = self._thinking.get(index)
            if tags is None:
                opened = self._quirks.think_tags == "opened"
                tags = self._thinking[index] = ThinkTags(opened=opened)
            thought, text = tags.hear(text)
            if thought:
                self._writer.reasoning(index, thought)
            if not text and logprobs is None:
                return
        self._writer.text(index, text, logprobs)

    def _hear_calls(self, index: int, calls: list[wire.ToolCall], whole: bool) -> None:
        for position, call in enumerate(calls):
            place = position if whole else None if call.index is None else int(call.index)
            id = str(call.id) if call.id not in (None, "") else None
            custom = call.custom is not None and bool(call.custom.name or call.custom.input)
            if custom and call.custom:
                name, arguments = call.custom.name, call.custom.input
            else:
                name, arguments = pieces.function(call.function)
            self._writer.tool_call(index, place, id, name, arguments, custom, call.extra_content)

    def _hear_finish(self, index: int, choice: wire.Choice, message: wire.Message | None) -> None:
        word = choice.finish_reason or pieces.finish_details(choice.finish_details) or "stop"
        if word in FAILURES and not self._writer.spoken(index):
            status = FAILURES[word]
            raise status_error(
                f"choices[{index}].finish_reason: the provider failed with {word!r} "
                "before any content",
                status_code=status,
                code=word,
            )
        has_calls = bool(message and message.tool_calls)
        native = choice.native_finish_reason or word
        self._writer.finish(index, finish_reason(word, has_calls), native)

    def _end(self, ended_by_close: bool) -> None:
        writer = self._writer
        for index, tags in self._thinking.items():
            thought, text = tags.rest()
            if thought:
                writer.reasoning(index, thought)
            if text:
                writer.text(index, text)
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
        if self._usage is not None:
            hidden = self._quirks.hidden_thoughts
            writer.usage(completion_usage(self._usage, hidden))
        writer.end()


def stream_decoder(*, made: Made, profile: Profile = OPENAI_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made, profile=profile)


def _tell_apart(choices: list[wire.Choice]) -> None:
    """An index given twice tells nothing; two answers must not become one."""
    if len({choice.index for choice in choices}) < len(choices):
        for position, choice in enumerate(choices):
            choice.index = position


def _read(text: bytes) -> wire.Completion:
    try:
        return reading.read(text, COMPLETION)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        if reads_as_failure(text):
            raise failure_in(text) from None
        raise _protocol_error(error) from None


def _protocol_error(wrong: reading.MistypedError) -> RemoteProtocolError:
    return RemoteProtocolError(str(wrong), param=wrong.path)


def _nested_too_deeply() -> RemoteProtocolError:
    """Of JSON that could be read, with fewer frames on the stack, but not written again."""
    return RemoteProtocolError("expected JSON; nested too deeply")
