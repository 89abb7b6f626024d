"""What looking for credentials wishes for, and what it is told.

A conversation yields a wish and is sent its outcome; a driver above, with sockets, files and a
clock, carries each out. All that crosses here may hold a secret, so that none of it is printed.
"""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from dragoman.errors import APIConnectionError, ConfigurationError, Error
from dragoman.providers.tokens import Token

T = TypeVar("T")

PAUSE_SECONDS: Final = 1.0
"""Before the same is asked again; botocore's figure for the container's service."""

LIMIT: Final = 64 * 1024
"""Bytes of an answer; the largest, with a session's token, are a few thousand."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """Send this request, once, following no redirect; answered by `Fetched`, or None."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    timeout_seconds: float
    """For the connection and for each read; then the answer is None."""

    direct: bool
    """Whether this is a service of the machine or its network, for which no proxy may be asked."""

    def __repr__(self) -> str:
        return f"<{self.method} for credentials>"


class Fetched(msgspec.Struct, frozen=True):
    """The answer to a `Fetch`, of which `LIMIT` bytes and one are read at most."""

    status: int
    body: bytes

    def __repr__(self) -> str:
        return f"<{self.status} with {len(self.body)} bytes>"


class Read(msgspec.Struct, frozen=True):
    """Read this file; answered by its text, or None where it cannot be read.

    `~` is the user's home. Such files are replaced while the program runs, and have to be read
    each time.
    """

    path: str


class Acquire(msgspec.Struct, frozen=True):
    """Have `azure-identity` get a token; answered by a `Token`, or the driver raises."""

    credential: Any
    """One of its credentials, or None for its default."""

    scope: str

    def __repr__(self) -> str:
        return f"<a token for {self.scope}>"


class Absent(NamedTuple):
    """A place that has no credentials, and is not wrong for that."""

    why: str
    """A clause, for people."""


class Wait(msgspec.Struct, frozen=True):
    """Wait until this instant, in seconds since 1970; answered by None."""

    until: float


Wish: TypeAlias = Fetch | Read | Acquire | Wait
Outcome: TypeAlias = Fetched | str | Token | None
Conversation: TypeAlias = Generator[Wish, Outcome, T]


def transient(answer: Fetched) -> bool:
    """Whether the same may be answered otherwise a while later."""
    return answer.status == 429 or answer.status >= 500


def answered(
    fetch: Fetch,
    *,
    attempts: int,
    now: Callable[[], float],
    transient: Callable[[Fetched], bool] = transient,
) -> Conversation[Fetched | None]:
    """The answer that is no passing failure, else the last one; None where none came."""
    answer: Fetched | None = None
    for number in range(attempts):
        if number:
            yield Wait(now() + PAUSE_SECONDS)
        outcome = yield fetch
        assert outcome is None or isinstance(outcome, Fetched)
        answer = outcome
        if answer is not None and not transient(answer):
            break
    return answer


def text_at(path: str) -> Conversation[str | None]:
    """The text of a file; None where it cannot be read."""
    text = yield Read(path)
    assert text is None or isinstance(text, str)
    return text


def text_of(path: str, *, key: str) -> Conversation[str]:
    """The text of a file, without white space around it; `key` names the setting that says where.

    Raises `ConfigurationError` where it cannot be read, is empty, or is no token of one line.
    """
    text = yield from text_at(path)
    if text is None or not text.strip() or not sendable(text.strip()):
        raise ConfigurationError(f"{key}: expected a token in the file {path}; got none", param=key)
    return text.strip()


def sendable(value: str | None) -> bool:
    """Whether this can stand in a header, as keys and tokens have to; None can, being left out.

    What cannot is damaged: none has a line break, a control or a character outside ASCII.
    """
    return value is None or (value.isascii() and value.isprintable())


def instant(text: str) -> float:
    """Seconds since 1970 of a time as these services write it; one without a zone is UTC.

    Raises `ValueError` for what is none.
    """
    time = datetime.fromisoformat(text.strip())
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def refusal(
    answer: Fetched | None, *, source: str, code: str | None = None, passing: bool | None = None
) -> Error:
    """The error that this answer is, where credentials were expected; never its body.

    Time may mend what did not come or failed, so that the attempt counts as not sent: the
    provider itself has not been asked. The rest is the operator's.
    """
    expected = f"credentials from {source}: expected them"
    if answer is None:
        return APIConnectionError(f"{expected}, got no answer", attempt_class="not_sent")
    got = f"{expected}, got status {answer.status}" + (f" {code}" if code else "")
    if transient(answer) if passing is None else passing:
        return APIConnectionError(got, attempt_class="not_sent")
    return ConfigurationError(got)


def unusable(source: str, got: str) -> APIConnectionError:
    """Of an answer that came and cannot be used."""
    return APIConnectionError(
        f"credentials from {source}: expected them, got {got}", attempt_class="not_sent"
    )
