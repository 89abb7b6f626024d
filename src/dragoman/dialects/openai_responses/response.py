"""What Responses answers, whole or streamed: one decoder for both.

A whole answer is told to the decoder item by item, each as its own end tells it in a stream, and
folded. What the pieces of an item have told already, its end does not tell again.
"""

import enum
from collections.abc import Callable
from typing import Any, Final, get_args

import msgspec

from dragoman.dialects.openai_responses import finishing
from dragoman.dialects.openai_responses.failure import decode_error, failure_in
from dragoman.dialects.openai_responses.items import (
    CALLS,
    FORMAT,
    SERVED,
    Item,
    has_more,
    native_content,
)
from dragoman.dialects.openai_responses.moderating import moderation
from dragoman.dialects.openai_responses.quirks import RESPONSES_PROFILE, Profile
from dragoman.dialects.openai_responses.tokens import logprobs
from dragoman.dialects.openai_responses.usage import completion_usage, counted
from dragoman.errors import Error, RemoteProtocolError
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from dragoman.wire import openai_responses as wire
from dragoman.wire import reading

RESPONSE: Final = msgspec.json.Decoder(wire.Response)
EVENT: Final = msgspec.json.Decoder(wire.Event)
KIND: Final = msgspec.json.Decoder(wire.Kind)
MESSAGE: Final = msgspec.json.Decoder(wire.Message)
REASONING: Final = msgspec.json.Decoder(wire.Reasoning)
CALL: Final = msgspec.json.Decoder(wire.Call)
ANNOTATION: Final = msgspec.json.Decoder(wire.Annotation)

STARTS: Final = frozenset({"response.created", "response.queued", "response.in_progress"})

ENDS: Final = {"response.completed": "completed", "response.incomplete": "incomplete"}
"""The events that end a stream, and the status of the answer; one that failed is an error."""

SERVICE_TIERS: Final = frozenset(get_args(shared.ServiceTier))


def decode_response(
    body: bytes, *, made: Made, profile: Profile = RESPONSES_PROFILE
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


class StreamDecoder:
    """Responses' bytes in, chunks out; one per stream.

        EXPECTING_START --response.created--> OPEN --response.completed, .incomplete--> DONE

    An event out of place is the provider's mistake, and is reported as such. One that we have
    not met yet is passed over, and so are those that repeat what was told. Nothing is read after
    DONE. A failure is raised only when the chunks that came before it have been given, however
    the bytes were cut.
    """

    def __init__(self, *, made: Made) -> None:
        self.error: Error | None = None
        self._state = State.EXPECTING_START
        self._events = sse.Splitter()
        self._writer = ChunkWriter(made)
        self._items: dict[int, Item] = {}
        self._final = wire.Response()
        self._length = 0
        self._thoughts = 0
        self._reasoned = False

    @property
    def terminated(self) -> bool:
        """Whether the event that ends the answer has come; what follows is not read."""
        return self._state is State.DONE

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_events(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: finish reason, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) unless the event that ends the answer
        came; that of a message ended by close is no less certain.
        """
        if not self.terminated:
            self._hear_events(None)
        if self.error is None:
            try:
                self._end()
            except Error as error:
                self.error = error
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer, item by item."""
        response = _read(body, RESPONSE)
        if response.error or response.output is None or response.status == "failed":
            if (failure := failure_in(body)) is not None:
                raise failure
            raise RemoteProtocolError("output: expected a list; got nothing", param="output")
        known = {*finishing.COMPLETE, finishing.INCOMPLETE}
        if response.status is None:
            cut = response.incomplete_details is not None
            response.status = finishing.INCOMPLETE if cut else "completed"
        elif response.status not in known:
            raise RemoteProtocolError(
                f"status: expected completed or incomplete; got {response.status!r}",
                param="status",
            )
        self._served(response)
        self._start(response)
        self._finished(response)

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
        try:
            heard = EVENT.decode(data)
        except reading.UNREADABLE:
            if event.name == "error":
                raise decode_error(200, {}, data) from None
            if data.strip().startswith(b"[DONE]"):
                return
            try:
                heard = _read(data, EVENT)
            except RemoteProtocolError as error:
                if last and not reading.is_json(data):
                    error.code = "stream_truncated"
                raise
        kind = heard.type
        if kind in ("error", "response.failed") or event.name == "error":
            raise decode_error(200, {}, data)
        if heard.error and not kind:
            raise decode_error(200, {}, data)
        self._hear(heard)

    def _hear(self, event: wire.Event) -> None:
        kind = event.type or ""
        hear = HEARD.get(kind)
        if hear is not None:
            if self._state is not State.OPEN:
                raise RemoteProtocolError(f"expected no {kind} while {self._state.name}")
            hear(self, event)
        elif kind in STARTS:
            if self._state is State.EXPECTING_START:
                self._start(_read(bytes(event.response) or b"{}", RESPONSE))
            elif kind == "response.created":
                raise RemoteProtocolError(f"expected no {kind} while {self._state.name}")
        elif kind in ENDS:
            response = _read(bytes(event.response) or b"{}", RESPONSE)
            response.status = ENDS[kind]
            self._served(response)
            if self._state is State.EXPECTING_START:
                self._start(response)
            self._finished(response)
        elif kind == "response.cancelled":
            raise RemoteProtocolError("expected an answer; it was cancelled")

    def _start(self, response: wire.Response) -> None:
        self._state = State.OPEN
        created = counted(response.created_at)
        self._writer.start(response.id, created, response.model)
        self._writer.choice(0)

    def _served(self, response: wire.Response) -> None:
        tier: Any = response.service_tier
        if tier in SERVICE_TIERS:
            self._writer.served(tier)

    def _finished(self, response: wire.Response) -> None:
        """The end of the answer, which may tell items of which nothing else came."""
        self._final = response
        output = response.output or []
        if not any(index >= len(output) for index in self._items):
            for index, raw in enumerate(output):
                if index not in self._items:
                    self._tell(self._item(index), index, bytes(raw), f"output[{index}]")
        self._state = State.DONE

    def _item(self, index: Any, kind: str = "") -> Item:
        """The item that an event is about; the last one where it does not say."""
        place = self._place(index)
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = Item(kind)
        return item

    def _place(self, index: Any) -> int:
        return index if isinstance(index, int) else next(reversed(self._items), 0)

    def _added(self, event: wire.Event) -> None:
        index = event.output_index if isinstance(event.output_index, int) else len(self._items)
        raw = _present(event.item)
        item = self._items[index] = Item(_read(raw, KIND, "item").type or "", raw)
        if item.kind in CALLS:
            self._begin(item, index, _read(raw, CALL, "item"))
        elif item.kind == "reasoning":
            item.id = _read(raw, REASONING, "item").id

    def _done(self, event: wire.Event) -> None:
        index = self._place(event.output_index)
        self._tell(self._item(index), index, _present(event.item), "item")

    def _tell(self, item: Item, index: int, raw: bytes, path: str) -> None:
        """Tell of a whole item what its pieces have not told."""
        item.raw, item.whole = raw, True
        item.kind = item.kind or _read(raw, KIND, path).type or ""
        match item.kind:
            case "message":
                self._tell_message(item, _read(raw, MESSAGE, path))
            case "reasoning":
                self._tell_reasoning(item, _read(raw, REASONING, path))
            case "function_call" | "custom_tool_call":
                call = _read(raw, CALL, path)
                self._begin(item, index, call)
                self._arguments(item, index, call)
                item.odd = item.odd or has_more(raw)

    def _tell_message(self, item: Item, message: wire.Message) -> None:
        item.phase = message.phase
        for index, part in enumerate(message.content or ()):
            piece = item.piece("content", index, self._length)
            if not piece.said:
                self._text(item, index, part.text, part.logprobs)
                self._refusal(item, index, part.refusal)
            for annotation in (part.annotations or [])[piece.annotations :]:
                self._cite(item, index, bytes(annotation))

    def _tell_reasoning(self, item: Item, reasoning: wire.Reasoning) -> None:
        item.id = item.id or reasoning.id
        for field, parts in (("summary", reasoning.summary), ("content", reasoning.content)):
            for index, part in enumerate(parts or ()):
                if not item.piece(field, index).said:
                    self._thought(item, field, index, part.text)
        if reasoning.encrypted_content:
            detail = shared.ReasoningDetail(
                type="reasoning.encrypted",
                data=reasoning.encrypted_content,
                format=FORMAT,
                id=item.id,
                index=self._thoughts,
            )
            self._thoughts += 1
            self._writer.reasoning(0, None, [detail])

    def _hear_text_delta(self, event: wire.Event) -> None:
        item = self._item(event.output_index, "message")
        self._text(item, _index(event.content_index), event.delta, event.logprobs)

    def _hear_refusal(self, event: wire.Event) -> None:
        item = self._item(event.output_index, "message")
        self._refusal(item, _index(event.content_index), event.delta)

    def _hear_summary(self, event: wire.Event) -> None:
        item = self._item(event.output_index, "reasoning")
        self._thought(item, "summary", _index(event.summary_index), event.delta)

    def _hear_thought(self, event: wire.Event) -> None:
        item = self._item(event.output_index, "reasoning")
        self._thought(item, "content", _index(event.content_index), event.delta)

    def _hear_annotation(self, event: wire.Event) -> None:
        item = self._item(event.output_index, "message")
        self._cite(item, _index(event.content_index), _present(event.annotation, "annotation"))

    def _hear_arguments(self, event: wire.Event) -> None:
        """A piece of a call's arguments; of a call that was never added, its end tells all."""
        index = self._place(event.output_index)
        item = self._items.get(index)
        if item is not None and item.called and isinstance(event.delta, str) and event.delta:
            item.arguments = True
            custom = item.kind == "custom_tool_call"
            self._writer.tool_call(0, index, arguments=event.delta, custom=custom)

    def _hear_all_arguments(self, event: wire.Event) -> None:
        index = self._place(event.output_index)
        item = self._items.get(index)
        if item is not None and item.called:
            arguments = event.arguments if isinstance(event.arguments, str) else None
            input = event.input if isinstance(event.input, str) else None
            call = wire.Call(arguments=arguments, input=input)
            self._arguments(item, index, call)

    def _begin(self, item: Item, index: int, call: wire.Call) -> None:
        if call.call_id and call.call_id.startswith(SERVED):
            item.odd = True
        elif not item.called:
            item.called = True
            custom = item.kind == "custom_tool_call"
            self._writer.tool_call(0, index, call.call_id or None, call.name, custom=custom)

    def _arguments(self, item: Item, index: int, call: wire.Call) -> None:
        """All arguments at once, if none were told in pieces."""
        custom = item.kind == "custom_tool_call"
        text = call.input if custom else call.arguments
        if text and item.called and not item.arguments:
            item.arguments = True
            self._writer.tool_call(0, index, arguments=text, custom=custom)

    def _text(self, item: Item, index: int, text: Any, likely: Any) -> None:
        if isinstance(text, str) and text:
            item.piece("content", index, self._length).said = True
            self._length += len(text)
            self._writer.text(0, text, logprobs(likely) if likely else None)

    def _refusal(self, item: Item, index: int, text: Any) -> None:
        if isinstance(text, str) and text:
            item.piece("content", index, self._length).said = True
            self._writer.refusal(0, text)

    def _thought(self, item: Item, field: str, index: int, text: Any) -> None:
        """A piece of reasoning; in the text for reading, its parts are a blank line apart."""
        if not isinstance(text, str) or not text:
            return
        piece = item.piece(field, index)
        if piece.number is None:
            piece.number, self._thoughts = self._thoughts, self._thoughts + 1
        summed_up = field == "summary"
        detail = shared.ReasoningDetail(
            type="reasoning.summary" if summed_up else "reasoning.text",
            summary=text if summed_up else None,
            text=None if summed_up else text,
            format=FORMAT,
            id=item.id,
            index=piece.number,
        )
        shown = text if piece.said or not self._reasoned else f"\n\n{text}"
        piece.said = self._reasoned = True
        self._writer.reasoning(0, shown, [detail])

    def _cite(self, item: Item, index: int, raw: bytes) -> None:
        """A citation; those of what has no address stay in the items."""
        piece = item.piece("content", index, self._length)
        piece.annotations += 1
        cited = _read(raw, ANNOTATION, "annotation")
        if cited.type != "url_citation" or not cited.url:
            item.odd = True
            return
        start, end = cited.start_index, cited.end_index
        page = shared.UrlCitation(
            end_index=self._length if end is None else piece.start + counted(end),
            start_index=piece.start + counted(start),
            title=cited.title or "",
            url=cited.url,
        )
        annotation = shared.ChatCompletionResponseMessageAnnotation(url_citation=page)
        self._writer.annotations(0, [annotation])

    def _end(self) -> None:
        if not self.terminated:
            raise RemoteProtocolError(
                "expected response.completed, or another end; the stream ended",
                code="stream_truncated",
            )
        writer, final = self._writer, self._final
        if (native := native_content(self._items, final.output or [])) is not None:
            writer.native_content(0, native)
        status = final.status or ""
        reason = finishing.reason_in(final.incomplete_details)
        word = finishing.native_finish_reason(status, reason)
        writer.finish(0, finishing.finish_reason(status, reason), word)
        writer.about(metadata=_metadata(final.metadata), moderation=moderation(final.moderation))
        if final.usage is not None:
            writer.usage(completion_usage(final.usage))
        writer.end()


HEARD: Final[dict[str, Callable[[StreamDecoder, wire.Event], None]]] = {
    "response.output_text.delta": StreamDecoder._hear_text_delta,
    "response.function_call_arguments.delta": StreamDecoder._hear_arguments,
    "response.reasoning_summary_text.delta": StreamDecoder._hear_summary,
    "response.reasoning_text.delta": StreamDecoder._hear_thought,
    "response.custom_tool_call_input.delta": StreamDecoder._hear_arguments,
    "response.refusal.delta": StreamDecoder._hear_refusal,
    "response.output_item.added": StreamDecoder._added,
    "response.output_item.done": StreamDecoder._done,
    "response.function_call_arguments.done": StreamDecoder._hear_all_arguments,
    "response.custom_tool_call_input.done": StreamDecoder._hear_all_arguments,
    "response.output_text.annotation.added": StreamDecoder._hear_annotation,
}
"""What is heard while a stream is open; every other event repeats something, or is not ours."""


def stream_decoder(*, made: Made, profile: Profile = RESPONSES_PROFILE) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made)


def _index(given: Any) -> int:
    """The place of a part; the first where the event does not say."""
    return given if isinstance(given, int) else 0


def _metadata(given: Any) -> dict[str, str] | None:
    if not isinstance(given, dict):
        return None
    return {key: value for key, value in given.items() if isinstance(value, str)} or None


def _present(raw: msgspec.Raw, path: str = "item") -> bytes:
    text = bytes(raw)
    if not text:
        raise RemoteProtocolError(f"{path}: expected an object; got nothing", param=path)
    return text


def _read(
    text: bytes, decoder: "msgspec.json.Decoder[reading.T]", path: str | None = None
) -> reading.T:
    """The value that this text is; a part of another where `path` says so."""
    try:
        return decoder.decode(text)
    except reading.UNREADABLE:
        pass
    try:
        return reading.read(text, decoder)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON; {error}") from None
    except reading.MistypedError as error:
        if path is None and (failure := failure_in(text)) is not None:
            raise failure from None
        wrong = error if path is None else error.within(path)
        raise RemoteProtocolError(str(wrong), param=wrong.path) from None
