"""A model as an operator names it: `[models.NAME]`, with the targets that it stands for."""

import math
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from dragoman.providers.routing import near_names
from dragoman.settings.checking import mistake, typed


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One of the targets of a model."""

    target: str
    """`provider/model`."""

    weight: float = 1.0
    """Its share of the requests, in proportion to those of the others; above 0."""


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What may be set for a model that callers ask for by name."""

    targets: tuple[Target, ...]
    """Who answers, at least one."""

    fallbacks: tuple[str, ...] = ()
    """Who is asked where none of them answers, in this order."""


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    """The same as it stands in the file, where a target may be its name alone."""

    targets: list[Any]
    fallbacks: list[str] = []


def model_of(value: Any, key: str, providers: Collection[str]) -> ModelSettings:
    """The model that is written at this key, where these are the providers."""
    written = typed(value, _Written, key)
    if not written.targets:
        raise mistake(f"{key}.targets", "at least one target", "none")
    targets = [
        _target(one, f"{key}.targets[{place}]", providers)
        for place, one in enumerate(written.targets)
    ]
    for place, one in enumerate(written.fallbacks):
        _check(one, f"{key}.fallbacks[{place}]", providers)
    return ModelSettings(targets=tuple(targets), fallbacks=tuple(written.fallbacks))


def _target(value: Any, key: str, providers: Collection[str]) -> Target:
    if isinstance(value, str):
        _check(value, key, providers)
        return Target(target=value)
    if not isinstance(value, Mapping):
        raise mistake(key, "provider/model, or a table", type(value).__name__)
    target = typed(value, Target, key)
    _check(target.target, f"{key}.target", providers)
    if not 0 < target.weight < math.inf:
        raise mistake(f"{key}.weight", "a number above 0", f"{target.weight:g}")
    return target


def _check(target: str, key: str, providers: Collection[str]) -> None:
    provider, _, model = target.partition("/")
    if not provider or not model:
        raise mistake(key, "provider/model", repr(target))
    if provider not in providers:
        near = near_names(provider, providers)
        if near:
            meant = [f"{other}/{model}" for other in near]
            raise mistake(key, "a provider that there is", repr(target), meant)
        known = ", ".join(sorted(providers))
        raise mistake(key, f"a provider that there is, one of {known}", repr(target))
