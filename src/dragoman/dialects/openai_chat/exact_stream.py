"""A stream of a provider that speaks as OpenAI's document says: its events, as they came.

Finish reasons are held back until the message is complete, since they promise that it is; with them
the usage that follows. An event that breaks the document is put right, as a whole answer is; a
stream is never begun anew, so each for itself.
"""

from typing import Any, Final

import msgspec

from dragoman.dialects.openai_chat import pieces
from dragoman.dialects.openai_chat.exact import adds_up
from dragoman.dialects.openai_chat.failure import failure_in, reads_as_failure
from dragoman.dialects.openai_chat.finishing import finish_reason
from dragoman.dialects.openai_chat.usage import completion_usage
from dragoman.errors import Error, RemoteProtocolError
from dragoman.streaming import sse
from dragoman.streaming.made import Made
from dragoman.wire import official, reading
from dragoman.wire import openai_chat as wire

CHUNK: Final = msgspec.json.Decoder(official.Chunk)

OPTIONAL: Final[dict[str, Any]] = {
    "service_tier": official.ServiceTier | None,
    "system_fingerprint": str | None,
    "obfuscation": str,
    "moderation": official.Moderation | None,
}
OPTIONAL_IN_CHOICE: Final[dict[str, Any]] = {"logprobs": official.Logprobs | None}
OPTIONAL_IN_DELTA: Final[dict[str, Any]] = {
    "role": official.Role,
    "content": str | None,
    "refusal": str | None,
    "function_call": official.FunctionPiece,
    "tool_calls": list[official.CallPiece],
}


class ExactStream:
    """A provider's events in, a caller's events out; one per stream.

    OPEN --[DONE]--> TERMINATED          OPEN --an error, or nonsense--> FAILED
    """

    __slots__ = (
        "_events",
        "_finished",
        "_held",
        "_include_usage",
        "_named",
        "_open",
        "_ready",
        "_usage_event",
        "committed",
        "error",
        "terminated",
        "usage",
    )

    def __init__(self, *, made: Made, include_usage: bool) -> None:
        self.committed = False
        """Whether anything besides a role has been said."""
        self.error: Error | None = None
        self.terminated = False
        self.usage: official.Usage | None = None
        self._events = sse.Splitter()
        self._include_usage = include_usage
        self._named = (made.id, made.created, made.model)
        self._open: set[int] = set()
        self._finished: set[int] = set()
        self._held: list[bytes] = []
        self._usage_event = b""
        self._ready: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        """The events that these bytes complete; `error` is set behind the last good one."""
        events = self._events.receive(data)
        if len(events) == 1 and self.committed:  # nearly always
            told = self._continued(events[0])
            if told:
                return told
        self._hear_all(events)
        return self._taken()

    def finish(self, *, ended_by_close: bool) -> bytes:
        """What was held back, now that the message is complete; sets `error` where it is not."""
        if not self.terminated:
            self._hear_all(self._events.finish())
        unfinished = self._open - self._finished
        if self.error is None and not self._open:
            self.error = RemoteProtocolError(
                "expected at least one choice; the stream ended without any",
                code="bad_gateway" if self.terminated else "stream_truncated",
            )
        elif self.error is None and not self.terminated and (ended_by_close or unfinished):
            self.error = RemoteProtocolError(
                "expected the terminator, or a finish reason for every choice; the stream ended",
                code="stream_truncated",
            )
        if self.error is None:
            self._ready += self._held
            self._ready += [self._finish(index) for index in sorted(unfinished)]
            if self._usage_event and self._include_usage:
                self._ready.append(self._usage_event)
            return self._taken()
        return self.give_up()

    def give_up(self) -> bytes:
        """What was said together with a finish reason, without that: the end did not come."""
        for event in self._held:
            plain = reading.read_untyped(event[len(b"data: ") :])
            for choice in plain["choices"]:
                choice["finish_reason"] = None
            if any(choice["delta"] for choice in plain["choices"]):
                self._ready.append(sse.encode(reading.write(plain)))
        self._held.clear()
        return self._taken()

    def _taken(self) -> bytes:
        ready = self._ready
        if len(ready) == 1:
            return ready.pop()
        told = b"".join(ready)
        ready.clear()
        return told

    def _continued(self, event: sse.Event) -> bytes:
        """This event as it came, where it only goes on with the one choice that it is about."""
        data = event.data
        if self.terminated or self.error is not None or event.name or data.find(b"\n") >= 0:
            return b""
        try:
            chunk = CHUNK.decode(data)
        except reading.UNREADABLE:
            return b""
        choices = chunk.choices
        if chunk.error is not None or chunk.usage or len(choices) != 1:
            return b""
        choice = choices[0]
        if choice.finish_reason is not None or choice.index not in self._open:
            return b""
        return b"data: %b\n\n" % data

    def _hear_all(self, events: list[sse.Event]) -> None:
        try:
            for event in events:
                if self.terminated or self.error is not None:
                    break
                self._hear(event)
        except Error as error:
            self.error = error
        except RecursionError:
            self.error = RemoteProtocolError("expected JSON; nested too deeply")

    def _hear(self, event: sse.Event) -> None:
        data = event.data
        if event.name != "error":
            try:
                chunk = CHUNK.decode(data)
            except reading.UNREADABLE:
                pass
            else:
                if chunk.error is None and (not chunk.usage or adds_up(chunk.usage)):
                    self._tell(chunk, data)
                    return
        if data.lstrip().startswith(b"[DONE]"):
            self.terminated = True
            return
        if event.name == "error":
            raise failure_in(data)
        for text in self._texts(data):
            if reads_as_failure(text):
                raise failure_in(text)
            right = self._put_right(text)
            self._tell(CHUNK.decode(right), right)

    def _texts(self, data: bytes) -> list[bytes]:
        """The values in one event: one, or several glued together."""
        try:
            return [data] if reading.is_json(data) else reading.glued(data)
        except reading.UnreadableError as error:
            raise RemoteProtocolError(f"expected a chunk in JSON; {error}") from None

    def _tell(self, chunk: official.Chunk, data: bytes) -> None:
        if data.find(b"\n") >= 0:  # between two values, since a text cannot hold one
            data = data.replace(b"\n", b" ")
        event = b"data: " + data + b"\n\n"
        usage, choices = chunk.usage, chunk.choices
        if usage:
            self.usage = usage
        if not choices:
            if usage:
                self._usage_event = event
            else:
                self._ready.append(event)
            return
        finishes = False
        for choice in choices:
            if choice.index not in self._open:
                self._open.add(choice.index)
            if choice.finish_reason is not None:
                finishes = True
                self._finished.add(choice.index)
        if not self.committed:
            self._named = (chunk.id, chunk.created, chunk.model)
            self.committed = finishes or any(says_something(choice.delta) for choice in choices)
        (self._held if finishes else self._ready).append(event)

    def _finish(self, index: int) -> bytes:
        """The end of a choice whose provider gave its terminator in place of a reason."""
        id, created, model = self._named
        choice = {"delta": {}, "finish_reason": "stop", "index": index}
        object = "chat.completion.chunk"
        return sse.encode(
            reading.write(
                {
                    "choices": [choice],
                    "created": created,
                    "id": id,
                    "model": model,
                    "object": object,
                }
            )
        )

    def _put_right(self, text: bytes) -> bytes:
        """The same chunk with what is missing, and without what may not be there."""
        plain = reading.read_untyped(text)
        if not isinstance(plain, dict):
            raise RemoteProtocolError("expected a chunk; got JSON that is no object")
        id, created, model = self._named
        plain["object"] = "chat.completion.chunk"
        for key, own in (("id", id), ("model", model)):
            if not isinstance(plain.get(key), str):
                plain[key] = own
        came = plain.get("created")
        plain["created"] = int(came) if isinstance(came, int | float) else created
        choices = plain.get("choices")
        plain["choices"] = choices = choices if isinstance(choices, list) else []
        for position, choice in enumerate(choices):
            _put_choice_right(position, choice)
        _drop_unfit(plain, OPTIONAL)
        if plain.get("usage") is not None:
            usage = msgspec.convert(plain["usage"], wire.Usage, strict=False)
            plain["usage"] = msgspec.to_builtins(completion_usage(usage))
        right = reading.write(plain)
        try:
            CHUNK.decode(right)
        except msgspec.ValidationError as error:
            wrong = reading.mistyped(error)
            raise RemoteProtocolError(str(wrong), param=wrong.path) from None
        return right


def says_something(delta: official.Delta) -> bool:
    """Whether there is anything in a delta besides a role."""
    if delta.role is msgspec.UNSET:
        return True
    return bool(
        delta.content
        or delta.refusal
        or delta.tool_calls is not msgspec.UNSET
        or delta.function_call is not msgspec.UNSET
    )


def _put_choice_right(position: int, choice: Any) -> None:
    if not isinstance(choice, dict):
        path = f"choices[{position}]"
        raise RemoteProtocolError(f"{path}: expected an object", param=path)
    index = choice.get("index")
    choice["index"] = int(index) if isinstance(index, int | float) else position
    delta = choice.get("delta")
    choice["delta"] = delta = delta if isinstance(delta, dict) else {}
    calls = delta.get("tool_calls")
    word = choice.get("finish_reason") or None
    choice["finish_reason"] = finish_reason(word, bool(calls)) if isinstance(word, str) else None
    if word not in (None, choice["finish_reason"]):
        choice["native_finish_reason"] = word
    if delta.get("content") is not None:
        try:
            delta["content"] = pieces.text(delta["content"])
        except reading.MistypedError as wrong:
            inside = wrong.within(f"choices[{position}].delta")
            raise RemoteProtocolError(str(inside), param=inside.path) from None
    for place, call in enumerate(calls if isinstance(calls, list) else []):
        _put_call_right(place, call)
    _drop_unfit(delta, OPTIONAL_IN_DELTA)
    _drop_unfit(choice, OPTIONAL_IN_CHOICE)


def _put_call_right(place: int, call: Any) -> None:
    if not isinstance(call, dict):
        return
    call.setdefault("index", place)
    for key in ("id", "type"):
        if call.get(key) is None or (key == "type" and call[key] != "function"):
            call.pop(key, None)
    function = call.get("function")
    if isinstance(function, dict):
        for key in ("name", "arguments"):
            if function.get(key) is None:
                function.pop(key, None)
            elif not isinstance(function[key], str):
                function[key] = reading.write(function[key]).decode()
    elif function is None:
        call.pop("function", None)


def _drop_unfit(plain: dict[str, Any], types: dict[str, Any]) -> None:
    """Takes out what may be missing and is of no type that it may have."""
    for key, type in types.items():
        if key in plain:
            try:
                msgspec.convert(plain[key], type)
            except msgspec.ValidationError:
                del plain[key]
