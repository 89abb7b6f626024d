"""What every type of the hub can say of itself: its fields as plain objects, and as JSON text.

Both are what is written on the wire: a null that the schema requires stays, a field that is not
set is left out, constants and tags are there, and nothing that stands beside the fields is. The
three keywords stand on every type all the same, since `kw_only` is not inherited.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class HubType(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A type of the hub."""

    def to_dict(self) -> dict[str, Any]:
        """What is written, as dicts, lists and scalars; to be changed as one likes."""
        kept: list[Any] = []

        def plainly(value: Any) -> Any:
            if isinstance(value, Mapping):  # the headers of an answer
                return dict(value)
            kept.append(value)
            return value.value

        plain: dict[str, Any] = msgspec.to_builtins(self, enc_hook=plainly)
        return _opened(plain) if kept else plain

    def to_json(self, *, indent: int | None = None) -> str:
        """What is written, as JSON text: in one line, or with `indent` blanks a level."""
        text = msgspec.json.encode(self.to_dict()).decode()
        return text if indent is None else msgspec.json.format(text, indent=indent)


def _opened(value: Any) -> Any:
    """The same with what is carried verbatim in the place of the `OtherPart` that held it."""
    match value:
        case {"type": "dragoman.other", "raw": raw}:
            return raw
        case dict():
            return {key: _opened(inner) for key, inner in value.items()}
        case list():
            return [_opened(item) for item in value]
    return value
