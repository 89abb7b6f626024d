"""Providers as an operator writes them down, on top of those we know."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.dialects.openai_chat.quirks import Quirks
from dragoman.errors import ConfigurationError
from dragoman.providers.provider import Provider
from dragoman.providers.routing import near_names
from dragoman.providers.table import PROVIDERS
from dragoman.settings.secret import Secret, resolved
from dragoman.wire import reading


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be set for a provider; a known one needs only its key."""

    api_key: Secret | None = None
    """The key, or a reference to it: `env:NAME`, `file:PATH`. None: the usual variable, if set."""

    base_model: str | None = None
    """The model behind the deployments of this provider, where their names do not tell it."""

    base_url: str | None = None
    """Where it is; a known provider has its own."""

    dialect: str | None = None
    """What it speaks; `openai-chat` where None."""

    like: str | None = None
    """A known provider whose quirks it shares, such as `vllm`."""

    quirks: dict[str, Any] = {}
    """Single quirks, by name, on top of those."""


class ConfiguredProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that can be asked: its row, and what signs for it."""

    row: Provider
    """Where it is and what it does otherwise."""

    api_key: Secret | None = None
    """The key; None where none is needed, or none is known."""

    base_model: str | None = None
    """The model behind its deployments."""

    headers: dict[str, str] = {}
    """Headers that every request to it carries."""

    @property
    def lacks_key(self) -> bool:
        """Whether a provider that wants a key, at its own address, would be asked without one."""
        known = PROVIDERS.get(self.row.name)
        at_home = known is not None and known.base_url == self.row.base_url
        return at_home and self.row.key_variable is not None and self.api_key is None


def configured(
    settings: Mapping[str, Any] | None, *, environ: Mapping[str, str]
) -> dict[str, ConfiguredProvider]:
    """All providers by name: those we know, changed and added to by these settings.

    Raises `ConfigurationError` naming the key, what was expected and what came.
    """
    known = {
        name: ConfiguredProvider(row=row, api_key=_usual_key(row, environ))
        for name, row in PROVIDERS.items()
    }
    for name, value in (settings or {}).items():
        known[name] = _configured(name, value, environ)
    return known


def _usual_key(row: Provider, environ: Mapping[str, str]) -> Secret | None:
    value = environ.get(row.key_variable) if row.key_variable else None
    return Secret(value) if value else None


def _configured(name: str, value: Any, environ: Mapping[str, str]) -> ConfiguredProvider:
    place = f"providers.{name}"
    wanted = _typed(value, place)
    row = PROVIDERS.get(name)
    if wanted.like is not None:
        like = PROVIDERS.get(wanted.like)
        if like is None:
            near = near_names(wanted.like, PROVIDERS) or sorted(PROVIDERS)
            raise ConfigurationError(
                f"{place}.like: expected a known provider, such as {', '.join(near)}; "
                f"got {wanted.like!r}",
                param=f"{place}.like",
            )
        row = row or Provider(name=name, dialect=like.dialect)
        row = msgspec.structs.replace(row, quirks=like.quirks)
    row = row or Provider(name=name)
    if wanted.dialect is not None and wanted.dialect not in DIALECTS:
        raise ConfigurationError(
            f"{place}.dialect: expected one of {', '.join(sorted(DIALECTS))}; "
            f"got {wanted.dialect!r}",
            param=f"{place}.dialect",
        )
    row = msgspec.structs.replace(
        row,
        name=name,
        dialect=wanted.dialect or row.dialect,
        base_url=wanted.base_url or row.base_url,
        quirks=_quirks(row.quirks, wanted.quirks, f"{place}.quirks"),
    )
    if row.base_url is None:
        raise ConfigurationError(
            f"{place}.base_url: expected the address of the provider; got nothing",
            param=f"{place}.base_url",
        )
    if wanted.api_key is None:
        key = _usual_key(row, environ)
    else:
        key = resolved(wanted.api_key, environ=environ, key=f"{place}.api_key")
    return ConfiguredProvider(row=row, api_key=key, base_model=wanted.base_model)


def _typed(value: Any, place: str) -> ProviderSettings:
    try:
        return msgspec.convert(value, ProviderSettings, dec_hook=_secret)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error)
        path = f"{place}.{wrong.path}" if wrong.path else place
        message = str(wrong).partition(": ")[2]
        raise ConfigurationError(f"{path}: {message}", param=path) from None


def _secret(type: Any, value: Any) -> Any:
    if type is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("Expected `str`")


def _quirks(quirks: Quirks, changes: Mapping[str, Any], place: str) -> Quirks:
    if not changes:
        return quirks
    for name in changes:
        if name not in Quirks.__struct_fields__:
            near = near_names(name, Quirks.__struct_fields__)
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ConfigurationError(f"{place}.{name}: no such quirk{meant}", param=place)
    plain = msgspec.to_builtins(quirks)
    plain["for_models"] = [(found, {**own, **changes}) for found, own in plain["for_models"]]
    try:
        return msgspec.convert({**plain, **changes}, Quirks)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error)
        path = f"{place}.{wrong.path}"
        raise ConfigurationError(f"{place}.{wrong}", param=path) from None
