"""Writing a well-formed sequence of chunks; the inverse of `folding`.

Whoever decodes a provider's stream tells the writer what was said, in the order it came, and
knows nothing of the shape of chunks: the role comes first, one kind of content per chunk,
tool calls are numbered in order of appearance, the finish reason is held to the end and sent
once, usage comes last. A finish reason is held because a later one may overrule it, and
because it is a promise that only a complete answer may make.
"""

from typing import Any, Final

import msgspec

from dragoman.models import shared
from dragoman.streaming.made import Made

Chunk = shared.CreateChatCompletionStreamResponse
_Choice = shared.CreateChatCompletionStreamResponseChoices
_Delta = shared.ChatCompletionStreamResponseDelta
_CallChunk = shared.ChatCompletionMessageToolCallChunk
_CallFunction = shared.ChatCompletionMessageToolCallChunkFunction
_CallCustom = shared.ChatCompletionMessageToolCallChunkCustom
Logprobs = shared.CreateChatCompletionResponseChoicesLogprobs

OPENING: Final = _Delta(role="assistant", content="")
"""The delta that opens a choice."""

NOTHING: Final = _Delta()
"""The delta beside a finish reason."""


class _Call(msgspec.Struct):
    """A tool call on its way."""

    id: str
    given: str | None
    name: str
    custom: bool
    empty: bool = True
    blanks: list[str] = []
    """What came before the first character that is none; nothing, if there is no such."""


class _Slot(msgspec.Struct):
    """A choice on its way."""

    calls: list[_Call] = []
    places: dict[int, int] = {}
    finish_reason: shared.FinishReason | None = None
    native: str | None = None
    native_content: shared.NativeContent | None = None
    nothing_said: bool = True


class ChunkWriter:
    """Turns what was said into chunks; one per answer. `take` hands over what is ready."""

    __slots__ = (
        "_chunks",
        "_created",
        "_id",
        "_ids_made",
        "_made",
        "_metadata",
        "_model",
        "_moderation",
        "_service_tier",
        "_slots",
        "_system_fingerprint",
        "_usage",
    )

    def __init__(self, made: Made) -> None:
        self._made = made
        self._chunks: list[Chunk] = []
        self._slots: dict[int, _Slot] = {}
        self._created = made.created
        self._id = made.id
        self._model = made.model
        self._service_tier: shared.ServiceTier | None = None
        self._system_fingerprint: str | None = None
        self._metadata: dict[str, str] | None = None
        self._moderation: shared.Moderation | None = None
        self._usage: shared.CompletionUsage | None = None
        self._ids_made = 0

    def start(
        self, id: str | None = None, created: int | None = None, model: str | None = None
    ) -> None:
        """Name the answer; what is empty or None is taken from `made`."""
        self._id = id or self._made.id
        self._created = created or self._made.created
        self._model = model or self._made.model

    def served(
        self,
        service_tier: shared.ServiceTier | None = None,
        system_fingerprint: str | None = None,
    ) -> None:
        """How the request was served; stands in the chunks from here on."""
        self._service_tier = service_tier or self._service_tier
        self._system_fingerprint = system_fingerprint or self._system_fingerprint

    def take(self) -> list[Chunk]:
        """The chunks that are ready, each handed over once."""
        chunks, self._chunks = self._chunks, []
        return chunks

    def choice(self, index: int) -> _Slot:
        """The choice with this index, opened with the role where it is new."""
        slot = self._slots.get(index)
        if slot is None:
            slot = self._slots[index] = _Slot()
            self._write(index, OPENING)
        return slot

    def text(self, index: int, text: str, logprobs: Logprobs | None = None) -> None:
        """A piece of the content."""
        self.choice(index).nothing_said = False
        self._write(index, _Delta(content=text), logprobs)

    def refusal(self, index: int, text: str, logprobs: Logprobs | None = None) -> None:
        """A piece of the refusal."""
        self.choice(index).nothing_said = False
        self._write(index, _Delta(refusal=text), logprobs)

    def reasoning(
        self,
        index: int,
        text: str | None,
        details: list[shared.ReasoningDetail] | None = None,
    ) -> None:
        """A piece of the reasoning: for reading, as it must go back, or both."""
        self.choice(index).nothing_said = False
        self._write(index, _Delta(reasoning_content=text, reasoning_details=details))

    def annotations(
        self, index: int, annotations: list[shared.ChatCompletionResponseMessageAnnotation]
    ) -> None:
        """Further citations."""
        self.choice(index).nothing_said = False
        self._write(index, _Delta(annotations=annotations))

    def audio(self, index: int, audio: shared.ChatCompletionStreamResponseDeltaAudio) -> None:
        """A piece of the spoken answer."""
        self.choice(index).nothing_said = False
        self._write(index, _Delta(audio=audio))

    def extra_content(self, index: int, extra_content: dict[str, Any]) -> None:
        """The provider's own data about the message."""
        self.choice(index)
        self._write(index, _Delta(extra_content=extra_content))

    def native_content(self, index: int, native_content: shared.NativeContent) -> None:
        """The provider's own blocks; they come with the finish reason."""
        self.choice(index).native_content = native_content

    def function_call(self, index: int, name: str | None, arguments: str | None) -> None:
        """A piece of a call by the deprecated `functions`."""
        self.choice(index).nothing_said = False
        call = shared.ChatCompletionStreamResponseDeltaFunctionCall(name=name, arguments=arguments)
        self._write(index, _Delta(function_call=call))

    def tool_call(
        self,
        index: int,
        place: int | None = None,
        id: str | None = None,
        name: str | None = None,
        arguments: str | None = None,
        custom: bool = False,
        extra_content: dict[str, Any] | None = None,
    ) -> None:
        """A piece of a tool call.

        `place` is the source's own number for the call, None where it gives none. Sources
        reuse places and leave out ids, so a piece belongs to the call found by the rules of
        `_found`; what it is numbered here is the order of appearance. A new call whose id
        another call has gets one of its own, since an answer to it could not be told apart.
        Arguments of blanks alone are none, so blanks wait for what comes after them.
        """
        slot = self.choice(index)
        slot.nothing_said = False
        number = _found(slot, place, id, name)
        if number is None:
            number = len(slot.calls)
            own = id if id and not (slot.calls and _is_taken(id, slot.calls)) else self._made_id()
            call = _Call(own, id, name or "", custom)
            slot.calls.append(call)
            told_id, told_name = call.id, name or None
        else:
            call = slot.calls[number]
            told_id, told_name = None, None if call.name else name or None
            call.name = call.name or name or ""
        if place is not None:
            slot.places[place] = number
        if call.empty and arguments:
            if call.custom or not arguments.isspace():
                call.empty = False
                arguments = "".join([*call.blanks, arguments]) if call.blanks else arguments
            else:
                call.blanks.append(arguments)
                arguments = None
        if told_id or told_name or arguments or extra_content:
            piece = _piece(number, call.custom, told_id, told_name, arguments or "", extra_content)
            self._write(index, _Delta(tool_calls=[piece]))

    def finish(self, index: int, reason: shared.FinishReason, native: str | None = None) -> None:
        """Why the choice ended; `native` is the provider's own word for it.

        Said twice, the first word counts, but `stop` gives way to any other and all give way
        to `content_filter`, which may come late.
        """
        slot = self.choice(index)
        if slot.finish_reason in (None, "stop") or reason == "content_filter":
            slot.finish_reason = reason
            slot.native = native

    def usage(self, usage: shared.CompletionUsage) -> None:
        """The usage so far; the last one counts, none is added to another."""
        self._usage = usage

    def about(
        self,
        *,
        metadata: dict[str, str] | None = None,
        moderation: shared.Moderation | None = None,
    ) -> None:
        """What is said about the answer as a whole; comes with the first finish reason."""
        self._metadata = metadata or self._metadata
        self._moderation = moderation or self._moderation

    @property
    def unfinished(self) -> list[int]:
        """The choices that have no finish reason yet."""
        return [i for i, slot in self._slots.items() if slot.finish_reason is None]

    @property
    def opened(self) -> bool:
        """Whether any choice has been opened."""
        return bool(self._slots)

    def spoken(self, index: int) -> bool:
        """Whether the choice has said anything besides its role."""
        slot = self._slots.get(index)
        return slot is not None and not slot.nothing_said

    def end(self) -> None:
        """The answer is complete: write what was held, finish reasons first, usage last."""
        for index, slot in sorted(self._slots.items()):
            for number, call in enumerate(slot.calls):
                if call.empty and not call.custom:
                    piece = _piece(number, False, None, None, "{}", None)
                    self._write(index, _Delta(tool_calls=[piece]))
            reason = slot.finish_reason or "stop"
            if reason == "stop" and slot.calls:
                reason = "tool_calls"
            native = slot.native if slot.native != reason else None
            delta = NOTHING
            if slot.native_content is not None:
                delta = _Delta(native_content=slot.native_content)
            choice = _Choice(
                delta=delta, finish_reason=reason, index=index, native_finish_reason=native
            )
            self._write_last([choice])
        if self._usage is not None:
            self._write_last([], self._usage)

    def _made_id(self) -> str:
        self._ids_made += 1
        return self._made.call_id(self._ids_made)

    def _write(self, index: int, delta: _Delta, logprobs: Logprobs | None = None) -> None:
        choice = _Choice(delta=delta, finish_reason=None, index=index, logprobs=logprobs)
        self._chunks.append(
            Chunk(
                choices=[choice],
                created=self._created,
                id=self._id,
                model=self._model,
                service_tier=self._service_tier,
                system_fingerprint=self._system_fingerprint,
            )
        )

    def _write_last(
        self, choices: list[_Choice], usage: shared.CompletionUsage | None = None
    ) -> None:
        """A chunk of the end: a finish reason, of which the first tells the rest, or usage."""
        self._chunks.append(
            Chunk(
                choices=choices,
                created=self._created,
                id=self._id,
                metadata=self._metadata,
                model=self._model,
                moderation=self._moderation,
                service_tier=self._service_tier,
                system_fingerprint=self._system_fingerprint,
                usage=usage,
            )
        )
        self._metadata = self._moderation = None


def _is_taken(id: str, calls: list[_Call]) -> bool:
    """Whether another call goes by this id: old TGI calls every call "0"."""
    return any(call.id == id for call in calls)


def _piece(
    number: int,
    custom: bool,
    id: str | None,
    name: str | None,
    arguments: str,
    extra_content: dict[str, Any] | None,
) -> _CallChunk:
    """A piece of the call with this number; `id` stands in its first one only."""
    if custom:
        return _CallChunk(
            index=number,
            custom=_CallCustom(input=arguments, name=name),
            extra_content=extra_content,
            id=id,
        )
    return _CallChunk(
        index=number,
        extra_content=extra_content,
        function=_CallFunction(arguments=arguments, name=name),
        id=id,
        type="function" if id else None,
    )


def _found(slot: _Slot, place: int | None, id: str | None, name: str | None) -> int | None:
    """The number of the call that a piece belongs to; None where it begins a new one.

    Ollama and some parsers of vLLM give every parallel call the same place; Google's OpenAI
    endpoint gives no place; DashScope repeats an empty id. See huggingface/smolagents#1958,
    ai-dynamo/dynamo#4723.
    """
    if place is not None:
        number = slot.places.get(place)
        if number is None:
            return _without_place(slot, place, id, name)
        if id and name and slot.calls[number].given not in (None, "", id):
            return None
        return number
    if id:
        return next((n for n, call in enumerate(slot.calls) if call.id == id), None)
    if name or not slot.calls:
        return None
    return len(slot.calls) - 1


def _without_place(slot: _Slot, place: int, id: str | None, name: str | None) -> int | None:
    """The call that began without a place, where this piece goes on with it under its number."""
    waiting = 0 <= place < len(slot.calls) and place not in slot.places.values()
    if not waiting or name or id not in (None, slot.calls[place].id):
        return None
    return place
