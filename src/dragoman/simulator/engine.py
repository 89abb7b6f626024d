"""A request in, the chunks of its answer out, each with the time to wait before it.

Pure: whoever drives it has the clock. Equal requests give equal answers, and chunks are written
by `ChunkWriter`, so that their sequence is well-formed by construction. What is said is decided
in `dragoman.simulator.text` and `dragoman.simulator.calls`.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

import msgspec

from dragoman.models import shared
from dragoman.simulator import counting
from dragoman.simulator.calls import Call, call_of
from dragoman.simulator.checks import check, stops
from dragoman.simulator.models import Simulated, simulated
from dragoman.simulator.text import PIECES_LIMIT, SLICE, WORD, cut, ended, texts
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter, Logprobs

FINGERPRINT: Final = "sim-words"
"""Says in every chunk that usage counts words."""

CALL_REASONS: Final[dict[str, shared.FinishReason]] = {
    "function": "tool_calls",
    "custom": "tool_calls",
    "legacy": "function_call",
}


class Paced(msgspec.Struct, frozen=True):
    """A chunk in its time."""

    chunk: Chunk
    """The chunk."""

    after: float
    """Seconds to wait before it, counted from the one before."""


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """What one choice says."""

    pieces: list[str]
    """The text, or the input of the call, as it is streamed."""

    finish_reason: shared.FinishReason
    """Why it ends."""


def answer(request: shared.CreateChatCompletionRequest, *, made: Made) -> Iterator[Paced]:
    """The answer to this request; usage comes last, whether it was asked for or not.

    Raises `NotFoundError` and `BadRequestError`, at once and not while the answer comes.
    """
    model = simulated(request.model)
    check(request)
    call = call_of(request)
    speeches = spoken(request, call) if call else said(request, model)
    writer = ChunkWriter(made)
    writer.start(model=made.model or request.model)
    writer.served(system_fingerprint=FINGERPRINT)
    completion = sum(counting.words("".join(speech.pieces)) for speech in speeches)
    writer.usage(counting.usage(counting.prompt_words(request.messages), completion))
    return paced(writer, model, speeches, Voice(writer, request, call))


def most_words(request: shared.CreateChatCompletionRequest) -> int | None:
    """The bound of the answer; the newer field counts where both are set."""
    newer = request.max_completion_tokens
    return request.max_tokens if newer is None else newer


def said(request: shared.CreateChatCompletionRequest, model: Simulated) -> list[Speech]:
    """What is said in text: word by word, or JSON in slices, since it has hardly any words."""
    plain = isinstance(request.response_format, shared.ResponseFormatText | None)
    pattern = WORD if plain else SLICE
    speeches: list[Speech] = []
    left = PIECES_LIMIT
    for text in texts(request, model):
        text, reason = ended(text, stops=stops(request), most=most_words(request))
        speech = Speech(pieces=cut(pattern, text, most=left), finish_reason=reason)
        left -= len(speech.pieces)
        speeches.append(speech)
    return speeches


def spoken(request: shared.CreateChatCompletionRequest, call: Call) -> list[Speech]:
    """What is said in a call. Stop texts are about text, and do not end it; the bound does."""
    text, reason = ended(call.input, stops=[], most=most_words(request))
    if reason == "stop":
        reason = CALL_REASONS[call.kind]
    n = request.n or 1
    said = cut(SLICE, text, most=PIECES_LIMIT // n)
    return [Speech(pieces=said, finish_reason=reason)] * n


def paced(
    writer: ChunkWriter, model: Simulated, speeches: list[Speech], voice: "Voice"
) -> Iterator[Paced]:
    """All choices speak at once: the first piece of each, then the second of each, and so on."""
    for index in range(len(speeches)):
        voice.open(index)
    after = model.first
    for pieces in zip_longest(*(speech.pieces for speech in speeches)):
        for index, piece in enumerate(pieces):
            if piece is not None:
                voice.say(index, piece)
        yield from in_time(writer.take(), after)
        after = model.pause
    for index, speech in enumerate(speeches):
        writer.finish(index, speech.finish_reason)
    writer.end()
    yield from in_time(writer.take(), 0.0 if any(s.pieces for s in speeches) else model.first)


def in_time(chunks: Iterable[Chunk], after: float) -> Iterator[Paced]:
    """These chunks at once, after a while."""
    for chunk in chunks:
        yield Paced(chunk, after)
        after = 0.0


class Voice:
    """Tells the writer what is said, as text or as a call."""

    def __init__(
        self,
        writer: ChunkWriter,
        request: shared.CreateChatCompletionRequest,
        call: Call | None,
    ) -> None:
        self._writer = writer
        self._call = call
        self._logprobs = bool(request.logprobs)
        self._alternatives = bool(request.top_logprobs)

    def open(self, index: int) -> None:
        """The role, and the name of what is called."""
        self._writer.choice(index)
        match self._call:
            case Call(kind="legacy", name=name):
                self._writer.function_call(index, name, "")
            case Call(kind=kind, name=name):
                self._writer.tool_call(index, place=0, name=name, custom=kind == "custom")

    def say(self, index: int, piece: str) -> None:
        """A piece of the text, or of the call's input."""
        match self._call:
            case None:
                self._writer.text(index, piece, self._logprobs_of(piece))
            case Call(kind="legacy"):
                self._writer.function_call(index, None, piece)
            case Call():
                self._writer.tool_call(index, place=0, arguments=piece)

    def _logprobs_of(self, piece: str) -> Logprobs | None:
        """Nothing else could have been said: the probability is 1, and no token stands beside."""
        if not self._logprobs:
            return None
        itself = shared.ChatCompletionTokenTopLogprob(
            bytes=list(piece.encode()), logprob=0.0, token=piece
        )
        token = shared.ChatCompletionTokenLogprob(
            bytes=itself.bytes,
            logprob=itself.logprob,
            token=itself.token,
            top_logprobs=[itself] if self._alternatives else [],
        )
        return Logprobs(content=[token], refusal=None)
