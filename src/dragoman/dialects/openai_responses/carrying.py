"""What a caller keeps for us until the next turn, hidden where nobody looks into it.

Callers of Responses send back `encrypted_content` as it came, without reading it. What has no
other place in an answer travels there, as JSON in base64 behind a mark of our own: the reasoning
of other providers with its signatures, what they want back beside a message or a call, and items
whose order was known only when their stream was over.
"""

import base64
import binascii
from typing import Any, Final

import msgspec

from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.pointers import path_of
from dragoman.wire import reading

MARK: Final = "gw1."


class Carried(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Parts of an assistant message."""

    extra_content: dict[str, Any] | None = None
    """That of the message."""

    extra_content_of_calls: dict[str, dict[str, Any]] | None = None
    """Those of its calls, by their ids."""

    native_content: shared.NativeContent | None = None
    """The provider's own blocks of the answer."""

    reasoning_details: list[shared.ReasoningDetail] | None = None
    """Reasoning that is not OpenAI's."""


def packed(carried: Carried) -> str:
    """The encrypted content that stands for this; nothing in it is secret."""
    return MARK + base64.b64encode(reading.write(carried)).decode()


def unpacked(text: str, pointer: str) -> Carried | None:
    """What this encrypted content stands for; None where it is a provider's own.

    Raises `BadRequestError` where it has our mark and nothing of ours behind it.
    """
    if not text.startswith(MARK):
        return None
    try:
        carried = base64.b64decode(text.removeprefix(MARK), validate=True)
        return msgspec.json.decode(carried, type=Carried)
    except (binascii.Error, *reading.UNREADABLE):
        path = path_of(pointer)
        raise BadRequestError(
            f"{path}: expected what came with an answer; got it changed",
            status_code=400,
            code="invalid_value",
            param=path,
        ) from None
