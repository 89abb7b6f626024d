"""JSON that somebody else wrote: what msgspec reads, and what is read a second time."""

from typing import Any

import msgspec
import pytest

from dragoman.dialects.openai_chat import decode_response
from dragoman.errors import RemoteProtocolError
from dragoman.streaming.made import Made
from dragoman.wire import reading

SURROGATE = rb"\ud800"
"""Makes msgspec refuse the text, so that it is read by the standard library."""


@pytest.mark.parametrize("text", [b"1e400", b"-1e400", b"[NaN]", b"Infinity"])
def test_a_number_that_json_could_not_write_again_is_not_read(text: bytes) -> None:
    assert not reading.is_json(text)


@pytest.mark.parametrize("content", [b"x", SURROGATE])
def test_a_count_without_bounds_is_the_providers_mistake(content: bytes) -> None:
    body = (
        b'{"choices":[{"message":{"content":"%s"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":1e400,"completion_tokens":1}}' % content
    )

    with pytest.raises(RemoteProtocolError):
        decode_response(body, made=Made(created=1, id="chatcmpl-1"))


class Point(msgspec.Struct):
    x: int
    label: str | None = None


POINTS = msgspec.json.Decoder(dict[str, list[Point]])


def unreadable(text: bytes) -> str:
    with pytest.raises(reading.UnreadableError) as caught:
        reading.read_untyped(text)
    return str(caught.value)


def mistyped(text: bytes) -> reading.MistypedError:
    with pytest.raises(reading.MistypedError) as caught:
        reading.read(text, POINTS)
    return caught.value


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n\n \r\n\t", b"\xef\xbb\xbf\n"])
def test_a_byte_order_mark_and_white_space_before_a_text_are_read_past(before: bytes) -> None:
    assert reading.read(before + b'{"a":[{"x":1}]}', POINTS) == {"a": [Point(1)]}


def test_a_byte_order_mark_is_read_past_nowhere_else() -> None:
    assert not reading.is_json(b"[\xef\xbb\xbf1]")
    assert not reading.is_json(b"\xef\xbb\xbf")


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    text = rb'{"\udfaa":["\ud800","a\uDBFFb","\ud83d\ude00"]}'

    assert reading.read_untyped(text) == {"\ufffd": ["\ufffd", "a\ufffdb", "\U0001f600"]}


def test_an_escaped_backslash_makes_no_surrogate() -> None:
    assert reading.read_untyped(rb'["\\ud800"]') == [r"\ud800"]


def test_half_a_pair_is_found_however_deep() -> None:
    deep = b"[" * 400 + rb'"\ud800"' + b"]" * 400

    assert reading.write(reading.read_untyped(deep)) == deep.replace(rb"\ud800", "\ufffd".encode())


def test_nul_is_a_character_where_it_is_escaped_and_nonsense_elsewhere() -> None:
    assert reading.read_untyped(rb'"\u0000"') == "\x00"
    assert not reading.is_json(b'"\x00"')
    assert not reading.is_json(b"1\x00")


def test_bytes_that_are_not_utf_8_are_named_by_their_position() -> None:
    assert unreadable(b'{"a":"\xff"}') == "byte 6 of 9 is not UTF-8"
    assert unreadable(b"\xff\xfe[\x00]\x00") == "byte 0 of 6 is not UTF-8"


def test_nesting_beyond_what_the_reader_can_hold_is_refused() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")):
        deep = opening * 200_000 + b"1" + closing * 200_000

        assert unreadable(deep) == f"nested too deeply, in {len(deep)} bytes"
        assert not reading.is_json(opening * 200_000)


def test_an_integer_of_any_sensible_length_keeps_its_digits() -> None:
    digits = b"123456789" * 400

    assert reading.write(reading.read_untyped(digits)) == digits


def test_an_integer_of_ten_thousand_digits_is_refused() -> None:
    assert unreadable(b"[%s]" % (b"9" * 10_000)) == "a number out of range, in 10002 bytes"


def test_of_two_equal_keys_the_last_counts() -> None:
    assert reading.read_untyped(b'{"a":1,"a":2}') == {"a": 2}
    assert reading.read(b'{"a":[],"a":[{"x":1}]}', POINTS) == {"a": [Point(1)]}


@pytest.mark.parametrize(
    "text", [b"", b" ", b"{", b"[1,]", b"{'a':1}", b"nul", b"[1] x", b"\xa0 1"]
)
def test_the_complaint_says_where_and_repeats_nothing(text: bytes) -> None:
    complaint = unreadable(text)

    assert f"of {len(text)}" in complaint
    assert len(complaint) < 80


def test_values_one_behind_the_other_are_told_apart() -> None:
    assert reading.glued(b'\xef\xbb\xbf{"a":1}{"b":[2]}\n 3"x"\r\n') == [
        b'{"a":1}',
        b'{"b":[2]}',
        b"3",
        b'"x"',
    ]


@pytest.mark.parametrize(
    "end", [b"{", b"]", b"#", b"\x0c", b"\xc2\xa0", b"\xff", b"[NaN]", b"1e999"]
)
def test_what_stands_behind_the_last_value_must_be_one_too(end: bytes) -> None:
    with pytest.raises(reading.UnreadableError):
        reading.glued(b'{"a":1}' + end)


def test_however_many_values_are_glued_each_byte_is_read_once() -> None:
    assert len(reading.glued(b"1 " * 500_000)) == 500_000  # minutes, if the rest were copied


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (b"[]", "", "body: expected object; got array"),
        (b'{"a":{}}', "[...]", "[...]: expected array; got object"),
        (b'{"a":[{}]}', "[...][0].x", "[...][0].x: expected a value; got nothing"),
        (b'{"a":[{"x":"1"}]}', "[...][0].x", "[...][0].x: expected int; got str"),
        (
            b'{"a":[{"x":1,"label":2}]}',
            "[...][0].label",
            "[...][0].label: expected str or null; got int",
        ),
    ],
)
def test_a_wrong_shape_is_named_by_place_expectation_and_find(
    text: bytes, path: str, message: str
) -> None:
    wrong = mistyped(text)

    assert (wrong.path, str(wrong)) == (path, message)


def test_a_shape_is_as_wrong_where_the_text_has_half_a_pair() -> None:
    wrong = mistyped(rb'{"\ud800":[{"x":"1"}]}')

    assert str(wrong) == "[...][0].x: expected int; got str"


@pytest.mark.parametrize(
    ("inner", "outer", "path"),
    [
        ("a.b", "choices[0]", "choices[0].a.b"),
        ("[1].a", "logprobs.content", "logprobs.content[1].a"),
        ("", "usage", "usage"),
    ],
)
def test_a_place_inside_another_is_written_as_one(inner: str, outer: str, path: str) -> None:
    wrong = reading.MistypedError("expected int; got str", inner).within(outer)

    assert (wrong.path, str(wrong)) == (path, f"{path}: expected int; got str")


@pytest.mark.parametrize("value", [{"\ud800": ["\udfff", 1, None]}, {"b": Point(1, "\ud800")}])
def test_whatever_is_written_is_utf_8(value: Any) -> None:
    assert "\ufffd" in reading.write(value).decode("utf-8")
