"""A dict that type checkers accept is a request: whatever the dicts allow, the hub decodes.

The dicts are read at run time, as anybody could; nothing here knows how they were made.
"""

import json
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.openai_chat.request import REQUEST, written
from dragoman.models import params, shared
from tests.strategies import json_values, texts, words

DICTS = [name for name in params.__all__ if is_typeddict(getattr(params, name))]
STEPS = {"RequestFields", "RequestFieldsBesideFormat"}

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-1000, 1000),
    bool: st.booleans(),
    Any: json_values,
    type(None): st.none(),
}


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Values that this annotation allows; objects of the hub stand in for their dicts elsewhere."""
    if kind in SCALARS:
        return SCALARS[kind]
    if is_typeddict(kind):
        return dicts(kind)
    match get_origin(kind):
        case origin if origin in (Union, types.UnionType):
            members = [one for one in get_args(kind) if not is_hub(one)]
            return st.one_of([of(member) for member in members])
        case origin if origin is Literal:
            return st.sampled_from(get_args(kind))
        case origin if origin is Sequence:
            return st.lists(of(get_args(kind)[0]), max_size=2)
        case origin if origin is Mapping:
            return st.dictionaries(words, of(get_args(kind)[1]), max_size=2)
    raise NotImplementedError(f"no strategy for {kind}")


def is_hub(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def dicts(kind: Any) -> st.SearchStrategy[Any]:
    """Dicts of this type: all that is required, and a few of the keys that are not."""
    hints = get_type_hints(kind)
    optional = sorted(kind.__optional_keys__)

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        some = (
            draw(st.lists(st.sampled_from(optional), unique=True, max_size=5)) if optional else []
        )
        return {key: draw(of(hints[key])) for key in (*sorted(kind.__required_keys__), *some)}

    return build()


@pytest.mark.parametrize("name", sorted(set(DICTS) - STEPS))
@given(data=st.data())
def test_every_dict_is_the_type_of_the_same_name(name: str, data: st.DataObject) -> None:
    value = data.draw(dicts(getattr(params, name)))
    if name == "CreateChatCompletionRequest":
        value["messages"] = value["messages"] or [{"role": "user", "content": "x"}]

    decoded = msgspec.json.decode(msgspec.json.encode(value), type=getattr(shared, name))

    assert isinstance(decoded, getattr(shared, name))


@given(message=of(params.ChatCompletionRequestMessage), fields=dicts(params.RequestFields))
def test_every_request_is_decoded_strictly_with_nothing_unknown(message: Any, fields: Any) -> None:
    request = REQUEST.decode(written({"model": "m", "messages": [message], **fields}))

    told = json.loads(msgspec.json.encode(request.messages[0]))
    assert request.extra is None
    assert {key for key, value in message.items() if value is not None} <= set(told)
