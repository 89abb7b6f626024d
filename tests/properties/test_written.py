"""`to_dict` and `to_json` of every type of the hub: what is written, and nothing else."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.openai_chat import decode_request
from dragoman.models import shared
from dragoman.models.hub import HubType
from tests.strategies import requests, struct

UNWRITTEN = {"Meta", "OtherPart"}
"""What stands beside an answer, and what stands for a part that is written as it came."""

WRITTEN: list[type[HubType]] = [
    kind
    for name in shared.__all__
    if isinstance(kind := getattr(shared, name), type)
    and issubclass(kind, HubType)
    and name not in UNWRITTEN
]


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: str(kind.__name__))
@given(data=st.data(), indent=st.none() | st.integers(0, 4))
@settings(max_examples=20)  # of each of some eighty types
def test_a_value_as_a_dict_is_its_json_and_comes_back_from_it(
    kind: type[HubType], data: st.DataObject, indent: int | None
) -> None:
    value = data.draw(struct(kind))

    assert value.to_dict() == json.loads(msgspec.json.encode(value))
    assert msgspec.json.decode(value.to_json(indent=indent), type=kind) == value


@given(request=requests)
def test_a_request_comes_back_from_its_json_by_the_strict_reader(
    request: shared.CreateChatCompletionRequest,
) -> None:
    assert decode_request(request.to_json().encode()) == request
