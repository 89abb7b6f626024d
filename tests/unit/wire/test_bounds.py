"""How much a JSON text holds: never told too low, and exact about what stands in strings."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.wire import bounds

ENOUGH = 100_000

words = st.text(alphabet=st.sampled_from('a,:[{}]"\\/\n\u00e9\U0001f600'), max_size=8)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


def counted(value: Any) -> int:
    """The keys and values that there are, counted one by one."""
    if isinstance(value, dict):
        return 1 + sum(1 + counted(inner) for inner in value.values())
    if isinstance(value, list):
        return 1 + sum(map(counted, value))
    return 1


def empty_in(value: Any) -> int:
    """The arrays and objects that hold nothing, which count as two."""
    if isinstance(value, (dict, list)) and not value:
        return 1
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(empty_in, inner))


@given(value=anything, ascii=st.booleans(), indent=st.sampled_from([None, 2]))
def test_what_is_told_is_exact_where_it_matters(
    value: Any, ascii: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii, indent=indent).encode()
    exact = counted(value) + empty_in(value)

    assert bounds.values(text, exact) == exact


@given(value=anything, enough=st.integers(0, 20))
def test_what_is_told_is_never_too_little(value: Any, enough: int) -> None:
    assert bounds.values(json.dumps(value).encode(), enough) >= counted(value)


@pytest.mark.parametrize(
    "prose",
    [
        "a list, of: [many], {things}, " * 20_000,
        'he said, "well, yes", ' * 20_000,
        "a path, C:\\new, \\\\server\\: " * 40_000,
        "\\" * 99_999 + ", " * 60_000,
        "\\" * 100_000 + ", " * 60_000,
        '\\",' * 60_000,
    ],
    ids=["separators", "quotes", "backslashes", "an odd run", "an even run", "escapes, escaped"],
)
def test_long_prose_is_one_value(prose: str) -> None:
    text = json.dumps({"content": prose, "n": [1, 2]}).encode()

    assert text.count(b",") > ENOUGH / 2
    assert bounds.values(text, ENOUGH // 2) == 1 + 2 * 2 + 2


def test_many_values_are_found_behind_long_prose() -> None:
    text = json.dumps({"content": 'so, "yes", ' * 50_000, "n": [1] * 200_000}).encode()

    assert bounds.values(text, ENOUGH) == 200_005


@pytest.mark.parametrize(
    ("text", "least"),
    [
        (b"[" + b"[]," * 300_000 + b"[]]", 300_000),
        (b"[" + b'"",' * 300_000 + b'""]', 300_000),
        (b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}", 200_001),
        (b"[" * 1_000_000, 1_000_000),
        (b'{"a":' * 200_000, 400_000),
        (b"[" + b"1," * 200_000 + b'"\\', 200_000),
    ],
    ids=["arrays", "texts", "keys", "opened", "opened objects", "cut"],
)
def test_nothing_that_holds_much_is_told_to_hold_little(text: bytes, least: int) -> None:
    assert bounds.values(text, ENOUGH) >= least


@pytest.mark.parametrize("before", [b"", b'"a\\"b",', b'"\\\\",', b'"\xc3\xa9",'])
def test_digits_count_outside_of_texts_alone(before: bytes) -> None:
    number = b"[%s%s]" % (before, b"31" * 200)
    text = b'[%s"%s", 1]' % (before, b"31" * 200)

    assert bounds.has_number_of(number, 400, ENOUGH)
    assert not bounds.has_number_of(number, 401, ENOUGH)
    assert not bounds.has_number_of(text, 400, ENOUGH)
