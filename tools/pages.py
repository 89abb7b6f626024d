"""The reference pages of the hub, one a type, in the form of the page this library grew from.

    python -m tools.pages            write docs/models/shared
    python -m tools.pages --check    name every page that is stale, missing or superfluous

What a page says stands in `dragoman.models`: the first sentence of a class's docstring, the first
paragraph of a field's. How types are spelled is left to `tools.spelling`. The form is that of
tests/data/seed/createchatcompletionresponse.md to the byte: cells padded to the longest one of
the whole table, two empty lines before a heading, no newline at the end.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from dragoman.models import shared
from tools import spelling

FOLDER = Path(__file__).parent.parent / "docs" / "models" / "shared"

LATER_FIELDS = {
    "CreateChatCompletionResponse": frozenset(
        {"metadata", "moderation", "service_tier", "system_fingerprint"}
    ),
}
"""Fields the schema gained since the seed was written; they stand below those the seed has."""

NEVER_WRITTEN = frozenset({"dragoman.other"})
"""Tags that only tell our own types apart: what is carried verbatim has its own `type`."""

GROUPS = {
    "Response": ("response", "usage"),
    "Chunk": ("chunk",),
    "Request": ("request", "messages", "content", "tools"),
    "Models of a provider": ("listing",),
    "Error": ("error",),
    "Beside an answer": ("meta", "loss"),
}
"""Headings of the index, with the modules of `dragoman.models` whose types stand below each."""


class Row(NamedTuple):
    """A field, as a table shows it."""

    field: str
    type: str
    required: bool
    description: str


def pages() -> dict[str, str]:
    """Every page there should be: text by file name, the index among them."""
    structs = {name: struct_page(name) for name in spelling.STRUCTS}
    unions = {name: union_page(name) for name in spelling.UNIONS}
    texts = {f"{name.lower()}.md": text for name, text in (structs | unions).items()}
    return {"README.md": index()} | texts


def struct_page(name: str) -> str:
    """The page of a class: its fields, those that came later, its properties."""
    kind: type[msgspec.Struct] = getattr(shared, name)
    rows = sorted(fields(kind))
    later = LATER_FIELDS.get(name, frozenset())
    if missing := later - {row.field for row in rows}:
        raise LookupError(f"{name} has no field {', '.join(sorted(missing))}")
    tables = {
        "Fields": [row for row in rows if row.field not in later],
        "Later fields": [row for row in rows if row.field in later],
        "Properties": sorted(properties(kind)),
    }
    return page(
        name, spelling.sentence(name), {title: rows for title, rows in tables.items() if rows}
    )


def fields(kind: type[msgspec.Struct]) -> Iterable[Row]:
    """What is written: the fields, and the tag where the class has one."""
    said = spelling.said_of_fields(kind)
    for field in msgspec.structs.fields(kind):
        annotation, description = said[field.name]
        # A default factory is a constant's: written always, though nobody passes it.
        required = field.required or field.default_factory is not msgspec.NODEFAULT
        yield Row(field.encode_name, annotation, required, description)
    tag, tag_field = kind.__struct_config__.tag, kind.__struct_config__.tag_field
    if tag_field is not None and tag not in NEVER_WRITTEN:
        declared = spelling.said_of_properties(kind).get(tag_field)
        description = declared[1] if declared else f"The {tag_field}, which is always `{tag}`."
        yield Row(tag_field, spelling.literal([tag]), True, description)


def properties(kind: type[msgspec.Struct]) -> Iterable[Row]:
    """What stands beside the fields."""
    for name, (annotation, description) in spelling.said_of_properties(kind).items():
        if name != kind.__struct_config__.tag_field:
            yield Row(name, annotation, True, description)


def page(name: str, sentence: str, tables: dict[str, list[Row]]) -> str:
    """A class's page from what it says; the seed's bytes, given what the seed says."""
    written = [
        f"## {title}\n\n" + table(("Field", "Type", "Required", "Description"), map(cells, rows))
        for title, rows in tables.items()
    ]
    return "\n\n\n".join([f"# {name}\n\n{sentence}", *written])


def cells(row: Row) -> Sequence[str]:
    mark = ":heavy_check_mark:" if row.required else ":heavy_minus_sign:"
    return f"`{row.field}`", row.type, mark, row.description.replace("|", r"\|")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Every column is as wide as the longest cell of the whole table, as the seed has it."""
    lines = [header, *rows]
    width = max(len(cell) for line in lines for cell in line)
    lines.insert(1, ["-" * width] * len(header))
    return "\n".join(f"| {' | '.join(cell.ljust(width) for cell in line)} |" for line in lines)


def union_page(name: str) -> str:
    """The page of a name that stands for one of several types."""
    rows = [(type_, text.replace("|", r"\|")) for type_, text in spelling.members(name)]
    listed = table(("Type", "Description"), rows)
    return f"# {name}\n\n{spelling.sentence(name)}\n\n\n## Supported types\n\n{listed}"


def index() -> str:
    """All pages, by what they are needed for."""
    parts = ["# Models\n\nThe types of `from dragoman.models import shared`, a page each.\n"]
    for title, modules in GROUPS.items():
        names = [name for name in spelling.PAGED if spelling.module_of(name) in modules]
        links = [f"- {spelling.link(name)}: {spelling.sentence(name)}\n" for name in names]
        parts.append(f"## {title}\n\n{''.join(links)}")
    return "\n".join(parts)


def complaints(folder: Path, expected: dict[str, str]) -> list[str]:
    """Each page of the folder that is not as it should be; empty when all is well."""
    there = {path.name: path.read_bytes() for path in folder.glob("*.md")}
    missing = [f"{name}: missing" for name in expected if name not in there]
    stale = [
        f"{name}: stale"
        for name, text in expected.items()
        if name in there and there[name] != text.encode()
    ]
    superfluous = [f"{name}: superfluous" for name in there if name not in expected]
    return sorted(missing + stale + superfluous)


def write(folder: Path, expected: dict[str, str]) -> None:
    """Make the folder hold these pages and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in expected:
            path.unlink()
    for name, text in expected.items():
        (folder / name).write_bytes(text.encode())


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.pages [--check]")
        return 2
    if not arguments:
        write(folder, pages())
        return 0
    found = complaints(folder, pages())
    for line in found:
        print(f"docs/models/shared/{line}")
    if found:
        print("python -m tools.pages writes them anew")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
