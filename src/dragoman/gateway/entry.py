"""What is told of a request once it is over: one line, for people or for machines.

No prompt, no answer, no key. What the caller wrote (a path, the name of a model) makes no line of
its own: it is told as JSON, or percent-encoded.
"""

import json
import random
import time
from typing import Final
from urllib.parse import quote

import msgspec

TARGET_AS_IT_IS: Final = "/:@?&=+.-_~,"
"""What stands in a target as it is, in a header as in the log; the rest is percent-encoded."""


class Entry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request and what became of it."""

    id: str
    """Ours, told to the caller as `x-dragoman-request-id`."""

    at: float
    """Unix time when it had come."""

    method: str
    path: str

    status: int = 0
    """Of the answer; 499 where the caller left before there was one."""

    key: str | None = None
    """The name of the caller's key."""

    target: str | None = None
    """`provider/model` that answered."""

    attempts: int = 0
    stream: bool = False

    seconds: float = 0.0
    """From the request to the end of its answer."""

    first_content: float | None = None
    """From the request to the first content of a stream."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    code: str | None = None
    """The code of the error that the caller was told, in the stream or in its place."""


def new_id() -> str:
    """An id for a request, in the form of OpenAI's."""
    return f"req_{random.getrandbits(96):024x}"


def as_json(entry: Entry) -> str:
    """The line for machines.

    In ASCII: what is a line break to Unicode alone would be one to some who read it.
    """
    line = msgspec.json.encode(entry).decode()
    return line if line.isascii() else json.dumps(json.loads(line), separators=(",", ":"))


def for_people(entry: Entry) -> str:
    """The line for people."""
    said = [
        time.strftime("%H:%M:%S", time.localtime(entry.at)),
        str(entry.status),
        f"{entry.seconds * 1000:.0f} ms",
        quote(entry.method),
        quote(entry.path, safe="/%"),
    ]
    if entry.target is not None:
        said.append(quote(entry.target, safe=TARGET_AS_IT_IS))
    if entry.attempts > 1:
        said.append(f"{entry.attempts} attempts")
    if entry.completion_tokens is not None:
        said.append(f"{entry.prompt_tokens}+{entry.completion_tokens} tokens")
    if entry.code is not None:
        said.append(quote(entry.code))
    return "  ".join(said)
