"""On which line of a TOML text each key stands, which `tomllib` does not tell.

The text was parsed before, so that it is TOML: this walk only has to know where strings, keys and
brackets begin and end. A key that it does not find has no line, rather than a wrong one.

Reference: https://toml.io/en/v1.0.0
"""

import re
import tomllib
from bisect import bisect_left
from typing import Final

from dragoman.settings.checking import key_of

_SPACE: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BASIC: Final = r'"(?:\\.|[^"\\\n])*"'
_LITERAL: Final = r"'[^'\n]*'"
_NAME: Final = re.compile(rf"{_BASIC}|{_LITERAL}|[A-Za-z0-9_-]+")
# A text of several lines may end with up to two quotes of its own before the three that close it.
_TEXT: Final = re.compile(
    rf"""\"""(?:\\.|[^\\])*?"{{3,5}}|'''.*?'{{3,5}}|{_BASIC}|{_LITERAL}""", re.DOTALL
)
_BARE_VALUE: Final = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> dict[str, int]:
    """The line of each key, of tables and of elements of arrays, counted from 1."""
    walk = _Walk(text)
    try:
        walk.document()
    except (LookupError, ValueError, RecursionError):
        return {}
    return walk.lines


class _Walk:
    """One pass over the text; raises `LookupError` at what is no TOML."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._last: dict[str, int] = {}
        """Arrays of tables, with the index of the table that is written now."""

    def document(self) -> None:
        table = ""
        while not self._over():
            if self._took("[["):
                table = self._header("]]")
            elif self._took("["):
                table = self._header("]")
            else:
                self._pair(table)

    def _header(self, closing: str) -> str:
        line = self._line()
        *outer, name = self._names()
        self._need(closing)
        key = self._within("", outer, line)
        key = key_of(key, name)
        if closing == "]]":
            self.lines.setdefault(key, line)
            self._last[key] = self._last.get(key, -1) + 1
            key = f"{key}[{self._last[key]}]"
        self.lines[key] = line  # also where an inner table was mentioned before
        return key

    def _pair(self, table: str) -> None:
        line = self._line()
        key = self._within(table, self._names(), line)
        self._need("=")
        self._value(key)

    def _value(self, key: str) -> None:
        self._skip()
        if self._took("["):
            index = 0
            while not self._took("]"):
                self.lines[f"{key}[{index}]"] = self._line()
                self._value(f"{key}[{index}]")
                self._took(",")
                index += 1
        elif self._took("{"):
            while not self._took("}"):
                self._pair(key)
                self._took(",")
        else:
            self._match(_TEXT if self._text[self._at] in "\"'" else _BARE_VALUE)

    def _names(self) -> list[str]:
        names = [self._name()]
        while self._took("."):
            names.append(self._name())
        return names

    def _name(self) -> str:
        self._skip()
        name = self._match(_NAME)
        return str(tomllib.loads(f"name = {name}")["name"]) if name[0] in "\"'" else name

    def _within(self, table: str, names: list[str], line: int) -> str:
        """The key of these names, each inside the one before; an array's means its last table."""
        for name in names:
            table = key_of(table, name)
            self.lines.setdefault(table, line)
            if table in self._last:
                table = f"{table}[{self._last[table]}]"
        return table

    def _line(self) -> int:
        self._skip()
        return bisect_left(self._ends, self._at) + 1

    def _over(self) -> bool:
        self._skip()
        return self._at == len(self._text)

    def _skip(self) -> None:
        self._match(_SPACE)

    def _took(self, mark: str) -> bool:
        self._skip()
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def _need(self, mark: str) -> None:
        if not self._took(mark):
            raise LookupError(mark)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise LookupError(self._at)
        self._at = found.end()
        return found.group()
