"""How the parameters behind a model's name are read: `words?n=200&first=300ms&rate=80`."""

import re
from collections.abc import Callable
from typing import NamedTuple


class Parameter(NamedTuple):
    """What may stand behind `name=`; `read` gives None for what may not."""

    field: str
    expected: str
    read: Callable[[str], float | None]


def whole_number(field: str, least: int, most: int) -> Parameter:
    def read(text: str) -> int | None:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            return None
        return int(text) if least <= int(text) <= most else None

    return Parameter(field, f"a whole number from {least} to {most}", read)


def switch(field: str) -> Parameter:
    """On where its name stands alone."""
    return Parameter(field, "named without a value", lambda text: None if text else True)


def duration(text: str) -> float | None:
    """In seconds. The digits are bounded, so that every wait is one that `sleep` can do."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s)", text)
    if found is None:
        return 0.0 if text == "0" else None
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def pause_at_rate(text: str) -> float | None:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) or not float(text):
        return None
    return 1 / float(text)
