"""The smallest value that validates against a JSON Schema: what the simulator answers with.

Of the types allowed, the first in the order null, false, 0, "", [], {} that needs no more than
that, else the shortest JSON text; of an enum, the shortest JSON text; of `anyOf` and `oneOf`,
the first branch that works; of an object, its required properties. The same schema always gives
the same value. `default` and `examples` are annotations, and not used.

A value is described by several schemas at once: those that `$ref`, `allOf`, `anyOf` and `oneOf`
apply in place. One choice of branches is a `Flat`, and what its schemas say is added up. What
adding up cannot see (`oneOf` wants *exactly* one) is checked on the finished value; where it
fails, the next candidate is tried.

Reading schemas is left to `dragoman.simulator.vocabulary`, checking values to
`dragoman.simulator.validation`.
"""

import heapq
import itertools
import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, TypeAlias

from dragoman.errors import BadRequestError
from dragoman.simulator import numeric
from dragoman.simulator.conjunction import (
    Flat,
    item_parts,
    limits,
    listed_names,
    listed_values,
    names_parts,
    ordered,
    property_parts,
    required,
    types,
)
from dragoman.simulator.validation import COMPARISONS, RULES, identity, validates
from dragoman.simulator.vocabulary import (
    DEPTH_LIMIT,
    IN_PLACE,
    NOTHING,
    UNSATISFIABLE,
    Document,
    Json,
    Part,
    joined,
    refusal,
    unsatisfiable,
    unsupported,
)

TRIES: Final = 32
"""Candidates that are checked before we say that we found none."""

BARE: Final = ("null", "false", "0", '""', "[]", "{}")
"""Preferred in this order to all other values."""

FORMATS: Final = {
    "date": "1970-01-01",
    "date-time": "1970-01-01T00:00:00Z",
    "duration": "P0D",
    "email": "a@b.co",
    "hostname": "a",
    "ipv4": "0.0.0.0",
    "ipv6": "::",
    "time": "00:00:00Z",
    "uri": "http://a",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
"""Since 2020-12 `format` only annotates, but many validators assert it all the same."""

INVISIBLE: Final = {
    "oneOf": "found no value for exactly one branch",
    "multipleOf": "found no double that divides evenly",
}
"""Keywords that a candidate may fail, and what we say when all do."""

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
STRING: Final = {"type": "string"}
CONSTRAINTS: Final = frozenset(COMPARISONS | RULES) - {*IN_PLACE}

Choices: TypeAlias = tuple[tuple[Part, ...], ...]
Seen: TypeAlias = frozenset[Hashable]
Trail: TypeAlias = frozenset[frozenset[int]]


def smallest(schema: Json, *, path: str = "schema") -> Json:
    """The smallest instance that validates.

    `path` is the schema's place in the request. Raises `BadRequestError` where the schema is
    malformed, uses what is not supported, or cannot be satisfied; `param` is the place.
    """
    try:
        document = Document(schema, path)
        return Builder(document).value((document.root,))
    except RecursionError:
        # Both depths are limited, their product is not: long references inside deep values.
        raise refusal("schemas nested this deeply are not supported", path) from None


class Builder:
    """Builds values for the parts of one document.

    `taken` are values that will not do. `trail` are the flats around the value being built: what
    must contain a value of its own kind never ends, so coming back to one is a dead end.
    """

    def __init__(self, document: Document) -> None:
        self._document = document

    def value(
        self, parts: Iterable[Part], taken: Seen = frozenset(), trail: Trail = frozenset()
    ) -> Json:
        """The smallest value for all of `parts`: that of the first choice of branches."""
        parts = tuple(parts)
        refusals = []
        for flat in self._flats(parts):
            try:
                return self._valid(parts, flat, taken, trail)
            except BadRequestError as error:
                refusals.append(error)
        raise weightiest(refusals)

    def _flats(self, parts: tuple[Part, ...]) -> Iterator[Flat]:
        """Every choice of branches, those with the first branches first."""
        stack: list[tuple[Choices, Flat]] = [(tuple((part,) for part in parts), ())]
        while stack:
            self._document.spend(1)
            choices, flat = stack.pop()
            if not choices:
                yield flat
                continue
            for part in reversed(choices[0]):
                if any(part.schema is known.schema for known in flat):
                    stack.append((choices[1:], flat))
                else:
                    stack.append(((*self._in_place(part), *choices[1:]), (*flat, part)))

    def _in_place(self, part: Part) -> Iterator[tuple[Part, ...]]:
        """For each schema that applies to the same value, the branches to choose it from."""
        if "$ref" in part.schema:
            yield (self._document.target(part),)
        yield from ((branch,) for branch in part.listed("allOf"))
        yield from filter(None, (part.listed("anyOf"), part.listed("oneOf")))

    def _valid(self, parts: tuple[Part, ...], flat: Flat, taken: Seen, trail: Trail) -> Json:
        kind = frozenset(id(part.schema) for part in flat if part.schema.keys() & CONSTRAINTS)
        if len(trail) > DEPTH_LIMIT:
            raise refusal(f"values nested beyond {DEPTH_LIMIT} are not supported", flat[0].path)
        if kind in trail:
            raise unsatisfiable("it requires itself without end", flat[0].path)
        candidates = self._candidates(flat, trail | {kind})
        fresh = (value for value in candidates if identity(value) not in taken)
        for value in itertools.islice(fresh, TRIES):
            self._document.spend(1)
            if all(validates(self._document, value, part) for part in parts):
                return value
        raise not_found(flat)

    def _candidates(self, flat: Flat, trail: Trail) -> Iterator[Json]:
        """What adding up the keywords allows, smallest first; raises where that is nothing."""
        listed = listed_values(flat)
        if listed is not None:
            yield from self._enumerated(flat, listed)
            return
        found = False
        for value in map(json.loads, BARE):
            valid = all(validates(self._document, value, part) for part in flat)
            if valid and not (value == "" and examples(flat)):
                found = True
                yield value
        refusals: list[BadRequestError] = []
        streams = [self._of_type(name, flat, trail, refusals) for name in types(flat)]
        for value in heapq.merge(*streams, key=length):
            found = True
            yield value
        if not found:
            raise weightiest(refusals)

    def _of_type(
        self, name: str, flat: Flat, trail: Trail, refusals: list[BadRequestError]
    ) -> Iterator[Json]:
        try:
            yield from CANDIDATES[name](self, flat, trail)
        except BadRequestError as error:
            refusals.append(error)

    def _enumerated(self, flat: Flat, values: list[Json]) -> Iterator[Json]:
        valid = [v for v in values if all(validates(self._document, v, part) for part in flat)]
        if not valid:
            raise unsatisfiable("no value is allowed", flat[0].path)
        yield from sorted(valid, key=length)

    def _null(self, _flat: Flat, _trail: Trail) -> Iterator[Json]:
        yield None

    def _boolean(self, _flat: Flat, _trail: Trail) -> Iterator[Json]:
        yield from (False, True)

    def _integer(self, flat: Flat, _trail: Trail) -> Iterator[Json]:
        return numeric.within(flat, whole=True)

    def _number(self, flat: Flat, _trail: Trail) -> Iterator[Json]:
        return numeric.within(flat, whole=False)

    def _string(self, flat: Flat, _trail: Trail) -> Iterator[Json]:
        least, most = limits(flat, "minLength", "maxLength")
        self._document.spend(least)
        yield from examples(flat)
        for size in range(least, most + 1):
            yield from map("".join, itertools.product(LETTERS, repeat=size))

    def _array(self, flat: Flat, trail: Trail) -> Iterator[Json]:
        least, most = limits(flat, "minItems", "maxItems")
        for size in range(least, most + 1):
            yield self._items(flat, size, trail)

    def _items(self, flat: Flat, size: int, trail: Trail) -> list[Json]:
        unique = next((part for part in flat if part.schema.get("uniqueItems")), None)
        value: list[Json] = []
        taken: Seen = frozenset()
        for index in range(size):
            self._document.spend(1)
            try:
                value.append(self.value(item_parts(flat, index), taken, trail))
            except BadRequestError:
                if not (unique and taken):
                    raise
                why = f"found no {size} different items"
                raise unsupported("uniqueItems", joined(unique.path, "uniqueItems"), why) from None
            if unique:
                taken |= {identity(value[-1])}
        return value

    def _object(self, flat: Flat, trail: Trail) -> Iterator[Json]:
        """The least object, then those with one property more or another value for one."""
        least, most = limits(flat, "minProperties", "maxProperties")
        names = required(flat)
        if len(names) > most:
            why = f"{len(names)} required properties are above maxProperties {most}"
            raise unsatisfiable(why, flat[0].path)
        base = {name: self._property(flat, name, frozenset(), trail) for name in names}
        self._fill(flat, base, least, trail)
        yield ordered(flat, base)
        for name in listed_names(flat):
            if name not in base and len(base) < most:
                yield from itertools.islice(self._changed(flat, base, name, trail), 1)
        for changed in itertools.zip_longest(
            *(self._changed(flat, base, name, trail) for name in base)
        ):
            yield from filter(None, changed)

    def _changed(
        self, flat: Flat, base: dict[str, Json], name: str, trail: Trail
    ) -> Iterator[dict[str, Json]]:
        """`base` with other values for one property, as long as there are any."""
        taken = frozenset(identity(base[it]) for it in base if it == name)
        while True:
            try:
                value = self._property(flat, name, taken, trail)
            except BadRequestError:
                return
            yield ordered(flat, base | {name: value})
            taken |= {identity(value)}

    def _property(self, flat: Flat, name: str, taken: Seen, trail: Trail) -> Json:
        self._document.spend(1)
        for part in names_parts(flat):
            if not validates(self._document, name, part):
                raise unsatisfiable(f"the name {name!r} is not allowed", part.path)
        parts = property_parts(flat, name)
        for part in parts:
            if part.schema is NOTHING:
                raise unsatisfiable(f"the property {name!r} is not allowed", part.path)
        return self.value(parts, taken, trail)

    def _fill(self, flat: Flat, value: dict[str, Json], least: int, trail: Trail) -> None:
        """Adds properties until there are enough: first those listed, then new names."""
        refusals = []
        listed = listed_names(flat)
        for name in listed:
            if len(value) < least and name not in value:
                try:
                    value[name] = self._property(flat, name, frozenset(), trail)
                except BadRequestError as error:
                    refusals.append(error)
        while len(value) < least:
            used = frozenset(map(identity, [*listed, *value]))
            try:
                name = self.value((Part(STRING, flat[0].path), *names_parts(flat)), used)
                value[name] = self._property(flat, name, frozenset(), trail)
            except BadRequestError as error:
                raise weightiest([*refusals, error]) from None


CANDIDATES: Final[dict[str, Callable[[Builder, Flat, Trail], Iterator[Json]]]] = {
    "null": Builder._null,
    "boolean": Builder._boolean,
    "integer": Builder._integer,
    "number": Builder._number,
    "string": Builder._string,
    "array": Builder._array,
    "object": Builder._object,
}
"""The values of a type, smallest first."""


def length(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def examples(flat: Flat) -> list[str]:
    """For each format, a string that has it and validates."""
    least, most = limits(flat, "minLength", "maxLength")
    formats = (part.schema.get("format", "") for part in flat)
    return [FORMATS[it] for it in formats if it in FORMATS and least <= len(FORMATS[it]) <= most]


# Refusals


def weightiest(refusals: list[BadRequestError]) -> BadRequestError:
    """Nothing is proven as long as one of the ways failed for want of trying."""
    return next((error for error in refusals if error.code != UNSATISFIABLE), refusals[0])


def not_found(flat: Flat) -> BadRequestError:
    for part in flat:
        for keyword, why in INVISIBLE.items():
            if keyword in part.schema:
                return unsupported(keyword, joined(part.path, keyword), why)
    return refusal("found no value that validates", flat[0].path)
