"""What is told about an answer besides the answer: its headers, and errors as OpenAI tells them."""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from dragoman.dialects import DIALECTS
from dragoman.errors import APIStatusError, ConfigurationError, Error, status_error
from dragoman.gateway.entry import TARGET_AS_IT_IS, Entry
from dragoman.models import shared
from dragoman.streaming import sse
from dragoman.transport.handling import Reply
from dragoman.transport.http1.writing import Fields

OPENAI: Final = DIALECTS["openai-chat"]

JSON: Final = {"content-type": "application/json"}

LOSSES_SHOWN: Final = 20
LOSSES_BYTES: Final = 2048


def about(
    target: str, attempts: int, lost: Sequence[shared.Loss], id: str, *, stream: bool = False
) -> Fields:
    """The headers of an answer: what it is, and how it came about."""
    lines = about_target(target, attempts, stream).lines
    if lost:
        pointers = losses([loss.pointer for loss in lost])
        lines += Fields.of({"x-dragoman-losses": pointers}).lines
    own = id.encode()
    return Fields(b"%bx-dragoman-request-id: %b\r\nx-request-id: %b\r\n" % (lines, own, own))


@functools.lru_cache(maxsize=1024)  # targets are few, and callers may make up others
def about_target(target: str, attempts: int, stream: bool) -> Fields:
    return Fields.of(
        {
            **(sse.HEADERS if stream else JSON),
            "x-dragoman-attempts": str(attempts),
            "x-dragoman-target": quote(target, safe=TARGET_AS_IT_IS),
        }
    )


def identified(headers: Mapping[str, str], entry: Entry) -> dict[str, str]:
    """With the id of the request, also under the name that OpenAI's clients look for."""
    return {**headers, "x-dragoman-request-id": entry.id, "x-request-id": entry.id}


def losses(pointers: Iterable[str]) -> str:
    """These pointers in a header: percent-encoded, at most twenty and 2 KiB, then how many more."""
    shown: list[str] = []
    all_of_them = [quote(pointer, safe="/") for pointer in pointers]
    for pointer in all_of_them[:LOSSES_SHOWN]:
        if sum(map(len, shown)) + len(shown) + len(pointer) > LOSSES_BYTES:
            break
        shown.append(pointer)
    more = len(all_of_them) - len(shown)
    return ",".join([*shown, quote(f"…+{more}", safe="+")] if more else shown)


def refusal(error: Error, *, allow: str | None = None) -> Reply:
    """The error as OpenAI's clients know it.

    They would try again by themselves: whether that makes sense is decided here, where the attempts
    were made. A mistake in the operator's settings is no mistake of theirs.
    """
    if isinstance(error, ConfigurationError):
        error = status_error(error.message, status_code=500, code="configuration_error")
    encoded = OPENAI.encode_error(error)
    headers = dict(encoded.headers)
    again = isinstance(error, APIStatusError) and error.attempts == 0 and error.should_retry is True
    headers["x-should-retry"] = "true" if again else "false"
    if isinstance(error, APIStatusError) and error.retry_after is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after))  # RFC 9110 knows whole seconds
    if allow is not None:
        headers["allow"] = allow
    if error.attempts:
        headers["x-dragoman-attempts"] = str(error.attempts)
    return Reply(status=encoded.status_code, headers=headers, body=encoded.body)
