"""How much a JSON text holds, told before it is read.

Reading pays for keys and values, hardly for bytes: nine million bytes of `[],` take as long as a
gigabyte of prose, and thirty times their size. What is told here is never too little, up to the
place where the text stops being JSON; how much is too much is the business of whoever asks. Each
step is one pass in C, so that telling costs a small part of reading.
"""

from typing import Final

SEPARATORS: Final = b",:[{"
"""Before each key and each value, but for the outermost, stands one of these of its own."""

ESCAPED: Final = b'\\"/bfnrtu'
"""What follows a backslash; it goes where the backslash goes, or another would follow that."""

ALL_BYTES: Final = bytes(range(256))
NO_SEPARATOR: Final = ALL_BYTES.translate(None, SEPARATORS)
NO_MARK: Final = ALL_BYTES.translate(None, SEPARATORS + ESCAPED)
DIGITS_ALIKE: Final = bytes(0x30 if byte in b"0123456789" else 0x20 for byte in ALL_BYTES)


def values(text: bytes, enough: int) -> int:
    """At most so many keys and values stand in this text.

    Where that would be more than `enough`, what stands in strings is not counted; prose is full of
    commas. An empty array or object counts as two.
    """
    found = 1 + len(text.translate(None, NO_SEPARATOR))
    if found <= enough:
        return found
    return 1 + len(_outside(text.translate(None, NO_MARK), enough).translate(None, NO_SEPARATOR))


def has_number_of(text: bytes, digits: int, strings: int) -> bool:
    """Whether so many digits stand in a row in this text, outside of its first `strings` strings.

    Whole numbers take time with the square of their length.
    """
    row = b"0" * digits
    # Such a row shows in every sixth byte as well, which is looked at first.
    if row[::6][1:] not in text[::6].translate(DIGITS_ALIKE):
        return False
    if row not in text.translate(DIGITS_ALIKE):
        return False
    return row in _outside(text, strings).translate(DIGITS_ALIKE)


def _outside(text: bytes, strings: int) -> bytes:
    """The text without its strings; behind so many of them all of it is kept."""
    if b"\\" in text:  # replaced by as many bytes, which is faster
        text = text.replace(b"\\\\", b"..").replace(b'\\"', b"..")
    return b"".join(text.split(b'"', 2 * strings)[::2])
