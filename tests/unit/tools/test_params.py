"""The dicts for requests: that they are those the hub would make, whole and importable."""

from pathlib import Path

import msgspec
import pytest

from dragoman.models import params, shared
from tools import params as tool

EVERY = sorted(tool.reachable())


def test_no_file_is_stale_missing_or_superfluous() -> None:
    assert tool.complaints(tool.FOLDER, tool.files()) == []


def test_the_check_fails_until_the_files_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "params"
    before = tool.main(["--check"], folder)
    named = capsys.readouterr().out
    tool.main([], folder)
    (folder / "alien.py").write_text("")
    (folder / "tools.py").write_text("")
    amiss = tool.main(["--check"], folder)
    told = capsys.readouterr().out

    tool.main([], folder)

    assert (before, amiss, tool.main(["--check"], folder)) == (1, 1, 0)
    assert "src/dragoman/models/params/content.py: missing\n" in named
    assert "alien.py: superfluous\n" in told
    assert "tools.py: stale\n" in told


def test_an_argument_we_do_not_know_writes_nothing(tmp_path: Path) -> None:
    assert tool.main(["--chekc"], tmp_path / "params") == 2
    assert not (tmp_path / "params").exists()


@pytest.mark.parametrize("name", EVERY)
def test_a_dict_has_the_keys_that_its_type_has(name: str) -> None:
    kind, written = getattr(shared, name), getattr(params, name)
    tag = {kind.__struct_config__.tag_field} - {None}
    required = {field for field in kind.__struct_fields__ if field not in optional(kind)}

    assert written.__required_keys__ == required | tag
    assert written.__optional_keys__ == optional(kind) - {"extra"}
    assert written.__doc__ == kind.__doc__


def optional(kind: type[msgspec.Struct]) -> set[str]:
    """The fields that have a default."""
    return {field.name for field in msgspec.structs.fields(kind) if not field.required}


def test_every_dict_has_a_type_and_every_name_is_there() -> None:
    names = set(params.__all__) - {"RequestFields", "RequestFieldsBesideFormat"}

    assert set(EVERY) <= names <= set(shared.__all__)
    assert "OtherPart" not in names
