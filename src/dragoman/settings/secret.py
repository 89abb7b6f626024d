"""A value that must not be seen, and the references that stand for one in settings."""

from collections.abc import Mapping
from typing import Final, NoReturn

from dragoman.errors import ConfigurationError

HIDDEN: Final = "<secret>"


class Secret:
    """Holds a value and shows it to nobody but who asks by name.

    It has no repr, str, format, pickle or JSON: a secret that is logged or stored by mistake
    says `<secret>`, or fails.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled or copied to anywhere")


def resolved(reference: Secret, *, environ: Mapping[str, str], key: str) -> Secret:
    """The secret that a setting stands for: `env:NAME`, `file:PATH`, or the value itself.

    Raises `ConfigurationError` naming the setting `key`, the variable or the file, and no value.
    """
    kind, colon, rest = reference.reveal().partition(":")
    if not colon or kind not in ("env", "file"):
        return reference
    if kind == "env":
        value = environ.get(rest)
        if not value:
            raise ConfigurationError(
                f"{key}: expected the environment variable {rest} to be set; it is not", param=key
            )
        return Secret(value)
    try:
        with open(rest, encoding="utf-8") as file:
            return Secret(file.read().strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{key}: expected a readable file at {rest}; got {type(error).__name__}", param=key
        ) from None
