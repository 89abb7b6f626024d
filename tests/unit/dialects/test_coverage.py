"""`dialects/coverage.toml` says what the code does, about every field of a request.

How that is found out is in `outcomes`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dragoman.dialects
from dragoman.dialects import DIALECTS
from dragoman.dialects.openai_chat.families import FAMILIES, family_of
from tests.request_fields import Field, request_fields
from tests.unit.dialects.outcomes import outcome, sent
from tests.unit.dialects.targets import FAMILIES_OF, OPENAI_MODELS, TARGETS

TABLE = Path(dragoman.dialects.__file__).with_name("coverage.toml")

Rows = Mapping[str, str]
"""Outcome by the name of a field."""

OUTCOMES = {"implied", "carried", "renamed", "dropped", "clamped", "emulated", "refused"}

FIELDS = request_fields()


def table() -> dict[str, dict[str, Rows]]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def complaints(rows: Rows, departures: Rows, outcomes: Mapping[str, set[str]]) -> list[str]:
    """Where the rows of a family, over the default ones, are not the outcomes by field."""
    return [
        *(f"{name}: no row in the default table" for name in outcomes if name not in rows),
        *(f"{name}: names no field" for name in rows if name not in outcomes),
        *(
            f"{name}: names no field"
            for name in departures
            if not any(stands_for(name, field) for field in outcomes)
        ),
        *(f"{name}: departs from nothing" for name in departures if idle(name, rows, departures)),
        *(
            f"{name}: the row says {row(name, rows, departures)}, the code {', '.join(came)}"
            for name, came in outcomes.items()
            if name in rows and came != {row(name, rows, departures)}
        ),
    ]


def row(name: str, rows: Rows, departures: Rows) -> str:
    """What a family's rows say: its own, the longest one that stands for the field, first."""
    own = [key for key in departures if stands_for(key, name)]
    return departures[max(own, key=len)] if own else rows[name]


def stands_for(key: str, name: str) -> bool:
    """Whether a row is the field's own, or that of what the field lies in or stands beside."""
    return name == key or (name.startswith(key) and name[len(key)] in ".[ ")


def idle(key: str, rows: Rows, departures: Rows) -> bool:
    """Whether a departure could go and nothing would change."""
    rest = {other: outcome for other, outcome in departures.items() if other != key}
    return all(row(name, rows, departures) == row(name, rows, rest) for name in rows)


def outcomes(dialect: str, model: str, profile: Any) -> dict[str, set[str]]:
    """What becomes of each field, by name; more than one word where its shapes fare differently."""
    found: dict[str, set[str]] = {}
    for field in FIELDS:
        found.setdefault(field.name, set()).add(outcome(field, dialect, model, profile))
    return found


def cases() -> Iterator[tuple[str, str, str, Any]]:
    for dialect, families in TARGETS.items():
        for family, (model, profile) in families.items():
            yield dialect, family, model, profile


def test_every_dialect_and_family_has_its_rows() -> None:
    rows = table()

    assert rows.keys() == DIALECTS.keys()
    assert {dialect: rows[dialect].keys() - {"default"} for dialect in rows} == FAMILIES_OF
    assert {dialect: TARGETS[dialect].keys() for dialect in rows} == FAMILIES_OF


def test_every_family_is_tried_with_one_of_its_models() -> None:
    assert {name: family_of(model).name for name, model in OPENAI_MODELS.items()} == {
        family.name: family.name for family in FAMILIES
    }


def test_an_outcome_is_one_of_six_words() -> None:
    said = {
        word
        for families in table().values()
        for rows in families.values()
        for word in rows.values()
    }

    assert said <= OUTCOMES


def test_the_rows_say_what_becomes_of_every_field() -> None:
    rows = table()

    found = [
        f"{dialect}, {family}: {complaint}"
        for dialect, family, model, profile in cases()
        for complaint in complaints(
            rows[dialect]["default"], rows[dialect][family], outcomes(dialect, model, profile)
        )
    ]

    assert found == []


def test_a_field_without_a_row_is_found() -> None:
    assert complaints({}, {}, {"seed": {"carried"}}) == ["seed: no row in the default table"]


def test_a_row_that_names_no_field_is_found() -> None:
    rows = {"seed": "carried", "sed": "carried"}

    assert complaints(rows, {}, {"seed": {"carried"}}) == ["sed: names no field"]
    assert complaints({"seed": "carried"}, {"se": "dropped"}, {"seed": {"carried"}}) == [
        "se: names no field",
        "se: departs from nothing",
    ]


def test_a_row_that_the_code_contradicts_is_found() -> None:
    lost = "seed: the row says carried, the code lost in silence"

    assert complaints({"seed": "carried"}, {}, {"seed": {"lost in silence"}}) == [lost]
    assert complaints({"seed": "carried"}, {"seed": "dropped"}, {"seed": {"carried"}}) == [
        "seed: the row says dropped, the code carried"
    ]


def test_a_departure_that_says_what_holds_anyway_is_found() -> None:
    rows = {"tools[custom]": "carried", "tools[other]": "carried"}
    departures = {"tools": "dropped", "tools[other]": "dropped"}
    came = {"tools[custom]": {"dropped"}, "tools[other]": {"dropped"}}

    assert complaints(rows, departures, came) == ["tools[other]: departs from nothing"]


def test_a_value_that_is_neither_sent_nor_told_is_lost_in_silence() -> None:
    field = Field("seed", "/seed", {"seed": 2})

    assert sent(field, field.request, {"seed": 2})
    assert sent(field, field.request, {"random_seed": 2})
    assert not sent(field, field.request, {"seed": 3})
    assert not sent(field, field.request, {})
