"""What Ollama says, in OpenAI's words."""

import json
from typing import Any

import pytest

from dragoman.dialects import ollama
from dragoman.errors import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RemoteProtocolError,
)
from dragoman.models import shared
from tests.unit.dialects.ollama.saying import MADE, chunks, done, folded, line, whole


def call(name: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    return {"function": {"index": 0, "name": name, "arguments": arguments}, **fields}


def test_every_call_is_one_of_its_own_whatever_its_index_says() -> None:
    calls = [call("f", {"a": 1}), call("f", {"a": 2}), call("g", {}, id="call_x")]

    choice = folded(line({"tool_calls": calls[:1]}), line({"tool_calls": calls[1:]}), done())[
        "choices"
    ][0]

    told = choice["message"]["tool_calls"]
    assert [one["function"]["arguments"] for one in told] == ['{"a":1}', '{"a":2}', "{}"]
    assert told[2]["id"] == "call_x"
    assert len({one["id"] for one in told}) == 3
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None


def test_calls_with_one_id_are_told_apart() -> None:
    response = whole(done({"tool_calls": [call("f", {}, id="x"), call("g", {}, id="x")]}))

    first, second = response["choices"][0]["message"]["tool_calls"]
    assert (first["id"], first["function"]["name"], second["function"]["name"]) == ("x", "f", "g")
    assert second["id"].startswith("call_")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"a": 123456789012345678901234567890}, '{"a":123456789012345678901234567890}'),
        ({"b": 1.10, "a": "é"}, '{"b":1.1,"a":"é"}'),
        (None, "{}"),
        ('{"a": 1}', '{"a": 1}'),
    ],
)
def test_arguments_keep_their_keys_and_numbers(arguments: Any, text: str) -> None:
    response = whole(done({"tool_calls": [call("f", arguments)]}))

    (told,) = response["choices"][0]["message"]["tool_calls"]
    assert told["function"]["arguments"] == text


def test_the_last_line_may_hold_content() -> None:
    response = folded(line({"thinking": "Hm."}), line({"content": "No"}), done({"content": "on."}))

    message = response["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("Noon.", "Hm.")
    assert response["usage"] == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


@pytest.mark.parametrize(
    ("reason", "finish_reason", "native"),
    [
        ("stop", "stop", None),
        ("length", "length", None),
        ("load", "stop", "load"),
        ("", "stop", None),
    ],
)
def test_why_it_ended(reason: str, finish_reason: str, native: str | None) -> None:
    choice = folded(line({"content": "x"}), done(reason=reason))["choices"][0]

    assert choice["finish_reason"] == finish_reason
    assert choice.get("native_finish_reason") == native


def test_a_cut_answer_with_calls_says_both() -> None:
    choice = whole(done({"tool_calls": [call("f", {})]}, reason="length"))["choices"][0]

    assert choice["finish_reason"] == "tool_calls"
    assert choice["native_finish_reason"] == "length"


@pytest.mark.parametrize(
    ("created_at", "created"),
    [
        ("2026-11-23T03:30:00.123456789Z", 1795404600),
        ("2026-11-23T05:30:00.9+02:00", 1795404600),
        ("yesterday", MADE.created),
        ("2026-11-23T03:30:00", MADE.created),
        (None, MADE.created),
        (7, MADE.created),
    ],
)
def test_the_time_is_in_whole_seconds(created_at: Any, created: int) -> None:
    assert whole(done(created_at=created_at))["created"] == created


def test_what_older_servers_do_not_count_is_none() -> None:
    body = json.dumps({"message": {"content": "x"}, "done": True, "eval_count": 4}).encode()

    response = whole(body)

    assert response["usage"] == {"prompt_tokens": 0, "completion_tokens": 4, "total_tokens": 4}
    assert response["model"] == "asked"


def test_log_probabilities_stand_beside_the_text() -> None:
    token = {"token": "No", "logprob": -0.5, "bytes": [78, 111]}
    lines = line({"content": "No"}, logprobs=[{**token, "top_logprobs": [token]}]), done()

    (told,) = folded(*lines)["choices"][0]["logprobs"]["content"]

    assert told == {**token, "top_logprobs": [token]}


def test_log_probabilities_of_another_shape_are_the_providers_mistake() -> None:
    with pytest.raises(RemoteProtocolError, match="logprobs") as wrong:
        chunks(line({"content": "No"}, logprobs=[{"token": "No"}]), done())

    assert wrong.value.param == "logprobs[0].logprob"


def test_lines_where_a_whole_answer_was_wanted_are_an_answer() -> None:
    body = line({"content": "No"}) + b"\n" + done({"content": "on."}).rstrip()

    assert whole(body)["choices"][0]["message"]["content"] == "Noon."


def test_a_whole_answer_may_be_written_over_several_lines() -> None:
    pretty = json.dumps(json.loads(done({"content": "Noon."})), indent=2).encode()

    assert whole(pretty)["choices"][0]["message"]["content"] == "Noon."


def test_what_comes_after_the_end_is_not_read() -> None:
    response = folded(line({"content": "x"}) + done() + b"nonsense\n")

    assert response["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("pieces", [(), (line({"content": "x"}),), (b"\n\n",), (b'{"message":',)])
def test_a_stream_without_its_last_line_is_no_success(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(RemoteProtocolError) as cut:
        chunks(*pieces)

    assert cut.value.code == "stream_truncated"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"7", b'{"message": 5}', b"<html>", b"", b"\xff"])
def test_what_is_no_answer_is_the_providers_mistake(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        whole(body)


def test_an_error_may_come_in_place_of_an_answer_or_in_the_middle_of_it() -> None:
    error = b'{"error":"llama runner process has terminated"}\n'
    decoder = ollama.stream_decoder(made=MADE)

    with pytest.raises(InternalServerError, match="llama runner"):
        whole(error)
    with pytest.raises(InternalServerError, match="out of order"):
        whole(b'{"error":"out of order","message":"of another shape"}')
    came = decoder.receive(line({"content": "x"}) + error)

    assert len(came) == 2
    with pytest.raises(InternalServerError, match="has terminated"):
        decoder.finish()


def refused(status: int, body: bytes) -> APIStatusError:
    return ollama.decode_error(status, {}, body)


def test_a_model_that_is_not_there_is_told_apart() -> None:
    error = refused(404, b'{"error":"model \'x\' not found"}')

    assert isinstance(error, NotFoundError)
    assert (error.code, error.message) == ("model_not_found", "model 'x' not found")


def test_a_prompt_that_does_not_fit_is_told_apart() -> None:
    error = refused(500, b'{"error":"the input length exceeds the context size"}')

    assert isinstance(error, BadRequestError)
    assert error.code == "context_length_exceeded"


def test_a_model_that_does_not_fit_into_memory_is_not_asked_again() -> None:
    small = refused(500, b'{"error":"model requires more system memory (9 GiB) than is available"}')
    busy = refused(503, b'{"error":"server busy, please try again"}')

    assert small.should_retry is False
    assert busy.should_retry is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"404 page not found", "404 page not found"),
        (b'{"error":{"message":"No."}}', "No."),
        (b'{"message":"No."}', "No."),
        (b"", "the provider answered 418 without a message"),
        (b"[7]", "[7]"),
    ],
)
def test_errors_of_other_shapes_are_read(body: bytes, message: str) -> None:
    assert refused(418, body).message == message


def test_models_are_listed_with_the_time_of_their_last_change() -> None:
    body = {"models": [{"name": "qwen3:14b", "modified_at": "2026-11-23T05:30:00+02:00"}]}

    (model,) = ollama.decode_models(json.dumps(body).encode())

    assert model == shared.Model(id="qwen3:14b", created=1795404600, owned_by="library")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"x", b'{"models":[{}]}', b'{"models":7}'])
def test_a_list_without_models_is_the_providers_mistake(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        ollama.decode_models(body)


def test_an_error_in_place_of_a_list_is_raised() -> None:
    with pytest.raises(InternalServerError, match="out of order"):
        ollama.decode_models(b'{"error":"out of order"}')
