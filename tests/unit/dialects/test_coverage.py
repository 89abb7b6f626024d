"""`dialects/coverage.toml` says what the code does, about every field of a request.

Each field is encoded alone, and what became of it is read off the body and the losses. Where a
dialect has another shape than the hub, a field is carried if the body is another without it.
"""

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dragoman.dialects
from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import Encoded
from dragoman.dialects.openai_chat import decode_request
from dragoman.dialects.openai_chat.families import FAMILIES, family_of
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from dragoman.models.pointers import path_of
from tests.request_fields import Field, request_fields
from tests.samples import FREE
from tests.unit.dialects.targets import FAMILIES_OF, IMPLIED, OPENAI_MODELS, TARGETS

TABLE = Path(dragoman.dialects.__file__).with_name("coverage.toml")

Rows = Mapping[str, str]
"""Outcome by the name of a field."""

OUTCOMES = {"implied", "carried", "renamed", "dropped", "clamped", "emulated", "refused"}

FIELDS = request_fields()

MEAN_THE_SAME = ({"system", "developer"},)


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


def outcome(field: Field, dialect: str, model: str, profile: Any) -> str:
    """What becomes of this field, told by the nearest of its losses, if there is one."""
    asked = {**field.request, "model": model}
    if dialect != "openai-chat":
        field = in_company(field)
        asked = plausible({**field.request, "model": model})
        asked = by_data(asked) if dialect in BY_DATA else asked
    try:
        encoded = encode(asked, dialect, model, profile)
    except UnsupportedParameterError as error:
        names_it = path_of(field.pointer).startswith(error.param or "?")
        return "refused" if names_it else f"refused for {error.param}"
    losses = [loss for loss in encoded.losses if about(loss, field.pointer)]
    kind = max(losses, key=lambda loss: len(loss.pointer)).kind if losses else None
    if kind is not None and kind != "dropped":
        return kind
    if dialect == "openai-chat" or field.name == "model":
        shown = (
            sent(field, asked, json.loads(encoded.body)) or quote(model, safe="") in encoded.path
        )
    else:
        other = otherwise(asked, field.pointer)
        shown = f"{encoded.path} {encoded.body!r}" != sent_or_refusal(
            other, dialect, model, profile
        )
    if kind is not None:
        in_part = all(loss.pointer.startswith(f"{field.pointer}/") for loss in losses)
        return f"{kind}, yet sent" if shown and not in_part else kind
    if not shown and field.name in IMPLIED[dialect]:
        return "implied"
    return "carried" if shown else "lost in silence"


def in_company(field: Field) -> Field:
    """The same field in a conversation that makes sense, for dialects that look at it."""
    request = copy.deepcopy(field.request)
    pointer = field.pointer
    first = request["messages"][0]
    if "function_call" in request:
        request["functions"] = [{"name": "x"}]
    if first["role"] in ("developer", "system"):
        request["messages"].append({"role": "user", "content": "x"})
    if first["role"] == "assistant":
        first.setdefault("content", "x")
    if first["role"] in ("tool", "function"):
        function = {"name": "x", "arguments": "{}"}
        calls = [{"id": "x", "type": "function", "function": function}]
        called = {"tool_calls": calls} if first["role"] == "tool" else {"function_call": function}
        request["messages"].insert(0, {"role": "assistant", **called})
        pointer = pointer.replace("/messages/0", "/messages/1", 1)
    return Field(field.name, pointer, request)


def encode(asked: Any, dialect: str, model: str, profile: Any) -> Encoded:
    request = decode_request(json.dumps(asked).encode())
    return DIALECTS[dialect].encode_request(request, model=model, profile=profile)


def sent_or_refusal(asked: Any, dialect: str, model: str, profile: Any) -> str:
    try:
        encoded = encode(asked, dialect, model, profile)
        return f"{encoded.path} {encoded.body!r}"
    except UnsupportedParameterError as error:
        return error.message


def plausible(value: Any) -> Any:
    """The same with values that mean something, where any dialect but the hub's looks at them."""
    if isinstance(value, list):
        return [plausible(item) for item in value]
    if not isinstance(value, dict):
        return value
    known: dict[str, Any] = {
        key: MEANT[key] if key in MEANT and inner in ("x", FREE) else plausible(inner)
        for key, inner in value.items()
    }
    if known.get("type") == "file":
        file: dict[str, Any] = known["file"]
        data = {key: inner for key, inner in file.items() if key != "file_id"}
        known["file"] = data or {"file_id": MEANT["file_id"]}
    return known


MEANT: dict[str, Any] = {
    "arguments": '{"a": 1}',
    "file_id": "https://example.com/x.pdf",
    "file_data": "data:text/plain;base64,eA==",
    "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
    "ttl": "5m",
    "url": "https://example.com/x.png",
}
"""By key, wherever it stands."""


BY_DATA = ("bedrock-converse",)
"""Dialects whose providers take images and files by their data alone."""


def by_data(value: Any) -> Any:
    """The same request, with data in place of addresses and ids."""
    if isinstance(value, list):
        return [by_data(item) for item in value]
    if not isinstance(value, dict):
        return "data:image/png;base64,iVBORw0KGgo=" if value == MEANT["url"] else value
    if value == {"file_id": MEANT["file_id"]}:
        return {"file_data": MEANT["file_data"]}
    return {key: by_data(inner) for key, inner in value.items()}


def otherwise(asked: Any, pointer: str) -> Any:
    """The request without this field or, where it has to be there, the nearest there is.

    That is with another value of it or, of what tells a kind, without what it lies in.
    """
    *way, key = [token.replace("~1", "/") for token in pointer.split("/")[1:]]
    nearest = [without(asked, [*way, key])]
    if key not in ("type", "role"):
        changed = copy.deepcopy(asked)
        holder = changed
        for token in way:
            holder = holder[at(holder, token)]
        holder[at(holder, key)] = altered(holder[at(holder, key)])
        nearest.append(changed)
    nearest += [without(asked, way[:depth]) for depth in range(len(way), 0, -1)]
    plain = {"model": asked["model"], "messages": [{"role": "user", "content": "something else"}]}
    return next(one for one in (*nearest, plain) if decodes(one))


def without(asked: Any, way: list[str]) -> Any:
    rest = copy.deepcopy(asked)
    holder = rest
    for token in way[:-1]:
        holder = holder[at(holder, token)]
    del holder[at(holder, way[-1])]
    return rest


def altered(value: Any) -> Any:
    match value:
        case str():
            return f"{value}2"
        case dict():
            return {key: inner if key == "type" else altered(inner) for key, inner in value.items()}
        case list():
            return [altered(item) for item in value]
    return value


def decodes(asked: Any) -> bool:
    try:
        decode_request(json.dumps(asked).encode())
    except BadRequestError:
        return False
    return True


def about(loss: shared.Loss, pointer: str) -> bool:
    """Whether a loss is of this place, of something in it, or of what it lies in."""
    return f"{pointer}/".startswith(f"{loss.pointer}/") or loss.pointer.startswith(f"{pointer}/")


def sent(field: Field, asked: Any, body: Any) -> bool:
    """Whether the value stands in the body: in its place, or beside it under a new key."""
    *way, key = [token.replace("~1", "/") for token in field.pointer.split("/")[1:]]
    holder, told = asked, body
    for token in way:
        try:
            holder, told = holder[at(holder, token)], told[at(told, token)]
        except (KeyError, IndexError, TypeError):
            return False
    value = holder[at(holder, key)]
    if isinstance(told, list):
        return value in told
    new = [told[other] for other in told if other not in holder]
    return same(told.get(key), value) or value in new


def at(holder: Any, token: str) -> Any:
    return int(token) if isinstance(holder, list) else token


def same(told: Any, value: Any) -> bool:
    return told == value or any(told in words and value in words for words in MEAN_THE_SAME)


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
