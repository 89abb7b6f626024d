"""Chunks in, Mistral's events out."""

from typing import Any

from dragoman.dialects.mistral import answering
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

Json = dict[str, Any]


class StreamEncoder:
    """Chunks in, Mistral's events out; one per stream.

    A call is told whole, since not all of its readers join pieces: it waits for the end of its
    choice. The last event waits for the usage, which stands in it.
    """

    def __init__(self) -> None:
        self._about: Json = {}
        self._calls: dict[int, dict[int, Json]] = {}
        """By choice and number; arguments as a list of pieces."""

        self._last: Json | None = None

    def encode(self, chunk: Chunk) -> bytes:
        """The events of this chunk; empty for what is held back."""
        if not self._about:
            kind = "chat.completion.chunk"
            about = {"id": chunk.id, "object": kind, "created": chunk.created}
            self._about = {**about, "model": chunk.model}
        out = [event for choice in chunk.choices for event in self._said(choice)]
        if chunk.usage is not None:
            out.append(self._ended(usage=answering.usage_of(chunk.usage)))
        return b"".join(out)

    def end(self) -> bytes:
        """What was held back, and the terminator."""
        return self._ended() + sse.DONE

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream; nothing follows it."""
        return sse.encode(answering.encode_error(error).body)

    def _said(self, choice: shared.CreateChatCompletionStreamResponseChoices) -> list[bytes]:
        delta = choice.delta
        calls = self._calls.setdefault(choice.index, {})
        for piece in delta.tool_calls or ():
            if piece.custom is not None:
                call = _call(calls, piece.index, piece.id, piece.custom.name, custom=True)
                call["pieces"].append(piece.custom.input or "")
            elif piece.function is not None:
                call = _call(calls, piece.index, piece.id, piece.function.name)
                call["pieces"].append(piece.function.arguments or "")
        if (old := delta.function_call) is not None:
            _call(calls, -1, None, old.name)["pieces"].append(old.arguments or "")
        if choice.finish_reason is not None:
            before = self._ended()
            self._last = self._finished(choice, calls)
            return [before]
        told = _told(delta)
        return [] if told is None else [self._event(choice.index, told)]

    def _finished(
        self, choice: shared.CreateChatCompletionStreamResponseChoices, calls: dict[int, Json]
    ) -> Json:
        delta: Json = {"content": ""}
        if calls:
            delta["tool_calls"] = [_whole(n, call) for n, call in enumerate(calls.values())]
        word = answering.word_of(choice.finish_reason or "", choice.native_finish_reason)
        return {"index": choice.index, "delta": delta, "finish_reason": word}

    def _ended(self, **fields: Any) -> bytes:
        """The end of the choice that came last, where it has not been told."""
        last, self._last = self._last, None
        if last is None:
            return b""
        return sse.encode(reading.write({**self._about, "choices": [last], **fields}))

    def _event(self, index: int, delta: Json) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": None}
        return sse.encode(reading.write({**self._about, "choices": [choice]}))


def _told(delta: shared.ChatCompletionStreamResponseDelta) -> Json | None:
    """What a delta says besides calls; None for nothing."""
    role = {} if delta.role is None else {"role": delta.role}
    if delta.reasoning_content:
        return {**role, "content": [answering.thought(delta.reasoning_content)]}
    text = (delta.content or "") + (delta.refusal or "")
    return {**role, "content": text} if role or text else None


def _call(
    calls: dict[int, Json], number: int, id: str | None, name: str | None, *, custom: bool = False
) -> Json:
    nothing: Json = {"id": None, "name": None, "pieces": [], "custom": custom}
    call = calls.setdefault(number, nothing)
    call["id"] = call["id"] or id
    call["name"] = call["name"] or name
    return call


def _whole(index: int, call: Json) -> Json:
    name, text = call["name"] or "", "".join(call["pieces"])
    id = call["id"] or answering.function_id(name)
    return answering.call_of(index, id, name, answering.input_of(text) if call["custom"] else text)


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream; Mistral's streams tell their usage to everyone."""
    return StreamEncoder()
