"""Citations of web pages, each with its place in the whole text.

Cohere cites documents and what tools gave; what of it has an address becomes an annotation. The
others, and those of plans and thinking, have no place in the hub and stay in `response.raw`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dragoman.models import shared
from dragoman.wire import cohere_v2 as wire

OF_TEXT: Final = (None, "TEXT_CONTENT")

ADDRESSES: Final = ("http://", "https://")


def annotations(
    citations: list[wire.Citation], starts: Mapping[int, int], length: int
) -> list[shared.ChatCompletionResponseMessageAnnotation]:
    """The web pages that a text of this length rests on.

    `starts` has where each item of the content begins in the text: citations count from there.
    """
    found = []
    for citation in citations:
        if citation.type not in OF_TEXT or citation.start is None or citation.end is None:
            continue
        shift = starts.get(int(citation.content_index or 0), 0)
        start = min(max(0, int(citation.start)) + shift, length)
        end = max(start, min(int(citation.end) + shift, length))
        for url, title in pages(citation.sources or []):
            cited = shared.UrlCitation(end_index=end, start_index=start, title=title, url=url)
            found.append(shared.ChatCompletionResponseMessageAnnotation(url_citation=cited))
    return found


def pages(sources: list[Any]) -> Iterator[tuple[str, str]]:
    """Address and title of each source that has an address."""
    for source in sources:
        match source:
            case {"document": {"url": str(url)} as page} | {
                "tool_output": {"url": str(url)} as page
            } if url.startswith(ADDRESSES):
                title = page.get("title")
                yield url, title if isinstance(title, str) else ""
