"""Reading JSON that somebody else wrote.

msgspec reads what is well formed, and is strict where providers are not: a byte order mark,
white space sent while a request queues, lone surrogates. Those go once more through the
standard library; what it cannot read either is no JSON.
"""

import json
import math
import re
from typing import Any, NoReturn, TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (ValueError, RecursionError, msgspec.MsgspecError)
"""Whatever reading malformed JSON may raise; numbers of 5,000 digits are a ValueError."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_WRONG = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_EXPECTED = re.compile(r"^Expected `(?P<expected>[^`]*)`(?P<bound>[^`]*?)(?:, got `(?P<got>.*)`)?$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>.*)`$")


class UnreadableError(Exception):
    """The text is no JSON; the message says where it stops being any."""


class MistypedError(Exception):
    """The text is JSON of another shape; `path` says where, the message what was expected."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


def read(text: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """The value that this text is; raises `UnreadableError` or `MistypedError`."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise mistyped(error) from None
    except UNREADABLE:
        value = read_untyped(text)
    try:
        return msgspec.convert(value, decoder.type)
    except msgspec.ValidationError as error:
        raise mistyped(error) from None


def read_untyped(text: bytes) -> Any:
    """The value that this text is, by the standard library; raises `UnreadableError`."""
    try:
        value = json.loads(text.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_number)
        return without_surrogates(value)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"{error.msg} at character {error.pos} of {len(text)}") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"byte {error.start} of {len(text)} is not UTF-8") from None
    except UNREADABLE as error:
        raise UnreadableError(f"{type(error).__name__} after {len(text)} bytes") from None


def is_json(text: bytes) -> bool:
    """Whether this text is one JSON value."""
    try:
        read_untyped(text)
    except UnreadableError:
        return False
    return True


def glued(text: bytes) -> list[bytes]:
    """The JSON values that stand one behind the other in this text; raises `UnreadableError`."""
    decoder = json.JSONDecoder(parse_constant=_no_number, parse_float=_number)
    values: list[bytes] = []
    try:
        rest = text.decode("utf-8-sig").strip()
        while rest:
            value, end = decoder.raw_decode(rest)
            values.append(write(value))
            rest = rest[end:].lstrip()
    except UNREADABLE:
        read_untyped(text)  # whose complaint is about the whole
        raise
    return values


def without_surrogates(value: Any) -> Any:
    """The same value with U+FFFD for every lone surrogate, which UTF-8 cannot hold."""
    match value:
        case str():
            return _SURROGATES.sub("\ufffd", value)
        case dict():
            return {without_surrogates(k): without_surrogates(v) for k, v in value.items()}
        case list() | tuple():
            return [without_surrogates(item) for item in value]
    return value


def write(value: Any) -> bytes:
    """This value as JSON text; a lone surrogate becomes U+FFFD."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(without_surrogates(msgspec.to_builtins(value)))


def mistyped(error: msgspec.ValidationError) -> MistypedError:
    """msgspec's complaint in our words: `path: expected …; got …`."""
    whole = _WRONG.match(str(error))
    assert whole is not None
    what, path = whole["what"], (whole["path"] or "$").removeprefix("$").removeprefix(".")
    if missing := _MISSING.match(what):
        path = f"{path}.{missing['field']}" if path else missing["field"]
        what = "expected a value; got nothing"
    elif expected := _EXPECTED.match(what):
        wanted = expected["expected"].replace(" | ", " or ") + expected["bound"]
        what = f"expected {wanted}" + (f"; got {expected['got']}" if expected["got"] else "")
    return MistypedError(f"{path or 'body'}: {what}", path)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # 1e400, which msgspec refuses too, and could only write as null
        raise ValueError(f"{text} is out of range")
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
