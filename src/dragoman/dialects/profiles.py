"""What a model takes, where the settings say otherwise than its name does.

Which families of models there are, and what each takes, stands in each dialect; here is read what
its quirk `families` says of single models.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec

from dragoman.dialects.dialect import Profile
from dragoman.errors import ConfigurationError
from dragoman.wire import reading

OwnFamilies = dict[str, str | dict[str, Any]]
"""By the name of a model, in lower case: its family, by name; or a table of what is different there
from its `family` (where that is left out, the one that its name tells), by the family's fields."""

KEY: Final = "quirks.families"


class Family(Protocol):
    """What all families have, and what nobody may change in one."""

    @property
    def name(self) -> str: ...


F = TypeVar("F", bound=Family)


def family_for(model: str, profile: Profile, families: Iterable[F], named: Callable[[str], F]) -> F:
    """The family of this model: what the settings say of it, else what its name tells."""
    known_as = profile.base_model or model
    own = profile.quirks.families.get(known_as.lower())
    if own is None:
        return named(known_as)
    if isinstance(own, str):
        return _called(own, families)
    changes = dict(own)
    called = changes.pop("family", None)
    return _changed(named(known_as) if called is None else _called(called, families), changes)


def _called(name: Any, families: Iterable[F]) -> F:
    known = {family.name: family for family in families}
    if name not in known:
        raise _mistake(f"expected one of {', '.join(known)}; got {name!r}")
    return known[name]


def _changed(family: F, changes: Mapping[str, Any]) -> F:
    kind = type(family)
    plain: dict[str, Any] = msgspec.to_builtins(family)
    known = plain.keys() - {"name", "pattern"}
    for field in changes:
        if field not in known:
            raise _mistake(f"expected one of {', '.join(sorted(known))}; got {field!r}")
    try:
        return msgspec.convert(_merged(plain, changes), kind)
    except msgspec.ValidationError as error:
        raise _mistake(str(reading.mistyped(error))) from None


def _merged(plain: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables inside are changed, too, and not replaced."""
    merged = dict(plain)
    for key, value in changes.items():
        inside = merged.get(key)
        if isinstance(inside, dict) and isinstance(value, dict):
            value = _merged(inside, value)
        merged[key] = value
    return merged


def _mistake(what: str) -> ConfigurationError:
    return ConfigurationError(f"{KEY}: {what}", param=KEY)
