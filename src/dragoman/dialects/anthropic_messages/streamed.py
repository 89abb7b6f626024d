"""Chunks in, Anthropic's events out: blocks one after the other, each opened and closed."""

from typing import Any, Final

from dragoman.dialects.anthropic_messages import answering
from dragoman.dialects.anthropic_messages.blocks import FORMAT
from dragoman.errors import Error, RemoteProtocolError
from dragoman.models import shared
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

NOTHING_YET: Final = {"input_tokens": 0, "output_tokens": 0}
"""The usage that a stream begins with; the numbers come at its end."""


class _Call:
    """A call that has not been told whole."""

    def __init__(self, id: str, name: str, custom: bool) -> None:
        self.id = id
        self.name = name
        self.custom = custom
        self.pieces: list[str] = []

    @property
    def arguments(self) -> str:
        """What came of the arguments; the text of a custom tool is one, named `input`."""
        text = "".join(self.pieces)
        return reading.write({"input": text}).decode() if self.custom else text


class StreamEncoder:
    """Chunks in, Anthropic's events out; one per stream.

        NONE --a delta--> a block of its kind --a delta of another kind, or the end--> the next

    Anthropic's clients need one block after the other. A call that begins while another is open
    waits until that one has all its arguments, or nothing more can come.
    """

    def __init__(self) -> None:
        self._id = ""
        self._open: tuple[str, int] | None = None
        self._blocks = 0
        self._signature = ""
        self._calls: dict[int, _Call] = {}
        self._told: set[int] = set()
        self._refusal: list[str] = []
        self._finish_reason = "stop"
        self._native: str | None = None
        self._usage: shared.CompletionUsage | None = None

    def encode(self, chunk: Chunk) -> bytes:
        """The events of this chunk."""
        out: list[bytes] = []
        if not self._id:
            self._start(chunk, out)
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
        self._close(out)
        for slot in sorted(self._calls):
            self._open_call(slot, out)
            self._close(out)
        refusal = "".join(self._refusal) if self._refusal else None
        delta = answering.ending(self._finish_reason, self._native, refusal)
        usage = answering.usage(self._usage)
        out.append(event("message_delta", delta=delta, usage=usage))
        out.append(event("message_stop"))
        return b"".join(out)

    def error(self, error: Error) -> bytes:
        """The event that tells a failure in the middle of the stream; nothing follows it."""
        return b"event: error\ndata: " + reading.write(answering.error_object(error)) + b"\n\n"

    def _start(self, chunk: Chunk, out: list[bytes]) -> None:
        self._id = chunk.id
        message: dict[str, Any] = {
            "id": answering.message_id(chunk.id),
            "type": "message",
            "role": "assistant",
            "model": chunk.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**NOTHING_YET, **answering.served(chunk.service_tier)},
        }
        out += event("message_start", message=message), event("ping")

    def _delta(self, delta: shared.ChatCompletionStreamResponseDelta, out: list[bytes]) -> None:
        if delta.reasoning_details:
            for detail in delta.reasoning_details:
                self._reasoning(detail, out)
        elif delta.reasoning_content:
            self._think(0, delta.reasoning_content, out)
        if delta.content:
            self._switch(("text", 0), {"type": "text", "text": ""}, out)
            self._add({"type": "text_delta", "text": delta.content}, out)
        if delta.refusal:
            self._refusal.append(delta.refusal)
        for piece in delta.tool_calls or ():
            told = piece.custom.input if piece.custom else None
            told = piece.function.arguments if piece.function else told
            inner = piece.custom or piece.function
            call = _Call(piece.id or "", (inner and inner.name) or "", piece.custom is not None)
            self._call(piece.index, call, told or "", out)
        function = delta.function_call
        if function is not None:
            call = _Call(f"toolu_{self._id}", function.name or "", False)
            self._call(-1, call, function.arguments or "", out)

    def _reasoning(self, detail: shared.ReasoningDetail, out: list[bytes]) -> None:
        index = detail.index or 0
        if detail.type == "reasoning.encrypted":
            if detail.format == FORMAT:
                block = {"type": "redacted_thinking", "data": detail.data or ""}
                self._switch(("redacted", index), block, out)
                self._close(out)
            return
        if text := detail.text or detail.summary:
            self._think(index, text, out)
        if signature := answering.signature_of(detail):
            self._switch(("thinking", index), answering.thinking("", ""), out)
            self._signature = signature

    def _think(self, index: int, text: str, out: list[bytes]) -> None:
        self._switch(("thinking", index), answering.thinking("", ""), out)
        self._add({"type": "thinking_delta", "thinking": text}, out)

    def _call(self, slot: int, begun: _Call, text: str, out: list[bytes]) -> None:
        """A piece of a call; `begun` is the call if it is a new one."""
        if slot in self._told:
            raise RemoteProtocolError(f"tool_calls[{slot}]: expected no more of it; got a piece")
        call = self._calls.setdefault(slot, begun)
        call.pieces.append(text)
        if self._open == ("call", slot):
            self._add({"type": "input_json_delta", "partial_json": text}, out)
        else:
            self._open_waiting(out)

    def _open_waiting(self, out: list[bytes]) -> None:
        """Tell the calls that wait, in their order, as long as none is cut."""
        for slot in sorted(self._calls):
            if self._calls[slot].custom or self._open_is_cut():
                return
            if self._open != ("call", slot):
                self._open_call(slot, out)

    def _open_is_cut(self) -> bool:
        """Whether a call is open whose arguments are still coming."""
        if self._open is None or self._open[0] != "call":
            return False
        return not reading.is_json(self._calls[self._open[1]].arguments.encode(errors="replace"))

    def _open_call(self, slot: int, out: list[bytes]) -> None:
        call = self._calls[slot]
        block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        self._switch(("call", slot), block, out)
        self._add({"type": "input_json_delta", "partial_json": call.arguments}, out)

    def _switch(self, kind: tuple[str, int], block: dict[str, Any], out: list[bytes]) -> None:
        """Go on in a block of this kind: the open one, or the next."""
        if self._open != kind:
            self._close(out)
            self._open = kind
            out.append(event("content_block_start", index=self._blocks, content_block=block))

    def _add(self, delta: dict[str, Any], out: list[bytes]) -> None:
        if delta.get("partial_json") != "":
            out.append(event("content_block_delta", index=self._blocks, delta=delta))

    def _close(self, out: list[bytes]) -> None:
        if self._open is None:
            return
        kind, slot = self._open
        if kind == "call":
            self._told.add(slot)
            del self._calls[slot]
        elif self._signature:
            self._add({"type": "signature_delta", "signature": self._signature}, out)
            self._signature = ""
        out.append(event("content_block_stop", index=self._blocks))
        self._open = None
        self._blocks += 1


def event(name: str, **fields: Any) -> bytes:
    """An event of this name, which its data repeat."""
    data = reading.write({"type": name, **fields})
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream; Anthropic's streams tell their usage to everyone."""
    return StreamEncoder()
