"""The vocabulary of the judge: what can be heard in an answer, whoever gave it.

Values that compare: what a provider said and what we made of it are equal, or something was lost
or invented on the way. Where the provider left a thing open, its side holds a value that is equal
to any choice of ours.
"""

import json
from dataclasses import dataclass
from typing import Any


class NoAnswer(Exception):  # noqa: N818  # nothing went wrong here
    """The provider gave no answer: an error, something else, or a stream without its end."""

    def __init__(self, why: str, finished: frozenset[int] = frozenset()) -> None:
        super().__init__(why)
        self.finished = finished
        """Indexes of the choices that had been finished before it broke off."""


class Unsaid:
    """The provider left it open (or it had to be replaced): equal to whatever we chose."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | int | Unsaid)

    def __repr__(self) -> str:
        return "<unsaid>"


class JsonText:
    """A text known by its JSON value only; equal to every spelling of that value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and canonical(other) == canonical(json.dumps(self.value))

    def __repr__(self) -> str:
        return f"<JSON {self.value!r}>"


@dataclass(frozen=True)
class ToolCall:
    type: str
    name: str
    id: str | Unsaid
    arguments: str
    """Canonical JSON, so that 1, 1.0 and true differ; the text as it was where it is no JSON."""


@dataclass(frozen=True)
class Choice:
    index: int
    content: str | JsonText | None
    refusal: str | None
    reasoning: str | None
    reasoning_details: list[tuple[str, str, str | None]]
    """Type; text, summary or data; signature."""
    tool_calls: list[ToolCall]
    function_call: tuple[str, str] | None
    audio: tuple[str, str] | None
    """Data and transcript."""
    url_citations: list[str]
    logprobs: list[tuple[str, float]]
    finish_reason: str


@dataclass(frozen=True)
class Usage:
    prompt: int
    completion: int
    total: int
    cached: int | None
    cache_write: int | None
    reasoning: int | None


@dataclass(frozen=True)
class Heard:
    id: str | Unsaid
    model: str | Unsaid
    created: int | Unsaid
    choices: list[Choice]
    usage: Usage | None


UNSAID = Unsaid()


def arguments_of(written: str) -> str:
    return canonical(written) if written.strip() else "{}"


def urls_of(message: dict[str, Any]) -> list[str]:
    annotations = message.get("annotations") or []
    return [a["url_citation"]["url"] for a in annotations if a.get("type") == "url_citation"]


def tokens_of(choice: dict[str, Any]) -> list[tuple[str, float]]:
    logprobs = choice.get("logprobs") or {}
    tokens = (logprobs.get("content") or []) + (logprobs.get("refusal") or [])
    return [(token["token"], token["logprob"]) for token in tokens]


def canonical(text: str) -> str:
    """One spelling for all texts of the same JSON value; what is no JSON stays as it is."""
    try:
        value = json.loads(text, parse_constant=not_json)
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def value_of(body: bytes) -> Any:
    """The body's JSON, blank lines before it or not (DeepSeek's queue); None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None
