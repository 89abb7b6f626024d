"""One candidate on its way: its parts, told to the writer in the order they come."""

from typing import Any, Final

import msgspec

from dragoman.dialects.gemini import finishing
from dragoman.dialects.gemini.blocks import FORMAT, Blocks
from dragoman.dialects.gemini.citing import annotations
from dragoman.dialects.gemini.logprobs import logprobs
from dragoman.dialects.gemini.partial import PartialCall
from dragoman.dialects.gemini.sound import Sound
from dragoman.errors import status_error
from dragoman.models import shared
from dragoman.streaming.made import Made
from dragoman.streaming.writing import ChunkWriter, Logprobs
from dragoman.wire import gemini as wire
from dragoman.wire import reading

KNOWN: Final = frozenset(
    {"text", "thought", "thoughtSignature", "functionCall", "videoMetadata", "mediaResolution"}
)
"""The keys of parts that our fields can tell."""


class Candidate:
    """What was heard of a candidate so far, beyond what the writer has."""

    def __init__(self, index: int, writer: ChunkWriter, made: Made) -> None:
        self._index = index
        self._writer = writer
        self._made = made
        self._word: str | None = None
        self._blocked = False
        self._message: str | None = None
        self._said = False
        self._blocks = Blocks()
        self._detail = 0
        self._thinking = False
        self._calls = 0
        self._partial: PartialCall | None = None
        self._sound: Sound | None = None
        self._cited: list[tuple[Any, Any]] = []
        writer.choice(index)

    @property
    def finished(self) -> bool:
        """Whether the provider has said why it ended."""
        return self._word is not None

    def hear(self, candidate: wire.Candidate) -> None:
        """Take in a piece, or all of it; raises `MistypedError` for what is of another shape."""
        told = logprobs(candidate.logprobs_result)
        content = candidate.content
        for position, part in enumerate((content and content.parts) or ()):
            told = self._hear_part(part, told, f"content.parts[{position}]")
        if told is not None:
            self._writer.text(self._index, "", told)
        if candidate.grounding_metadata or candidate.citation_metadata:
            self._cited.append((candidate.grounding_metadata, candidate.citation_metadata))
        if candidate.finish_reason is not None and candidate.finish_reason != "":
            # Said again, the last one counts: some models say STOP with every chunk.
            self._word = finishing.word_of(candidate.finish_reason)
            self._message = candidate.finish_message

    def block(self, reason: str) -> None:
        """The provider refuses the prompt."""
        if not self._blocked:
            self._blocked = self._said = True
            self._word = reason
            self._writer.refusal(self._index, f"Prompt blocked: {reason}")

    def close(self) -> None:
        """The message is complete: finish what is open, or raise where there is no answer."""
        self._close_call()
        word = self._word or "FINISH_REASON_UNSPECIFIED"
        if self._said or (self._word and not finishing.failed(word)):
            return
        if self._word is None:
            raise status_error(
                f"candidates[{self._index}]: expected an answer, or why there is none; got neither",
                status_code=502,
                code="empty_response",
            )
        raise status_error(
            self._message or f"the provider ended with {word} before it said anything",
            status_code=502,
            code=word.lower(),
        )

    def end(self) -> None:
        """Write what was held: sound, citations, the parts themselves, why it ended."""
        writer, index = self._writer, self._index
        if self._sound is not None and (rest := self._sound.rest()):
            writer.audio(index, rest)
        if self._cited:
            found = annotations(self._cited, self._blocks.text())
            if found:
                writer.annotations(index, found)
        if self._blocks.needed:
            writer.native_content(index, self._blocks.native_content())
        word = self._word or "FINISH_REASON_UNSPECIFIED"
        if self._blocked:
            writer.finish(index, "content_filter", word)
        else:
            writer.finish(index, finishing.finish_reason(word), finishing.native(word))

    def _hear_part(self, part: dict[str, Any], told: Logprobs | None, path: str) -> Logprobs | None:
        """Tell a part; returns the log probabilities where they are still to be told."""
        try:
            known = msgspec.convert(part, wire.Part)
        except msgspec.ValidationError as error:
            raise reading.mistyped(error).within(path) from None
        if known.function_call is not None:
            self._hear_call(known.function_call, part, f"{path}.functionCall")
        elif known.text is not None:
            if known.thought:
                self._hear_thought(known, part)
            else:
                self._hear_text(known, part, told)
                told = None if known.text else told
        elif known.inline_data is not None and _is_sound(known.inline_data):
            self._hear_sound(known.inline_data)
        elif part.keys() - KNOWN:
            self._said, self._thinking = True, False
            self._blocks.add(part, "other")
        elif known.thought_signature:
            self._hear_signature(known.thought_signature, bool(known.thought), part)
        return told

    def _hear_text(self, known: wire.Part, part: dict[str, Any], told: Logprobs | None) -> None:
        self._thinking = False
        if known.text:
            self._said = True
            self._writer.text(self._index, known.text, told)
        if known.thought_signature:
            self._hear_signature(known.thought_signature, False, part)
        elif known.text:
            self._blocks.add(part, "text")

    def _hear_thought(self, known: wire.Part, part: dict[str, Any]) -> None:
        """Thoughts in a row are one, up to a signature."""
        if known.text:
            self._reason(known.text, known.thought_signature)
            self._thinking = not known.thought_signature
            self._blocks.add(part, "thought")
        elif known.thought_signature:
            self._hear_signature(known.thought_signature, True, part)

    def _hear_signature(self, signature: str, thought: bool, part: dict[str, Any]) -> None:
        """A signature beside text is carried in a detail of its own."""
        self._thinking = False
        self._reason("", signature)
        self._blocks.add(part, "other" if thought else "text")

    def _reason(self, text: str, signature: str | None) -> None:
        if not self._thinking:
            self._detail += 1
        detail = shared.ReasoningDetail(
            type="reasoning.text",
            text=text,
            signature=signature,
            format=FORMAT,
            index=self._detail - 1,
        )
        self._writer.reasoning(self._index, text or None, [detail])

    def _hear_call(self, call: wire.FunctionCall, part: dict[str, Any], path: str) -> None:
        self._thinking = False
        if call.name:
            self._close_call()
            signature = part.get("thoughtSignature")
            if call.will_continue or call.partial_args:
                self._partial = PartialCall(call.name, call.id, signature)
            else:
                self._call(call.name, call.id, call.args or {}, signature, part)
        elif self._partial is None and (call.args or call.partial_args or call.id):
            raise reading.MistypedError("expected a name; got none", f"{path}.name", "missing")
        if self._partial is not None:
            for position, piece in enumerate(call.partial_args or ()):
                self._partial.hear(piece, f"{path}.partialArgs[{position}]")
            if not call.will_continue:
                self._close_call()

    def _close_call(self) -> None:
        partial, self._partial = self._partial, None
        if partial is not None:
            args = partial.args()
            part: dict[str, Any] = {"functionCall": {"name": partial.name, "args": args}}
            if partial.id is not None:
                part["functionCall"]["id"] = partial.id
            if partial.signature is not None:
                part["thoughtSignature"] = partial.signature
            self._call(partial.name, partial.id, args, partial.signature, part)

    def _call(
        self,
        name: str,
        id: str | None,
        args: dict[str, Any],
        signature: str | None,
        part: dict[str, Any],
    ) -> None:
        self._said = True
        extra = {"google": {"thought_signature": signature}} if signature else None
        # A place of its own for each: there are no pieces, and two calls may share an id.
        self._writer.tool_call(
            self._index,
            self._calls,
            id,
            name,
            reading.write(args).decode(),
            extra_content=extra,
        )
        self._calls += 1
        self._blocks.add(part, "call")

    def _hear_sound(self, blob: wire.Blob) -> None:
        self._said = True
        if self._sound is None:
            self._sound = Sound(f"audio-{self._made.id}")
        self._writer.audio(self._index, self._sound.heard(blob.data or ""))


def _is_sound(blob: wire.Blob) -> bool:
    return bool(blob.mime_type and blob.mime_type.lower().startswith("audio/"))
