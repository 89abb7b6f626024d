"""Folding chunks into the response they are the pieces of; the inverse of `writing`.

Pieces are kept in lists and joined once, so that folding is linear. The normal form is the
same for streamed and whole answers: `content` is null when no text came beside a tool call,
refusal, audio or function call, else the text; empty lists are left out; choices are sorted.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from dragoman.errors import RemoteProtocolError
from dragoman.models import shared


def fold(
    chunks: Iterable[shared.CreateChatCompletionStreamResponse],
) -> shared.CreateChatCompletionResponse:
    """The response that these chunks are the pieces of.

    Raises `RemoteProtocolError` (`stream_truncated`) where there is no choice, or one without
    its finish reason: what is not complete is no response.
    """
    first: shared.CreateChatCompletionStreamResponse | None = None
    tier = fingerprint = usage = metadata = moderation = None
    choices: defaultdict[int, _Choice] = defaultdict(_Choice)
    for chunk in chunks:
        if first is None:
            first = chunk
        for piece in chunk.choices:
            choices[piece.index].add(piece)
        if chunk.service_tier is not None:
            tier = chunk.service_tier
        if chunk.system_fingerprint is not None:
            fingerprint = chunk.system_fingerprint
        if chunk.usage is not None:
            usage = chunk.usage
        if chunk.metadata is not None:
            metadata = chunk.metadata
        if chunk.moderation is not None:
            moderation = chunk.moderation
    if first is None or not choices:
        raise RemoteProtocolError(
            "expected at least one choice; the stream ended without any", code="stream_truncated"
        )
    return shared.CreateChatCompletionResponse(
        choices=[choices[index].folded(index) for index in sorted(choices)],
        created=first.created,
        id=first.id,
        model=first.model,
        usage=usage,
        metadata=metadata,
        moderation=moderation,
        service_tier=tier,
        system_fingerprint=fingerprint,
    )


class _Choice(msgspec.Struct):
    """A choice of which pieces are still coming."""

    content: list[str] = []
    refusal: list[str] = []
    reasoning: list[str] = []
    details: "Details | None" = None
    calls: "dict[int, _Call]" = {}
    function_call: "_Call | None" = None
    audio: "_Audio | None" = None
    annotations: list[shared.ChatCompletionResponseMessageAnnotation] = []
    logprobs: "_Logprobs | None" = None
    extra_content: dict[str, Any] | None = None
    native_content: shared.NativeContent | None = None
    finish_reason: shared.FinishReason | None = None
    native: str | None = None

    def add(self, piece: shared.CreateChatCompletionStreamResponseChoices) -> None:
        delta = piece.delta
        if delta.content:
            self.content.append(delta.content)
        if delta.reasoning_content:
            self.reasoning.append(delta.reasoning_content)
        if delta.reasoning_details:
            self.details = self.details or Details()
            self.details.add(delta.reasoning_details)
        if delta.tool_calls:
            for call in delta.tool_calls:
                known = self.calls.get(call.index)
                if known is None:
                    known = self.calls[call.index] = _Call()
                known.add(call)
        if delta.refusal:
            self.refusal.append(delta.refusal)
        if delta.annotations:
            self.annotations += delta.annotations
        if delta.audio is not None:
            self.audio = self.audio or _Audio()
            self.audio.add(delta.audio)
        if delta.function_call is not None:
            self.function_call = self.function_call or _Call()
            self.function_call.name = self.function_call.name or delta.function_call.name
            self.function_call.text.append(delta.function_call.arguments or "")
        if delta.native_content is not None:
            self.native_content = delta.native_content
        if delta.extra_content is not None:
            self.extra_content = delta.extra_content
        if piece.logprobs is not None:
            self.logprobs = self.logprobs or _Logprobs()
            self.logprobs.add(piece.logprobs)
        if piece.finish_reason is not None:
            self.finish_reason = piece.finish_reason
            self.native = piece.native_finish_reason

    def folded(self, index: int) -> shared.CreateChatCompletionResponseChoices:
        if self.finish_reason is None:
            raise RemoteProtocolError(
                f"choices[{index}].finish_reason: expected one; the stream ended before it came",
                code="stream_truncated",
                param=f"choices[{index}].finish_reason",
            )
        return shared.CreateChatCompletionResponseChoices(
            finish_reason=self.finish_reason,
            index=index,
            logprobs=self.logprobs.folded() if self.logprobs else None,
            message=self._message(),
            native_finish_reason=self.native,
        )

    def _message(self) -> shared.ChatCompletionResponseMessage:
        beside = bool(self.calls or self.refusal or self.audio or self.function_call)
        return shared.ChatCompletionResponseMessage(
            content="".join(self.content) if self.content or not beside else None,
            refusal="".join(self.refusal) if self.refusal else None,
            annotations=self.annotations or None,
            audio=self.audio.folded() if self.audio else None,
            extra_content=self.extra_content,
            function_call=self.function_call.as_function() if self.function_call else None,
            native_content=self.native_content,
            reasoning_content="".join(self.reasoning) if self.reasoning else None,
            reasoning_details=self.details.folded() if self.details else None,
            tool_calls=[self.calls[i].folded() for i in sorted(self.calls)] or None,
        )


class _Call(msgspec.Struct):
    """A tool call, or a call by the deprecated `functions`."""

    id: str | None = None
    name: str | None = None
    text: list[str] = []
    custom: bool = False
    extra_content: dict[str, Any] | None = None

    def add(self, piece: shared.ChatCompletionMessageToolCallChunk) -> None:
        self.id = self.id or piece.id
        self.extra_content = piece.extra_content or self.extra_content
        if piece.custom is not None:
            self.custom = True
            self.name = self.name or piece.custom.name
            self.text.append(piece.custom.input or "")
        elif piece.function is not None:
            self.name = self.name or piece.function.name
            self.text.append(piece.function.arguments or "")

    def folded(self) -> shared.ToolCall:
        if self.custom:
            custom = shared.ChatCompletionMessageCustomToolCallCustom(
                input="".join(self.text), name=self.name or ""
            )
            return shared.ChatCompletionMessageCustomToolCall(custom=custom, id=self.id or "")
        function = shared.ChatCompletionMessageToolCallFunction(
            arguments="".join(self.text), name=self.name or ""
        )
        return shared.ChatCompletionMessageToolCall(
            function=function, id=self.id or "", extra_content=self.extra_content
        )

    def as_function(self) -> shared.ChatCompletionResponseMessageFunctionCall:
        return shared.ChatCompletionResponseMessageFunctionCall(
            arguments="".join(self.text), name=self.name or ""
        )


class _Audio(msgspec.Struct):
    """The spoken answer."""

    id: str | None = None
    expires_at: int = 0
    data: list[str] = []
    transcript: list[str] = []

    def add(self, piece: shared.ChatCompletionStreamResponseDeltaAudio) -> None:
        self.id = self.id or piece.id
        self.expires_at = piece.expires_at or self.expires_at
        self.data.append(piece.data or "")
        self.transcript.append(piece.transcript or "")

    def folded(self) -> shared.ChatCompletionResponseMessageAudio:
        return shared.ChatCompletionResponseMessageAudio(
            data="".join(self.data),
            expires_at=self.expires_at,
            id=self.id or "",
            transcript="".join(self.transcript),
        )


class _Logprobs(msgspec.Struct):
    """Log probabilities; null on a side where no piece had any."""

    content: list[shared.ChatCompletionTokenLogprob] | None = None
    refusal: list[shared.ChatCompletionTokenLogprob] | None = None

    def add(self, piece: shared.CreateChatCompletionResponseChoicesLogprobs) -> None:
        if piece.content is not None:
            self.content = self.content or []
            self.content += piece.content
        if piece.refusal is not None:
            self.refusal = self.refusal or []
            self.refusal += piece.refusal

    def folded(self) -> shared.CreateChatCompletionResponseChoicesLogprobs:
        return shared.CreateChatCompletionResponseChoicesLogprobs(
            content=self.content, refusal=self.refusal
        )


class Details:
    """Reasoning details; a later piece of the same type and index goes on with an earlier one."""

    JOINED = ("text", "summary", "data")

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.open: dict[tuple[str, int], dict[str, Any]] = {}

    def add(self, pieces: list[shared.ReasoningDetail]) -> None:
        """Take in the details of a chunk."""
        # Entries of one list are several, even under one index: a whole answer has them so.
        earlier = dict(self.open)
        for piece in pieces:
            fields = {k: v for k, v in msgspec.structs.asdict(piece).items() if v is not None}
            key = (piece.type, piece.index) if piece.index is not None else None
            entry = earlier.get(key) if key else None
            if entry is None:
                entry = {name: [] for name in self.JOINED}
                self.entries.append(entry)
            if key:
                self.open[key] = entry
            for name, value in fields.items():
                if name in self.JOINED:
                    entry[name].append(value)
                else:
                    entry[name] = value

    def folded(self) -> list[shared.ReasoningDetail]:
        """The details of the message."""
        return [
            shared.ReasoningDetail(**{name: self._joined(v) for name, v in entry.items()})
            for entry in self.entries
        ]

    @staticmethod
    def _joined(value: Any) -> Any:
        if isinstance(value, list):
            return "".join(value) if value else None
        return value
