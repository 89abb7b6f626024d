"""Chunks in, the events of Responses out, numbered from 0."""

from dragoman.dialects.openai_responses import answering, finishing
from dragoman.dialects.openai_responses.carrying import Carried
from dragoman.dialects.openai_responses.items import Json
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.usage import usage
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading


class StreamEncoder:
    """Chunks in, events out; one per stream.

        NOTHING --a chunk--> created, in_progress; items --the end--> completed or incomplete

    The last event tells the whole answer once more.
    """

    def __init__(self) -> None:
        self._events = 0
        self._named: Json = {"id": "", "created": 0, "model": ""}
        self._output = Output("")
        self._about: Json = {}
        self._ending: Json = finishing.ending("stop")
        self._usage: shared.CompletionUsage | None = None
        self._extra_content: Json | None = None
        self._extra_content_of_calls: dict[str, Json] = {}
        self._native: shared.NativeContent | None = None

    def encode(self, chunk: Chunk) -> bytes:
        """The events of this chunk."""
        begun = b"" if self._events else self._begin(chunk)
        self._usage = chunk.usage or self._usage
        self._about |= answering.beside(chunk)
        for choice in chunk.choices:
            if choice.index == 0:
                self._hear(choice)
        return begun + self._told()

    def end(self) -> bytes:
        """The last events, which say that the answer is complete."""
        carried = Carried(
            extra_content=self._extra_content,
            extra_content_of_calls=self._extra_content_of_calls or None,
            native_content=self._native,
        )
        self._output.close(carried)
        about = {**self._about, "output": self._output.items, "usage": usage(self._usage)}
        response = answering.answer(**self._named, **about, **self._ending)
        kind = f"response.{response['status']}"
        return self._told() + self._event({"type": kind, "response": response})

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream; nothing follows it."""
        failure = answering.failure(error)
        if not self._events:
            return self._event({**failure, "type": "error"})
        about = {**self._about, "output": self._output.items, "error": failure}
        response = answering.answer(**self._named, **about, status="failed")
        return self._event({"type": "response.failed", "response": response})

    def _begin(self, chunk: Chunk) -> bytes:
        self._named = {"id": chunk.id, "created": chunk.created, "model": chunk.model}
        self._output = Output(chunk.id)
        begun = answering.answer(**self._named)
        kinds = ("response.created", "response.in_progress")
        return b"".join(self._event({"type": kind, "response": begun}) for kind in kinds)

    def _hear(self, choice: shared.CreateChatCompletionStreamResponseChoices) -> None:
        delta, output = choice.delta, self._output
        if delta.reasoning_details:
            output.reason(delta.reasoning_details)
        elif delta.reasoning_content:
            output.think(delta.reasoning_content)
        if delta.content:
            output.text(delta.content, choice.logprobs)
        if delta.refusal:
            output.refusal(delta.refusal)
        for annotation in delta.annotations or ():
            output.cite(annotation)
        for piece in delta.tool_calls or ():
            self._call(piece)
        function = delta.function_call
        if function is not None:
            output.call(-1, answering.function_id(self._named["id"]), function.name or "")
            output.argue(-1, function.arguments)
        self._extra_content = delta.extra_content or self._extra_content
        self._native = delta.native_content or self._native
        if choice.finish_reason is not None:
            self._ending = finishing.ending(choice.finish_reason)

    def _call(self, piece: shared.ChatCompletionMessageToolCallChunk) -> None:
        number, output = piece.index, self._output
        if piece.custom is not None:
            output.call(number, piece.id or "", piece.custom.name or "", custom=True)
            output.argue(number, piece.custom.input)
        elif piece.function is not None:
            output.call(number, piece.id or "", piece.function.name or "")
            output.argue(number, piece.function.arguments)
        id = output.id_of(number)
        if piece.extra_content is not None and id is not None:
            self._extra_content_of_calls[id] = piece.extra_content

    def _told(self) -> bytes:
        """The events of the items that have not been told."""
        events, self._output.events = self._output.events, []
        return b"".join(map(self._event, events))

    def _event(self, event: Json) -> bytes:
        kind: str = event["type"]
        data = reading.write({"type": kind, "sequence_number": self._events, **event})
        self._events += 1
        return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream; the streams of Responses tell their usage to everyone."""
    return StreamEncoder()
