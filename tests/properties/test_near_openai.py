"""Callers of Mistral's and Ollama's dialects: what they may ask, and what they are answered."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects import DIALECTS
from dragoman.errors import BadRequestError, UnsupportedParameterError
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from tests.properties.test_responses import written
from tests.strategies import json_values, responses

each = pytest.mark.parametrize("dialect", ["mistral", "ollama"])

MADE = Made(created=1, id="chatcmpl-made", model="made")

TEXTS = st.text(max_size=5)
PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": json_values}),
    st.fixed_dictionaries({"type": st.just("image_url"), "image_url": json_values}),
    st.fixed_dictionaries({"type": st.just("input_audio"), "input_audio": json_values}),
    st.fixed_dictionaries({"type": st.just("document_url"), "document_url": TEXTS}),
    st.fixed_dictionaries({"type": TEXTS, "x": json_values}),
    json_values,
)
CALLS = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {"name": TEXTS, "arguments": json_values | st.dictionaries(TEXTS, json_values)}
        )
    },
    optional={"id": TEXTS, "type": st.just("function"), "index": st.integers()},
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "tool"])},
    optional={
        "content": TEXTS | st.lists(PARTS, max_size=3) | json_values,
        "images": st.lists(TEXTS, max_size=2),
        "name": TEXTS,
        "prefix": st.booleans(),
        "thinking": TEXTS,
        "tool_call_id": TEXTS,
        "tool_calls": st.lists(CALLS, max_size=2) | json_values,
        "tool_name": TEXTS,
    },
)
FIELDS = (
    "max_tokens", "temperature", "top_p", "random_seed", "stop", "stream", "tools", "tool_choice",
    "response_format", "safe_prompt", "prediction", "metadata", "guardrails", "n", "options",
    "format", "think", "keep_alive", "logprobs", "service_tier", "reasoning_effort", "new",
)  # fmt: skip
NAMES = {
    "max_completion_tokens": "max_tokens",
    "seed": "random_seed",
    "response_format": "format",
    "reasoning_effort": "think",
}
"""The caller's name for a field, where the hub has another."""


@each
@given(
    messages=st.lists(MESSAGES, min_size=1, max_size=3),
    fields=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3),
)
def test_whatever_callers_ask_is_sent_on_or_told_as_lost_or_refused(
    dialect: str, messages: list[Any], fields: dict[str, Any]
) -> None:
    body = {"model": "m", "messages": messages, **fields}

    try:
        request = DIALECTS[dialect].decode_request(json.dumps(body).encode())
        encoded = DIALECTS[dialect].encode_request(request, model="m")
    except (BadRequestError, UnsupportedParameterError):
        return

    assert len(request.messages) == len(messages)
    lost = {loss.pointer.split("/")[1] for loss in encoded.losses}
    told = {*lost, *(NAMES.get(name, name) for name in lost), *json.loads(encoded.body)}
    telling = {name for name, value in fields.items() if value not in (None, False, "", [], {})}
    assert telling - told <= {"metadata", "options"}  # whose parts may all be null


def said(response: shared.CreateChatCompletionResponse) -> list[Any]:
    """What every dialect can say of an answer."""
    return [
        (
            (choice.message.content or "") + (choice.message.refusal or ""),
            choice.message.reasoning_content or "",
            len(choice.message.tool_calls or ()) + (choice.message.function_call is not None),
        )
        for choice in response.choices
    ]


@each
@settings(max_examples=60)
@given(response=responses, step=st.integers(1, 4))
def test_an_answer_of_ours_is_heard_by_callers_whole_and_streamed_alike(
    dialect: str, response: shared.CreateChatCompletionResponse, step: int
) -> None:
    if dialect == "ollama":  # which has a single choice
        response = replace(response, choices=[replace(response.choices[0], index=0)])
    spoken = DIALECTS[dialect]
    encoder = spoken.stream_encoder(include_usage=True)
    stream = b"".join(encoder.encode(chunk) for chunk in written(response, step)) + encoder.end()

    whole = spoken.decode_response(spoken.encode_response(response), made=MADE)
    decoder = spoken.stream_decoder(made=MADE)
    streamed = fold([*decoder.receive(stream), *decoder.finish()])

    assert said(whole) == said(streamed) == said(response)
    assert whole.usage == streamed.usage
    if response.usage is not None and whole.usage is not None:
        assert whole.usage.total_tokens == response.usage.total_tokens
