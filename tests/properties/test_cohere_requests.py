"""Nothing of a request is lost in silence on its way to Cohere, or from its callers."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects import cohere_v2
from dragoman.dialects.openai_chat import decode_request
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from tests.properties.test_requests import (
    Strange,
    leaves,
    shape,
    told,
    with_strange_keys,
    with_strange_parts,
)
from tests.strategies import json_values

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


TEXTS = st.text(max_size=5)
PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": TEXTS}),
    st.fixed_dictionaries({"type": st.just("image_url"), "image_url": json_values}),
    st.fixed_dictionaries({"type": TEXTS, "x": json_values}),
    json_values,
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "tool"])},
    optional={
        "content": TEXTS | st.lists(PARTS, max_size=3) | json_values,
        "tool_call_id": TEXTS,
        "tool_plan": TEXTS | json_values,
        "tool_calls": json_values,
    },
)
FIELDS = (
    "max_tokens", "temperature", "p", "k", "seed", "stop_sequences", "stream", "tools",
    "tool_choice", "strict_tools", "response_format", "thinking", "documents", "new",
)  # fmt: skip


@given(
    messages=st.lists(MESSAGES, min_size=1, max_size=3),
    fields=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3),
)
def test_whatever_callers_ask_is_a_request_or_refused(
    messages: list[Any], fields: dict[str, Any]
) -> None:
    body = {"model": "m", "messages": messages, **fields}

    try:
        request = cohere_v2.decode_request(json.dumps(body).encode())
    except BadRequestError:
        return
    assert len(request.messages) == len(messages)
    sent = encoded(request, "m")
    if isinstance(sent, str):
        return
    known = {"documents", "k", "thinking", "response_format", "tools", "tool_choice"}
    told_of = {loss.pointer.split("/")[1] for loss in sent.losses}
    names = {"top_p": "p", "top_k": "k", "max_completion_tokens": "max_tokens"}
    told_of = {names.get(name, name) for name in told_of}
    given_fields = {name for name, value in fields.items() if value not in (None, False, [])}
    assert given_fields - told_of - json.loads(sent.body).keys() - known == set()
