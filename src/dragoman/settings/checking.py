"""Values of settings, checked: at which key, what was expected, and what came.

A key is spelled as TOML has it, `models.fast.targets[1].weight`, so that it can be looked up in the
file. What a value must be in itself is left to the types; a message repeats names, never a value
that may be a secret.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from dragoman.errors import ConfigurationError
from dragoman.providers.routing import near_names
from dragoman.settings.secret import Secret
from dragoman.wire import reading

T = TypeVar("T", bound=msgspec.Struct)

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key_of(outer: str, name: str) -> str:
    """The key of what has this name in the table `outer`; a name that is not bare is quoted."""
    spelled = name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
    return f"{outer}.{spelled}" if outer else spelled


def mistake(key: str, expected: str, got: str, meant: Iterable[str] = ()) -> ConfigurationError:
    """The error that tells a mistake; `meant` are names that are near what was written."""
    near = " or ".join(meant)
    hint = f"; did you mean {near}?" if near else ""
    return ConfigurationError(f"{key}: expected {expected}; got {got}{hint}", param=key)


def only(table: Iterable[Any], known: Iterable[str], outer: str) -> None:
    """Raise `ConfigurationError` for the first name of this table that is none of the known."""
    names = sorted(known)
    for name in table:
        if name not in names:
            near = near_names(str(name), names)
            raise mistake(key_of(outer, str(name)), f"one of {', '.join(names)}", repr(name), near)


def table_of(value: Any, key: str) -> dict[str, Any]:
    """This value, which must be a table."""
    if not isinstance(value, Mapping):
        raise mistake(key, "a table", type(value).__name__)
    return dict(value)


def named(value: Any, key: str) -> Iterator[tuple[str, str, Any]]:
    """Name, key and value of what stands in this table of names; `/` divides them elsewhere."""
    names: dict[Any, Any] = table_of(value, key)
    for name, inner in names.items():
        place = key_of(key, str(name))
        if not isinstance(name, str) or not name or "/" in name:
            raise mistake(place, "a name without /", repr(name))
        yield name, place, inner


def typed(value: Any, kind: type[T], key: str) -> T:
    """The table `value` as this type, whose fields are the only names that it may have."""
    table = table_of(value, key)
    only(table, kind.__struct_fields__, key)
    try:
        return msgspec.convert(table, kind, dec_hook=_secret)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error)
        place = f"{key}.{wrong.path.partition('[...]')[0]}" if wrong.path else key
        raise ConfigurationError(f"{place}: {wrong.what}", param=place) from None


def _secret(type: Any, value: Any) -> Any:
    if type is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("Expected `str`")
