"""A provider: where it is, how it is signed for, and what it does otherwise."""

from typing import Literal

import msgspec

from dragoman.dialects.openai_chat.quirks import Quirks


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One row: everything that tells a provider from the next."""

    name: str
    """What stands before the `/` in `provider/model`."""

    dialect: str = "openai-chat"
    """The key of its dialect in `dialects.DIALECTS`."""

    base_url: str | None = None
    """Where it is; None where only the operator can know."""

    key_variable: str | None = None
    """The environment variable that usually holds its key; None where none is needed."""

    key_header: Literal["authorization", "api-key"] = "authorization"
    """The header that carries the key; `authorization` carries it as a bearer token."""

    quirks: Quirks = Quirks()
    """How it departs from OpenAI's own service."""


def credentials(provider: Provider, key: str | None) -> dict[str, str]:
    """The headers that sign a request; none without a key, as local servers want none."""
    if not key:
        return {}
    if provider.key_header == "api-key":
        return {"api-key": key}
    return {"authorization": f"Bearer {key}"}
