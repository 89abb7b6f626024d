"""The page about the simulator names what there is, and nothing else."""

import re
from pathlib import Path

from dragoman.simulator.doors import DOORS
from dragoman.simulator.faults import ERRORS, FAULTS
from dragoman.simulator.models import MODELS, ONLY, PARAMETERS

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under this heading, without its head."""
    table = PAGE.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def names(heading: str) -> list[str]:
    return [re.split("[`=]", row[0])[1] for row in rows(heading)]


def test_the_page_names_every_model() -> None:
    assert sorted(names("model")) == sorted(MODELS)


def test_the_page_names_every_parameter_that_is_no_fault() -> None:
    assert sorted(names("parameter")) == sorted(PARAMETERS.keys() - FAULTS.keys())


def test_the_page_names_every_fault() -> None:
    assert sorted(names("fault")) == sorted(FAULTS)


def test_the_page_says_who_takes_what() -> None:
    told = {
        re.split("[`=]", row[0])[1]: row[1].strip("`")
        for row in [*rows("parameter"), *rows("fault")]
    }

    assert told == {name: ONLY.get(name, "all") for name in PARAMETERS}
    assert {name for name, model in told.items() if model == "fail"} == ERRORS


def test_the_examples_of_the_faults_are_ones_that_are_taken() -> None:
    for row in rows("fault"):
        name, _, value = row[0].strip("`").partition("=")

        assert FAULTS[name].read(value) is not None


def test_the_page_names_every_door() -> None:
    told = set(re.findall(r"`((?:GET|POST) [^`]+)`", " ".join(row[0] for row in rows("door"))))

    assert told == {f"{door.method} {''.join(door.bases[:1])}{door.path}" for door in DOORS}
