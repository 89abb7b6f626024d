"""The items of an answer on their way, and whether our own fields can say them all.

An answer whose items stand in the plain order (reasoning, one message, calls) and say nothing that
we have no field for can be rebuilt from our fields; but for the phase that newer models give it,
which goes along as `native_content`. Of any other answer, all items do.
"""

import re
from typing import Any, Final

import msgspec

from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import reading

Json = dict[str, Any]

FORMAT: Final = "openai-responses-v1"
"""Who can read what we carry round."""

PHASE: Final = "openai-responses-phase-v1"
"""What we carry round is the phase alone, and no items."""

CALLS: Final = ("function_call", "custom_tool_call")

SERVED: Final = "xs_call"
"""How the ids of calls begin that xAI answers itself, though they look like ours to answer."""

KINDS: Final = {"reasoning": "r", "message": "t", "function_call": "c", "custom_tool_call": "c"}
PLAIN_ORDER: Final = re.compile("r*t?c*")
"""Reasoning, at most one message, calls."""

CALL_KEYS: Final = frozenset(
    {"type", "id", "status", "call_id", "name", "arguments", "input", "created_by"}
)
"""Keys of a call that our fields say, or that say nothing; `namespace` is not among them."""


KEYS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
NULLS: Final = (msgspec.Raw(b"null"), None)


class Piece:
    """A part of a message or of reasoning."""

    __slots__ = ("annotations", "number", "said", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        """Where it begins in the whole text, in characters."""

        self.said = False
        """Something of it has been told."""

        self.annotations = 0
        """How many of its citations have been told."""

        self.number: int | None = None
        """The place of a piece of reasoning among those."""


class Item:
    """An item on its way."""

    __slots__ = ("_pieces", "arguments", "called", "id", "kind", "odd", "phase", "raw", "whole")

    def __init__(self, kind: str, raw: bytes = b"") -> None:
        self.kind = kind
        self.raw = raw
        self.whole = False
        """The item has come to its own end."""

        self.id: str | None = None
        """The first that it had: on some proxies it changes from event to event."""

        self.odd = False
        """It says something that we have no field for."""

        self.phase: str | None = None
        """Whether a message is a remark on the way or the answer."""

        self.called = False
        """The call has been begun."""

        self.arguments = False
        """Something of the call's arguments has been told."""

        self._pieces: dict[tuple[str, int], Piece] = {}

    def piece(self, field: str, index: int, start: int = 0) -> Piece:
        """The part with this index; one that is new begins at `start`."""
        piece = self._pieces.get((field, index))
        if piece is None:
            piece = self._pieces[field, index] = Piece(start)
        return piece


def native_content(
    items: dict[int, Item], output: list[msgspec.Raw]
) -> shared.NativeContent | None:
    """All items, or what our own fields leave unsaid of them; None where they say the same.

    What an item's own end says comes before what the end of the answer says of it: of the two
    encryptions of the same reasoning, the provider wants the first.
    """
    order = [items[index] for index in sorted(items)]
    plain = PLAIN_ORDER.fullmatch("".join(KINDS.get(item.kind, "x") for item in order))
    if plain and not any(item.odd for item in order):
        phases = [item.phase for item in order if item.phase is not None]
        said = [{"phase": phase} for phase in phases]
        return shared.NativeContent(content=said, format=PHASE) if said else None
    told = [item.raw for item in order if item.raw]
    if not all(item.whole for item in order) and len(output) >= len(order):
        told = [bytes(raw) for raw in output]
    return shared.NativeContent(content=[_object(raw) for raw in told], format=FORMAT)


def _object(raw: bytes) -> dict[str, Any]:
    """An item as it came; it has been read before, but for what nobody looked at."""
    try:
        value = reading.read_untyped(raw)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"item: expected JSON; {error}", param="item") from None
    return value if isinstance(value, dict) else {}


def has_more(raw: bytes) -> bool:
    """Whether this call has a key that our fields do not say."""
    try:
        keys = KEYS.decode(raw)
    except reading.UNREADABLE:
        keys = _object(raw)
    return any(key not in CALL_KEYS and keys[key] not in NULLS for key in keys)
