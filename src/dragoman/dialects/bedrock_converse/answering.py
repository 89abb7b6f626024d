"""The other side: answers and errors as callers of Converse expect them, whole and streamed."""

from typing import Any, Final

from dragoman.dialects import refusing
from dragoman.dialects.bedrock_converse.blocks import CLAUDE, FORMAT
from dragoman.dialects.bedrock_converse.finishing import FINISH_REASONS
from dragoman.dialects.dialect import EncodedError
from dragoman.errors import Error
from dragoman.models import shared
from dragoman.streaming import eventstream
from dragoman.streaming.writing import Chunk
from dragoman.wire import reading

Block = dict[str, Any]

STOP_REASONS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filtered",
}

EXCEPTIONS: Final = {
    401: (403, "UnrecognizedClientException"),
    403: (403, "AccessDeniedException"),
    404: (404, "ResourceNotFoundException"),
    408: (408, "ModelTimeoutException"),
    424: (424, "ModelErrorException"),
    429: (429, "ThrottlingException"),
    502: (424, "ModelErrorException"),
    503: (503, "ServiceUnavailableException"),
    504: (408, "ModelTimeoutException"),
    529: (503, "ServiceUnavailableException"),
}
"""Bedrock's status and exception for a status; of others, below 500 and from there on."""

IN_STREAMS: Final = {
    "InternalServerException": "internalServerException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ThrottlingException": "throttlingException",
    "ValidationException": "validationException",
}
"""The exceptions that a stream may hold; any other is the model's."""

UNTIMED: Final = {"latencyMs": 0}
"""The metrics, which every answer must have; how long a model took is known nowhere here."""


def encode_response(response: shared.CreateChatCompletionResponse) -> bytes:
    """The body of a whole answer; Bedrock has one choice, the first."""
    choice = response.choices[0]
    content = _content(choice.message, response.id)
    body: Block = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": _stop_reason(choice.finish_reason, choice.native_finish_reason),
        "usage": _usage(response.usage),
        "metrics": UNTIMED,
    }
    return reading.write(body)


def _stop_reason(finish_reason: str, native: str | None) -> str:
    """Why the answer ended; a word of Bedrock's own comes back as it was."""
    if native is not None and native in FINISH_REASONS:
        return native
    return STOP_REASONS[finish_reason]


def _usage(told: shared.CompletionUsage | None) -> Block:
    """Usage as Bedrock counts: what was cached lies beside the input."""
    if told is None:
        return {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    details = told.prompt_tokens_details or shared.PromptTokensDetails()
    read, written = details.cached_tokens, details.cache_write_tokens
    found = {
        "inputTokens": max(0, told.prompt_tokens - (read or 0) - (written or 0)),
        "outputTokens": told.completion_tokens,
        "totalTokens": told.total_tokens,
    }
    if read is not None:
        found["cacheReadInputTokens"] = read
    if written is not None:
        found["cacheWriteInputTokens"] = written
    return found


def _content(message: shared.ChatCompletionResponseMessage, id: str) -> list[Block]:
    native = message.native_content
    if native is not None and native.format == FORMAT:
        return native.content
    blocks = [block for one in message.reasoning_details or () for block in _thought(one)]
    if not blocks and message.reasoning_content:
        blocks.append(_reasoning(message.reasoning_content, None))
    for text in (message.content, message.refusal):
        if text:
            blocks.append({"text": text})
    for call in message.tool_calls or ():
        if isinstance(call, shared.ChatCompletionMessageCustomToolCall):
            name, input = call.custom.name, {"input": call.custom.input}
        else:
            name, input = call.function.name, _parsed(call.function.arguments)
        blocks.append({"toolUse": {"toolUseId": call.id, "name": name, "input": input}})
    function = message.function_call
    if function is not None:
        use = {"toolUseId": f"tooluse_{id}", "name": function.name}
        blocks.append({"toolUse": {**use, "input": _parsed(function.arguments)}})
    return blocks


def _thought(detail: shared.ReasoningDetail) -> list[Block]:
    if detail.type == "reasoning.encrypted":
        hidden = {"redactedContent": detail.data or ""}
        return [{"reasoningContent": hidden}] if detail.format == CLAUDE else []
    return [_reasoning(detail.text or detail.summary or "", _signature(detail))]


def _reasoning(text: str, signature: str | None) -> Block:
    signed = {} if signature is None else {"signature": signature}
    return {"reasoningContent": {"reasoningText": {"text": text, **signed}}}


def _signature(detail: shared.ReasoningDetail) -> str | None:
    """The signature, which of another provider's reasoning says nothing here."""
    return detail.signature if detail.format == CLAUDE else None


def _parsed(arguments: str) -> Any:
    """The arguments as the object that Bedrock's clients expect."""
    if not arguments.strip():
        return {}
    try:
        value = reading.read_untyped(arguments.encode(errors="replace"))
    except reading.UnreadableError:
        return {"_raw": arguments}
    return value if isinstance(value, dict) else {"value": value}


class StreamEncoder:
    """Chunks in, Bedrock's events out; one per stream.

    Text and reasoning end where the next block begins. Calls stay open until the end, since their
    pieces may alternate; each has its own index.
    """

    def __init__(self) -> None:
        self._id = ""
        self._open: dict[tuple[str, int], int] = {}
        self._custom: dict[int, list[str]] = {}
        self._blocks = 0
        self._finish_reason = "stop"
        self._native: str | None = None
        self._usage: shared.CompletionUsage | None = None

    def encode(self, chunk: Chunk) -> bytes:
        """The events of this chunk."""
        out: list[bytes] = []
        if not self._id:
            self._id = chunk.id
            out.append(_event("messageStart", role="assistant"))
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
        for slot, pieces in self._custom.items():
            text = reading.write({"input": "".join(pieces)}).decode()
            self._add(("call", slot), {"toolUse": {"input": text}}, out)
        self._close(list(self._open), out)
        out.append(
            _event("messageStop", stopReason=_stop_reason(self._finish_reason, self._native))
        )
        out.append(_event("metadata", usage=_usage(self._usage), metrics=UNTIMED))
        return b"".join(out)

    def error(self, error: Error) -> bytes:
        """The exception that tells a failure in the middle of the stream; nothing follows it."""
        _, name = _exception(error)
        headers = {
            ":exception-type": IN_STREAMS.get(name, "modelStreamErrorException"),
            ":content-type": "application/json",
            ":message-type": "exception",
        }
        return eventstream.encode(headers, reading.write({"message": error.message}))

    def _delta(self, delta: shared.ChatCompletionStreamResponseDelta, out: list[bytes]) -> None:
        if delta.reasoning_details:
            for detail in delta.reasoning_details:
                self._reason(detail, out)
        elif delta.reasoning_content:
            self._say("reasoning", 0, _read(delta.reasoning_content), out)
        for text in (delta.content, delta.refusal):
            if text:
                self._say("text", 0, {"text": text}, out)
        for piece in delta.tool_calls or ():
            self._call(piece, out)
        function = delta.function_call
        if function is not None:
            self._begin_call(-1, f"tooluse_{self._id}", function.name or "", out)
            self._add(("call", -1), {"toolUse": {"input": function.arguments or ""}}, out)

    def _reason(self, detail: shared.ReasoningDetail, out: list[bytes]) -> None:
        index = detail.index or 0
        if detail.type == "reasoning.encrypted":
            if detail.format == CLAUDE:
                hidden = {"reasoningContent": {"redactedContent": detail.data or ""}}
                self._say("redacted", index, hidden, out)
            return
        if text := detail.text or detail.summary:
            self._say("reasoning", index, _read(text), out)
        if signature := _signature(detail):
            self._say("reasoning", index, {"reasoningContent": {"signature": signature}}, out)

    def _say(self, kind: str, slot: int, delta: Block, out: list[bytes]) -> None:
        """A piece of text or reasoning, of the open block or the next one."""
        others = [key for key in self._open if key[0] != "call" and key != (kind, slot)]
        self._close(others, out)
        self._add((kind, slot), delta, out)

    def _call(self, piece: shared.ChatCompletionMessageToolCallChunk, out: list[bytes]) -> None:
        inner = piece.custom or piece.function
        self._begin_call(piece.index, piece.id or "", (inner and inner.name) or "", out)
        if piece.custom is not None:
            self._custom.setdefault(piece.index, []).append(piece.custom.input or "")
        elif piece.function is not None and piece.function.arguments:
            delta = {"toolUse": {"input": piece.function.arguments}}
            self._add(("call", piece.index), delta, out)

    def _begin_call(self, slot: int, id: str, name: str, out: list[bytes]) -> None:
        if ("call", slot) in self._open:
            return
        self._close([key for key in self._open if key[0] != "call"], out)
        index = self._index(("call", slot))
        start = {"toolUse": {"toolUseId": id, "name": name}}
        out.append(_event("contentBlockStart", contentBlockIndex=index, start=start))

    def _index(self, key: tuple[str, int]) -> int:
        if key not in self._open:
            self._open[key], self._blocks = self._blocks, self._blocks + 1
        return self._open[key]

    def _add(self, key: tuple[str, int], delta: Block, out: list[bytes]) -> None:
        out.append(_event("contentBlockDelta", contentBlockIndex=self._index(key), delta=delta))

    def _close(self, keys: list[tuple[str, int]], out: list[bytes]) -> None:
        for key in keys:
            out.append(_event("contentBlockStop", contentBlockIndex=self._open.pop(key)))


def _read(text: str) -> Block:
    return {"reasoningContent": {"text": text}}


def _event(kind: str, **fields: Any) -> bytes:
    headers = {
        ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    return eventstream.encode(headers, reading.write(fields))


def stream_encoder(*, include_usage: bool) -> StreamEncoder:
    """An encoder for one stream; Bedrock's streams tell their usage to everyone."""
    return StreamEncoder()


def encode_error(error: Error) -> EncodedError:
    """The answer that tells this error; of the provider's own body, nothing is repeated."""
    status, name = _exception(error)
    return EncodedError(
        status_code=status,
        headers={"content-type": "application/json", "x-amzn-errortype": name},
        body=reading.write({"message": error.message}),
    )


def _exception(error: Error) -> tuple[int, str]:
    status = refusing.status_of(error)
    usual = (500, "InternalServerException") if status >= 500 else (400, "ValidationException")
    if error.code == "insufficient_quota":
        return 400, "ServiceQuotaExceededException"
    return EXCEPTIONS.get(status, usual)
