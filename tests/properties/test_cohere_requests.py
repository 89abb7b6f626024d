"""Nothing of a request is lost in silence on its way to Cohere (the fourth law)."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects import cohere_v2
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import UnsupportedParameterError
from dragoman.models import shared
from tests.properties.test_requests import (
    Strange,
    leaves,
    shape,
    told,
    with_strange_keys,
    with_strange_parts,
)

models = st.sampled_from(["command-a-03-2025", "command-a-reasoning-08-2025"])


def encoded(request: shared.CreateChatCompletionRequest, model: str) -> Any:
    try:
        return cohere_v2.encode_request(request, model=model)
    except UnsupportedParameterError as error:
        return str(error)  # the whole request was refused, and nothing sent


@settings(max_examples=100)
@given(strange=with_strange_keys() | with_strange_parts(), model=models)
def test_what_nobody_knows_is_sent_or_told_as_lost(strange: Strange, model: str) -> None:
    body, added = strange
    request = decode_request(json.dumps(body).encode())
    before = copy.deepcopy(request)

    sent = encoded(request, model)

    assert encoded(request, model) == sent
    assert request == before
    if isinstance(sent, str):
        return
    there = [(shape(pointer), value) for pointer, value in leaves(json.loads(sent.body))]
    silent = [
        pointer
        for pointer, value in added.items()
        if (shape(pointer), value) not in there and not told(sent.losses, pointer)
    ]
    assert silent == []
