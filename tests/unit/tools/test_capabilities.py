"""The table of what each dialect can be asked for."""

import pytest

from tools.capabilities import cell, outcome, page

ROWS = {
    "default": {"tools": "carried", "tools[custom]": "emulated", "seed": "dropped"},
    "old": {"tools": "refused", "seed": "dropped"},
    "new": {},
}


@pytest.mark.parametrize(
    ("family", "field", "expected"),
    [
        ("new", "tools[custom].custom", "emulated"),
        ("new", "tools[function]", "carried"),
        ("old", "tools[custom]", "refused"),
    ],
)
def test_a_row_stands_for_what_lies_inside_it_unless_a_longer_one_does(
    family: str, field: str, expected: str
) -> None:
    assert outcome(ROWS, family, field) == expected


def test_a_field_without_a_row_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        outcome(ROWS, "new", "seeds")


def test_what_differs_from_model_to_model_is_partial() -> None:
    assert cell(ROWS, ["seed"]) == "unsupported"
    assert cell(ROWS, ["tools[function]"]) == "partial"
    assert cell({"default": {"n": "carried"}}, ["n"]) == "native"


def test_every_dialect_has_a_word_for_everything() -> None:
    head, rule, *rows = [line for line in page().splitlines() if line.startswith("|")]

    assert len(rows) > 20
    assert {line.count("|") for line in (head, rule, *rows)} == {head.count("|")}
    assert head.count("`") == 2 * 8
