"""The 318 files of JSONTestSuite, at every place where JSON reaches us.

What a name begins with says what its bytes are: `y_` well-formed, `n_` malformed, `i_` left open
by the standard, and decided by us once, in `tests/data/hostile_json.toml`. Well-formed does not
mean accepted: most of it is no chat request. Then its shape is what is complained about.

Authority: https://github.com/nst/JSONTestSuite, RFC 8259.
"""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import hostile

ROOT = Path(__file__).parents[3] / "shared" / "hostile" / "json"

pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason="the files of JSONTestSuite (../shared/hostile/json) are not here"
)

DECISIONS = Path(__file__).parents[1] / "data" / "hostile_json.toml"

places = pytest.mark.parametrize("name", hostile.PLACES)
values = pytest.mark.parametrize("name", ["a response's arguments", "a chunk's arguments"])


class Decision(NamedTuple):
    """What becomes of a file that the standard leaves open."""

    file: str
    value: str | None
    """As JSON, what it is read as where it is a field's value; None: refused."""
    alone: bool
    """Whether it is accepted as JSON where there is nothing else."""


def files(prefix: str) -> list[Path]:
    return sorted(ROOT.glob(f"{prefix}_*.json"))


def decisions() -> Sequence[Decision]:
    tables = tomllib.loads(DECISIONS.read_text("utf-8"))
    return [
        Decision(file, as_decided(file, value), table.get("alone", bool(value)))
        for table in tables.values()
        for file, value in table["files"].items()
    ]


def as_decided(file: str, value: str) -> str | None:
    return (ROOT / file).read_text("utf-8") if value == "as it is" else value or None


def spoken_arguments(name: str, data: bytes) -> str:
    """The arguments of the call, told whole or streamed."""
    told = hostile.PLACES[name](data)
    if isinstance(told, dict):
        return str(told["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])
    calls = [c for chunk in told for c in chunk["choices"] if "tool_calls" in c["delta"]]
    return "".join(c["delta"]["tool_calls"][0]["function"]["arguments"] for c in calls)


def test_all_are_here() -> None:
    assert [len(files(prefix)) for prefix in "yni"] == [95, 188, 35]


@places
def test_nothing_crashes_and_what_is_answered_is_valid(name: str) -> None:
    for file in files("[yni]"):
        hostile.refused(hostile.PLACES[name], file.read_bytes())  # raises what is no refusal


def test_an_error_with_such_a_body_is_still_that_error() -> None:
    for file in files("[yni]"):
        assert hostile.failed(file.read_bytes())["error"]["message"]


@places
def test_what_is_malformed_is_refused(name: str) -> None:
    accepted = [
        file.name
        for file in files("n")
        if hostile.refused(hostile.PLACES[name], file.read_bytes()) is None
    ]

    assert accepted == []


@places
def test_what_is_well_formed_is_not_refused_as_json(name: str) -> None:
    wrong = {}
    for file in files("y"):
        data = file.read_bytes()
        if name in hostile.ON_ONE_LINE and b"\n" in data:
            continue  # the line break, which is no data there, has cut it in two
        error = hostile.refused(hostile.PLACES[name], data)
        if error is not None and hostile.REFUSED_AS_JSON.match(str(error)):
            wrong[file.name] = str(error)

    assert wrong == {}


@values
def test_what_is_well_formed_arrives_as_it_is(name: str) -> None:
    for file in files("y"):
        value = json.loads(file.read_bytes())

        arguments = spoken_arguments(name, file.read_bytes())

        if value is None or (isinstance(value, str) and not value.strip()):
            assert arguments == "{}"
        elif isinstance(value, str):
            assert arguments == value
        else:
            assert json.loads(arguments) == value


def test_what_the_standard_leaves_open_is_decided() -> None:
    assert sorted(one.file for one in decisions()) == [file.name for file in files("i")]


@values
def test_the_decision_holds_for_a_value_in_an_answer(name: str) -> None:
    for file, value, _ in decisions():
        data = (ROOT / file).read_bytes()
        if value is None:
            assert hostile.refused(hostile.PLACES[name], data) is not None, file
        else:
            assert json.loads(spoken_arguments(name, data)) == json.loads(value), file


def test_the_decision_holds_for_a_value_in_a_request() -> None:
    place = hostile.PLACES["a request's x_new"]
    for file, value, _ in decisions():
        data = (ROOT / file).read_bytes()
        if value is None:
            assert hostile.refused(place, data) is not None, file
        else:
            assert place(data)["x_new"] == json.loads(value), file


def test_the_decision_holds_where_there_is_nothing_else() -> None:
    for file, _, alone in decisions():
        error = hostile.refused(hostile.asked, (ROOT / file).read_bytes())
        assert error is not None, file  # none of them is a request
        assert bool(hostile.REFUSED_AS_JSON.match(str(error))) is not alone, file
