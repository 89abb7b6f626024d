"""Whatever schema comes, the simulator answers with a value that validates, or with a typed 400.

The judge is `jsonschema`, which shares nothing with our reading of schemas. A refusal that claims
that nothing can satisfy the schema is put to the test by looking for something that does.
"""

import itertools
import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no stubs

from dragoman.errors import BadRequestError
from dragoman.simulator.schema import smallest
from dragoman.simulator.validation import validates
from dragoman.simulator.vocabulary import Document

Json = Any

CODES: Final = {"invalid_json_schema", "unsatisfiable_json_schema", "unsupported_json_schema"}
NAMES: Final = st.sampled_from(["a", "b", "c", "d/e"])
COUNTS: Final = st.integers(0, 3)
NUMBERS: Final = st.one_of(st.integers(-6, 6), st.sampled_from([-2.5, -0.1, 0.25, 0.3, 0.5, 3.0]))
SCALARS: Final = st.one_of(st.none(), st.booleans(), NUMBERS, st.text("ab", max_size=3))
INSTANCES: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TYPES: Final = st.sampled_from(
    ["null", "boolean", "integer", "number", "string", "array", "object"]
)


def some(**keywords: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """A schema with any of these keywords."""
    return st.fixed_dictionaries({}, optional=keywords)


def typed(name: str, schemas: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.builds(lambda schema: {"type": name, **schema}, schemas)


NUMERIC: Final = some(
    minimum=NUMBERS,
    maximum=NUMBERS,
    exclusiveMinimum=NUMBERS,
    exclusiveMaximum=NUMBERS,
    multipleOf=st.sampled_from([1, 2, 3, 0.5, 0.1, 1.5, 7]),
)
TEXTUAL: Final = some(
    minLength=COUNTS, maxLength=COUNTS, format=st.sampled_from(["ipv6", "hostname", "date"])
)
LEAVES: Final = st.one_of(
    st.booleans(),
    some(type=TYPES | st.lists(TYPES, min_size=1, max_size=3), title=st.just("T")),
    some(enum=st.lists(INSTANCES, max_size=4)),
    some(const=INSTANCES),
    typed("integer", NUMERIC),
    typed("number", NUMERIC),
    typed("string", TEXTUAL),
    st.sampled_from([{"$ref": ref} for ref in ("#", "#/$defs/A", "#/$defs/B")]),
)


def composites(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    branches = st.lists(inner, min_size=1, max_size=3)
    objects = some(
        properties=st.dictionaries(NAMES, inner, max_size=3),
        required=st.lists(NAMES, max_size=2),
        additionalProperties=inner,
        propertyNames=some(enum=st.lists(NAMES, max_size=3), minLength=COUNTS),
        unevaluatedProperties=st.booleans(),
        minProperties=COUNTS,
        maxProperties=COUNTS,
    )
    arrays = some(
        items=inner,
        prefixItems=branches,
        minItems=COUNTS,
        maxItems=COUNTS,
        uniqueItems=st.booleans(),
    )
    in_place = st.one_of(some(anyOf=branches), some(oneOf=branches), some(allOf=branches))
    kinds = st.one_of(objects, arrays, in_place, NUMERIC, TEXTUAL)
    mixed = st.builds(merged, kinds, kinds)
    return st.one_of(
        typed("object", objects), typed("array", arrays), kinds, st.builds(merged, mixed, inner)
    )


def merged(first: Json, second: Json) -> Json:
    return {**first, **second} if isinstance(second, dict) else first


SCHEMAS: Final = st.recursive(LEAVES, composites, max_leaves=8)
DOCUMENTS: Final = st.builds(
    lambda root, a, b: merged({"$defs": {"A": a, "B": b}}, root), SCHEMAS, SCHEMAS, SCHEMAS
)

SMALL: Final[list[Json]] = [None, False, True, 0, 1, 2, -1, 0.5, "", "a", "aaa", [], {}, {"a": 0}]
SEARCHED: Final[list[Json]] = [
    *SMALL,
    *([item] for item in SMALL),
    *([first, second] for first, second in itertools.permutations(SMALL, 2)),
    *({name: item} for name in "abc" for item in SMALL),
    *({"a": first, "b": second} for first, second in itertools.product(SMALL, SMALL)),
    *({"a": item, "b": item, "c": item} for item in SMALL),
]


def answer(schema: Json) -> Json | BadRequestError:
    try:
        return smallest(schema)
    except BadRequestError as error:
        return error


@settings(deadline=None)
@given(schema=DOCUMENTS)
def test_the_answer_validates_or_is_refused_with_a_place(schema: Json) -> None:
    value = answer(schema)

    if isinstance(value, BadRequestError):
        assert value.code in CODES
        assert str(value.param).startswith("schema")
    else:
        assert Draft202012Validator(schema).is_valid(value)
        assert json.loads(json.dumps(value)) == value


@settings(deadline=None)
@given(schema=DOCUMENTS, instances=st.lists(INSTANCES, max_size=20))
def test_what_cannot_be_satisfied_is_satisfied_by_nothing(schema: Json, instances: Json) -> None:
    refusal = answer(schema)
    claimed = getattr(refusal, "code", None) == "unsatisfiable_json_schema"

    is_valid = Draft202012Validator(schema).is_valid
    assert not claimed or not list(filter(is_valid, [*SEARCHED, *instances]))


@settings(deadline=None)
@given(schema=DOCUMENTS, instance=INSTANCES)
def test_what_we_find_valid_is_valid(schema: Json, instance: Json) -> None:
    try:
        document = Document(schema, "schema")
    except BadRequestError:
        return
    ours = validates(document, instance, document.root)

    # A multiple has to be one by doubles and by decimals: there we are stricter than the judge.
    strict = "multipleOf" in json.dumps(schema)
    theirs = Draft202012Validator(schema).is_valid(instance)
    assert ours == theirs or strict


@settings(deadline=None)
@given(schema=DOCUMENTS)
def test_the_same_schema_has_the_same_answer(schema: Json) -> None:
    first, second = (json.loads(json.dumps(schema)) for _ in range(2))

    assert str(answer(first)) == str(answer(second))


KEYWORDS: Final = st.sampled_from(
    [
        "$ref",
        "$defs",
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "minItems",
        "uniqueItems",
        "minLength",
        "minimum",
        "multipleOf",
        "anyOf",
        "allOf",
        "oneOf",
        "format",
        "pattern",
        "not",
        "unevaluatedProperties",
        "propertyNames",
        "x-order",
    ]
)
ANYTHING: Final = st.recursive(
    SCALARS | st.sampled_from(["object", "#", "#/$defs/a", 1e308, 10**400, float("nan"), 10**9]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(schema=ANYTHING)
def test_nonsense_is_never_answered_with_another_exception(schema: Json) -> None:
    value = answer(schema)

    if isinstance(value, BadRequestError):
        assert (value.status_code, value.code in CODES) == (400, True)
    else:
        assert Draft202012Validator(schema).is_valid(value)
