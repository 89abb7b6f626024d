"""The events of a stream, whichever way its host frames them.

Anthropic and Vertex send server-sent events; Bedrock sends the same events as messages of AWS's
event stream, each in base64. The first byte tells which: a text never begins with the length of
a message.
"""

import base64
import binascii
from typing import Any, Final

from dragoman.errors import Error, RemoteProtocolError
from dragoman.streaming import eventstream, sse
from dragoman.wire import reading

LENGTHS: Final = (0, 1)
"""What a message of AWS's begins with, being shorter than 32 MiB."""


class Events:
    """Bytes of a stream in, its events out; one per stream."""

    def __init__(self) -> None:
        self.error: Error | None = None
        """Why nothing more will come; set once the last good event has been given."""

        self._text: sse.Splitter | None = None
        self._frames: eventstream.Splitter | None = None

    def receive(self, data: bytes) -> list[sse.Event]:
        """The events that these bytes complete."""
        if self._text is not None:
            return self._text.receive(data)
        if self._frames is None:
            if not data:
                return []
            if data[0] not in LENGTHS:
                self._text = sse.Splitter()
                return self._text.receive(data)
            self._frames = eventstream.Splitter()
        events: list[sse.Event] = []
        try:
            for message in self._frames.receive(data):
                events.append(event(message))
            self.error = self._frames.error
        except Error as error:
            self.error = error
        return events

    def finish(self) -> list[sse.Event]:
        """At the end of the message: the event whose end did not come, where there is one."""
        if self._text is not None:
            return self._text.finish()
        if self._frames is not None:
            self._frames.finish()
        return []


def event(message: eventstream.Message) -> sse.Event:
    """The event that this message holds; an exception is an event of the name `error`."""
    try:
        value: Any = reading.read_untyped(message.payload)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON in a message; {error}") from None
    value = value if isinstance(value, dict) else {}
    kind = message.headers.get(":exception-type") or message.headers.get(":error-code")
    if kind is not None:
        said = value.get("message") or message.headers.get(":error-message")
        told = {"type": "error", "error": {"type": str(kind), "message": str(said or kind)}}
        return sse.Event(reading.write(told), "error")
    try:
        return sse.Event(base64.b64decode(value.get("bytes", ""), validate=True))
    except (TypeError, ValueError, binascii.Error):
        raise RemoteProtocolError("bytes: expected base64; got none", param="bytes") from None
