"""Decoding what a caller sent: what is too much is refused, and what takes long is read aside."""

import asyncio
import json
import threading
from typing import Any

import pytest

from dragoman.errors import BadRequestError
from dragoman.gateway.decoding import (
    COUNTED_BYTES,
    DIGITS_LIMIT,
    LARGE_BYTES,
    MANY_VALUES,
    VALUES_LIMIT,
    read,
)


def where(body: bytes) -> str:
    """The thread that decodes this body."""
    return asyncio.run(read(body, lambda _: threading.current_thread().name))


def body_of(size: int, values: int) -> bytes:
    body = json.dumps([*[1] * (values - 2), ""], separators=(",", ":")).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


def refusal(body: bytes) -> BadRequestError:
    with pytest.raises(BadRequestError) as raised:
        asyncio.run(read(body, json.loads))
    assert (raised.value.status_code, raised.value.code) == (400, "too_complex")
    assert raised.value.param is None
    return raised.value


@pytest.mark.parametrize(
    ("size", "values", "aside"),
    [
        (2_400, 20, False),
        (COUNTED_BYTES - 1, MANY_VALUES + 1, False),
        (COUNTED_BYTES, MANY_VALUES, False),
        (COUNTED_BYTES, MANY_VALUES + 1, True),
        (LARGE_BYTES, 20, False),
        (LARGE_BYTES + 1, 20, True),
        (LARGE_BYTES + 1, VALUES_LIMIT, True),
    ],
)
def test_a_body_that_may_take_long_is_decoded_off_the_loop(
    size: int, values: int, aside: bool
) -> None:
    body = body_of(size, values)

    assert (len(body), where(body) != threading.current_thread().name) == (size, aside)


@pytest.mark.parametrize("size", [LARGE_BYTES, LARGE_BYTES + 1])
def test_a_body_of_too_many_values_is_refused_and_not_read(size: int) -> None:
    assert str(VALUES_LIMIT + 1) in refusal(body_of(size, VALUES_LIMIT + 1)).message


def test_a_refusal_says_what_was_expected_and_what_came() -> None:
    error = refusal(b"[" + b"[]," * 299_999 + b"[]]")

    assert error.message == "body: expected at most 65536 keys and values; got up to 600001"


@pytest.mark.parametrize("place", range(6))
def test_a_large_body_has_no_number_that_takes_long_to_read(place: int) -> None:
    number, text = b"9" * (DIGITS_LIMIT + 1), b'"%s"' % (b"x" * LARGE_BYTES)
    body = b"[%s%s,%s]" % (b" " * place, number, text)

    assert f"{DIGITS_LIMIT} digits" in refusal(body).message
    assert asyncio.run(read(body.replace(number, number[1:]), json.loads))[0] == int(number[1:])
    assert asyncio.run(read(b"[%s]" % number, json.loads)) == [int(number)]


def test_a_large_body_may_quote_any_number_of_digits() -> None:
    body = json.dumps(["3141592" * 100_000, "1"]).encode()

    assert asyncio.run(read(body, json.loads)) == json.loads(body)


@pytest.mark.parametrize("size", [100, LARGE_BYTES + 1])
def test_what_is_wrong_with_a_body_is_told_wherever_it_is_read(size: int) -> None:
    def failing(body: bytes) -> Any:
        raise BadRequestError("body: expected an object", status_code=400)

    with pytest.raises(BadRequestError, match="expected an object"):
        asyncio.run(read(b"x" * size, failing))
