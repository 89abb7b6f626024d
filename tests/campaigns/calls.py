"""One call to a provider, in each of the ways there are, and what came of it.

The key, the prompt and whatever the provider says hold a canary each: wherever one of them turns
up that is neither the request nor the answer, something has leaked.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pytest

import dragoman
from dragoman.client import call
from dragoman.errors import Error
from tests.background import Background

KEY: Final = "sk-canary-of-the-key"
PROMPT: Final = "canary of the prompt"
ANSWER: Final = "canary of the answer"
CANARIES: Final = (KEY, PROMPT, ANSWER)

Way = Literal["whole", "stream", "async whole", "async stream"]
WAYS: Final[tuple[Way, ...]] = ("whole", "stream", "async whole", "async stream")


@dataclass
class Outcome:
    """What the caller of one call got."""

    error: Error | None = None
    texts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    seconds: float = 0.0
    logged: str = ""

    def hear(self, choices: Any) -> None:
        for choice in choices:
            told = choice.delta if hasattr(choice, "delta") else choice.message
            if told.content:
                self.texts.append(told.content)
            if choice.finish_reason:
                self.reasons.append(choice.finish_reason)


def called(way: Way, settings: Mapping[str, Any], **fields: Any) -> Outcome:
    """One call of a client of its own; only errors that are raised on purpose become outcomes."""
    outcome = Outcome()
    asking = {
        "model": "lab/m",
        "messages": [{"role": "user", "content": PROMPT}],
        "stream": way.endswith("stream"),
        **fields,
    }
    begun = time.monotonic()
    with logs() as lines:
        try:
            if way.startswith("async"):
                asyncio.run(_later(settings, asking, outcome))
            else:
                _at_once(settings, asking, outcome)
        except Error as error:
            outcome.error = error
    outcome.seconds = time.monotonic() - begun
    outcome.logged = "\n".join(lines)
    return outcome


def _at_once(settings: Mapping[str, Any], asking: dict[str, Any], outcome: Outcome) -> None:
    with dragoman.Client(**settings) as client:
        answer: Any = client.chat.completions.create(**asking)
        if not asking["stream"]:
            outcome.hear(answer.choices)
            return
        for chunk in answer:
            outcome.hear(chunk.choices)


async def _later(settings: Mapping[str, Any], asking: dict[str, Any], outcome: Outcome) -> None:
    async with dragoman.AsyncClient(**settings) as client:
        answer: Any = await client.chat.completions.create(**asking)
        if not asking["stream"]:
            outcome.hear(answer.choices)
            return
        async for chunk in answer:
            outcome.hear(chunk.choices)


@contextmanager
def logs() -> Iterator[list[str]]:
    """All that the library logs meanwhile, as a plain handler would write it."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]  # a handler that keeps
    logger = logging.getLogger("dragoman")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextmanager
def without_pauses() -> Iterator[None]:
    """Back-off by no time at all, which chance might have given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call, "chance", lambda: 0.0)
        yield


def until(claim: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Waits until something of this process is so; False where it does not come to that."""
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


Kind = Literal["blocking", "asynchronous"]
KINDS: Final[tuple[Kind, ...]] = ("blocking", "asynchronous")


@contextmanager
def asking(kind: Kind, **settings: Any) -> Iterator[Callable[..., str]]:
    """Asks one client again and again, and gives what it said; an asynchronous one on its loop."""

    def fields(given: Mapping[str, Any]) -> dict[str, Any]:
        return {"model": "lab/m", "messages": [{"role": "user", "content": PROMPT}], **given}

    if kind == "blocking":
        with dragoman.Client(**settings) as client:
            yield lambda **given: said(client.chat.completions.create(**fields(given)))
        return
    with Background() as background:
        later = dragoman.AsyncClient(**settings)

        async def ask(given: Mapping[str, Any]) -> str:
            return said(await later.chat.completions.create(**fields(given)))

        async def close() -> None:
            later.close()

        yield lambda **given: background.run(ask(given))
        background.run(close())


def said(response: Any) -> str:
    """The text of a whole answer."""
    return str(response.choices[0].message.content)
