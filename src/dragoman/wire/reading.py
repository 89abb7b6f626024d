"""Reading JSON that somebody else wrote.

msgspec reads what is well formed, and is strict where providers are not: a byte order mark,
white space sent while a request queues, lone surrogates. Those go once more through the
standard library; what it cannot read either is no JSON.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any, Literal, NoReturn, TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (ValueError, RecursionError, msgspec.MsgspecError)
"""Whatever reading malformed JSON may raise; numbers of 5,000 digits are a ValueError."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\n\r]*")
_WRONG = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_EXPECTED = re.compile(r"^Expected `(?P<expected>[^`]*)`(?P<bound>[^`]*?)(?:, got `(?P<got>.*)`)?$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>.*)`$")


class UnreadableError(Exception):
    """The text is no JSON; the message says where it stops being any."""


Mistake = Literal["missing", "type", "empty", "value"]
"""Nothing came; something of another type; an array without items; another value of the type."""


class MistypedError(Exception):
    """The text is JSON of another shape; `path` says where, `what` what was expected."""

    def __init__(self, what: str, path: str, mistake: Mistake = "value") -> None:
        super().__init__(f"{path or 'body'}: {what}")
        self.what = what
        self.path = path
        self.mistake = mistake

    def within(self, outer: str) -> "MistypedError":
        """The same of a value that is itself at the place `outer`."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return MistypedError(self.what, f"{outer}{joint}{self.path}", self.mistake)


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
        decoded = text.decode("utf-8-sig")
        value = json.loads(decoded, parse_constant=_no_number, parse_float=_number)
        return without_surrogates(value) if _ESCAPED_SURROGATE.search(decoded) else value
    except UNREADABLE as error:
        raise _unreadable(error, text) from None


def compact(text: bytes) -> str:
    """The same JSON without blanks, keys and numbers as they came; raises `UnreadableError`."""
    try:
        return msgspec.json.format(text, indent=-1).decode()
    except UNREADABLE as error:
        raise _unreadable(error, text) from None


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
        decoded = text.decode("utf-8-sig")
        position = _after_space(decoded, 0)
        while position < len(decoded):
            value, end = decoder.raw_decode(decoded, position)
            values.append(write(value))
            position = _after_space(decoded, end)
    except UNREADABLE as error:
        raise _unreadable(error, text) from None
    return values


def without_surrogates(value: Any) -> Any:
    """The same value with U+FFFD for every lone surrogate, which UTF-8 cannot hold.

    By way of its JSON text, which has no bound on nesting but that of reading itself.
    """
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(_SURROGATES.sub("\ufffd", text))


def write(value: Any, foreign: Callable[[Any], Any] | None = None) -> bytes:
    """This value as JSON text; a lone surrogate becomes U+FFFD.

    `foreign` turns what is neither JSON's nor ours into what is; None refuses it, by `TypeError`.
    """
    try:
        return msgspec.json.encode(value, enc_hook=foreign)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value, enc_hook=foreign)
        return msgspec.json.encode(without_surrogates(plain))


def mistyped(error: msgspec.ValidationError) -> MistypedError:
    """msgspec's complaint in our words: `expected …; got …`."""
    whole = _WRONG.match(str(error))
    assert whole is not None
    what, path = whole["what"], (whole["path"] or "$").removeprefix("$").removeprefix(".")
    mistake: Mistake = "value"
    if missing := _MISSING.match(what):
        path = f"{path}.{missing['field']}" if path else missing["field"]
        what, mistake = "expected a value; got nothing", "missing"
    elif expected := _EXPECTED.match(what):
        wanted = expected["expected"].replace(" | ", " or ") + expected["bound"]
        what = f"expected {wanted}" + (f"; got {expected['got']}" if expected["got"] else "")
        empty = expected["expected"] == "array" and expected["bound"] == " of length >= 1"
        mistake = "type" if expected["got"] else "empty" if empty else "value"
    elif what == "Number out of range":
        what = "expected a number in range; got one out of it"
    return MistypedError(what, path, mistake)


def _unreadable(error: Exception, text: bytes) -> UnreadableError:
    """Why this text is no JSON, in words that repeat nothing of it."""
    if text.lstrip().startswith(b"<"):
        return UnreadableError("this looks like a page of HTML; is the address the right one?")
    match error:
        case json.JSONDecodeError():
            why = f"{error.msg} at character {error.pos} of {len(text)}"
        case UnicodeDecodeError():
            why = f"byte {error.start} of {len(text)} is not UTF-8"
        case RecursionError():
            why = f"nested too deeply, in {len(text)} bytes"
        case _:
            why = f"a number out of range, in {len(text)} bytes"
    return UnreadableError(why)


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    assert found is not None
    return found.end()


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # 1e400, which msgspec refuses too, and could only write as null
        raise ValueError("out of range")
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
