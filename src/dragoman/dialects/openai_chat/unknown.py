"""The second, slow reading of a request: what we do not know is put apart.

It walks the JSON beside the types, collects unknown keys at any depth, words outside sets that
providers extend, objects of unknown kinds and parts of unknown types, and leaves the rest to the
types again. What is still wrong then is the caller's mistake.

Somebody's request may have a hundred thousand keys. So what is to be known of a type is worked out
once, and a place is only spelled where it may be needed.
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
    value = _untyped(body)
    extra = shared.Extra()
    try:
        known = _request().known(value, "", extra)
        request = msgspec.convert(known, shared.CreateChatCompletionRequest)
    except msgspec.ValidationError as error:
        wrong = reading.mistyped(error)
        raise _bad(str(wrong), wrong.path, wrong.mistake) from None
    return msgspec.structs.replace(request, extra=extra or None)


def _untyped(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except reading.UNREADABLE:
        pass  # what is only unusual is for the standard library, which is slower
    try:
        return reading.read_untyped(body)
    except reading.UnreadableError as error:
        raise BadRequestError(
            f"body: expected JSON; {error}", status_code=400, code="invalid_json"
        ) from None


def _bad(message: str, path: str, mistake: reading.Mistake) -> BadRequestError:
    return BadRequestError(message, status_code=400, code=CODES[mistake], param=path or None)


class _Kind:
    """A type, as far as what we do not know can stand in its values: here, nowhere."""

    texts = True
    """Whether any text is a value of it."""

    def known(self, value: Any, pointer: str, extra: shared.Extra) -> Any:
        """The part of this value that the type knows; the rest goes into `extra`."""
        return value

    def strange(self, value: Any) -> bool:
        """Whether this is an object of a kind we have not met, where a field has several kinds.

        Such as `response_format: {"type": "grammar", …}`. Lists keep theirs as `OtherPart`.
        """
        return False


PLAIN: Final = _Kind()


class _Words(_Kind):
    """A closed set of words."""

    texts = False

    def __init__(self, type: inspect.LiteralType) -> None:
        self.values = type.values

    def known(self, value: Any, pointer: str, extra: shared.Extra) -> Any:
        if value not in self.values:
            raise _not_one_of([str(word) for word in self.values], value, pointer)
        return value


class _List(_Kind):
    def __init__(self, type: inspect.ListType) -> None:
        self.item = _kind_of(type.item_type)

    def known(self, value: Any, pointer: str, extra: shared.Extra) -> Any:
        if not isinstance(value, list):
            return value
        known = self.item.known
        return [known(inner, f"{pointer}/{index}", extra) for index, inner in enumerate(value)]


class _Struct(_Kind):
    def __init__(self, type: inspect.StructType) -> None:
        self.fields = {field.encode_name: _kind_of(field.type) for field in type.fields}
        if type.cls is shared.CreateChatCompletionRequest:
            del self.fields["extra"]  # which no JSON has
        if type.tag_field is not None:
            self.fields[type.tag_field] = PLAIN
        self.words = {
            field.encode_name: words
            for field in type.fields
            if field.encode_name in EXTENDED_SETS and (words := _words(field.type))
        }

    def known(self, value: Any, pointer: str, extra: shared.Extra) -> Any:
        if not isinstance(value, dict):
            return value
        fields, words = self.fields, self.words
        known = {}
        for key, inner in value.items():
            kind = fields.get(key)
            if kind is None or kind.strange(inner) or _beyond(words.get(key), inner):
                extra[f"{pointer}/{escaped(key)}"] = inner
            elif kind.texts and (kind is PLAIN or inner.__class__ is str):
                known[key] = inner
            else:
                known[key] = kind.known(inner, f"{pointer}/{key}", extra)
        return known


class _Union(_Kind):
    def __init__(self, types: tuple[inspect.Type, ...]) -> None:
        structs = [type for type in types if isinstance(type, inspect.StructType)]
        self.structs = {type.tag: _Struct(type) for type in structs}
        self.tag_field = (structs[0].tag_field or "") if structs else ""
        self.lists = [_List(type) for type in types if isinstance(type, inspect.ListType)]
        self.texts = any(isinstance(type, inspect.StrType) for type in types)
        self.words = [_Words(type) for type in types if isinstance(type, inspect.LiteralType)]

    def known(self, value: Any, pointer: str, extra: shared.Extra) -> Any:
        if isinstance(value, dict):
            return self._known_of_object(value, pointer, extra) if self.structs else value
        if isinstance(value, list):
            return self.lists[0].known(value, pointer, extra) if self.lists else value
        if isinstance(value, str) and not self.texts and self.words:
            return self.words[0].known(value, pointer, extra)
        return value

    def _known_of_object(self, value: dict[str, Any], pointer: str, extra: shared.Extra) -> Any:
        structs, tag_field = self.structs, self.tag_field
        if None in structs:
            return structs[None].known(value, pointer, extra)
        tag = value.get(tag_field)
        if isinstance(tag, str) and tag in structs and tag != OTHER_TAG:
            return structs[tag].known(value, pointer, extra)
        if isinstance(tag, str) and OTHER_TAG in structs:
            return shared.OtherPart(raw=shared.Verbatim(value))
        words = [str(word) for word in structs if word != OTHER_TAG]
        raise _not_one_of(words, value.get(tag_field, ...), f"{pointer}/{tag_field}")

    def strange(self, value: Any) -> bool:
        if not isinstance(value, dict) or not self.structs or None in self.structs:
            return False
        tag = value.get(self.tag_field)
        return isinstance(tag, str) and tag not in self.structs


def _kind_of(type: inspect.Type) -> _Kind:
    match type:
        case inspect.UnionType(types=types):
            return _Union(types)
        case inspect.StructType():
            return _Struct(type)
        case inspect.ListType():
            return _List(type)
        case inspect.LiteralType():
            return _Words(type)
    return PLAIN


def _words(type: inspect.Type) -> frozenset[Any]:
    """The words that may stand in a field of this type, where it has a set of them."""
    members = type.types if isinstance(type, inspect.UnionType) else (type,)
    return frozenset(
        word for one in members if isinstance(one, inspect.LiteralType) for word in one.values
    )


def _beyond(words: frozenset[Any] | None, value: Any) -> bool:
    """Whether this is a word that only a provider's own set has."""
    return words is not None and isinstance(value, str) and value not in words


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
def _request() -> _Kind:
    """What the slow pass walks beside, worked out when it is first needed."""
    return _kind_of(inspect.type_info(shared.CreateChatCompletionRequest))
