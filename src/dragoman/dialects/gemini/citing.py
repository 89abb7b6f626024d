"""What an answer rests on: Google's search results and the works it recites, as annotations.

Google counts in bytes of UTF-8 over the whole text of the answer, however many parts or chunks
it came in; ours are characters. What has no address, or no place in the text, is left out, and
stays in `response.raw`. A place is Google's own: where the text was changed after it was counted
(seen in three of 29 recorded answers), it is a few characters off.
"""

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from dragoman.models import shared

SOURCES: Final = ("web", "retrievedContext", "maps")
"""The kinds of a grounding chunk; each has a title and, as a rule, an address."""

Annotation = shared.ChatCompletionResponseMessageAnnotation


def annotations(said: Iterable[tuple[Any, Any]], text: str) -> list[Annotation]:
    """The citations in these pairs of grounding and citation metadata, each of them once."""
    place = _places(text)
    citations = [
        citation
        for grounding, citing in said
        for citation in (*_grounded(grounding), *_recited(citing))
    ]
    return [
        Annotation(
            url_citation=shared.UrlCitation(
                start_index=place(start), end_index=place(end), title=title, url=url
            )
        )
        for start, end, url, title in dict.fromkeys(citations)
    ]


def _grounded(grounding: Any) -> Iterator[tuple[int, int, str, str]]:
    """A citation for each source of each segment that rests on some."""
    chunks = _list(grounding, "groundingChunks")
    for support in _list(grounding, "groundingSupports"):
        place = _place(support.get("segment") if isinstance(support, dict) else None)
        for number in _list(support, "groundingChunkIndices"):
            if place is None or not isinstance(number, int) or not 0 <= number < len(chunks):
                continue
            chunk = chunks[number] if isinstance(chunks[number], dict) else {}
            for source in (chunk.get(kind) for kind in SOURCES):
                if isinstance(source, dict) and isinstance(source.get("uri"), str):
                    title = source.get("title")
                    yield *place, source["uri"], title if isinstance(title, str) else ""


def _recited(citing: Any) -> Iterator[tuple[int, int, str, str]]:
    """The citations of works; AI Studio calls the list one thing, Vertex another."""
    for citation in (*_list(citing, "citationSources"), *_list(citing, "citations")):
        place = _place(citation)
        if place is not None and isinstance(citation.get("uri"), str):
            title = citation.get("title")
            yield *place, citation["uri"], title if isinstance(title, str) else ""


def _place(segment: Any) -> tuple[int, int] | None:
    """Start and end in bytes; the start is left out where it is 0."""
    if not isinstance(segment, dict):
        return None
    start, end = segment.get("startIndex") or 0, segment.get("endIndex")
    if isinstance(start, bool) or isinstance(end, bool):
        return None
    return (start, end) if isinstance(start, int) and isinstance(end, int) else None


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def _places(text: str) -> Callable[[int], int]:
    """From a place in bytes to one in characters, inside the text."""
    if text.isascii():
        return lambda place: max(0, min(place, len(text)))
    # Where each character starts, in bytes.
    starts = [0, *itertools.accumulate(len(character.encode()) for character in text)]
    return lambda place: max(0, bisect_right(starts, place) - 1)
