"""A caller's JSON, taken apart field by field; what nobody takes is what we do not know."""

from typing import Any, Final, TypeVar

from dragoman.errors import BadRequestError
from dragoman.models.pointers import escaped, path_of

T = TypeVar("T")

NUMBER: Final = (int, float)
CONTENT: Final = (str, list)
CHOICE: Final = (str, dict)

NAMES: Final[dict[Any, str]] = {
    str: "str",
    bool: "bool",
    int: "int",
    float: "float",
    list: "array",
    dict: "object",
    NUMBER: "number",
    CONTENT: "str or array",
    CHOICE: "str or object",
    type(None): "null",
}
"""What JSON calls a value; the value itself may be a prompt."""


class Given:
    """An object of the caller's, and where it stands."""

    def __init__(self, value: Any, pointer: str) -> None:
        if not isinstance(value, dict):
            raise mistyped(pointer, "object", value)
        self.pointer = pointer
        self.rest: dict[str, Any] = dict(value)

    def take(self, key: str, kind: Any) -> Any:
        """This field; None where it is not there, or null."""
        value = self.rest.pop(key, None)
        if value is None:
            return None
        boolean = isinstance(value, bool) and kind is not bool
        if boolean or not isinstance(value, kind):
            raise mistyped(self.place(key), NAMES[kind], value)
        return value

    def must(self, key: str, kind: Any) -> Any:
        """This field, which has to be there."""
        value = self.take(key, kind)
        if value is None:
            path = path_of(self.place(key))
            raise BadRequestError(
                f"{path}: expected a value; got nothing",
                status_code=400,
                code="missing_required_parameter",
                param=path,
            )
        return value

    def place(self, key: str) -> str:
        """Where this field stands."""
        return f"{self.pointer}/{escaped(key)}"


def mistyped(pointer: str, expected: str, value: Any) -> BadRequestError:
    """The error for a value of another type."""
    path = path_of(pointer)
    got = NAMES.get(type(value), type(value).__name__)
    return BadRequestError(
        f"{path or 'body'}: expected {expected}; got {got}",
        status_code=400,
        code="invalid_type",
        param=path or None,
    )


def unknown(pointer: str, words: tuple[str, ...], value: str) -> BadRequestError:
    """The error for a word that is none of these."""
    path = path_of(pointer)
    return BadRequestError(
        f"{path}: expected one of {', '.join(words)}; got {value[:40]!r}",
        status_code=400,
        code="invalid_value",
        param=path,
    )
