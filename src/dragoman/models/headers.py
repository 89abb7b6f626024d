"""The headers of an answer, as its caller reads them."""

from collections.abc import Iterator, Mapping
from typing import Final

REQUEST_IDS: Final = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-debug-trace-id",
    "mistral-correlation-id",
)
"""The headers in which providers give a request an id: most, Anthropic, Azure, Amazon, Cohere,
Mistral."""


def request_id_in(headers: Mapping[str, str]) -> str | None:
    """The provider's own id of the request; None where it gives none."""
    for name in REQUEST_IDS:
        if found := headers.get(name):
            return found
    return None


class Headers(Mapping[str, str]):
    """Names to values, whatever the case of the name that is asked for.

    Its repr has the names alone: a value may be a cookie, or whatever else a provider repeats.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` by names in lower case, as a transport gives them."""
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._values)})"
