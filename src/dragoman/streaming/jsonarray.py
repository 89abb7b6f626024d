"""An array of objects that arrive over time: bytes to objects, however the network cuts them.

This is how Gemini streams where it is not asked for events: `[{…}`, a while later `,` and the next,
at last `]`. Framing only: where an object ends is told by its brackets and strings; whether it is
JSON inside is for whoever reads it.

    AWAITED --[--> OPEN --{--> an object --}--> OPEN --]--> CLOSED
"""

import re
from enum import Enum, auto
from typing import Final

from dragoman.errors import RemoteProtocolError

ELEMENT_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one object; a whole answer may have as many."""

BETWEEN: Final = re.compile(rb"[^ \t\r\n,]")
STRUCTURE: Final = re.compile(rb'["{}\[\]]')
IN_STRING: Final = re.compile(rb'["\\]')


class State(Enum):
    AWAITED = auto()
    OPEN = auto()
    CLOSED = auto()


class Splitter:
    """Bytes of one stream in, the objects of its array out.

    Of the object at hand, `_element` holds what came, and `_depth` and `_quoted` say where in it
    the bytes ended, so that each is looked at once. What is no array of objects is the provider's
    mistake, and the end: what came before it is given, then `error` is raised.
    """

    __slots__ = ("_depth", "_element", "_escaped", "_max", "_quoted", "_state", "error")

    error: RemoteProtocolError | None
    """Why nothing more will come; set once the last good object has been given."""

    def __init__(self, max_element_bytes: int = ELEMENT_LIMIT) -> None:
        self._max = max_element_bytes
        self._state = State.AWAITED
        self._element = bytearray()
        self._depth = 0
        self._quoted = False
        self._escaped = False
        self.error = None

    def receive(self, data: bytes) -> list[bytes]:
        """The objects that these bytes complete; raises `error` where there is nothing else."""
        elements: list[bytes] = []
        at = 0
        try:
            while self.error is None and at < len(data):
                if not self._depth:
                    at = self._outside(data, at)
                    continue
                end = self._inside(data, at)
                self._element += data[at:end]
                if len(self._element) > self._max:
                    raise RemoteProtocolError(
                        f"expected objects of at most {self._max} bytes, got one of more"
                    )
                if not self._depth:
                    elements.append(bytes(self._element))
                    self._element.clear()
                at = end
        except RemoteProtocolError as error:
            self._element.clear()
            self.error = error
        if self.error is not None and not elements:
            raise self.error
        return elements

    def finish(self) -> list[bytes]:
        """At the end of the body: nothing more, since an object is given when it is complete.

        Raises `error`; it is `stream_truncated` where the array was not closed.
        """
        if self.error is None and self._state is not State.CLOSED:
            self._element.clear()
            self.error = RemoteProtocolError(
                "expected the end of the array; the stream ended before it",
                code="stream_truncated",
            )
        if self.error is not None:
            raise self.error
        return []

    def _outside(self, data: bytes, at: int) -> int:
        """Where the next object starts; the end of the data where none does."""
        found = BETWEEN.search(data, at)
        if found is None:
            return len(data)
        match self._state, found[0]:
            case State.AWAITED, b"[":
                self._state = State.OPEN
            case State.OPEN, b"{":
                self._depth = 1
                self._element += b"{"
            case State.OPEN, b"]":
                self._state = State.CLOSED
            case state, _:
                raise RemoteProtocolError(
                    f"expected an array of objects; got another byte while {state.name}"
                )
        return found.end()

    def _inside(self, data: bytes, at: int) -> int:
        """Where the object at hand ends; the end of the data where it does not."""
        while at < len(data):
            if self._escaped:
                self._escaped = False
                at += 1
                continue
            found = (IN_STRING if self._quoted else STRUCTURE).search(data, at)
            if found is None:
                return len(data)
            at = found.end()
            match found[0]:
                case b'"':
                    self._quoted = not self._quoted
                case b"\\":
                    self._escaped = True
                case b"{" | b"[":
                    self._depth += 1
                case _:
                    self._depth -= 1
                    if not self._depth:
                        return at
        return at
