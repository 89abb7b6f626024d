"""The reference pages: that they are those the types would make, whole, and well linked."""

import re
from pathlib import Path

import msgspec
import pytest

from dragoman.models import shared
from tools import pages, spelling

LINK = re.compile(r"\]\(([^)]+)\)")


def folder_of(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (root / f"{name}.md").write_bytes(text.encode())
    return root


def test_no_page_is_stale_missing_or_superfluous() -> None:
    assert pages.complaints(pages.FOLDER, pages.pages()) == []


def test_each_page_that_is_not_as_it_should_be_is_named(tmp_path: Path) -> None:
    expected = {"kept.md": "kept", "changed.md": "now", "gone.md": "gone"}
    folder = folder_of(tmp_path, kept="kept", changed="now\n", alien="alien")

    found = pages.complaints(folder, expected)

    assert found == ["alien.md: superfluous", "changed.md: stale", "gone.md: missing"]


def test_writing_leaves_the_pages_there_should_be_and_no_others(tmp_path: Path) -> None:
    expected = {"kept.md": "kept", "changed.md": "now", "gone.md": "gone"}
    folder = folder_of(tmp_path, kept="kept", changed="then", alien="alien")

    pages.write(folder, expected)

    assert pages.complaints(folder, expected) == []


def test_the_check_fails_until_the_pages_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "docs"
    before = pages.main(["--check"], folder)
    named = capsys.readouterr().out

    written = pages.main([], folder)
    after = pages.main(["--check"], folder)

    assert (before, written, after) == (1, 0, 0)
    assert "docs/models/shared/completionusage.md: missing\n" in named


def test_an_argument_we_do_not_know_writes_nothing(tmp_path: Path) -> None:
    assert pages.main(["--chekc"], tmp_path / "docs") == 2
    assert not (tmp_path / "docs").exists()


def test_every_public_type_of_the_hub_has_a_page() -> None:
    classes = [
        name
        for name in shared.__all__
        if isinstance(kind := getattr(shared, name), type) and issubclass(kind, msgspec.Struct)
    ]

    assert {f"{name.lower()}.md" for name in classes} <= pages.pages().keys()
    assert len(pages.pages()) == len({*spelling.STRUCTS, *spelling.UNIONS}) + 1


def test_every_page_that_is_linked_exists() -> None:
    linked = {
        (pages.FOLDER / target).resolve()
        for text in pages.pages().values()
        for target in LINK.findall(text)
    }

    assert [path for path in linked if not path.is_file()] == []


def test_every_page_stands_in_the_index() -> None:
    linked = {Path(target).name for target in LINK.findall(pages.index())}

    assert linked == pages.pages().keys() - {"README.md"}


@pytest.mark.parametrize("name", spelling.STRUCTS)
def test_every_field_is_described(name: str) -> None:
    kind = getattr(shared, name)
    rows = [*pages.fields(kind), *pages.properties(kind)]

    assert [row.field for row in rows if not row.description] == []


@pytest.mark.parametrize("name", spelling.PAGED)
def test_every_page_says_in_one_sentence_what_it_is_about(name: str) -> None:
    assert re.fullmatch(r"[^.]+\.", spelling.sentence(name))


@pytest.mark.parametrize("name", spelling.STRUCTS)
def test_rows_stand_in_alphabetical_order(name: str) -> None:
    for table in pages.struct_page(name).split("\n\n\n")[1:]:
        shown = re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE)

        assert shown == sorted(shown)


def test_a_field_that_may_be_null_and_must_be_there_is_marked_so() -> None:
    rows = {row.field: row for row in pages.fields(shared.ChatCompletionResponseMessage)}

    assert rows["refusal"][1:3] == ("*Optional[str]*", True)
    assert rows["reasoning_content"][1:3] == ("*Optional[str]*", False)
    assert rows["role"][1:3] == ('*Literal["assistant"]*', True)


def test_a_tag_is_a_field_like_any_other() -> None:
    [role] = [
        row for row in pages.fields(shared.ChatCompletionRequestUserMessage) if row.field == "role"
    ]
    [kind] = pages.fields(shared.TextFormat)

    assert role == pages.Row(
        "role", '*Literal["user"]*', True, "The role of the author, which is always `user`."
    )
    assert kind == pages.Row("type", '*Literal["text"]*', True, "The type, which is always `text`.")


def test_what_is_carried_verbatim_shows_no_type_of_ours() -> None:
    assert [row.field for row in pages.fields(shared.OtherPart)] == ["raw"]


def test_a_type_that_refines_another_has_the_fields_of_both() -> None:
    whole = {row.field: row for row in pages.fields(shared.CreateChatCompletionStreamResponse)}
    refined = {
        row.field: row for row in pages.fields(shared.CreateChatCompletionStreamResponseWithUsage)
    }

    assert refined.keys() == whole.keys()
    assert (whole["usage"].required, refined["usage"].required) == (False, True)


def test_what_stands_beside_the_fields_has_a_table_of_its_own() -> None:
    properties = [row.field for row in pages.properties(shared.CreateChatCompletionResponse)]

    assert properties == ["meta", "losses", "raw"]


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    row = pages.Row("stop", "*str*", False, "either | or")

    assert r"| either \| or" in pages.page("A", "A.", {"Fields": [row]})
