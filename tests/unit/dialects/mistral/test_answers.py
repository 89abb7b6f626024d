"""What Mistral says, in OpenAI's words."""

import json
import re
from typing import Any

import pytest

from dragoman.dialects import mistral
from dragoman.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RemoteProtocolError,
)
from dragoman.models import shared
from tests.unit.dialects.mistral.saying import (
    DONE,
    MADE,
    USAGE,
    chunks,
    ended,
    event,
    folded,
    said,
    thinking,
    whole,
)


def call(arguments: Any, **fields: Any) -> dict[str, Any]:
    return {"function": {"name": fields.pop("name", "f"), "arguments": arguments}, **fields}


def test_thinking_comes_in_chunks_before_the_text() -> None:
    reference = {"type": "reference", "reference_ids": [1]}
    chunk = thinking("Add", " them.")
    chunk["thinking"].append(reference)

    message = whole({"content": [chunk, reference, {"type": "text", "text": "4"}]})["choices"][0][
        "message"
    ]

    assert (message["reasoning_content"], message["content"]) == ("Add them.", "4")


def test_each_thinking_chunk_of_a_stream_goes_on_with_the_last() -> None:
    stream = [
        said({"content": [thinking("Ad")]}),
        said({"content": [{**thinking("d."), "closed": True}]}),
        said({"content": "4"}),
        ended(),
    ]

    message = folded(*stream)["choices"][0]["message"]

    assert (message["reasoning_content"], message["content"]) == ("Add.", "4")


def test_the_pieces_of_a_call_without_id_or_name_are_of_the_one_before() -> None:
    stream = [
        said({"tool_calls": [call("", id="chatcmpl-tool-1", index=0)]}),
        said({"tool_calls": [call('{"a"', id="null", name="", index=0)], "index": 0}),
        said({"tool_calls": [call(":1}", name="", index=0)]}),
        ended("tool_calls"),
    ]

    (told,) = folded(*stream)["choices"][0]["message"]["tool_calls"]

    assert told["id"] == "chatcmpl-tool-1"
    assert told["function"] == {"name": "f", "arguments": '{"a":1}'}


def test_calls_without_an_index_are_calls_of_their_own() -> None:
    calls = [call({"a": 1}, id="yBvJuId6u"), call({}, id="ihQrVBDfy", name="g")]

    choice = folded(said({"tool_calls": calls}, "tool_calls"), DONE)["choices"][0]

    told = choice["message"]["tool_calls"]
    assert [one["id"] for one in told] == ["yBvJuId6u", "ihQrVBDfy"]
    assert [one["function"]["arguments"] for one in told] == ['{"a":1}', "{}"]


def test_a_piece_goes_to_the_call_whose_index_it_has() -> None:
    calls = [call("", id=id, index=n) for n, id in enumerate(("yBvJuId6u", "ihQrVBDfy"))]
    pieces = [{"index": n, "function": {"arguments": f'{{"n":{n}}}'}} for n in (1, 0)]
    stream = [said({"tool_calls": calls}), *(said({"tool_calls": [one]}) for one in pieces)]

    told = folded(*stream, ended("tool_calls"))["choices"][0]["message"]["tool_calls"]

    assert [one["function"]["arguments"] for one in told] == ['{"n":0}', '{"n":1}']


def test_usage_counts_wherever_it_came() -> None:
    response = folded(said({"content": "x"}, usage=USAGE), said({}, "stop"), DONE)

    assert response["usage"]["total_tokens"] == 8


@pytest.mark.parametrize("id", [None, "", "null"])
def test_a_call_without_an_id_gets_one_that_mistral_takes_back(id: str | None) -> None:
    calls = [call("{}", id=id), call("{}", id=id)]

    told = whole({"content": None, "tool_calls": calls}, "tool_calls")["choices"][0]["message"][
        "tool_calls"
    ]

    ids = [one["id"] for one in told]
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", one) for one in ids)
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ({"b": 123456789012345678901, "a": 1.50}, '{"b":123456789012345678901,"a":1.5}'),
        (None, "{}"),
        ("", "{}"),
    ],
)
def test_arguments_are_a_text_or_an_object(arguments: Any, text: str) -> None:
    response = whole({"content": "", "tool_calls": [call(arguments, id="yBvJuId6u")]})

    (told,) = response["choices"][0]["message"]["tool_calls"]
    assert told["function"]["arguments"] == text


@pytest.mark.parametrize(
    ("reason", "finish_reason", "native"),
    [
        ("stop", "stop", None),
        ("length", "length", None),
        ("model_length", "length", "model_length"),
        ("error", "stop", "error"),
        ("new", "stop", "new"),
    ],
)
def test_why_it_ended(reason: str, finish_reason: str, native: str | None) -> None:
    choice = whole({"content": "x"}, reason)["choices"][0]

    assert choice["finish_reason"] == finish_reason
    assert choice.get("native_finish_reason") == native


def test_an_answer_that_failed_before_any_content_is_an_error() -> None:
    with pytest.raises(InternalServerError, match="before any content") as failed:
        whole({"content": ""}, "error")

    assert failed.value.type == "upstream_error"


@pytest.mark.parametrize(
    ("fields", "details"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 2}}, {"cached_tokens": 2}),
        ({"prompt_token_details": {"cached_tokens": 2}}, {"cached_tokens": 2}),
        ({"num_cached_tokens": 2}, {"cached_tokens": 2}),
        ({"num_cached_tokens": 9}, {"cached_tokens": 3}),
        ({"prompt_audio_seconds": 4}, None),
    ],
)
def test_what_was_cached_is_said_in_three_places(fields: Any, details: Any) -> None:
    usage = whole({"content": "x"}, usage={**USAGE, **fields})["usage"]

    assert usage.get("prompt_tokens_details") == details
    assert usage["total_tokens"] == 8


def test_sounds_lie_inside_the_prompt() -> None:
    heard = {"cached_tokens": 0, "audio_tokens": 375}
    counts = {"prompt_tokens": 9, "completion_tokens": 201, "total_tokens": 585}

    usage = whole({"content": "x"}, usage={**counts, "prompt_tokens_details": heard})["usage"]

    assert (usage["prompt_tokens"], usage["total_tokens"]) == (384, 585)
    assert usage["prompt_tokens_details"] == heard


def test_choices_are_told_apart_by_their_place() -> None:
    choices = [{"index": 0, "message": {"content": text}} for text in "ab"]

    response = whole({}, choices=choices)

    assert [choice["message"]["content"] for choice in response["choices"]] == ["a", "b"]


def test_a_stream_is_over_with_its_finish_reason_or_the_terminator() -> None:
    finished = said({"content": "x"}, "stop", usage=USAGE)

    assert folded(finished)["usage"]["total_tokens"] == 8
    with pytest.raises(RemoteProtocolError) as cut:
        chunks(finished, ended_by_close=True)
    assert cut.value.code == "stream_truncated"


@pytest.mark.parametrize("pieces", [(), (said({"content": "x"}),), (b'data: {"choices":',)])
def test_a_stream_without_its_end_is_no_success(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(RemoteProtocolError) as cut:
        chunks(*pieces)

    assert cut.value.code == "stream_truncated"


def test_what_comes_after_the_terminator_is_not_read() -> None:
    assert folded(ended(), b"data: nonsense\n\n")["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"7", b"<html>", b"", b'{"choices":[]}', b'{"choices":[{}]}', b"\xff"]
)
def test_what_is_no_answer_is_the_providers_mistake(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        mistral.decode_response(body, made=MADE)


def test_an_error_may_come_in_place_of_an_answer_or_in_the_middle_of_it() -> None:
    told = {"object": "error", "message": "Rate limited", "type": "rate_limited", "code": "1300"}
    decoder = mistral.stream_decoder(made=MADE)

    with pytest.raises(RateLimitError, match="Rate limited"):
        mistral.decode_response(json.dumps(told).encode(), made=MADE)
    came = decoder.receive(said({"content": "x"}) + event(told))

    assert len(came) == 2
    with pytest.raises(RateLimitError, match="Rate limited"):
        decoder.finish()


def refused(status: int, value: Any, **headers: str) -> APIStatusError:
    return mistral.decode_error(status, headers, json.dumps(value).encode())


def test_mistakes_are_told_with_their_places() -> None:
    entries = [
        {"loc": ["body", "messages", 0], "msg": "Field required", "type": "missing"},
        {"msg": "Extra inputs"},
    ]

    for value in ({"detail": entries}, {"message": {"detail": entries}, "object": "error"}):
        assert refused(422, value).message == "body.messages.0: Field required; Extra inputs"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"message": "Unauthorized", "request_id": "r1"}, "Unauthorized"),
        ({"detail": "Unauthorized"}, "Unauthorized"),
        ({"error": {"message": "No."}}, "No."),
        ({"error": "No."}, "No."),
        (["No."], '["No."]'),
        ({}, "the provider answered 401 without a message"),
    ],
)
def test_errors_of_every_shape_are_read(value: Any, message: str) -> None:
    error = refused(401, value)

    assert isinstance(error, AuthenticationError)
    assert (error.message, error.code) == (message, "invalid_api_key")


def test_the_request_id_is_in_mistrals_own_header_or_in_the_body() -> None:
    header = {"mistral-correlation-id": "c1"}

    assert refused(401, {"request_id": "r1"}).request_id == "r1"
    assert refused(401, {"request_id": "r1"}, **header).request_id == "c1"


def test_a_model_and_a_prompt_are_told_apart() -> None:
    unknown = refused(400, {"message": "Invalid model: x", "type": "invalid_model", "code": "1500"})
    long = refused(
        400,
        {"message": "Prompt contains 9 tokens, too large for model with 5 maximum context length"},
    )

    assert unknown.code == "model_not_found"
    assert isinstance(long, BadRequestError)
    assert long.code == "context_length_exceeded"
    assert isinstance(refused(404, {"message": "no Route matched"}), NotFoundError)


def test_models_are_listed() -> None:
    body = {
        "object": "list",
        "data": [{"id": "a", "created": 7, "owned_by": "mistralai"}, {"id": "b"}],
    }

    models = mistral.decode_models(json.dumps(body).encode())

    assert [*models] == [
        shared.Model(id="a", created=7, owned_by="mistralai"),
        shared.Model(id="b", created=0, owned_by="mistralai"),
    ]


@pytest.mark.parametrize("body", [b"{}", b"[]", b"x", b'{"data":[{}]}', b'{"data":7}'])
def test_a_list_without_models_is_the_providers_mistake(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        mistral.decode_models(body)


def test_an_error_in_place_of_a_list_is_raised() -> None:
    with pytest.raises(APIStatusError, match="Unauthorized"):
        mistral.decode_models(b'{"detail":"Unauthorized"}')
