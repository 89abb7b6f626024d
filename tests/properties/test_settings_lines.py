"""The line of a key in a settings file is right, or not told, however the file is written.

The judge never walks the text: each value carries a mark of its own, and the line is the one that
holds the mark.
"""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dragoman.settings.checking import key_of
from dragoman.settings.lines import lines_of

TROUBLE = st.sampled_from(
    ["", "#", " = 1", "[x]", "]", "}", ",", "'", '"', '""', "\\", "{", "a.b", "é", "[[x]]"]
)
SPACES = st.sampled_from(["", " ", "\t ", "  "])
BREAKS = st.sampled_from(["", "\n", " # a = [ '\n", "\r\n", "\n\n  "])


class Writer:
    """A TOML text in the making; every name and every value in it is new."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._count = 0

    def text(self) -> str:
        parts, tables, arrays = [self.pairs()], [""], []
        for _ in range(self._draw(st.integers(0, 4))):
            outer = self._draw(st.sampled_from(tables))
            name = f"{outer}{'.' if outer else ''}{self.dotted()}"
            if self._draw(st.booleans()):
                tables.append(name)
                parts.append(f"[{name}]{self._draw(BREAKS)}\n{self.pairs()}")
            else:
                arrays.append(name)
                name = self._draw(st.sampled_from(arrays))
                tables.append(name)
                parts.append(f"[[ {name} ]] # [x]\n{self.pairs()}")
        return "\n".join(parts)

    def pairs(self) -> str:
        return "".join(
            f"{self._draw(SPACES)}{self.pair()}{self._draw(SPACES)}# x = 'y\n{self._draw(BREAKS)}"
            for _ in range(self._draw(st.integers(0, 3)))
        )

    def pair(self) -> str:
        return f"{self.dotted()}{self._draw(SPACES)}={self._draw(SPACES)}{self.value()}"

    def dotted(self) -> str:
        names = [self.name() for _ in range(self._draw(st.integers(1, 2)))]
        return f"{self._draw(SPACES)}.{self._draw(SPACES)}".join(names)

    def name(self) -> str:
        self._count += 1
        name = f"k-{self._count}"
        trouble = self._draw(TROUBLE)
        if not trouble:
            return name
        if self._draw(st.booleans()) and "'" not in trouble:
            return f"'{name}{trouble}'"
        return json.dumps(name + trouble, ensure_ascii=self._draw(st.booleans()))

    def mark(self) -> str:
        self._count += 1
        return f"<{self._count}>"

    def value(self, depth: int = 0) -> str:
        kinds = ["basic", "literal", "basics", "literals", "number"]
        match self._draw(st.sampled_from(kinds if depth > 2 else [*kinds, "array", "table"])):
            case "basic":
                return json.dumps(self.mark() + self._draw(TROUBLE), ensure_ascii=False)
            case "literal":
                return (
                    f"'{self.mark()}{self._draw(TROUBLE.filter(lambda one: chr(39) not in one))}'"
                )
            case "basics":
                trouble = self._draw(TROUBLE.filter(lambda one: "\\" not in one))
                return f'"""{self.mark()}\n[fake]\nk-1 = 5\\"""\n{trouble}"""'
            case "literals":
                return f"'''{self.mark()}\n[fake]\nk-1 = ''\n{self._draw(TROUBLE)}'''"
            case "number":
                self._count += 1
                return f"1_000_{self._count:03}"
            case "array":
                items = [self.value(depth + 1) for _ in range(self._draw(st.integers(0, 3)))]
                comma = self._draw(BREAKS) + "," + self._draw(BREAKS)
                end = self._draw(st.sampled_from(["", ","])) if items else ""
                return f"[{self._draw(BREAKS)}{comma.join(items)}{self._draw(BREAKS)}{end}]"
            case _:
                pairs = [
                    f"{self.dotted()} = {self.value(depth + 1)}"
                    for _ in range(self._draw(st.integers(0, 3)))
                ]
                return f"{{ {', '.join(pairs)} }}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    return Writer(draw).text()


def marks(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Each scalar's key and the mark it carries."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from marks(inner, key_of(key, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from marks(inner, f"{key}[{place}]")
    elif isinstance(value, int):
        yield key, f"1_000_{value - 1_000_000:03}" if value >= 1_000_000 else f"{value:_}"
    else:
        yield key, value[: value.index(">") + 1]


@given(text=documents())
def test_the_line_of_every_value_is_the_one_it_stands_on(text: str) -> None:
    document = tomllib.loads(text)

    told = lines_of(text)

    rows = text.split("\n")
    for key, mark in marks(document):
        (row,) = [number for number, row in enumerate(rows, 1) if mark in row]
        assert told[key] == row


@given(text=documents(), start=st.integers(0, 400), end=st.integers(0, 400))
def test_a_text_that_is_no_toml_is_walked_without_harm(text: str, start: int, end: int) -> None:
    lines_of(text[:start] + text[end:])
