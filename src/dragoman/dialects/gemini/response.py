"""What Gemini answers, whole or streamed: one decoder for both.

A whole answer is a stream that came at once: it is told to the same decoder and folded, so that
the two cannot drift apart. A stream has no terminator: what a candidate ended with is known at
the end of the message only, since finish reasons are repeated and corrected on the way.
"""

import msgspec

from dragoman.dialects.gemini.candidate import Candidate
from dragoman.dialects.gemini.failure import failure_in, reads_as_failure
from dragoman.dialects.gemini.finishing import BLOCKS_NUMBERED, word_of
from dragoman.dialects.gemini.quirks import AI_STUDIO, Profile
from dragoman.dialects.gemini.usage import SERVICE_TIERS, completion_usage, latest
from dragoman.errors import Error, RemoteProtocolError, status_error
from dragoman.models import shared
from dragoman.streaming import jsonarray, sse
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from dragoman.wire import gemini as wire
from dragoman.wire import reading

RESPONSE = msgspec.json.Decoder(wire.Response | list[wire.Response])


def decode_response(
    body: bytes, *, made: Made, profile: Profile = AI_STUDIO
) -> shared.CreateChatCompletionResponse:
    """The response that this body is; raises `APIStatusError` where it is an error.

    The array of chunks that a stream without `alt=sse` is, once it is whole, counts as one, too.
    """
    decoder = StreamDecoder(made=made, profile=profile)
    try:
        decoder.hear_whole(body)
        response = fold(decoder.finish())
    except RecursionError:
        raise _nested_too_deeply() from None
    return response.put_beside({"meta": shared.Meta(raw=body)})


class StreamDecoder:
    """Gemini's events in, chunks out; one per stream.

        OPEN --end of the message, every candidate finished--> ended
          `--an error, or nonsense, or an end before that--> FAILED

    A failure is raised only when the chunks that came before it have been given, however the
    bytes were cut. A stream that was asked for without `alt=sse` is an array; its first byte
    tells.
    """

    __slots__ = (
        "_array",
        "_candidates",
        "_events",
        "_framed",
        "_made",
        "_started",
        "_usage",
        "_whole",
        "_writer",
        "error",
        "terminated",
    )

    def __init__(self, *, made: Made, profile: Profile = AI_STUDIO) -> None:
        self.error: Error | None = None
        self.terminated = False
        self._made = made
        self._events = sse.Splitter()
        self._array: jsonarray.Splitter | None = None
        self._framed = False
        self._whole = False
        self._writer = ChunkWriter(made)
        self._started = False
        self._candidates: dict[int, Candidate] = {}
        self._usage: wire.UsageMetadata | None = None

    def receive(self, data: bytes) -> list[Chunk]:
        """The chunks that these bytes complete; raises the stream's failure once they are out."""
        self._hear_events(data)
        return self._ready()

    def finish(self, *, ended_by_close: bool = False) -> list[Chunk]:
        """The last chunks of a complete message: citations, finish reasons, then usage.

        Raises `RemoteProtocolError` (`stream_truncated`) where a candidate has no finish reason,
        and wherever only the close of the connection told the end of events, since Gemini has
        no word for it.
        """
        if not self.terminated:
            self._hear_events(None)
        if self.error is None:
            try:
                self._end(ended_by_close)
            except Error as error:
                self.error = error
            except RecursionError:
                self.error = _nested_too_deeply()
        return self._ready()

    def hear_whole(self, body: bytes) -> None:
        """Tell a whole answer, as the stream that would have carried it."""
        self._hear_text(body)
        if not self._candidates:
            raise status_error(
                "candidates: expected at least one, or why the prompt was blocked; got neither",
                status_code=502,
                code="empty_response",
            )
        for candidate in self._candidates.values():
            candidate.close()
        self._whole = self.terminated = True

    def _ready(self) -> list[Chunk]:
        chunks = self._writer.take()
        if self.error is not None and not chunks:
            raise self.error
        return chunks

    def _hear_events(self, data: bytes | None) -> None:
        if self.error is not None:
            return
        try:
            for event in self._last_events() if data is None else self._split(data):
                if self.terminated:
                    break
                self._hear_event(event, last=data is None)
            if self._array is not None and self._array.error is not None:
                raise self._array.error
        except Error as error:
            self.error = error
        except RecursionError:
            self.error = _nested_too_deeply()

    def _split(self, data: bytes) -> list[sse.Event]:
        if not self._framed and (head := data.lstrip()):
            self._framed = True
            if head.startswith(b"["):
                self._array = jsonarray.Splitter()
        if self._array is not None:
            return [sse.Event(element) for element in self._array.receive(data)]
        return self._events.receive(data)

    def _last_events(self) -> list[sse.Event]:
        if self._array is not None:
            return [sse.Event(element) for element in self._array.finish()]
        return self._events.finish()

    def _hear_event(self, event: sse.Event, *, last: bool) -> None:
        if event.name == "error":
            raise failure_in(event.data)
        if event.data.lstrip().startswith(b"[DONE]"):  # of somebody who stands between
            self.terminated = True
            return
        try:
            told = RESPONSE.decode(event.data)
        except reading.UNREADABLE:
            self._hear_glued(event.data, last)
        else:
            self._hear_told(told, event.data)

    def _hear_glued(self, data: bytes, last: bool) -> None:
        """Data that is no chunk at first sight: of odd JSON, or several values in one event."""
        try:
            texts = [data] if reading.is_json(data) else reading.glued(data)
        except reading.UnreadableError as error:
            raise RemoteProtocolError(
                f"expected a chunk in JSON; {error}",
                code="stream_truncated" if last else "bad_gateway",
            ) from None
        for text in texts:
            self._hear_text(text)

    def _hear_text(self, text: bytes) -> None:
        try:
            told = reading.read(text, RESPONSE)
        except reading.UnreadableError as error:
            raise RemoteProtocolError(f"expected JSON; {error}") from None
        except reading.MistypedError as error:
            if reads_as_failure(text):
                raise failure_in(text) from None
            raise RemoteProtocolError(str(error), param=error.path) from None
        self._hear_told(told, text)

    def _hear_told(self, told: wire.Response | list[wire.Response], text: bytes) -> None:
        for response in told if isinstance(told, list) else [told]:
            if response.error:
                alone = not isinstance(told, list)
                raise failure_in(text if alone else reading.write({"error": response.error}))
            self._hear(response)

    def _hear(self, response: wire.Response) -> None:
        writer = self._writer
        if not self._started:
            self._started = True
            created = _seconds(response.create_time)
            writer.start(response.response_id, created, response.model_version)
        usage = response.usage_metadata
        if usage is not None:
            self._usage = latest(self._usage, usage)
            if isinstance(usage.service_tier, str):
                writer.served(SERVICE_TIERS.get(usage.service_tier.lower()))
        candidates = response.candidates or []
        for position, (index, candidate) in enumerate(
            zip(_indexes(candidates), candidates, strict=True)
        ):
            try:
                self._candidate(index).hear(candidate)
            except reading.MistypedError as wrong:
                wrong = wrong.within(f"candidates[{position}]")
                raise RemoteProtocolError(str(wrong), param=wrong.path) from None
        feedback = response.prompt_feedback
        if feedback is not None and feedback.block_reason:
            self._candidate(0).block(word_of(feedback.block_reason, BLOCKS_NUMBERED))

    def _candidate(self, index: int) -> Candidate:
        candidate = self._candidates.get(index)
        if candidate is None:
            candidate = self._candidates[index] = Candidate(index, self._writer, self._made)
        return candidate

    def _end(self, ended_by_close: bool) -> None:
        if not self._candidates:
            raise RemoteProtocolError(
                "expected at least one candidate; the stream ended without any",
                code="stream_truncated",
            )
        unfinished = any(not candidate.finished for candidate in self._candidates.values())
        # An array has an end of its own; [DONE] is that of others, not of the candidates.
        unsure = ended_by_close and self._array is None and not self.terminated
        if not self._whole and (unsure or unfinished):
            raise RemoteProtocolError(
                "expected a complete message, and a finish reason for every candidate; "
                "the stream ended",
                code="stream_truncated",
            )
        for candidate in self._candidates.values():
            candidate.close()  # of all before any ends: a failure is no answer
        for candidate in self._candidates.values():
            candidate.end()
        usage = None if self._usage is None else completion_usage(self._usage)
        if usage is not None:
            self._writer.usage(usage)
        self._writer.end()


def stream_decoder(*, made: Made, profile: Profile = AI_STUDIO) -> StreamDecoder:
    """A decoder for one stream."""
    return StreamDecoder(made=made, profile=profile)


def _indexes(candidates: list[wire.Candidate]) -> list[int]:
    """The indexes of these candidates; one given twice tells nothing, and their places count."""
    if len(candidates) == 1:
        return [int(candidates[0].index or 0)]
    told = [
        position if candidate.index is None else int(candidate.index)
        for position, candidate in enumerate(candidates)
    ]
    return told if len(set(told)) == len(told) else list(range(len(told)))


def _seconds(create_time: str | None) -> int | None:
    """Unix time of Vertex's time of day; None where there is none that can be read."""
    if not create_time:
        return None
    import datetime  # of two hosts only one tells the time

    try:
        told = datetime.datetime.fromisoformat(create_time)
    except ValueError:
        return None
    if told.tzinfo is None:
        told = told.replace(tzinfo=datetime.UTC)
    return max(0, int(told.timestamp()))


def _nested_too_deeply() -> RemoteProtocolError:
    """Of JSON that could be read, with fewer frames on the stack, but not written again."""
    return RemoteProtocolError("expected JSON; nested too deeply")
