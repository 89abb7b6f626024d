"""A provider: where it is, how it is signed for, and what it does otherwise."""

from typing import Any, Literal

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import OnLoss, Profile


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

    key_header: Literal["authorization", "api-key", "x-api-key", "x-goog-api-key"] = "authorization"
    """The header that carries the key; `authorization` carries it as a bearer token."""

    signing: Literal["aws", "azure", "google"] | None = None
    """Whose credentials sign for it where it has no key; None: nothing does."""

    exact: bool = False
    """Whether it speaks as OpenAI's own document says, so that answers may keep their bytes.

    Only with the dialect `openai-chat`. Each answer is checked all the same.
    """

    quirks: Any = {}
    """How it departs: the `Quirks` of its dialect, or single fields of them by name.

    By name, the dialect is loaded only once the provider is asked.
    """


def quirks_of(provider: Provider) -> Any:
    """How it departs, as the `Quirks` of its dialect."""
    kind = DIALECTS[provider.dialect].Quirks
    if isinstance(provider.quirks, kind):
        return provider.quirks
    return msgspec.convert(provider.quirks, kind)


def profile_of(
    provider: Provider, *, base_model: str | None = None, on_loss: OnLoss = "report"
) -> Profile:
    """What the translator of its dialect is told about it."""
    kind = DIALECTS[provider.dialect].Profile
    return kind(quirks=quirks_of(provider), base_model=base_model, on_loss=on_loss)


def credentials(provider: Provider, key: str | None) -> dict[str, str]:
    """The headers that sign a request; none without a key, as local servers want none."""
    if not key:
        return {}
    if provider.key_header == "authorization":
        return {"authorization": f"Bearer {key}"}
    return {provider.key_header: key}
