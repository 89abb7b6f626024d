"""Writing a well-formed sequence of chunks; the inverse of `folding`.

Whoever decodes a provider's stream tells the writer what was said, in the order it came, and
knows nothing of the shape of chunks: the role comes first, one kind of content per chunk,
tool calls are numbered in order of appearance, the finish reason is held to the end and sent
once, usage comes last. A finish reason is held because a later one may overrule it, and
because it is a promise that only a complete answer may make.
"""

from typing import Any

from dragoman.models import shared
from dragoman.streaming.made import Made

Chunk = shared.CreateChatCompletionStreamResponse
_Choice = shared.CreateChatCompletionStreamResponseChoices
_Delta = shared.ChatCompletionStreamResponseDelta
_CallChunk = shared.ChatCompletionMessageToolCallChunk
_CallFunction = shared.ChatCompletionMessageToolCallChunkFunction
_CallCustom = shared.ChatCompletionMessageToolCallChunkCustom
Logprobs = shared.CreateChatCompletionResponseChoicesLogprobs


class _Call:
    """A tool call on its way."""

    __slots__ = ("custom", "empty", "given", "id", "name")

    def __init__(self, id: str, given: str | None, name: str, custom: bool) -> None:
        self.id = id
        self.given = given
        self.name = name
        self.custom = custom
        self.empty = True


class _Slot:
    """A choice on its way."""

    __slots__ = ("calls", "finish_reason", "native", "nothing_said", "places")

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self.places: dict[int, int] = {}
        self.finish_reason: shared.FinishReason | None = None
        self.native: str | None = None
        self.nothing_said = True


class ChunkWriter:
    """Turns what was said into chunks; one per answer. `take` hands over what is ready."""

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
        self,
        *,
        id: str | None = None,
        created: int | None = None,
        model: str | None = None,
    ) -> None:
        """Name the answer; what is empty or None is taken from `made`."""
        self._id = id or self._made.id
        self._created = created or self._made.created
        self._model = model or self._made.model

    def served(
        self,
        *,
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
            self._write(index, _Delta(role="assistant", content=""))
        return slot

    def text(self, index: int, text: str, logprobs: Logprobs | None = None) -> None:
        """A piece of the content."""
        slot = self._slots.get(index) or self.choice(index)
        slot.nothing_said = False
        self._chunks.append(
            Chunk(
                choices=[
                    _Choice(
                        delta=_Delta(content=text),
                        finish_reason=None,
                        index=index,
                        logprobs=logprobs,
                    )
                ],
                created=self._created,
                id=self._id,
                model=self._model,
                service_tier=self._service_tier,
                system_fingerprint=self._system_fingerprint,
            )
        )

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
        """The provider's own blocks."""
        self.choice(index)
        self._write(index, _Delta(native_content=native_content))

    def function_call(self, index: int, name: str | None, arguments: str | None) -> None:
        """A piece of a call by the deprecated `functions`."""
        self.choice(index).nothing_said = False
        call = shared.ChatCompletionStreamResponseDeltaFunctionCall(name=name, arguments=arguments)
        self._write(index, _Delta(function_call=call))

    def tool_call(
        self,
        index: int,
        *,
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
        `_found`; what it is numbered here is the order of appearance.
        """
        slot = self.choice(index)
        slot.nothing_said = False
        number = _found(slot, place, id, name)
        new = number is None
        if number is None:
            number = len(slot.calls)
            slot.calls.append(_Call(id or self._made_id(), id, name or "", custom))
        call = slot.calls[number]
        if place is not None:
            slot.places[place] = number
        if arguments:
            call.empty = False
        late_name = name if not new and name and not call.name else None
        if late_name:
            call.name = late_name
        if new or arguments or late_name or extra_content:
            self._write_call(index, number, call, new, late_name, arguments or "", extra_content)

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
                    self._write_call(index, number, call, False, None, "{}", None)
            reason = slot.finish_reason or "stop"
            if reason == "stop" and slot.calls:
                reason = "tool_calls"
            native = slot.native if slot.native != reason else None
            self._write(index, _Delta(), None, reason, native)
        if self._usage is not None:
            self._chunks.append(self._chunk([], self._usage))

    def _made_id(self) -> str:
        self._ids_made += 1
        return self._made.call_id(self._ids_made)

    def _write_call(
        self,
        index: int,
        number: int,
        call: _Call,
        new: bool,
        late_name: str | None,
        arguments: str,
        extra_content: dict[str, Any] | None,
    ) -> None:
        name = (call.name or None) if new else late_name
        piece = _CallChunk(
            index=number,
            custom=_CallCustom(input=arguments, name=name) if call.custom else None,
            extra_content=extra_content,
            function=None if call.custom else _CallFunction(arguments=arguments, name=name),
            id=call.id if new else None,
            type="function" if new and not call.custom else None,
        )
        self._write(index, _Delta(tool_calls=[piece]))

    def _write(
        self,
        index: int,
        delta: _Delta,
        logprobs: Logprobs | None = None,
        finish_reason: shared.FinishReason | None = None,
        native: str | None = None,
    ) -> None:
        choice = _Choice(
            delta=delta,
            finish_reason=finish_reason,
            index=index,
            logprobs=logprobs,
            native_finish_reason=native,
        )
        chunk = self._chunk([choice], None)
        if finish_reason is not None:
            self._metadata = self._moderation = None
        self._chunks.append(chunk)

    def _chunk(self, choices: list[_Choice], usage: shared.CompletionUsage | None) -> Chunk:
        ending = bool(choices) and choices[0].finish_reason is not None
        return Chunk(
            choices=choices,
            created=self._created,
            id=self._id,
            model=self._model,
            metadata=self._metadata if ending else None,
            moderation=self._moderation if ending else None,
            service_tier=self._service_tier,
            system_fingerprint=self._system_fingerprint,
            usage=usage,
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
