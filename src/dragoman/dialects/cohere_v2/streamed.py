"""Chunks in, Cohere's events out."""

from typing import Any

from dragoman.dialects.cohere_v2 import answering
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

Json = dict[str, Any]


class StreamEncoder:
    """Chunks in, Cohere's events out; one per stream.

        NONE --a text or thought--> an item of its kind --one of the other kind--> the next

    Calls stand beside the items, each under a number of its own, and are closed at the end, since
    a piece of any may come until then. The text of a custom tool is told at the end as well.
    """

    def __init__(self) -> None:
        self._id: str | None = None
        self._items = 0
        self._open: str | None = None
        self._text: list[str] = []
        self._length = 0
        self._starts: list[tuple[int, int]] = []
        """Place and beginning of each item that is a text."""

        self._calls: dict[int, list[str] | None] = {}
        """By number: the pieces of a custom tool's text, None for a function."""

        self._annotations: list[shared.ChatCompletionResponseMessageAnnotation] = []
        self._finish_reason = "stop"
        self._native: str | None = None
        self._usage: shared.CompletionUsage | None = None

    def encode(self, chunk: Chunk) -> bytes:
        """The events of this chunk."""
        out: list[bytes] = []
        if self._id is None:
            self._id = chunk.id
            begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}
            message = {**begun, "citations": []}
            out.append(event("message-start", id=chunk.id, delta={"message": message}))
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices:
            if choice.index == 0:
                self._delta(choice.delta, out)
            if choice.index == 0 and choice.finish_reason is not None:
                self._finish_reason = choice.finish_reason
                self._native = choice.native_finish_reason
        return b"".join(out)

    def end(self) -> bytes:
        """The last events, which say that the answer is complete."""
        out: list[bytes] = []
        if not self._calls and not self._text:
            self._say("text", "", out)
        self._close(out)
        for number, pieces in self._calls.items():
            if pieces is not None:
                self._argue(number, answering.input_of("".join(pieces)), out)
            out.append(event("tool-call-end", index=number))
        self._cite(out)
        word = answering.word_of(self._finish_reason, self._native)
        delta = {"finish_reason": word, "usage": answering.usage_of(self._usage)}
        out.append(event("message-end", delta=delta))
        return b"".join([*out, sse.DONE])

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream; nothing follows it."""
        delta = {"finish_reason": "ERROR", "usage": {}, "error": error.message}
        return event("message-end", delta=delta)

    def _delta(self, delta: shared.ChatCompletionStreamResponseDelta, out: list[bytes]) -> None:
        if delta.reasoning_content:
            self._say("thinking", delta.reasoning_content, out)
        for text in (delta.content, delta.refusal):
            if text:
                self._say("text", text, out)
        for piece in delta.tool_calls or ():
            self._call(piece, out)
        function = delta.function_call
        if function is not None:
            self._begin(0, answering.function_id(self._id or ""), function.name, False, out)
            self._argue(0, function.arguments, out)
        self._annotations += delta.annotations or ()

    def _say(self, kind: str, text: str, out: list[bytes]) -> None:
        """A piece of a text or thought: in the open item, or in the next."""
        if self._open != kind:
            self._close(out)
            self._open = kind
            if kind == "text":
                self._starts.append((self._items, self._length))
            item = {"type": kind, kind: ""}
            out.append(adds("content-start", self._items, content=item))
        if kind == "text":
            self._text.append(text)
            self._length += len(text)
        if text:
            out.append(adds("content-delta", self._items, content={kind: text}))

    def _close(self, out: list[bytes]) -> None:
        if self._open is not None:
            out.append(event("content-end", index=self._items))
            self._items += 1
            self._open = None

    def _call(self, piece: shared.ChatCompletionMessageToolCallChunk, out: list[bytes]) -> None:
        if piece.custom is not None:
            self._begin(piece.index, piece.id, piece.custom.name, True, out)
            pieces = self._calls[piece.index]
            if pieces is not None:
                pieces.append(piece.custom.input or "")
        elif piece.function is not None:
            self._begin(piece.index, piece.id, piece.function.name, False, out)
            self._argue(piece.index, piece.function.arguments, out)

    def _begin(
        self, number: int, id: str | None, name: str | None, custom: bool, out: list[bytes]
    ) -> None:
        """Open the call with this number, where it is new."""
        if number in self._calls:
            return
        self._close(out)
        self._calls[number] = [] if custom else None
        call = answering.call_of(id or "", name or "", "")
        out.append(adds("tool-call-start", number, tool_calls=call))

    def _argue(self, number: int, arguments: str | None, out: list[bytes]) -> None:
        if arguments:
            delta = {"function": {"arguments": arguments}}
            out.append(adds("tool-call-delta", number, tool_calls=delta))

    def _cite(self, out: list[bytes]) -> None:
        """Citations, each of the item of the text that it begins in."""
        text = "".join(self._text)
        for number, annotation in enumerate(self._annotations):
            place, start = 0, 0
            for item, begins in self._starts:
                if begins <= annotation.url_citation.start_index:
                    place, start = item, begins
            told = answering.citation(annotation, text[start:], start, place)
            out.append(adds("citation-start", number, citations=told))
            out.append(event("citation-end", index=number))


def adds(kind: str, index: int, **message: Any) -> bytes:
    """An event that adds this to the message."""
    return event(kind, index=index, delta={"message": message})


def event(kind: str, **fields: Any) -> bytes:
    """An event of this type, which its data repeat."""
    data = reading.write({"type": kind, **fields})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream; Cohere's streams tell their usage to everyone."""
    return StreamEncoder()
