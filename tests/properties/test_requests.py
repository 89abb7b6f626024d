"""Requests are read strictly, and nothing in them is lost in silence (the fourth law)."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from dragoman.dialects.openai_chat import (
    OPENAI,
    Profile,
    Quirks,
    decode_request,
    encode_request,
)
from dragoman.dialects.openai_chat.draft import Draft
from dragoman.dialects.openai_chat.encoding import RULES, rules_for
from dragoman.errors import BadRequestError, Error, UnsupportedParameterError
from dragoman.models import shared
from tests.request_fields import request_fields
from tests.schema import faults
from tests.strategies import json_values, objects, objects_of, parts_of, requests, texts

REQUEST = inspect.type_info(shared.CreateChatCompletionRequest)

MODELS = ("gpt-4o", "gpt-5.1", "o1-mini")

PROFILES = {
    "OpenAI": Profile(quirks=OPENAI),
    "unknown provider": Profile(quirks=Quirks()),
    "strict provider": Profile(quirks=Quirks(extra=False)),
    "OpenRouter's ways": Profile(
        quirks=Quirks(
            cache_control="cache_control", extra_content=True, reasoning_replay="reasoning_details"
        )
    ),
    "Moonshot's ways": Profile(
        quirks=Quirks(
            reasoning_replay="reasoning_content",
            strict_tools=False,
            schema_keyword=False,
            message_names=False,
            null_content=False,
        )
    ),
    "DashScope's ways": Profile(
        quirks=Quirks(
            audio_data_uri=True,
            logprobs_as_number=True,
            refused_tool_choice=frozenset({"none"}),
            single_choice=True,
            top_p_below_one=True,
        )
    ),
}

ODD_KEYS = ("", "0", "a/b", "a~1", "~", "extra", "ü", "$schema", "dragoman.other")
MEANT_ELSEWHERE = (
    "allowed_tools",
    "cache_control",
    "content",
    "custom",
    "extra_content",
    "function",
    "input_audio",
    "json_schema",
    "name",
    "native_content",
    "parameters",
    "prompt_cache_breakpoint",
    "reasoning",
    "role",
    "strict",
    "text",
    "thinking_blocks",
    "tool_calls",
    "type",
)
keys = st.sampled_from(ODD_KEYS) | st.sampled_from(MEANT_ELSEWHERE) | texts

other_parts = st.builds(
    lambda kind, rest: {**rest, "type": f"x-{kind}"}, texts, objects
) | st.builds(lambda rest: {**rest, "type": "dragoman.other"}, objects)
"""Parts and tools of types that nobody knows, and the one that nobody may use."""

bodies = requests.map(msgspec.to_builtins) | st.sampled_from(request_fields()).map(
    lambda field: copy.deepcopy(field.request)
)
"""The JSON of requests: of any, and of those that have each field once."""

Strange = tuple[Any, dict[str, Any]]
"""A request's JSON, and what was added to it: pointer to value."""


def escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        value = value[int(token) if isinstance(value, list) else token]
    return value


@st.composite
def with_strange_keys(draw: st.DrawFn) -> Strange:
    """A request with keys that the hub does not know, at any depth."""
    body = draw(bodies)
    places = list(objects_of(REQUEST, body))
    added: dict[str, Any] = {}
    for pointer, known in draw(st.lists(st.sampled_from(places), min_size=1, max_size=4)):
        key, holder = draw(keys), at(body, pointer)
        value = draw(json_values)
        if not pointer and key == "extra":
            value = value or "x"  # our own field's name: null is no key there, as in all fields
        elif key in known or key in holder:
            continue
        holder[key] = added[f"{pointer}/{escaped(key)}"] = value
    return body, added


@st.composite
def with_strange_parts(draw: st.DrawFn) -> Strange:
    """A request with parts and tools of unknown types, and an image in a tool message."""
    body = draw(bodies)
    body["messages"] += [
        {
            "role": "tool",
            "tool_call_id": "x",
            "content": [{"type": "image_url", "image_url": {"url": "x"}}],
        },
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
    ]
    lists = parts_of(body)
    added = {}
    for pointer, items in draw(st.lists(st.sampled_from(lists), unique_by=lambda found: found[0])):
        part = draw(other_parts)
        place = draw(st.integers(0, len(items)))
        items.insert(place, part)
        added[f"{pointer}/{place}"] = part
    return body, added


def shape(pointer: str) -> str:
    """A pointer without its positions, which shift when something is left out or moved.

    The two spellings of a cache breakpoint are one.
    """
    spelt = pointer.replace("/prompt_cache_breakpoint/", "/cache_control/")
    return re.sub(r"/\d+(?=/|$)", "/*", spelt)


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside this one, at any depth, with its pointer."""
    yield pointer, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{pointer}/{place}")


def told(losses: tuple[shared.Loss, ...], pointer: str) -> bool:
    """Whether a loss is of this place or of what it lies in.

    A choice of allowed tools that is emulated says that the other tools are not offered.
    """
    return any(
        f"{pointer}/".startswith(f"{loss.pointer}/")
        or (loss.kind == "emulated" and loss.pointer == "/tool_choice" and "/tools/" in pointer)
        for loss in losses
    )


def lost_in_silence(strange: Strange, model: str, profile: Profile) -> list[str]:
    """What was added to the request, and is neither in the body nor among the losses."""
    body, added = strange
    request = decode_request(json.dumps(body).encode())
    try:
        encoded = encode_request(request, model=model, profile=profile)
    except UnsupportedParameterError:
        return []  # the whole request was refused, and nothing sent
    sent = [(shape(pointer), value) for pointer, value in leaves(json.loads(encoded.body))]
    return [
        pointer
        for pointer, value in added.items()
        if (shape(pointer), value) not in sent and not told(encoded.losses, pointer)
    ]


@given(request=requests)
def test_a_request_is_valid_and_read_as_it_was_written(
    request: shared.CreateChatCompletionRequest,
) -> None:
    body = msgspec.json.encode(request)

    assert faults("CreateChatCompletionRequest", json.loads(body)) == []
    assert decode_request(body) == request


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=60)
@given(strange=with_strange_keys(), model=st.sampled_from(MODELS))
def test_a_key_that_nobody_knows_is_sent_or_told_as_lost(
    profile: str, strange: Strange, model: str
) -> None:
    assert lost_in_silence(strange, model, PROFILES[profile]) == []


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=60)
@given(strange=with_strange_parts(), model=st.sampled_from(MODELS))
def test_a_part_of_a_type_that_nobody_knows_is_sent_or_told_as_lost(
    profile: str, strange: Strange, model: str
) -> None:
    assert lost_in_silence(strange, model, PROFILES[profile]) == []


@given(
    strange=with_strange_keys() | with_strange_parts(),
    model=st.sampled_from(MODELS),
    profile=st.sampled_from(sorted(PROFILES)),
)
def test_encoding_changes_nothing_and_says_the_same_twice(
    strange: Strange, model: str, profile: str
) -> None:
    request = decode_request(json.dumps(strange[0]).encode())
    before = copy.deepcopy(request)

    def encoded() -> Any:
        try:
            return encode_request(request, model=model, profile=PROFILES[profile])
        except UnsupportedParameterError as error:
            return str(error)

    first = encoded()

    assert encoded() == first
    assert request == before


@given(body=json_values | st.fixed_dictionaries({"model": json_values, "messages": json_values}))
def test_any_json_is_a_request_or_a_bad_one(body: Any) -> None:
    refused_only(json.dumps(body).encode())


@given(body=st.binary(max_size=20) | texts.map(str.encode))
def test_any_bytes_are_a_request_or_a_bad_one(body: bytes) -> None:
    refused_only(body)


@given(field=st.sampled_from(request_fields()), value=json_values)
def test_any_json_in_any_field_is_taken_or_refused(field: Any, value: Any) -> None:
    request = copy.deepcopy(field.request)
    way, _, key = field.pointer.rpartition("/")
    holder = at(request, way)
    holder[int(key) if isinstance(holder, list) else key] = value

    refused_only(json.dumps(request).encode())


def refused_only(body: bytes) -> None:
    """Read and encode; whatever is raised is an error of ours."""
    try:
        request = decode_request(body)
    except BadRequestError:
        return
    for profile in PROFILES.values():
        try:
            encoded = encode_request(request, model=request.model, profile=profile)
        except Error:
            continue
        assert isinstance(json.loads(encoded.body), dict)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
@pytest.mark.parametrize("model", MODELS)
def test_a_rule_that_is_passed_over_would_have_changed_nothing(
    model: str, profile: Profile
) -> None:
    for field in request_fields():
        request = decode_request(json.dumps(field.request).encode())
        for rule in {rule for rule, _ in RULES} - {*rules_for(frozenset(field.request))}:
            try:
                draft = Draft.of(request, model=model, profile=profile)
            except UnsupportedParameterError:
                break  # refused before any rule is asked
            before = copy.deepcopy((draft.body, draft.losses))

            rule(draft)

            assert (draft.body, draft.losses) == before, (rule, field)
