"""The blocks of an answer as they came, for the next turn and for what is told at the end.

An answer whose blocks stand in the plain order (reasoning, one text, calls) can be rebuilt from our
own fields. Of any other, all blocks are kept and go along as `native_content`.
"""

import base64
import binascii
import re
from typing import Any, Final, Literal

from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import reading

FORMAT: Final = "bedrock-converse-v1"
"""Who can read the blocks that we carry round."""

CLAUDE: Final = "anthropic-claude-v1"
"""Who can read the reasoning of Claude's models; that of others goes back to nobody."""

Kind = Literal["reasoning", "text", "call", "other"]

LETTERS: Final = {"reasoning": "r", "text": "t", "call": "c", "other": "x"}
PLAIN_ORDER: Final = re.compile("r*t?c*")
"""Reasoning, at most one text, calls."""


class Kept:
    """A block on its way: its pieces, and its place in the whole."""

    __slots__ = (
        "answer",
        "arguments",
        "call",
        "citations",
        "input",
        "kind",
        "length",
        "number",
        "raw",
        "reasoned",
        "redacted",
        "results",
        "signature",
        "start",
        "texts",
        "tool",
    )

    def __init__(self, kind: Kind, start: int, raw: bytes = b"") -> None:
        self.kind: Kind = kind
        self.raw = raw
        """How it began or, of a whole answer, what it is."""

        self.tool = False
        """It calls a tool, whoever runs that."""

        self.start = start
        """Where its text begins in the whole text, in characters."""

        self.length = 0
        self.texts: list[str] = []
        self.signature: str | None = None
        self.redacted: list[str] = []
        self.citations: list[dict[str, Any]] = []
        self.input: list[str] = []
        self.results: list[Any] = []
        self.number = 0
        """The place of a reasoning block among those."""

        self.reasoned = False
        """A reasoning block has said something."""

        self.call = 0
        """The place of a call, counted from 1; 0 for what is none that the caller may answer."""

        self.answer = False
        """The call is the structured answer."""

        self.arguments = False
        """Something of the call's arguments has come."""

    def whole(self) -> dict[str, Any]:
        """The block as it would have come in one piece."""
        text = "".join(self.texts)
        raw = _object(self.raw)
        if "toolUse" in raw and self.input:
            return {"toolUse": {**raw["toolUse"], "input": _input("".join(self.input))}}
        if "toolResult" in raw and self.results:
            return {"toolResult": {**raw["toolResult"], "content": self.results}}
        if raw:
            return raw
        if self.redacted:
            return {"reasoningContent": {"redactedContent": joined(self.redacted)}}
        if self.kind == "reasoning":
            signed = {} if self.signature is None else {"signature": self.signature}
            return {"reasoningContent": {"reasoningText": {"text": text, **signed}}}
        if self.citations:
            content = {"content": [{"text": text}]} if text else {}
            return {"citationsContent": {**content, "citations": self.citations}}
        return {"text": text}


def _object(raw: bytes) -> dict[str, Any]:
    """The object that this text is, with everything in it; empty for what is none."""
    try:
        value = reading.read_untyped(raw) if raw else {}
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"expected JSON in a block; {error}") from None
    return value if isinstance(value, dict) else {}


def _input(text: str) -> Any:
    """The arguments of a call; a text that is cut, or no JSON, is kept as it is."""
    if not text.strip():
        return {}
    try:
        return reading.read_untyped(text.encode())
    except reading.UnreadableError:
        return {"_raw": text}


def joined(pieces: list[str]) -> str:
    """The base64 of what these pieces, each in base64, are together."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        whole = b"".join(base64.b64decode(piece, validate=True) for piece in pieces)
    except (ValueError, binascii.Error):
        return "".join(pieces)
    return base64.b64encode(whole).decode()


def native_content(blocks: list[Kept]) -> shared.NativeContent | None:
    """All blocks; None where our own fields say the same."""
    order = "".join("x" if block.citations else LETTERS[block.kind] for block in blocks)
    if PLAIN_ORDER.fullmatch(order):
        return None
    return shared.NativeContent(content=[block.whole() for block in blocks], format=FORMAT)


def annotations(
    blocks: list[Kept],
) -> list[shared.ChatCompletionResponseMessageAnnotation]:
    """The web pages that texts cite, each with its place in the whole text."""
    found = []
    for block in blocks:
        for citation in block.citations:
            address = url(citation)
            if address is not None:
                title = citation.get("title")
                cited = shared.UrlCitation(
                    end_index=block.start + block.length,
                    start_index=block.start,
                    title=title if isinstance(title, str) else "",
                    url=address,
                )
                found.append(shared.ChatCompletionResponseMessageAnnotation(url_citation=cited))
    return found


def url(citation: dict[str, Any]) -> str | None:
    """The address of what is cited; None where it has none."""
    match citation:
        case {"location": {"web": {"url": str(address)}}}:
            return address
        case {"location": {"searchResultLocation": _}, "source": str(address)}:
            return address if address.startswith(("http://", "https://")) else None
    return None
