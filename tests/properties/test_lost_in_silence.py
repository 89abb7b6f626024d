"""Nothing that a caller sets is lost in silence, whatever the dialect (the fourth law)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects import DIALECTS
from dragoman.dialects.mistral import Profile as MistralProfile
from dragoman.dialects.mistral import Quirks as MistralQuirks
from dragoman.dialects.ollama import Profile as OllamaProfile
from dragoman.dialects.ollama import Quirks as OllamaQuirks
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from tests.properties.test_requests import Strange, with_strange_keys, with_strange_parts
from tests.strategies import requests

PROFILES = {
    "mistral": MistralProfile(quirks=MistralQuirks(reasoning_replay=True, answer_after_tool=True)),
    "ollama": OllamaProfile(quirks=OllamaQuirks(emulate_forced_tools=True, bool_think=True)),
}
each = pytest.mark.parametrize("dialect", PROFILES)
plain = st.booleans()


def profile_of(dialect: str, plain: bool) -> Any:
    return (
        DIALECTS[dialect].Profile(quirks=DIALECTS[dialect].Quirks())
        if plain
        else (PROFILES[dialect])
    )


def check_told(dialect: str, plain: bool, strange: Strange) -> None:
    """Whatever was added is told as lost, by its own place or that of what it lies in."""
    body, added = strange
    try:
        request = decode_request(json.dumps(body).encode())
        encoded = DIALECTS[dialect].encode_request(
            request, model="m", profile=profile_of(dialect, plain)
        )
    except (UnsupportedParameterError, BadRequestError):
        return

    lost = [loss.pointer for loss in encoded.losses]

    untold = [
        pointer for pointer in added if not any(f"{pointer}/".startswith(f"{one}/") for one in lost)
    ]
    assert untold == []


@each
@given(plain=plain, strange=with_strange_keys())
def test_a_key_that_nobody_knows_is_told_as_lost(
    dialect: str, plain: bool, strange: Strange
) -> None:
    check_told(dialect, plain, strange)


@each
@given(plain=plain, strange=with_strange_parts())
def test_a_part_of_a_type_that_nobody_knows_is_told_as_lost(
    dialect: str, plain: bool, strange: Strange
) -> None:
    check_told(dialect, plain, strange)


@each
@given(plain=plain, request=requests)
def test_encoding_changes_nothing_and_says_the_same_twice(
    dialect: str, plain: bool, request: shared.CreateChatCompletionRequest
) -> None:
    before = request.to_json()
    profile = profile_of(dialect, plain)
    try:
        once = DIALECTS[dialect].encode_request(request, model="m", profile=profile)
    except UnsupportedParameterError:
        return

    twice = DIALECTS[dialect].encode_request(request, model="m", profile=profile)

    assert once == twice
    assert request.to_json() == before
    assert json.loads(once.body)["model"] == "m"
