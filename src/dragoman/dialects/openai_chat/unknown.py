"""The second, slow reading of a request: what we do not know is put apart.

It walks the JSON beside the types, collects unknown keys at any depth, words outside sets that
providers extend, objects of unknown kinds and parts of unknown types, and leaves the rest to the
types again. What is still wrong then is the caller's mistake.
"""

import functools
from typing import Any, Final

import msgspec
import msgspec.inspect as inspect

from dragoman.errors import BadRequestError
from dragoman.models import shared
from dragoman.models.pointers import escaped, path_of
from dragoman.wire import reading

EXTENDED_SETS: Final = frozenset(
    {"detail", "prompt_cache_retention", "reasoning_effort", "service_tier", "verbosity"}
)
"""Closed sets of the specification to which providers add words of their own.

All are of fields that may be missing: `extra` holds the word, and the type has no other.
"""

OTHER_TAG: Final = "dragoman.other"

CODES: Final[dict[reading.Mistake, str]] = {
    "missing": "missing_required_parameter",
    "type": "invalid_type",
    "empty": "empty_array",
    "value": "invalid_value",
}
"""What OpenAI calls a mistake."""


def second_reading(body: bytes) -> shared.CreateChatCompletionRequest:
    """The request that this body is; raises `BadRequestError` naming the place."""
    try:
        value = reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise BadRequestError(
            f"body: expected JSON; {error}", status_code=400, code="invalid_json"
        ) from None
    apart = _Apart()
    try:
        known = apart.known(value, _type_of(shared.CreateChatCompletionRequest), "")
        request = msgspec.convert(known, shared.CreateChatCompletionRequest)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error)
        raise _bad(str(wrong), wrong.path, wrong.mistake) from None
    return msgspec.structs.replace(request, extra=apart.extra or None)


def _bad(message: str, path: str, mistake: reading.Mistake) -> BadRequestError:
    return BadRequestError(message, status_code=400, code=CODES[mistake], param=path or None)


class _Apart:
    """Takes what we do not know out of a request; it is then in `extra`."""

    def __init__(self) -> None:
        self.extra = shared.Extra()

    def known(self, value: Any, type: inspect.Type, pointer: str) -> Any:
        """The part of this value that the type knows."""
        match type:
            case inspect.UnionType(types=types):
                return self._known_of_union(value, types, pointer)
            case inspect.StructType() if isinstance(value, dict):
                return self._known_of_struct(value, type, pointer)
            case inspect.ListType(item_type=item_type) if isinstance(value, list):
                return [self.known(v, item_type, f"{pointer}/{i}") for i, v in enumerate(value)]
            case inspect.LiteralType(values=values) if value not in values:
                raise _not_one_of([str(word) for word in values], value, pointer)
        return value

    def _known_of_struct(
        self, value: dict[str, Any], type: inspect.StructType, pointer: str
    ) -> dict[str, Any]:
        fields = {field.encode_name: field.type for field in type.fields}
        known = {}
        for key, inner in value.items():
            place = f"{pointer}/{escaped(key)}"
            if key == type.tag_field:
                known[key] = inner
            elif (
                key not in fields
                or (not pointer and key == "extra")
                or _beyond_set(key, inner, fields[key])
                or _unknown_kind(inner, fields[key])
            ):
                self.extra[place] = inner
            else:
                known[key] = self.known(inner, fields[key], place)
        return known

    def _known_of_union(self, value: Any, types: tuple[inspect.Type, ...], pointer: str) -> Any:
        if isinstance(value, dict):
            return self._known_of_object(value, types, pointer)
        if isinstance(value, list):
            lists = [t for t in types if isinstance(t, inspect.ListType)]
            return self.known(value, lists[0], pointer) if lists else value
        if isinstance(value, str) and not any(isinstance(t, inspect.StrType) for t in types):
            literals = [t for t in types if isinstance(t, inspect.LiteralType)]
            return self.known(value, literals[0], pointer) if literals else value
        return value

    def _known_of_object(
        self, value: dict[str, Any], types: tuple[inspect.Type, ...], pointer: str
    ) -> Any:
        structs = {t.tag: t for t in types if isinstance(t, inspect.StructType)}
        if not structs or None in structs:
            return self.known(value, structs[None], pointer) if structs else value
        tag_field = next(iter(structs.values())).tag_field or ""
        tag = value.get(tag_field)
        if isinstance(tag, str) and tag in structs and tag != OTHER_TAG:
            return self.known(value, structs[tag], pointer)
        if isinstance(tag, str) and OTHER_TAG in structs:
            return {tag_field: OTHER_TAG, "raw": shared.Verbatim(value)}
        words = [str(word) for word in structs if word != OTHER_TAG]
        raise _not_one_of(words, value.get(tag_field, ...), f"{pointer}/{tag_field}")


def _beyond_set(key: str, value: Any, type: inspect.Type) -> bool:
    """Whether this is a word that only a provider's own set has."""
    if key not in EXTENDED_SETS or not isinstance(value, str):
        return False
    members = type.types if isinstance(type, inspect.UnionType) else (type,)
    literals = [m for m in members if isinstance(m, inspect.LiteralType)]
    return bool(literals) and all(value not in literal.values for literal in literals)


def _unknown_kind(value: Any, type: inspect.Type) -> bool:
    """Whether this is an object of a kind we have not met, where a field has several kinds.

    Such as `response_format: {"type": "grammar", …}`. Lists keep theirs as `OtherPart`.
    """
    if not isinstance(value, dict) or not isinstance(type, inspect.UnionType):
        return False
    structs = {t.tag: t.tag_field for t in type.types if isinstance(t, inspect.StructType)}
    if not structs or None in structs:
        return False
    tag = value.get(next(iter(structs.values())) or "")
    return isinstance(tag, str) and tag not in structs


def _not_one_of(words: list[str], value: Any, pointer: str) -> BadRequestError:
    path = path_of(pointer)
    got = (
        "nothing" if value is ... else repr(value)[:40] if isinstance(value, str) else _kind(value)
    )
    mistake: reading.Mistake = (
        "missing" if value is ... else "value" if isinstance(value, str) else "type"
    )
    return _bad(f"{path}: expected one of {', '.join(words)}; got {got}", path, mistake)


def _kind(value: Any) -> str:
    """What JSON calls a value of this kind; the value itself may be a prompt."""
    kinds = {dict: "object", list: "array", type(None): "null"}
    return kinds.get(type(value), type(value).__name__)


@functools.cache
def _type_of(type: Any) -> inspect.Type:
    """What the slow pass walks beside, worked out when it is first needed."""
    return inspect.type_info(type)
