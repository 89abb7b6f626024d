"""The line about a request, for people and for machines."""

import json

import pytest

from dragoman.gateway.entry import Entry, as_json, for_people

NASTY = "a\nb\r\x0bc\x1b[31m\u2028\x85 \x00d"


@pytest.mark.parametrize("line", [as_json, for_people])
def test_nothing_that_a_caller_writes_makes_a_line_of_its_own(line: object) -> None:
    entry = Entry(
        id="req_1", at=0, method=NASTY, path=f"/{NASTY}", target=f"lab/{NASTY}", code=NASTY
    )

    assert callable(line)
    told = line(entry)

    assert told.isascii() or line is as_json
    assert all(character not in told for character in "\n\r\x0b\x1b\x00")
    assert len(told.split("\n")) == 1


def test_a_line_for_people_is_short() -> None:
    entry = Entry(
        id="req_1",
        at=0,
        method="POST",
        path="/v1/chat/completions",
        status=200,
        target="sim/words?n=9",
        attempts=2,
        seconds=0.0125,
        prompt_tokens=3,
        completion_tokens=9,
    )

    _, *rest = for_people(entry).split("  ")

    assert rest == [
        "200",
        "12 ms",
        "POST",
        "/v1/chat/completions",
        "sim/words?n=9",
        "2 attempts",
        "3+9 tokens",
    ]


def test_a_line_for_machines_leaves_out_what_is_not_known() -> None:
    entry = Entry(id="req_1", at=1.5, method="GET", path="/v1/models", status=200, code="x")

    assert json.loads(as_json(entry)) == {
        "id": "req_1",
        "at": 1.5,
        "method": "GET",
        "path": "/v1/models",
        "status": 200,
        "code": "x",
    }
