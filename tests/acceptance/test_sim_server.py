"""The simulator behind a socket, asked by raw bytes and by our own client."""

import http.client
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

import dragoman
from dragoman.errors import APIConnectionError, APIStatusError, RateLimitError, RemoteProtocolError
from dragoman.models import params
from dragoman.simulator.models import MODELS
from dragoman.simulator.server import simulate
from tests.background import Background
from tests.plain import Caller, Heard
from tests.schema import faults

HI: list[params.ChatCompletionRequestUserMessage] = [{"role": "user", "content": "Say this again"}]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with Background() as background:
        server = background.run(simulate(host="127.0.0.1", port=0))
        yield server.port
        background.run(server.close(grace_seconds=0))
        assert server.connections == 0


@pytest.fixture
def caller(port: int) -> Iterator[Caller]:
    with Caller(port) as caller:
        yield caller


def ask(caller: Caller, model: str, *, path: str = "/v1/chat/completions", **fields: Any) -> None:
    caller.post(path, json.dumps({"model": model, "messages": HI, **fields}).encode())


def heard(caller: Caller, model: str, **fields: Any) -> Heard:
    ask(caller, model, **fields)
    return caller.answer()


def events(body: bytes) -> list[str]:
    return [event.removeprefix("data: ") for event in body.decode().split("\n\n")[:-1]]


def create(port: int, model: str, **fields: Any) -> Any:
    """Our own client, over HTTP."""
    lab = {"dialect": "openai-chat", "base_url": f"http://127.0.0.1:{port}/v1"}
    return dragoman.create(model=f"lab/{model}", messages=HI, providers={"lab": lab}, **fields)


# Answers


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions"])
def test_a_whole_answer_is_one_body_of_json(caller: Caller, path: str) -> None:
    answer = heard(caller, "sim/echo", path=path)
    response = json.loads(answer.body)

    assert answer.status == 200
    assert answer.headers.pop("x-request-id").startswith("req_")
    assert answer.headers == {
        "content-type": "application/json",
        "content-length": str(len(answer.body)),
    }
    assert response["choices"][0]["message"]["content"] == "Say this again"
    assert faults("CreateChatCompletionResponse", response) == []


def test_a_stream_is_events_under_the_headers_of_events(caller: Caller) -> None:
    answer = heard(caller, "sim/echo", stream=True)
    *chunks, done = events(answer.body)

    assert (answer.status, answer.whole) == (200, True)
    assert answer.headers.pop("x-request-id").startswith("req_")
    assert answer.headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "transfer-encoding": "chunked",
    }
    assert done == "[DONE]"
    for chunk in chunks:
        assert faults("CreateChatCompletionStreamResponse", json.loads(chunk)) == []


def test_answers_follow_each_other_on_one_connection(caller: Caller) -> None:
    ids = [heard(caller, "echo", stream=stream).headers["x-request-id"] for stream in (0, 1, 0)]

    assert len(set(ids)) == 3


def test_events_leave_when_their_time_has_come_and_not_before(caller: Caller) -> None:
    ask(caller, "words?n=9&rate=0.001", stream=True)
    caller.read_until(b'"role":"assistant"')
    heard = caller.within(0.2)

    # The first word comes with the role, the second a quarter of an hour later.
    assert heard.count(b'"content":') == 1
    assert b"[DONE]" not in heard


@pytest.mark.parametrize("model", ["echo?first=999s", "fail?first=999s"])
def test_a_whole_answer_comes_when_its_time_has_come_and_not_before(
    caller: Caller, model: str
) -> None:
    ask(caller, model)

    assert caller.within(0.2) == b""


def test_a_long_answer_leaves_others_their_turn(port: int) -> None:
    with Caller(port) as long, Caller(port) as short:
        ask(long, "words?n=100000", stream=True)
        long.read_until(b"\n\n")

        assert heard(short, "echo").status == 200


def test_the_client_hears_what_it_would_hear_in_this_process(port: int) -> None:
    response = create(port, "echo")
    chunks = list(create(port, "echo", stream=True))

    assert response.choices[0].message.content == "Say this again"
    assert dragoman.fold(chunks).choices == response.choices
    assert response.meta.request_id.startswith("req_")


def test_what_is_wrong_with_a_request_is_said_as_openai_says_it(caller: Caller) -> None:
    answer = heard(caller, "echo", n=0)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body)["error"] == {
        "message": "n: expected 1 to 128; got 0",
        "type": "invalid_request_error",
        "param": "n",
        "code": "integer_below_min_value",
    }


def test_the_models_are_listed_and_told(port: int) -> None:
    def told(path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return json.load(answer)

    assert [model["id"] for model in told("/v1/models")["data"]] == list(MODELS)
    assert told("/v1/models/sim%2Fwords%3Fn%3D3")["id"] == "sim/words?n=3"
    assert told("/models/echo") == {
        "id": "echo",
        "object": "model",
        "created": 0,
        "owned_by": "dragoman",
        "description": MODELS["echo"],
    }


def test_the_client_lists_the_models_over_http(port: int) -> None:
    with dragoman.Client(base_url=f"http://127.0.0.1:{port}/v1", api_key="any") as client:
        models = client.models.list()

    assert [model.id for model in models] == list(MODELS)
    assert models.meta.request_id is not None


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, None),
        ("GET", "/v1", 404, None),
        ("GET", "/v1/modelsx", 404, None),
        ("POST", "/v1/v1/chat/completions", 404, None),
        ("POST", "/v2/chat/completions", 404, None),
        ("GET", "/v1/models/gpt-6", 404, "model_not_found"),
        ("GET", "/v1/models/echo%3Fn%3D3", 400, "invalid_value"),
        ("GET", "/v1/chat/completions", 405, None),
        ("POST", "/v1/models", 405, None),
        ("DELETE", "/v1/models/echo", 405, None),
    ],
)
def test_what_there_is_not_is_said_as_openai_says_it(
    caller: Caller, method: str, path: str, status: int, code: str | None
) -> None:
    caller.get(path, "Content-Length: 0", method=method)
    answer = caller.answer()

    assert answer.status == status
    assert ("allow" in answer.headers) is (status == 405)
    assert json.loads(answer.body)["error"]["code"] == code


def test_the_head_of_the_models_can_be_had_alone(caller: Caller) -> None:
    caller.get("/v1/models", method="HEAD")
    head = caller.answer(bodiless=True)
    caller.get("/v1/models")

    assert head.status == 200
    assert head.headers["content-length"] == caller.answer().headers["content-length"]


def test_what_is_no_http_is_refused_as_openai_would(caller: Caller) -> None:
    caller.send(b"GET /v1/models HTTP/1.1\r\n\r\n")
    answer = caller.answer()

    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert "Host" in json.loads(answer.body)["error"]["message"]
    assert "x-request-id" in answer.headers


# Faults


def test_an_error_has_its_status_and_asks_to_wait(port: int, caller: Caller) -> None:
    answer = heard(caller, "sim/fail?status=429&retry_after=2")
    with pytest.raises(RateLimitError) as caught:
        create(port, "fail?status=429&retry_after=2")

    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert (caught.value.code, caught.value.retry_after) == ("rate_limit_exceeded", 2)


def test_a_status_that_openai_has_not_is_sent_all_the_same(caller: Caller) -> None:
    assert heard(caller, "fail?status=529").status == 529


def test_an_error_inside_a_stream_comes_after_so_many_events(port: int, caller: Caller) -> None:
    answer = heard(caller, "fail?status=503&after=3", stream=True)
    *chunks, error = events(answer.body)
    with pytest.raises(APIStatusError) as caught:
        list(create(port, "fail?status=503&after=3", stream=True))

    assert (answer.status, answer.whole, len(chunks)) == (200, True, 3)
    assert json.loads(error)["error"]["type"] == "service_unavailable_error"
    assert caught.value.status_code == 503


@pytest.mark.parametrize("stream", [True, False])
def test_a_cut_is_a_body_that_ends_before_its_end(port: int, caller: Caller, stream: bool) -> None:
    whole = heard(caller, "echo", stream=stream)
    cut = heard(caller, "echo?cut_at_byte=20", stream=stream)
    with pytest.raises(APIConnectionError) as caught:
        list(create(port, "echo?cut_at_byte=20", stream=stream))

    assert cut.body == whole.body[:20]
    assert not cut.whole
    assert caller.rest() == b""
    assert caught.value.code == "stream_truncated"


@pytest.mark.parametrize("place", [0, 2, 6])
def test_a_stream_is_cut_after_so_many_events(port: int, caller: Caller, place: int) -> None:
    cut = heard(caller, f"echo?cut_at_event={place}", stream=True)
    with pytest.raises(APIConnectionError):
        list(create(port, f"echo?cut_at_event={place}", stream=True))

    assert (len(events(cut.body)), cut.whole) == (place, False)
    assert (b"[DONE]" in cut.body) is (place == 6)


@pytest.mark.parametrize("stream", [True, False])
def test_a_reset_is_one(port: int, caller: Caller, stream: bool) -> None:
    ask(caller, "echo?reset_at_event=1", stream=stream)
    with pytest.raises(ConnectionResetError):
        caller.rest()
    with pytest.raises(APIConnectionError):
        list(create(port, "echo?reset_at_event=1", stream=stream))


def test_what_comes_before_a_reset_arrives(caller: Caller) -> None:
    ask(caller, "echo?reset_at_event=2", stream=True)

    assert b'"role":"assistant"' in caller.read_until(b"\n\n")
    assert b'"content":"Say"' in caller.read_until(b"\n\n")


def test_silence_lasts_until_the_caller_goes(port: int, caller: Caller) -> None:
    ask(caller, "echo?stall_at_event=1", stream=True)
    caller.read_until(b"\n\n")
    caller.read_until(b"\r\n")
    silence = caller.within(0.2)
    with pytest.raises(APIConnectionError) as caught:
        list(create(port, "echo?stall_at_event=1", stream=True, timeout=0.1))

    assert silence == b""
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("stream", [True, False])
def test_a_malformed_event_cannot_be_read(port: int, caller: Caller, stream: bool) -> None:
    answer = heard(caller, "echo?malformed_at_event=2", stream=stream)
    with pytest.raises(RemoteProtocolError):
        list(create(port, "echo?malformed_at_event=2", stream=stream))

    assert answer.whole
    with pytest.raises(json.JSONDecodeError):
        json.loads(events(answer.body)[2] if stream else answer.body)


def test_wrong_usage_is_told_and_our_client_puts_it_right(port: int, caller: Caller) -> None:
    told = json.loads(heard(caller, "echo?wrong_usage").body)["usage"]
    usage = create(port, "echo?wrong_usage").usage

    assert told["total_tokens"] == told["prompt_tokens"] + told["completion_tokens"] + 1
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_stream_without_its_terminator_has_come_to_its_end(port: int, caller: Caller) -> None:
    answer = heard(caller, "echo?no_terminator", stream=True)
    chunks = list(create(port, "echo?no_terminator", stream=True))

    assert answer.whole
    assert b"[DONE]" not in answer.body
    assert dragoman.fold(chunks).choices[0].finish_reason == "stop"


def test_an_unknown_fault_is_refused_with_what_was_expected(caller: Caller) -> None:
    answer = heard(caller, "fail?explode=1")
    message = json.loads(answer.body)["error"]["message"]

    assert answer.status == 400
    assert "cut_at_byte, cut_at_event, reset_at_event" in message
    assert "'explode'" in message


def test_a_client_that_nobody_here_wrote_hears_the_cut(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = json.dumps({"model": "echo?cut_at_byte=20", "messages": HI})
    connection.request("POST", "/v1/chat/completions", body)
    with connection.getresponse() as answer, pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()


def test_a_long_answer_keeps_nobody_else_waiting(port: int) -> None:
    with Caller(port) as long, Caller(port) as short:
        ask(long, "words?n=100000", logprobs=True)
        ask(short, "hello")

        assert short.answer().status == 200
        assert long.within(0.001) == b""
        assert long.answer().status == 200
