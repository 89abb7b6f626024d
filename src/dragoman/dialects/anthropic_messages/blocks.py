"""The blocks of an answer as they came, for the next turn and for what is told at the end.

An answer whose blocks stand in the plain order (thinking, one text, tool calls) can be rebuilt
from our own fields. Of any other, all blocks are kept and go along as `native_content`.
"""

import re
from typing import Any, Final

from dragoman.errors import RemoteProtocolError
from dragoman.models import shared
from dragoman.wire import anthropic_messages as wire
from dragoman.wire import reading

FORMAT: Final = "anthropic-claude-v1"
"""Who can read what we carry round."""

KINDS: Final = {"thinking": "r", "redacted_thinking": "r", "text": "t", "tool_use": "c"}
PLAIN_ORDER: Final = re.compile("r*t?c*")
"""Reasoning, at most one text, calls."""


class Kept:
    """A block on its way: what it began as, and what was added since."""

    __slots__ = (
        "_citations",
        "_raw",
        "_rest",
        "_texts",
        "answer",
        "arguments",
        "call",
        "citations",
        "input",
        "number",
        "reasoned",
        "start",
        "type",
    )

    def __init__(self, raw: bytes, block: wire.Block, start: int) -> None:
        self.type = block.type
        self._raw = raw
        self._texts: dict[str, list[str]] = {}
        self._rest: dict[str, Any] = {}
        self._citations: list[dict[str, Any]] = []
        self.citations = block.citations or []
        """All of them; `_citations` has those that came since."""

        self.start = start
        """Where a text begins in the whole text, in characters."""

        self.number = 0
        """The place of a reasoning block among those."""

        self.reasoned = False
        """A reasoning block has said something."""

        self.call = 0
        """The place of a call, counted from 1; 0 for what is none."""

        self.answer = False
        """The call is the structured answer."""

        self.input = bytes(block.input)
        self.arguments = False
        """Something of the call's arguments has come."""

    def add(self, field: str, text: str) -> None:
        """A further piece of a text field."""
        pieces = self._texts.get(field)
        if pieces is None:
            self._texts[field] = [text]
        else:
            pieces.append(text)

    def put(self, field: str, value: Any) -> None:
        """A field that comes whole."""
        self._rest[field] = value

    def cite(self, citation: dict[str, Any]) -> None:
        """A further citation."""
        self._citations.append(citation)
        self.citations = [*self.citations, citation]

    def whole(self) -> dict[str, Any]:
        """The block as it would have come in one piece."""
        block = _object(self._raw)
        for field, pieces in self._texts.items():
            if field == "partial_json":
                block["input"] = _input("".join(pieces))
            else:
                begun = block.get(field)
                block[field] = "".join([begun if isinstance(begun, str) else "", *pieces])
        if self._citations:
            block["citations"] = self.citations
        return {**block, **self._rest}


def _object(raw: bytes) -> dict[str, Any]:
    """A block as it began; it has been read before, but for what nobody looked at."""
    try:
        value: dict[str, Any] = reading.read_untyped(raw)
    except reading.UnreadableError as error:
        raise RemoteProtocolError(f"block: expected JSON; {error}", param="block") from None
    return value


def _input(text: str) -> Any:
    """The arguments of a call; a text that is cut, or no JSON, is kept as it is."""
    if not text.strip():
        return {}
    try:
        return reading.read_untyped(text.encode())
    except reading.UnreadableError:
        return {"_raw": text}


def native_content(blocks: list[Kept]) -> shared.NativeContent | None:
    """All blocks; None where our own fields say the same."""
    if PLAIN_ORDER.fullmatch("".join(KINDS.get(block.type, "x") for block in blocks)):
        return None
    return shared.NativeContent(content=[block.whole() for block in blocks], format=FORMAT)


def annotations(
    blocks: list[Kept], length: int
) -> list[shared.ChatCompletionResponseMessageAnnotation]:
    """The web pages that texts cite, each with its place in the whole text of this length."""
    if not any(block.citations for block in blocks):
        return []
    found = []
    texts = [block for block in blocks if block.type == "text"]
    ends = [*(block.start for block in texts[1:]), length]
    for block, end in zip(texts, ends, strict=True):
        for citation in block.citations:
            address = url(citation)
            if address is not None:
                title = citation.get("title")
                cited = shared.UrlCitation(
                    end_index=end,
                    start_index=block.start,
                    title=title if isinstance(title, str) else "",
                    url=address,
                )
                found.append(shared.ChatCompletionResponseMessageAnnotation(url_citation=cited))
    return found


def url(citation: dict[str, Any]) -> str | None:
    """The address of what is cited; None where it has none."""
    match citation:
        case {"type": "web_search_result_location", "url": str(address)}:
            return address
        case {"type": "search_result_location", "source": str(address)}:
            return address if address.startswith(("http://", "https://")) else None
    return None
