"""Chunks in, Ollama's lines out."""

from typing import Any

from dragoman.dialects.ollama import answering
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming import ndjson
from dragoman.streaming.writing import Chunk

Json = dict[str, Any]


class StreamEncoder:
    """Chunks in, Ollama's lines out; one per stream.

    A call is told whole, since its arguments are an object: all wait for the end, each of them then
    in a line of its own. The last line says `done`, and has the usage.
    """

    def __init__(self) -> None:
        self._about: Json = {}
        self._calls: dict[int, Json] = {}
        """By number; arguments as a list of pieces."""

        self._word = "stop"
        self._usage: shared.CompletionUsage | None = None

    def encode(self, chunk: Chunk) -> bytes:
        """The line of this chunk; empty for what is held back."""
        self._about = self._about or answering.about_of(chunk.created, chunk.model)
        self._usage = chunk.usage or self._usage
        return b"".join(self._said(choice) for choice in chunk.choices if choice.index == 0)

    def end(self) -> bytes:
        """The calls, and the line that says that the answer is complete."""
        told = [{"tool_calls": [_whole(n, one)]} for n, one in enumerate(self._calls.values())]
        lines = [self._line(message) for message in told]
        return b"".join([*lines, self._line({}, **answering.done(self._word, self._usage))])

    def error(self, error: Error) -> bytes:
        """The line that tells a failure in the middle of the stream; nothing follows it."""
        return ndjson.encode(answering.encode_error(error).body)

    def _said(self, choice: shared.CreateChatCompletionStreamResponseChoices) -> bytes:
        if choice.finish_reason is not None:
            native = choice.native_finish_reason
            self._word = answering.word_of(choice.finish_reason, native)
        self._hear_calls(choice.delta)
        thought = choice.delta.reasoning_content
        text = (choice.delta.content or "") + (choice.delta.refusal or "")
        logprobs = {} if choice.logprobs is None else answering.logprobs_of(choice.logprobs)
        if not thought and not text and not logprobs:
            return b""
        message = {"content": text, "thinking": thought} if thought else {"content": text}
        return self._line(message, **logprobs)

    def _hear_calls(self, delta: shared.ChatCompletionStreamResponseDelta) -> None:
        for piece in delta.tool_calls or ():
            if piece.custom is not None:
                call = self._call(piece.index, piece.id, piece.custom.name, custom=True)
                call["pieces"].append(piece.custom.input or "")
            elif piece.function is not None:
                call = self._call(piece.index, piece.id, piece.function.name)
                call["pieces"].append(piece.function.arguments or "")
        if (old := delta.function_call) is not None:
            self._call(-1, None, old.name)["pieces"].append(old.arguments or "")

    def _call(self, number: int, id: str | None, name: str | None, *, custom: bool = False) -> Json:
        nothing: Json = {"id": None, "name": None, "pieces": [], "custom": custom}
        call = self._calls.setdefault(number, nothing)
        call["id"] = call["id"] or id
        call["name"] = call["name"] or name
        return call

    def _line(self, message: Json, **fields: Any) -> bytes:
        return ndjson.encode(answering.line(self._about, message, **fields))


def _whole(index: int, call: Json) -> Json:
    text = "".join(call["pieces"])
    arguments = {"input": text} if call["custom"] else answering.arguments_of(text)
    return answering.call_of(index, call["id"], call["name"] or "", arguments)


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream; Ollama's streams tell their usage to everyone."""
    return StreamEncoder()
